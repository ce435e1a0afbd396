//! The rule book holds what it says: one test a rule, which runs the examples of its page.
//!
//! `cargo test --test rule_book -- dns` runs the rules with `dns` in their id; so does `RULE=dns cargo test`.
//! `UPDATE=1 cargo test --test rule_book` writes the files that are generated from the book.

// `clippy.toml` allows these in tests, which it knows by an attribute that a test without the usual harness lacks.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use libtest_mimic::{Arguments, Failed, Trial};
use meshlint::finding::Finding;
use meshlint::rules::book::{Book, Example, FrontMatter, Page, Subject, reference_url, schema};
use meshlint::rules::{ALL, Check, Rule};
use meshlint::yaml::{File, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("registry", || report(registry())),
        Trial::test("generated: schemas/rule.v1.json", || report(schema_file())),
        Trial::test("generated: rules/README.md", || {
            report(table_in("rules/README.md"))
        }),
    ];
    trials.extend(
        ALL.iter()
            .map(|rule| Trial::test(rule.id, || report(check_rule(rule)))),
    );
    if let Ok(wanted) = std::env::var("RULE") {
        trials.retain(|trial| trial.name().contains(&wanted));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// All complaints at once, so that one run is enough to see what there is to do.
fn report(complaints: Vec<String>) -> Result<(), Failed> {
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("\n\n").into())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

// The registry and the pages

fn registry() -> Vec<String> {
    let mut complaints = Vec::new();
    for (rule, next) in ALL.iter().zip(ALL.iter().skip(1)) {
        if rule.id >= next.id {
            complaints.push(format!(
                "src/rules/mod.rs: {} stands before {}",
                rule.id, next.id
            ));
        }
    }
    let rules: BTreeSet<String> = ALL.iter().map(|rule| rule.id.to_owned()).collect();
    let pages = pages();
    for id in pages.difference(&rules) {
        complaints.push(format!(
            "rules/{id}.md is the page of no rule in src/rules/mod.rs"
        ));
    }
    for id in rules.difference(&pages) {
        complaints.push(format!("rules/{id}.md is missing"));
    }
    for id in &rules {
        let module = format!("src/rules/{}.rs", id.replace('-', "_"));
        if !root().join(&module).is_file() {
            complaints.push(format!("{module} is missing, the code of {id}"));
        }
    }
    let book = Book::new(ALL.iter().map(|rule| (rule.id, rule.page)));
    let names: BTreeMap<String, &str> = book
        .families()
        .into_iter()
        .map(|f| (f.to_owned(), f))
        .collect();
    for id in book.ids() {
        let front = book.front(id).expect("an id of the book has a page");
        for alias in &front.aliases {
            // Several rules may share the code of another tool, which then stands for all of them.
            if let Some(other) = names.get(&alias.to_lowercase()) {
                complaints.push(format!("{alias}, an alias of {id}, is {other}"));
            }
        }
    }
    complaints
}

/// The ids of all pages in `rules/`.
fn pages() -> BTreeSet<String> {
    let folder = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).expect("rules/ can be read");
        entries
            .map(|entry| entry.expect("rules/ can be read").path())
            .collect()
    };
    let name = |path: &Path| {
        path.file_stem()
            .expect("an entry has a name")
            .to_string_lossy()
            .into_owned()
    };
    let families = folder(&root().join("rules"))
        .into_iter()
        .filter(|path| path.is_dir());
    families
        .flat_map(|family| {
            folder(&family)
                .into_iter()
                .map(move |page| format!("{}/{}", name(&family), name(&page)))
        })
        .collect()
}

// One rule

fn check_rule(rule: &Rule) -> Vec<String> {
    let page = match Page::parse(rule.id, rule.page) {
        Ok(page) => page,
        Err(why) => return vec![why],
    };
    let mut complaints = check_front(rule, &page.front);
    let (good, bad): (Vec<_>, Vec<_>) = page.examples.iter().partition(|example| example.good);
    if bad.is_empty() || good.len() < 2 {
        let counts = format!("{} bad and {} good", bad.len(), good.len());
        complaints.push(format!(
            "rules/{}.md: at least one bad and two good examples, not {counts}",
            rule.id
        ));
    }
    let mut worst = None;
    for example in &page.examples {
        let run = Run::new(example);
        worst = worst.max(
            run.findings
                .iter()
                .filter(|f| f.rule == rule.id)
                .map(|f| f.severity)
                .max(),
        );
        complaints.extend(run.complaint(&page, example));
    }
    if complaints.is_empty() && worst != Some(page.front.severity) {
        let severity = page.front.severity;
        complaints.push(format!(
            "rules/{}.md: no example is as severe as the page says: {severity}",
            rule.id
        ));
    }
    complaints
}

