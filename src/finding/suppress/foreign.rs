//! Annotations by which the analyzers of others leave an object alone.

use super::super::Finding;
use crate::yaml::{FileId, Span};

/// Whose codes an annotation is about.
struct Tool {
    annotation: &'static str,
    codes: &'static str,
    /// What stands for all of its codes.
    all: &'static [&'static str],
}

const TOOLS: [Tool; 2] = [
    Tool {
        annotation: "galley.istio.io/analyze-suppress",
        codes: "IST",
        all: &["*"],
    },
    Tool {
        annotation: "kiali.io/ignore-validations",
        codes: "KIA",
        all: &["*", ""],
    },
];

/// The annotations that [`Foreign::read`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|tool| tool.annotation)
}

/// Codes of another tool that are not to be reported about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    file: FileId,
    /// The bytes of the object.
    covers: Span,
    prefix: &'static str,
    /// All of the tool's where there are none.
    codes: Vec<String>,
}

impl Foreign {
    /// Reads the value of one of these annotations.
    pub fn read(name: &str, value: &str, file: FileId, covers: Span) -> Option<Foreign> {
        let tool = TOOLS.iter().find(|tool| tool.annotation == name)?;
        let codes: Vec<String> = value.split(',').map(|c| c.trim().to_owned()).collect();
        let is_all = codes.iter().any(|code| tool.all.contains(&code.as_str()));
        Some(Foreign {
            file,
            covers,
            prefix: tool.codes,
            codes: if is_all { Vec::new() } else { codes },
        })
    }

    /// Whether it silences a finding of a rule with these aliases: only what is said about the object itself, not where
    /// it is but the other party.
    pub fn covers(&self, finding: &Finding, aliases: &[String]) -> bool {
        let within = finding.primary().is_some_and(|l| {
            l.place.file == self.file
                && (self.covers.start..=self.covers.end).contains(&l.place.span.start)
        });
        let mut own = aliases.iter().filter(|a| a.starts_with(self.prefix));
        within && own.any(|alias| self.codes.is_empty() || self.codes.contains(alias))
    }
}
