//! Which rules a run applies, how severely, and with what options.

use super::book::Book;
use super::engine::Enabled;
use super::sink::Options;
use super::{ALL, Rule};
use crate::finding::Severity;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The pages of all rules.
pub static BOOK: LazyLock<Book> =
    LazyLock::new(|| Book::new(ALL.iter().map(|rule| (rule.id, rule.page))));

/// What the user wants of rules. Names are ids, families or aliases, in any case.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Only these; all when empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// By name, an id before an alias before a family.
    pub rules: BTreeMap<String, Wish>,
}

#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub level: Option<Level>,
    pub options: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Off,
    On(Severity),
}

/// The rules of a run, in the order of their ids.
pub fn enabled(wishes: &Wishes) -> Vec<Enabled> {
    ALL.iter().filter_map(|rule| enable(rule, wishes)).collect()
}

fn enable(rule: &'static Rule, wishes: &Wishes) -> Option<Enabled> {
    let front = BOOK.front(rule.id)?;
    let named = |names: &[String]| names.iter().any(|name| BOOK.covers(name, rule.id));
    if named(&wishes.ignore) || (!wishes.select.is_empty() && !named(&wishes.select)) {
        return None;
    }
    let mut severity = front.severity;
    let mut options: Options = front
        .options
        .iter()
        .map(|(name, spec)| (name.clone(), spec.default.clone()))
        .collect();
    let mut wishes: Vec<(&String, &Wish)> = wishes
        .rules
        .iter()
        .filter(|(name, _)| BOOK.covers(name, rule.id))
        .collect();
    // The narrowest comes last and so has the last word.
    wishes.sort_by_key(|(name, _)| {
        (
            name.eq_ignore_ascii_case(rule.id),
            BOOK.find(name).is_some(),
        )
    });
    for (_, wish) in wishes {
        match wish.level {
            Some(Level::Off) => return None,
            Some(Level::On(level)) => severity = level,
            None => {}
        }
        options.extend(
            wish.options
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    Some(Enabled {
        rule,
        severity,
        reads: front.reads,
        front,
        options,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(wishes: &Wishes) -> Vec<&'static str> {
        enabled(wishes).iter().map(|e| e.rule.id).collect()
    }

    #[test]
    fn families_are_selected_and_rules_left_out() {
        let wishes = Wishes {
            select: vec!["yaml".into()],
            ignore: vec!["yaml/syntax".into()],
            ..Wishes::default()
        };
        let ids = ids(&wishes);
        assert!(ids.contains(&"yaml/duplicate-key") && !ids.contains(&"yaml/syntax"));
        assert!(ids.iter().all(|id| id.starts_with("yaml/")));
    }

    #[test]
    fn a_rule_overrules_its_family() {
        let level = |level| Wish {
            level: Some(level),
            ..Wish::default()
        };
        let wishes = Wishes {
            rules: [
                ("yaml".to_owned(), level(Level::On(Severity::Info))),
                (
                    "yaml/syntax".to_owned(),
                    level(Level::On(Severity::Warning)),
                ),
            ]
            .into(),
            ..Wishes::default()
        };
        let enabled = enabled(&wishes);
        let severity = |id| enabled.iter().find(|e| e.rule.id == id).map(|e| e.severity);
        assert_eq!(severity("yaml/syntax"), Some(Severity::Warning));
        assert_eq!(severity("yaml/duplicate-key"), Some(Severity::Info));
    }
}
