//! The rule book: what every rule is called, says and promises, read from its Markdown page.
//!
//! A rule's id is the path of its page: `rules/dns/capture-mismatch.md` is `dns/capture-mismatch`. Front matters are
//! read one by one when somebody asks; the prose and the examples only by who shows or runs them ([`Page::parse`]).

mod front;
mod page;

pub use front::{FrontMatter, OptionSpec, Reads, Subject, istio_minor, reference_url, schema};
pub use page::{Example, ExampleFile, Mark, Page, SECTIONS, Section};

pub use crate::finding::family;

use crate::finding::closest;
use std::sync::OnceLock;

/// All pages, by id.
#[derive(Debug)]
pub struct Book {
    /// Sorted by id.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: &'static str,
    text: &'static str,
    front: OnceLock<FrontMatter>,
}

impl Entry {
    fn front(&self) -> &FrontMatter {
        self.front.get_or_init(|| {
            FrontMatter::parse(self.text).unwrap_or_else(|why| FrontMatter::broken(self.id, &why))
        })
    }
}

impl Book {
    /// A book of pages given as id and text. Nothing is parsed yet.
    pub fn new(pages: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let mut entries: Vec<Entry> = pages
            .into_iter()
            .map(|(id, text)| Entry {
                id,
                text,
                front: OnceLock::new(),
            })
            .collect();
        entries.sort_by_key(|entry| entry.id);
        Self { entries }
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|entry| entry.id.cmp(id))
            .ok()?;
        self.entries.get(at)
    }

    /// All ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|entry| entry.id)
    }

    /// The families, sorted: what stands before the `/` of an id.
    pub fn families(&self) -> Vec<&'static str> {
        let mut families: Vec<_> = self.ids().map(family).collect();
        families.dedup();
        families
    }

    /// The text of a page, by exact id.
    pub fn text(&self, id: &str) -> Option<&'static str> {
        self.entry(id).map(|entry| entry.text)
    }

    /// The front matter of a rule, by exact id. A page that cannot be read (which the tests rule out) yields a stand-in
    /// whose title says what is wrong with it.
    pub fn front(&self, id: &str) -> Option<&FrontMatter> {
        self.entry(id).map(Entry::front)
    }

    /// The id of the rule that goes by `name`: its id or one of its aliases, in any case.
    pub fn find(&self, name: &str) -> Option<&'static str> {
        let by_id = self
            .entries
            .iter()
            .find(|entry| entry.id.eq_ignore_ascii_case(name));
        by_id
            .or_else(|| {
                self.entries
                    .iter()
                    .find(|entry| entry.front().has_alias(name))
            })
            .map(|entry| entry.id)
    }

    /// Whether `name`, an id, a family or an alias in any case, covers the rule `id`.
    pub fn covers(&self, name: &str, id: &str) -> bool {
        name.eq_ignore_ascii_case(id)
            || name.eq_ignore_ascii_case(family(id))
            || self.front(id).is_some_and(|front| front.has_alias(name))
    }

    /// Whether `name` is an id, a family or an alias, in any case.
    pub fn knows(&self, name: &str) -> bool {
        self.ids().any(|id| name.eq_ignore_ascii_case(family(id))) || self.find(name).is_some()
    }

    /// What somebody who wrote the unknown `name` most likely meant: the closest id, family or alias, else the nearest
    /// rule of the family that was named.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        let wanted = name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        let mut names: Vec<&str> = self.ids().chain(self.families()).collect();
        names.extend(
            self.entries
                .iter()
                .flat_map(|entry| &entry.front().aliases)
                .map(String::as_str),
        );
        closest(&wanted, names).or_else(|| {
            let (group, last) = wanted.split_once('/')?;
            self.nearest_in(group, last)
        })
    }

    fn nearest_in(&self, group: &str, last: &str) -> Option<&'static str> {
        self.ids().filter(|id| family(id) == group).max_by(|a, b| {
            strsim::jaro_winkler(short(a), last).total_cmp(&strsim::jaro_winkler(short(b), last))
        })
    }
}

/// What stands after the `/`: `capture-mismatch` of `dns/capture-mismatch`.
fn short(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, name)| name)
}

/// Where the page of a rule is read on the web.
pub fn url(id: &str) -> String {
    format!("{}/blob/main/rules/{id}.md", env!("CARGO_PKG_REPOSITORY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURE: &str = "---\ntitle: DNS capture differs\nseverity: warning\nsubject: setting\n\
        aliases: [IST0999]\nsince: '0.1'\nwhy: because\n---\n# dns/capture-mismatch\n";
    const LABEL: &str = "---\ntitle: No label\nseverity: error\nsubject: cluster\nsince: '0.1'\nwhy: because\n---\n";

    fn book() -> Book {
        Book::new([
            ("network/label-missing", LABEL),
            ("dns/capture-mismatch", CAPTURE),
            ("dns/other-thing", "no front matter"),
        ])
    }

    #[test]
    fn finds_by_id_and_alias_in_any_case() {
        let book = book();
        assert_eq!(
            book.find("dns/capture-mismatch"),
            Some("dns/capture-mismatch")
        );
        assert_eq!(
            book.find("DNS/Capture-Mismatch"),
            Some("dns/capture-mismatch")
        );
        assert_eq!(book.find("ist0999"), Some("dns/capture-mismatch"));
        assert_eq!(book.find("dns"), None);
        assert_eq!(book.families(), ["dns", "network"]);
    }

    #[test]
    fn a_name_covers_its_rules() {
        let book = book();
        for name in ["dns", "DNS", "Ist0999", "dns/capture-mismatch"] {
            assert!(book.covers(name, "dns/capture-mismatch"), "{name}");
            assert!(book.knows(name), "{name}");
        }
        assert!(!book.covers("network", "dns/capture-mismatch"));
        assert!(!book.covers("capture-mismatch", "dns/capture-mismatch"));
        assert!(!book.knows("capture-mismatch"));
    }

    #[test]
    fn suggests_what_was_meant() {
        let book = book();
        let cases = [
            ("dns/capture-mismach", Some("dns/capture-mismatch")),
            ("DNS/Capture_Mismatch", Some("dns/capture-mismatch")),
            ("IST0998", Some("IST0999")),
            ("capture-mismatch", Some("dns/capture-mismatch")),
            ("netwrk", Some("network")),
            ("dns/capture-differs", Some("dns/capture-mismatch")),
            ("gateway/port-missing", None),
            ("x", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(book.suggest(name), expected, "{name}");
        }
    }

    #[test]
    fn a_broken_page_says_so() {
        let title = &book().front("dns/other-thing").unwrap().title.clone();
        assert!(title.contains("rules/dns/other-thing.md"), "{title}");
    }
}
