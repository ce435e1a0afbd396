//! The front matter of a rule page: what the program needs to know about a rule.

use crate::finding::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The YAML between the two `---` lines that open a rule page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrontMatter {
    /// What is wrong, as a headline: at most 80 characters, no full stop.
    pub title: String,
    /// How bad it is when every setting involved is known for sure.
    pub severity: Severity,
    /// The sort of thing that the rule looks at, one at a time.
    pub subject: Subject,
    /// The kinds of object that a rule about objects looks at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Whether judging one subject needs other clusters.
    #[serde(default)]
    pub reads: Reads,
    /// Codes of the same check in other tools. Accepted wherever an id is.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The first version that has the rule.
    pub since: String,
    /// One line: the mechanism, then the symptom that an operator sees.
    pub why: String,
    /// The Istio versions that the rule is about, such as `>=1.27`; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub istio: Option<String>,
    /// Rules whose finding on the same cluster and subject is only a consequence of this one.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Where to read on: URLs, or issues as `owner/repository#number`.
    #[serde(default)]
    pub references: Vec<String>,
    /// What a user may set for this rule.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
}

/// One option of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// The value when nobody sets it; its type is the type of the option.
    pub default: serde_json::Value,
    /// One sentence: what it changes.
    pub doc: String,
}

/// What a rule looks at, one at a time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// An object of the kinds that the front matter names.
    Object,
    /// A host name that services or service entries of the mesh answer for.
    Host,
    /// A namespace of the mesh, by name.
    Namespace,
    /// A network of the mesh.
    Network,
    /// An effective setting, compared over the clusters of a mesh.
    Setting,
    /// An ordered pair of clusters: the client's and the server's.
    Pair,
    Cluster,
    Mesh,
    /// A file as it was read.
    File,
}

impl Subject {
    pub const ALL: [Subject; 9] = [
        Self::Object,
        Self::Host,
        Self::Namespace,
        Self::Network,
        Self::Setting,
        Self::Pair,
        Self::Cluster,
        Self::Mesh,
        Self::File,
    ];

    /// The word that stands for it in a front matter.
    pub fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Host => "host",
            Self::Namespace => "namespace",
            Self::Network => "network",
            Self::Setting => "setting",
            Self::Pair => "pair",
            Self::Cluster => "cluster",
            Self::Mesh => "mesh",
            Self::File => "file",
        }
    }
}

/// How far a rule looks when it judges one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Only into the subject's own cluster.
    #[default]
    Own,
    /// Into the other clusters of the mesh too.
    Peers,
}

/// The minor number of a version of Istio: 27 of `1.27`, `v1.27.3` and `1.27.0-rc.1`.
pub fn istio_minor(version: &str) -> Option<u32> {
    let version = version.strip_prefix('v').unwrap_or(version);
    version
        .strip_prefix("1.")?
        .split(['.', '-'])
        .next()?
        .parse()
        .ok()
}

impl FrontMatter {
    /// Whether the rule is about this minor version of Istio; it is about an unknown one.
    pub fn is_about(&self, minor: Option<u32>) -> bool {
        let (Some(range), Some(minor)) = (&self.istio, minor) else {
            return true;
        };
        range.split_whitespace().all(|bound| {
            let number = bound.trim_start_matches(['<', '>', '=']);
            let wanted = istio_minor(number);
            match bound.strip_suffix(number) {
                Some(">=") => wanted.is_none_or(|wanted| minor >= wanted),
                Some(">") => wanted.is_none_or(|wanted| minor > wanted),
                Some("<=") => wanted.is_none_or(|wanted| minor <= wanted),
                Some("<") => wanted.is_none_or(|wanted| minor < wanted),
                _ => true,
            }
        })
    }

    /// Reads the front matter of a page; the rest is not looked at.
    ///
    /// # Errors
    /// One line that says what is wrong and, where it is known, at which line of the page.
    pub fn parse(page: &str) -> Result<Self, String> {
        let (front, _) = split(page)?;
        serde_yaml::from_str(front).map_err(|error| error.to_string().replace('\n', " "))
    }

    /// What stands in for a front matter that cannot be read.
    pub(super) fn broken(id: &str, why: &str) -> Self {
        Self {
            title: format!("rules/{id}.md cannot be read: {why}"),
            severity: Severity::Error,
            subject: Subject::File,
            kinds: Vec::new(),
            reads: Reads::Peers,
            aliases: Vec::new(),
            since: env!("CARGO_PKG_VERSION").into(),
            why: why.into(),
            istio: None,
            supersedes: Vec::new(),
            references: Vec::new(),
            options: BTreeMap::new(),
        }
    }

    /// Whether `name` is an alias of the rule, in any case.
    pub fn has_alias(&self, name: &str) -> bool {
        self.aliases
            .iter()
            .any(|alias| alias.eq_ignore_ascii_case(name))
    }
}

