//! The whole line: a few files in a few clusters through reading, model and rules.
//!
//! `0xFF` and a letter start a file: the letter picks its cluster and what it is called.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meshlint::check_texts;
use meshlint::finding::Finding;
use meshlint::yaml::File;
use std::sync::Arc;

const SEPARATOR: u8 = 0xff;
const MOST_FILES: usize = 4;
const NAMES: [&str; 8] = [
    "east/istio.yaml",
    "west/istio.yaml",
    "north/istio.yaml",
    "east/apps.yaml",
    "west/apps/deep.json",
    "east/kustomization.yaml",
    "west/kustomization.yaml",
    "shared.yaml",
];

fuzz_target!(|bytes: &[u8]| {
    let texts = files(bytes);
    let (read, findings) = check_texts(texts.clone(), false);
    for finding in &findings {
        assert!(
            !finding.message.is_empty() && finding.primary().is_some(),
            "{finding:?}"
        );
        for location in &finding.locations {
            let file = &read[location.place.file.0 as usize];
            let span = location.place.span;
            assert!(
                span.start <= span.end && span.end as usize <= file.text().len(),
                "{finding:?}"
            );
        }
    }
    let (again, others) = check_texts(texts.into_iter().rev().collect(), false);
    assert_eq!(
        lines(&read, &findings),
        lines(&again, &others),
        "another order, other findings"
    );
});

fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for part in bytes.split(|byte| *byte == SEPARATOR).take(MOST_FILES) {
        let (letter, text) = part.split_first().unwrap_or((&b'a', &[]));
        let name = NAMES[usize::from(*letter) % NAMES.len()].to_owned();
        if !files.iter().any(|(other, _)| *other == name) {
            files.push((name, text.to_vec()));
        }
    }
    files
}

fn lines(files: &[Arc<File>], findings: &[Finding]) -> Vec<String> {
    let show = |finding: &Finding| {
        let place = finding.locations[0].place;
        let at = files[place.file.0 as usize].position(place.span.start);
        format!(
            "{}:{}: {} {}",
            at.line, at.column, finding.rule, finding.message
        )
    };
    findings.iter().map(show).collect()
}