fn check_front(rule: &Rule, front: &FrontMatter) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut wrong = |what: String| complaints.push(format!("rules/{}.md: {what}", rule.id));
    let length = front.title.chars().count();
    if length > 80 || front.title.ends_with('.') || front.title.trim().is_empty() {
        wrong(format!(
            "the title is a headline of at most 80 characters without a full stop, not of {length}"
        ));
    }
    let length = front.why.chars().count();
    if length > 160 || front.why.contains('\n') || front.why.trim().is_empty() {
        wrong(format!(
            "`why` is one line of at most 160 characters, not of {length}"
        ));
    }
    for reference in front
        .references
        .iter()
        .filter(|reference| reference_url(reference).is_none())
    {
        wrong(format!(
            "the reference `{reference}` is neither https://... nor owner/repository#number"
        ));
    }
    for id in front
        .supersedes
        .iter()
        .filter(|id| !ALL.iter().any(|rule| rule.id == id.as_str()))
    {
        wrong(format!("`supersedes` names {id}, which is no rule"));
    }
    if front.supersedes.iter().any(|id| id == rule.id) {
        wrong("it supersedes itself".into());
    }
    let version = |text: &str| text.split('.').all(|part| part.parse::<u32>().is_ok());
    if !version(&front.since) {
        wrong(format!(
            "`since` is a version such as 0.1, not `{}`",
            front.since
        ));
    }
    if let Some(range) = &front.istio {
        let bound = |text: &str| {
            ["<=", ">=", "<", ">"]
                .iter()
                .find_map(|sign| text.strip_prefix(sign))
                .is_some_and(version)
        };
        if !range.split_whitespace().all(bound) {
            wrong(format!(
                "`istio` is a range such as `>=1.27 <1.30`, not `{range}`"
            ));
        }
    }
    if let Some(expected) = subject(&rule.check)
        && front.subject != expected
    {
        wrong(format!(
            "`subject` is {}, but its check judges a {}",
            front.subject.word(),
            expected.word()
        ));
    }
    let kinds: BTreeSet<String> = match &rule.check {
        Check::Object(kinds, _) => kinds.iter().map(|kind| format!("{kind:?}")).collect(),
        _ => BTreeSet::new(),
    };
    if kinds != front.kinds.iter().cloned().collect() {
        wrong(format!(
            "`kinds` is {:?}, but its check judges {kinds:?}",
            front.kinds
        ));
    }
    complaints
}

/// What the code of a rule judges; `None` for what is found while findings are judged.
fn subject(check: &Check) -> Option<Subject> {
    match check {
        Check::Object(..) => Some(Subject::Object),
        Check::Host(_) => Some(Subject::Host),
        Check::Namespace(_) => Some(Subject::Namespace),
        Check::Network(_) => Some(Subject::Network),
        Check::Setting(..) => Some(Subject::Setting),
        Check::Pair(_) => Some(Subject::Pair),
        Check::Cluster(_) => Some(Subject::Cluster),
        Check::Mesh(_) => Some(Subject::Mesh),
        Check::File(_) => Some(Subject::File),
        Check::Judge => None,
    }
}

// One example

/// What became of an example.
struct Run {
    files: Vec<Arc<File>>,
    findings: Vec<Finding>,
}

/// A line in a file of the example: the path, and the line from 1.
type Line = (String, usize);

impl Run {
    fn new(example: &Example) -> Self {
        let texts = example
            .files
            .iter()
            .map(|file| (file.path.clone(), file.bytes()))
            .collect();
        let (files, findings) = meshlint::check_texts(texts, example.complete);
        Self { files, findings }
    }