/// The front matter with the line break before it, so that line numbers in it are those of the page, and the rest.
pub(super) fn split(page: &str) -> Result<(&str, &str), String> {
    let rest = page
        .strip_prefix("---")
        .filter(|rest| rest.starts_with(['\n', '\r']));
    let Some(rest) = rest else {
        return Err("a page begins with a line `---`".into());
    };
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let (front, body) = rest.split_at(end);
            return Ok((front, body.get(line.len()..).unwrap_or_default()));
        }
        end += line.len();
    }
    Err("the front matter is not closed by a line `---`".into())
}

/// The address of a reference: itself when it is a URL, the issue's when it is `owner/repository#number`.
pub fn reference_url(reference: &str) -> Option<String> {
    if reference.starts_with("https://") {
        return Some(reference.to_owned());
    }
    let (repository, number) = reference.split_once('#')?;
    let (owner, name) = repository.split_once('/')?;
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let numeric = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (word(owner) && word(name) && numeric)
        .then(|| format!("https://github.com/{repository}/issues/{number}"))
}

/// The JSON Schema of a front matter, as committed in `schemas/rule.v1.json`.
pub fn schema() -> schemars::Schema {
    let mut schema = schemars::schema_for!(FrontMatter);
    schema.insert(
        "title".into(),
        "Front matter of a meshlint rule page, version 1".into(),
    );
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str =
        "---\ntitle: T\nseverity: error\nsubject: setting\nsince: '0.1'\nwhy: w\n---\nbody\n";

    #[test]
    fn reads_the_minimum_with_defaults() {
        let front = FrontMatter::parse(MINIMAL).unwrap();
        assert_eq!(
            (front.severity, front.subject, front.reads),
            (Severity::Error, Subject::Setting, Reads::Own)
        );
        assert!(front.aliases.is_empty() && front.options.is_empty());
        assert_eq!(
            FrontMatter::parse(&MINIMAL.replace('\n', "\r\n")).unwrap(),
            front
        );
    }

    #[test]
    fn reads_options() {
        let page = MINIMAL.replace(
            "why: w\n",
            "why: w\noptions:\n  limit: {default: 3, doc: How many.}\n",
        );
        let front = FrontMatter::parse(&page).unwrap();
        assert_eq!(front.options["limit"].default, serde_json::json!(3));
    }

    #[test]
    fn says_what_is_wrong_at_the_line_of_the_page() {
        let typo = FrontMatter::parse(&MINIMAL.replace("subject:", "subjekt:")).unwrap_err();
        assert!(
            typo.contains("subjekt") && typo.contains("line 4"),
            "{typo}"
        );
        let severity = FrontMatter::parse(&MINIMAL.replace("error", "fatal")).unwrap_err();
        assert!(
            severity.contains("fatal") && severity.contains("line 3"),
            "{severity}"
        );
        let missing = FrontMatter::parse(&MINIMAL.replace("why: w\n", "")).unwrap_err();
        assert!(missing.contains("why"), "{missing}");
        for page in ["", "# no front matter", "---x\n---\n", "---\ntitle: T\n"] {
            assert!(
                FrontMatter::parse(page).unwrap_err().contains("`---`"),
                "{page}"
            );
        }
    }

    #[test]
    fn every_subject_is_spelled_as_it_is_read() {
        for subject in Subject::ALL {
            assert_eq!(
                serde_yaml::from_str::<Subject>(subject.word()).unwrap(),
                subject
            );
        }
    }

    #[test]
    fn a_range_of_versions_holds_for_those_within() {
        let page = "---\ntitle: t\nseverity: info\nsubject: mesh\nsince: '0.1'\nwhy: w\nistio: '>=1.24 <1.27'\n---\n";
        let front = FrontMatter::parse(page).unwrap();
        let about: Vec<u32> = (22..30)
            .filter(|minor| front.is_about(Some(*minor)))
            .collect();
        assert_eq!(about, [24, 25, 26]);
        assert!(front.is_about(None));
        assert_eq!(istio_minor("v1.27.3"), Some(27));
        assert_eq!(istio_minor("2.1"), None);
    }

    #[test]
    fn references_are_urls_or_issues() {
        let issue = Some("https://github.com/istio/istio/issues/42516".to_owned());
        assert_eq!(reference_url("istio/istio#42516"), issue);
        assert_eq!(
            reference_url("https://istio.io/x"),
            Some("https://istio.io/x".to_owned())
        );
        for bad in [
            "#42516",
            "istio#42516",
            "istio/istio#",
            "istio/istio#4x",
            "see the docs",
            "istio/is tio#1",
        ] {
            assert_eq!(reference_url(bad), None, "{bad}");
        }
    }
}
