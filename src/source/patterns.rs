//! Exclude patterns in the syntax of gitignore, which remember what they excluded.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Patterns that share a place of origin.
#[derive(Debug)]
pub struct Patterns {
    /// Who states them, for messages: `meshlint.yaml` or `--exclude`.
    pub origin: String,
    /// Stated for this very run, so that each is meant to have an effect whatever is walked.
    pub stated_now: bool,
    base: PathBuf,
    stated: Vec<String>,
    matcher: Gitignore,
    used: BTreeSet<String>,
}

impl Patterns {
    /// Patterns relative to the directory `base`. The error names the first pattern that is none.
    pub fn new(origin: impl Into<String>, base: &Path, stated: &[String]) -> Result<Self, String> {
        let base = base.canonicalize().unwrap_or_else(|_| base.to_path_buf());
        let mut builder = GitignoreBuilder::new(&base);
        let stated: Vec<String> = stated.iter().map(|pattern| plain(pattern)).collect();
        for pattern in &stated {
            add(&mut builder, pattern)
                .map_err(|why| format!("`{pattern}` is not a pattern: {why}"))?;
        }
        let matcher = builder.build().map_err(|error| error.to_string())?;
        Ok(Self {
            origin: origin.into(),
            stated_now: false,
            base,
            stated,
            matcher,
            used: BTreeSet::new(),
        })
    }

    /// The pattern that excludes this path, if any. The path is absolute and canonical.
    pub(super) fn exclude(&mut self, path: &Path, is_dir: bool) -> Option<String> {
        let (pattern, excluded) = match self.matcher.matched(path, is_dir) {
            Match::None => return None,
            Match::Ignore(glob) => (glob.original(), true),
            Match::Whitelist(glob) => (glob.original(), false),
        };
        if !self.used.contains(pattern) {
            self.used.insert(pattern.to_owned());
        }
        excluded.then(|| pattern.to_owned())
    }

    /// Whether a path or a directory above it fits. The path is absolute.
    pub fn covers(&self, path: &Path) -> bool {
        path.starts_with(&self.base)
            && self
                .matcher
                .matched_path_or_any_parents(path, false)
                .is_ignore()
    }

    /// The patterns that had no effect on a walk over the directories `roots`; none when standing patterns are about
    /// more than what was walked.
    pub(super) fn unused<'a>(&'a self, roots: &[PathBuf]) -> impl Iterator<Item = &'a str> {
        let covered = self.stated_now || roots.iter().any(|root| self.base.starts_with(root));
        self.stated
            .iter()
            .map(String::as_str)
            .filter(move |pattern| covered && !self.used.contains(*pattern))
    }
}

/// Says what is wrong with a pattern.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    add(&mut GitignoreBuilder::new(""), pattern)
}

/// `./here` as shells complete it, which gitignore does not know, is `/here`.
fn plain(pattern: &str) -> String {
    let pattern = if pattern.ends_with("\\ ") {
        pattern
    } else {
        pattern.trim_end()
    };
    pattern
        .strip_prefix("./")
        .map_or_else(|| pattern.to_owned(), |anchored| format!("/{anchored}"))
}

fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<(), String> {
    if pattern.trim().is_empty() || pattern.starts_with('#') {
        return Err("it is empty".to_owned());
    }
    // Git takes `a[` for a literal; here it is a slip of the pen.
    match builder.allow_unclosed_class(false).add_line(None, pattern) {
        Ok(_) => Ok(()),
        Err(ignore::Error::Glob { err, .. }) => Err(err),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_remember_what_they_excluded() {
        let stated = ["vendor/", "*.gen.yaml", "!keep.gen.yaml", "nothing"].map(str::to_owned);
        let mut patterns = Patterns::new("test", Path::new("/repo"), &stated).unwrap();
        assert_eq!(
            patterns
                .exclude(Path::new("/repo/a/vendor"), true)
                .as_deref(),
            Some("vendor/")
        );
        assert_eq!(patterns.exclude(Path::new("/repo/vendor"), false), None);
        assert_eq!(
            patterns
                .exclude(Path::new("/repo/x.gen.yaml"), false)
                .as_deref(),
            Some("*.gen.yaml")
        );
        assert_eq!(
            patterns.exclude(Path::new("/repo/keep.gen.yaml"), false),
            None
        );
        assert_eq!(
            patterns
                .unused(&[PathBuf::from("/repo")])
                .collect::<Vec<_>>(),
            ["nothing"]
        );
        assert_eq!(patterns.unused(&[PathBuf::from("/repo/a")]).count(), 0);
    }

    #[test]
    fn a_directory_covers_what_is_below() {
        let patterns =
            Patterns::new("test", Path::new("/repo"), &["clusters/east/".to_owned()]).unwrap();
        assert!(patterns.covers(Path::new("/repo/clusters/east/a/b.yaml")));
        assert!(!patterns.covers(Path::new("/repo/clusters/west/a/b.yaml")));
        assert!(!patterns.covers(Path::new("/elsewhere/clusters/east/b.yaml")));
    }

    #[test]
    fn a_leading_dot_is_the_base() {
        let mut patterns = Patterns::new("test", Path::new("/repo"), &["./a ".to_owned()]).unwrap();
        assert!(patterns.exclude(Path::new("/repo/a"), false).is_some());
        assert!(patterns.exclude(Path::new("/repo/b/a"), false).is_none());
        assert_eq!(patterns.unused(&[PathBuf::from("/repo")]).count(), 0);
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert!(
            Patterns::new("test", Path::new("/"), &["a[".to_owned()])
                .unwrap_err()
                .contains("`a[`")
        );
        assert!(check_pattern(" ").is_err());
        assert!(check_pattern("a/**/b").is_ok());
    }
}