    /// What is not as the page says: the example with what is wrong at its lines, and what was found.
    fn complaint(&self, page: &Page<'_>, example: &Example) -> Option<String> {
        let mut notes: BTreeMap<Line, Vec<String>> = BTreeMap::new();
        let mut expected: BTreeSet<(Line, &str)> = BTreeSet::new();
        let found: BTreeSet<(Line, &str)> = self
            .primary()
            .map(|(line, finding, _)| (line, finding.rule))
            .collect();
        for (file, mark) in example
            .files
            .iter()
            .flat_map(|file| file.marks.iter().map(move |mark| (file, mark)))
        {
            let rule = mark.rule.as_deref().unwrap_or(page.id);
            let line = (file.path.clone(), mark.line);
            if !found.contains(&(line.clone(), rule)) {
                notes
                    .entry(line.clone())
                    .or_default()
                    .push(format!("{rule} is expected here"));
            } else if let Some(text) = &mark.message
                && !self.primary().any(|(at, finding, label)| {
                    at == line && finding.rule == rule && says(finding, label, text)
                })
            {
                notes
                    .entry(line.clone())
                    .or_default()
                    .push(format!("{rule} is expected to say `{text}`"));
            }
            expected.insert((line, rule));
        }
        for (line, rule) in found.difference(&expected) {
            notes
                .entry(line.clone())
                .or_default()
                .push(format!("{rule} is not expected here"));
        }
        let foreign = self
            .findings
            .iter()
            .filter(|finding| finding.rule == page.id)
            .flat_map(|f| &f.consequences);
        let foreign: Vec<_> = foreign
            .filter(|c| !page.front.supersedes.contains(&c.rule))
            .collect();
        if notes.is_empty() && foreign.is_empty() {
            return None;
        }

        let sort = if example.good { "good" } else { "bad" };
        let mut text = format!(
            "rules/{}.md:{}: {sort} example: {}\n",
            page.id, example.line, example.title
        );
        for file in &example.files {
            let _ = writeln!(text, "--- {}", file.path);
            for (number, line) in (1..).zip(file.text.lines()) {
                let _ = writeln!(text, "{number:4} | {line}");
                for note in notes
                    .remove(&(file.path.clone(), number))
                    .unwrap_or_default()
                {
                    let _ = writeln!(text, "     ^ {note}");
                }
            }
        }
        for ((path, line), notes) in notes {
            let _ = writeln!(text, "--- {path}:{line}: {}", notes.join("; "));
        }
        for consequence in foreign {
            let _ = writeln!(
                text,
                "{} is a consequence, but not in `supersedes`",
                consequence.rule
            );
        }
        let _ = writeln!(
            text,
            "--- found{}",
            if self.findings.is_empty() {
                " nothing"
            } else {
                ""
            }
        );
        for finding in &self.findings {
            let _ = writeln!(
                text,
                "{}[{}]: {}",
                finding.severity, finding.rule, finding.message
            );
            for location in &finding.locations {
                let (path, line) = self.line(location.place);
                let rank = if location.primary { "" } else { " (related)" };
                let _ = writeln!(text, "  {path}:{line}{rank}: {}", location.label);
            }
            finding
                .help
                .iter()
                .for_each(|help| text.push_str(&format!("  help: {help}\n")));
        }
        Some(text)
    }

    /// Every primary location, with its finding and its label.
    fn primary(&self) -> impl Iterator<Item = (Line, &Finding, &str)> {
        self.findings.iter().flat_map(move |finding| {
            let primary = finding.locations.iter().filter(|location| location.primary);
            primary
                .map(move |location| (self.line(location.place), finding, location.label.as_str()))
        })
    }

    fn line(&self, place: Place) -> Line {
        let file = &self.files[place.file.0 as usize];
        (
            file.path().to_owned(),
            file.position(place.span.start).line as usize,
        )
    }
}

fn says(finding: &Finding, label: &str, text: &str) -> bool {
    let help = finding.help.as_deref().unwrap_or_default();
    [finding.message.as_str(), help, label]
        .iter()
        .any(|said| said.contains(text))
}

// Generated files

fn schema_file() -> Vec<String> {
    let schema = schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    let mut complaints = generated("schemas/rule.v1.json", &text);
    let validator = jsonschema::validator_for(schema.as_value()).expect("the schema is valid");
    for rule in ALL {
        let page = rule.page.replace("\r\n", "\n");
        let front = page.split("---\n").nth(1).unwrap_or_default();
        let front: serde_json::Value = serde_yaml::from_str(front).unwrap_or_default();
        complaints.extend(
            validator
                .iter_errors(&front)
                .map(|error| format!("rules/{}.md: {error}", rule.id)),
        );
    }
    complaints
}

/// Puts the table of all rules between the markers of a file that is otherwise written by hand.
fn table_in(path: &str) -> Vec<String> {
    const BEGIN: &str = "<!-- rules:begin -->";
    const END: &str = "<!-- rules:end -->";
    let text = match std::fs::read_to_string(root().join(path)) {
        Ok(text) => text.replace("\r\n", "\n"),
        Err(why) => return vec![format!("{path}: {why}")],
    };
    let around = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = around else {
        return vec![format!(
            "{path} has no place for the table of rules: {BEGIN} and {END} on lines of their own"
        )];
    };
    let mut table = String::from("| Rule | Severity | What it finds |\n| --- | --- | --- |\n");
    for rule in ALL {
        match FrontMatter::parse(rule.page) {
            Ok(front) => {
                let title = front.title.replace('|', "\\|");
                let _ = writeln!(
                    table,
                    "| [`{0}`]({0}.md) | {1} | {title} |",
                    rule.id, front.severity
                );
            }
            Err(why) => return vec![format!("rules/{}.md: {why}", rule.id)],
        }
    }
    generated(path, &format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// Compares a committed file with what it should be, or writes it.
fn generated(path: &str, expected: &str) -> Vec<String> {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        let written = std::fs::write(&file, expected);
        return written
            .err()
            .map(|why| format!("{path}: {why}"))
            .into_iter()
            .collect();
    }
    match std::fs::read_to_string(&file) {
        Ok(text) if text.replace("\r\n", "\n") == expected => Vec::new(),
        _ => vec![format!(
            "{path} is out of date: run `UPDATE=1 cargo test --test rule_book` and commit it"
        )],
    }
}
