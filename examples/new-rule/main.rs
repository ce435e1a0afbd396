//! Begins a rule: `cargo run --example new-rule -- dns/some-fault --subject setting`.
//!
//! Writes the page, the code and the lines of the registry. What is written is a rule that works, on an annotation or a
//! setting that stands for the real fault, so that the tests pass before and after each of your steps.

use clap::Parser;
use clap::builder::PossibleValuesParser;
use meshlint::rules::book::Subject;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    /// The id of the rule, family/name: it names the fault and reads well after "ignore"
    id: String,
    /// What the rule judges, one at a time
    #[arg(long, value_parser = PossibleValuesParser::new(Subject::ALL.map(Subject::word)))]
    subject: String,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let subject = Subject::ALL
        .into_iter()
        .find(|subject| subject.word() == arguments.subject);
    let subject = subject.unwrap_or(Subject::Object);
    let read = |path: &str| {
        std::fs::read_to_string(root.join(path))
            .ok()
            .map(|text| text.replace("\r\n", "\n"))
    };
    let files = match plan(&arguments.id, subject, &read) {
        Ok(files) => files,
        Err(why) => {
            writeln!(io::stderr(), "error: {why}")?;
            return Ok(ExitCode::from(2));
        }
    };
    let mut out = io::stdout().lock();
    for (path, text) in &files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    for path in files.keys() {
        writeln!(out, "wrote {path}")?;
    }
    writeln!(out, "now: cargo test --test rule_book -- {}", arguments.id)?;
    writeln!(
        out,
        "and: UPDATE=1 cargo test --test rule_book -- generated"
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The files to write, by path. `read` gives a file of the project.
fn plan(
    id: &str,
    subject: Subject,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, String> {
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.split('-').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            })
    };
    let Some((family, name)) = id
        .split_once('/')
        .filter(|(family, name)| word(family) && word(name))
    else {
        return Err(format!(
            "`{id}` is not of the form family/name, in small letters and hyphens"
        ));
    };
    let (family_mod, name_mod) = (family.replace('-', "_"), name.replace('-', "_"));
    let page = format!("rules/{id}.md");
    let code = format!("src/rules/{family_mod}/{name_mod}.rs");
    if let Some(path) = [&page, &code].into_iter().find(|path| read(path).is_some()) {
        return Err(format!("{path} is there already"));
    }

    let registry = "src/rules/mod.rs";
    let modules = format!("src/rules/{family_mod}/mod.rs");
    let mut all = read(registry).ok_or_else(|| format!("{registry} cannot be read"))?;
    let before = read(&modules);
    if before.is_none() {
        all = insert(&all, &format!("mod {family_mod};"), |line| {
            line.starts_with("mod ")
        })?;
    }
    let is_rule = |line: &str| line.starts_with("    &") && line.ends_with("::RULE,");
    all = insert(
        &all,
        &format!("    &{family_mod}::{name_mod}::RULE,"),
        is_rule,
    )?;
    let module = format!("pub(super) mod {name_mod};");
    let modules_text = match before {
        Some(text) => insert(&text, &module, |line| line.starts_with("pub(super) mod "))?,
        None => module + "\n",
    };
    Ok(BTreeMap::from([
        (page, page_text(id, subject)),
        (code, code_text(id, subject)),
        (registry.to_owned(), all),
        (modules, modules_text),
    ]))
}

/// Puts a line among those like it, in the order of the ids or modules that they name.
fn insert(text: &str, line: &str, alike: impl Fn(&str) -> bool) -> Result<String, String> {
    // In an id a hyphen stands where its module has an underscore, and it sorts otherwise.
    let key = |line: &str| {
        line.trim_end_matches("::RULE,")
            .trim_end_matches(';')
            .replace('_', "-")
            .replace("::", "/")
    };
    let lines: Vec<&str> = text.lines().collect();
    let Some(last) = lines.iter().rposition(|other| alike(other)) else {
        return Err(format!("found no place for `{}`", line.trim()));
    };
    let next = lines
        .iter()
        .position(|other| alike(other) && key(other) > key(line));
    let (head, tail) = lines.split_at(next.unwrap_or(last + 1));
    Ok(head
        .iter()
        .chain([&line])
        .chain(tail)
        .map(|line| format!("{line}\n"))
        .collect())
}

