//! One total order, so that a run prints the same on any machine and any number of threads.

use super::{Finding, Location};
use crate::yaml::File;
use std::{cmp::Ordering, sync::Arc};

/// Sorts by where a person reads: path, place, rule, message; everything else breaks ties. Severity comes late on
/// purpose: configuring it must not move findings around.
pub fn sort(findings: &mut [Finding], files: &[Arc<File>]) {
    findings.sort_by(|a, b| compare(a, b, files));
}

fn compare(a: &Finding, b: &Finding, files: &[Arc<File>]) -> Ordering {
    by_place(a.primary(), b.primary(), files)
        .then_with(|| a.rule.cmp(b.rule))
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| a.subject.cmp(&b.subject))
        .then_with(|| a.resource.cmp(&b.resource))
        .then_with(|| {
            // Ustr may order by its address.
            let names = |f: &Finding| f.clusters.iter().map(|c| c.as_str()).collect::<Vec<_>>();
            names(a).cmp(&names(b))
        })
        .then_with(|| a.locations.cmp(&b.locations))
        .then_with(|| a.help.cmp(&b.help))
        .then_with(|| a.consequences.cmp(&b.consequences))
        .then_with(|| a.severity.cmp(&b.severity))
}

fn by_place(a: Option<&Location>, b: Option<&Location>, files: &[Arc<File>]) -> Ordering {
    let key = |location: Option<&Location>| {
        location.map(|l| {
            let path = files.get(l.place.file.0 as usize).map(|f| f.path());
            (path, l.place.file, l.place.span)
        })
    };
    key(a).cmp(&key(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::yaml::{FileId, Limits, Place, Span};

    fn finding(file: u32, start: u32, rule: &'static str, message: &str) -> Finding {
        let place = Place {
            file: FileId(file),
            span: Span::new(start, start + 1),
        };
        Finding {
            rule,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            clusters: Vec::new(),
            resource: None,
            subject: String::new(),
            locations: vec![Location {
                primary: true,
                place,
                label: String::new(),
            }],
            consequences: Vec::new(),
        }
    }

    #[test]
    fn path_then_place_then_rule_then_message() {
        let files: Vec<_> = ["b.yaml", "a.yaml"]
            .iter()
            .map(|path| {
                Arc::new(File::read(
                    (*path).into(),
                    b"a: 1\n".to_vec(),
                    &Limits::default(),
                ))
            })
            .collect();
        let mut milder = finding(0, 0, "a/a", "first");
        milder.severity = Severity::Info;
        let wanted = vec![
            finding(1, 9, "z/z", "z"),
            milder,
            finding(0, 0, "a/a", "second"),
            finding(0, 0, "b/b", "first"),
            finding(0, 2, "a/a", "first"),
        ];
        for turn in 0..wanted.len() {
            let mut shuffled = wanted.clone();
            shuffled.rotate_left(turn);
            shuffled.swap(0, 3);
            sort(&mut shuffled, &files);
            assert_eq!(shuffled, wanted);
        }
    }
}