fn code_text(id: &str, subject: Subject) -> String {
    let template = match subject {
        Subject::Object => include_str!("object.rs.txt"),
        Subject::Host => include_str!("host.rs.txt"),
        Subject::Namespace => include_str!("namespace.rs.txt"),
        Subject::Network => include_str!("network.rs.txt"),
        Subject::Setting => include_str!("setting.rs.txt"),
        Subject::Pair => include_str!("pair.rs.txt"),
        Subject::Cluster => include_str!("cluster.rs.txt"),
        Subject::Mesh => include_str!("mesh.rs.txt"),
        Subject::File => include_str!("file.rs.txt"),
    };
    template.replace("\"ID\"", &format!("\"{id}\""))
}

fn page_text(id: &str, subject: Subject) -> String {
    let examples = match subject {
        Subject::Setting => include_str!("setting.md.txt"),
        Subject::Network => include_str!("network.md.txt"),
        _ => include_str!("service.md.txt"),
    };
    let fields = match subject {
        Subject::Object => "kinds: [Service]\n",
        Subject::Cluster | Subject::File => "",
        _ => "reads: peers\n",
    };
    let page = include_str!("page.md.txt")
        .replace("SUBJECT", subject.word())
        .replace("FIELDS", fields)
        .replace("VERSION", env!("CARGO_PKG_VERSION").trim_end_matches(".0"))
        .replace("# ID", &format!("# {id}"));
    page + examples
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshlint::rules::ALL;
    use meshlint::rules::book::Page;

    fn project(path: &str) -> Option<String> {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
    }

    #[test]
    fn every_subject_begins_with_a_page_that_can_be_read() {
        for subject in Subject::ALL {
            let files = plan("dns/brand-new", subject, &project).unwrap();
            let page = Page::parse("dns/brand-new", &files["rules/dns/brand-new.md"]).unwrap();
            assert_eq!(page.front.subject, subject);
            assert_eq!(page.examples.len(), 3);
            let code = &files["src/rules/dns/brand_new.rs"];
            assert!(
                code.contains("\"dns/brand-new\"") && !code.contains("\"ID\""),
                "{code}"
            );
            assert!(code.contains("Check::"), "{code}");
        }
    }

    #[test]
    fn the_lines_of_the_registry_are_in_order() {
        // `layout/a-z` is before `layout/ab`, though `a_z` is behind `ab`.
        let ids = [
            "aaa/first",
            "dns/a",
            "layout/a-z",
            "layout/cluster-name",
            "zzz/last",
        ];
        for id in ids {
            let files = plan(id, Subject::Mesh, &project).unwrap();
            let registry = &files["src/rules/mod.rs"];
            let found: Vec<String> = registry
                .lines()
                .filter_map(|line| line.trim().strip_prefix('&')?.strip_suffix("::RULE,"))
                .map(|path| path.replace("::", "/").replace('_', "-"))
                .collect();
            let mut expected: Vec<&str> = ALL.iter().map(|rule| rule.id).chain([id]).collect();
            expected.sort_unstable();
            assert_eq!(found, expected);
        }
        let files = plan("aaa/first", Subject::Mesh, &project).unwrap();
        assert_eq!(files["src/rules/aaa/mod.rs"], "pub(super) mod first;\n");
        assert!(files["src/rules/mod.rs"].contains("\nmod aaa;\n"));
    }

    #[test]
    fn what_is_there_stays() {
        let error = |id| plan(id, Subject::Mesh, &project).unwrap_err();
        assert!(error("dns/capture-mismatch").contains("rules/dns/capture-mismatch.md is there"));
        for id in [
            "dns", "dns/", "/x", "dns/X", "dns/a_b", "dns/a/b", "dns/a--b", "../x", "dns/..", "1/a",
        ] {
            assert!(error(id).contains("is not of the form"), "{id}");
        }
    }
}
