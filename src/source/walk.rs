//! Which files there are to read below the paths that the user names, and why the others are left out.
//!
//! What is named is read, whatever its name, hidden or ignored. Below a named directory `.yaml`, `.yml` and `.json`
//! files are, unless an exclude pattern, `.meshlintignore`, git's ignore files or a leading dot says otherwise, in this
//! order; `!pattern` in `.meshlintignore` takes a file back from git's ignore files and from being hidden.

use super::patterns::Patterns;
use super::{Failure, io_text};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use ustr::Ustr;

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];
const OWN_IGNORE_FILE: &str = ".meshlintignore";

/// A file or directory that the user names; `-` is standard input.
#[derive(Clone, Debug)]
pub struct Root {
    pub path: PathBuf,
    /// The cluster that everything below belongs to, of `--cluster NAME=PATH`.
    pub cluster: Option<Ustr>,
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Relative to the working directory where possible, with forward slashes: what is shown, sorted and unique.
    pub path: String,
    /// Further paths of the same file, by symbolic links.
    pub also: Vec<String>,
    pub origin: Origin,
    /// The clusters of the named roots that it was found under, sorted; empty for roots without a cluster.
    pub clusters: Vec<Ustr>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An absolute path, links resolved.
    File(PathBuf),
    Stdin,
}

/// A file or directory that would be read but for a reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    pub path: String,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    Hidden,
    /// A pattern, and the file or option that states it.
    Pattern {
        origin: String,
        pattern: String,
    },
    /// A link to a directory that is read under its own path or by another link.
    Linked(String),
    /// A link to a directory that is neither below the working directory nor below a named one.
    Outside(String),
    /// A link to a directory that contains it.
    Loop(String),
    /// A pipe, socket or device.
    Special,
    /// The configuration of meshlint itself.
    Configuration,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Hidden => f.write_str("hidden"),
            Why::Pattern { origin, pattern } => write!(f, "`{pattern}` in {origin}"),
            Why::Linked(target) => write!(f, "link to {target}, which is read already"),
            Why::Outside(target) => write!(f, "link to {target}, outside of what is checked"),
            Why::Loop(target) => write!(f, "link back to {target}, which contains it"),
            Why::Special => f.write_str("not a regular file"),
            Why::Configuration => f.write_str("the configuration"),
        }
    }
}

/// What a walk found. All lists are sorted and free of duplicates, whatever the order of the roots.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    pub found: Vec<Found>,
    pub ignored: Vec<Ignored>,
    pub failures: Vec<Failure>,
    /// Files that are neither YAML nor JSON by name.
    pub others: usize,
    /// Warnings: patterns without effect, loops of links.
    pub notes: Vec<String>,
}

/// Lists the files at and below `roots`, which are relative to the directory `cwd`.
/// `stdin_name` is the path shown for standard input; where it names a file that is found too, the text of standard
/// input stands in for it.
pub fn walk(cwd: &Path, roots: &[Root], stdin_name: &str, excludes: &mut [Patterns]) -> Walk {
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_path_buf());
    let mut walker = Walker {
        global: Gitignore::global().0,
        inside: vec![cwd.clone()],
        cwd,
        excludes,
        found: HashMap::new(),
        walk: Walk::default(),
    };
    let mut named = Vec::new();
    for root in roots.iter().filter(|root| !is_stdin(root)) {
        let typed = walker.cwd.join(&root.path);
        let shown = walker.show_typed(&root.path);
        match fs::metadata(&typed) {
            Ok(meta) => {
                // A path such as /dev/fd/63 can be opened but has no canonical form.
                let real = typed.canonicalize().unwrap_or(typed);
                if meta.is_dir() {
                    walker.inside.push(real.clone());
                }
                named.push((root, shown, real, meta.is_dir()));
            }
            Err(error) => walker.fail(shown, io_text(&error)),
        }
    }
    for (root, shown, real, is_dir) in &named {
        if *is_dir {
            walker.tree(shown, real, root.cluster);
        } else {
            walker.add(shown.clone(), real.clone(), root.cluster);
        }
    }
    for root in roots.iter().filter(|root| is_stdin(root)) {
        walker.add_stdin(stdin_name, root.cluster);
    }
    walker.finish()
}

fn is_stdin(root: &Root) -> bool {
    root.path.as_os_str() == "-"
}

struct Walker<'a> {
    cwd: PathBuf,
    /// Where a link to a directory may lead.
    inside: Vec<PathBuf>,
    excludes: &'a mut [Patterns],
    /// Git's ignore file of the user.
    global: Gitignore,
    /// By canonical path.
    found: HashMap<OsString, Found>,
    walk: Walk,
}

/// A directory on the way down.
struct Directory {
    /// How its path is shown; empty for the working directory.
    shown: String,
    real: PathBuf,
    ignores: Option<Rc<Ignores>>,
}

/// The ignore files of a directory and those above.
struct Ignores {
    above: Option<Rc<Ignores>>,
    git: Gitignore,
    own: Gitignore,
    /// The top of a git repository: ignore files of git above do not bear on what is below.
    repository: bool,
}

struct Child {
    name: OsString,
    kind: FileType,
}

struct Link {
    shown: String,
    target: PathBuf,
}

impl Walker<'_> {
    /// Everything below a named directory, each directory once, links last.
    fn tree(&mut self, shown: &str, real: &Path, cluster: Option<Ustr>) {
        let mut seen = HashSet::new();
        let mut links = vec![Link {
            shown: shown.to_owned(),
            target: real.to_path_buf(),
        }];
        while !links.is_empty() {
            let mut next = Vec::new();
            for Link { shown, target } in links {
                if seen.contains(&target) {
                    let why = Why::Linked(self.show(&target));
                    self.ignore(shown, why);
                    continue;
                }
                let ignores = self.ignores_above(&target);
                let mut stack = vec![Directory {
                    shown,
                    real: target,
                    ignores,
                }];
                while let Some(directory) = stack.pop() {
                    if seen.insert(directory.real.clone()) {
                        self.directory(directory, cluster, &mut stack, &mut next);
                    }
                }
            }
            next.sort_by(|a, b| a.shown.cmp(&b.shown));
            links = next;
        }
    }

    fn directory(
        &mut self,
        directory: Directory,
        cluster: Option<Ustr>,
        stack: &mut Vec<Directory>,
        links: &mut Vec<Link>,
    ) {
        let entries = match self.entries(&directory) {
            Ok(entries) => entries,
            Err(error) => return self.fail(directory.shown, io_text(&error)),
        };
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        let (repository, git, own) = (has(".git"), has(".gitignore"), has(OWN_IGNORE_FILE));
        let ignores = self.ignores(directory.ignores, &directory.real, repository, git, own);
        for Child { name, kind } in entries {
            let shown = join(&directory.shown, &name);
            let real = directory.real.join(&name);
            if kind.is_symlink() {
                self.link(shown, real, &ignores, cluster, links);
            } else if kind.is_dir() {
                if name == ".git" {
                    continue;
                }
                match self.verdict(&real, true, &ignores) {
                    Some(why) => self.ignore(shown, why),
                    None => stack.push(Directory {
                        shown,
                        real,
                        ignores: ignores.clone(),
                    }),
                }
            } else if !is_manifest(&name) {
                self.walk.others += 1;
            } else if let Some(why) = self.verdict(&real, false, &ignores) {
                self.ignore(shown, why);
            } else if kind.is_file() {
                self.add(shown, real, cluster);
            } else {
                self.ignore(shown, Why::Special);
            }
        }
    }

    /// The entries of a directory; one that cannot be read is a failure by itself.
    fn entries(&mut self, directory: &Directory) -> io::Result<Vec<Child>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&directory.real)? {
            let read = entry.and_then(|entry| {
                Ok(Child {
                    name: entry.file_name(),
                    kind: entry.file_type()?,
                })
            });
            match read {
                Ok(entry) => entries.push(entry),
                Err(error) => self.fail(directory.shown.clone(), io_text(&error)),
            }
        }
        Ok(entries)
    }

    /// A link to a file is read; one to a directory is put off until all that is no link has been seen.
    fn link(
        &mut self,
        shown: String,
        link: PathBuf,
        ignores: &Option<Rc<Ignores>>,
        cluster: Option<Ustr>,
        links: &mut Vec<Link>,
    ) {
        let manifest = link.file_name().is_some_and(is_manifest);
        let target = fs::metadata(&link).and_then(|meta| Ok((meta, link.canonicalize()?)));
        let is_dir = target.as_ref().is_ok_and(|(meta, _)| meta.is_dir());
        if !is_dir && !manifest {
            self.walk.others += 1;
            return;
        }
        if let Some(why) = self.verdict(&link, is_dir, ignores) {
            return self.ignore(shown, why);
        }
        match target {
            Err(error) => {
                let what = match fs::read_link(&link) {
                    Ok(target) if error.kind() == io::ErrorKind::NotFound => {
                        format!("links to {}, which does not exist", show(&target))
                    }
                    _ => io_text(&error),
                };
                self.fail(shown, what);
            }
            Ok((_, target)) if is_dir => {
                if link.starts_with(&target) {
                    let target = self.show(&target);
                    self.walk.notes.push(format!(
                        "{shown}: links back to {target}, which contains it; not followed"
                    ));
                    self.ignore(shown, Why::Loop(target));
                } else if self.inside.iter().any(|inside| target.starts_with(inside)) {
                    links.push(Link { shown, target });
                } else {
                    let target = self.show(&target);
                    self.ignore(shown, Why::Outside(target));
                }
            }
            Ok((meta, target)) if meta.is_file() => self.add(shown, target, cluster),
            Ok(_) => self.ignore(shown, Why::Special),
        }
    }

    /// Why a path found below a named directory is not to be read.
    fn verdict(&mut self, path: &Path, is_dir: bool, ignores: &Option<Rc<Ignores>>) -> Option<Why> {
        for patterns in self.excludes.iter_mut() {
            if let Some(pattern) = patterns.exclude(path, is_dir) {
                return Some(Why::Pattern {
                    origin: patterns.origin.clone(),
                    pattern,
                });
            }
        }
        for level in chain(ignores) {
            match level.own.matched(path, is_dir) {
                Match::Ignore(glob) => return Some(stated(glob)),
                Match::Whitelist(_) => return None,
                Match::None => {}
            }
        }
        if path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
        {
            return Some(Why::Hidden);
        }
        for level in chain(ignores) {
            match level.git.matched(path, is_dir) {
                Match::Ignore(glob) => return Some(stated(glob)),
                Match::Whitelist(_) => return None,
                Match::None if level.repository => break,
                Match::None => {}
            }
        }
        match self.global.matched(path, is_dir) {
            Match::Ignore(glob) => Some(stated(glob)),
            Match::Whitelist(_) | Match::None => None,
        }
    }

    /// The ignore files above a directory, up to the top of its repository; outside of one, up to the working directory.
    fn ignores_above(&mut self, directory: &Path) -> Option<Rc<Ignores>> {
        let top = directory
            .ancestors()
            .find(|above| above.join(".git").exists())
            .or_else(|| {
                directory
                    .starts_with(&self.cwd)
                    .then_some(self.cwd.as_path())
            })
            .unwrap_or(directory);
        let mut above: Vec<PathBuf> = directory
            .ancestors()
            .skip(1)
            .map(Path::to_path_buf)
            .collect();
        above.retain(|path| path.starts_with(top));
        above.iter().rev().fold(None, |ignores, path| {
            let has = |name: &str| path.join(name).exists();
            self.ignores(
                ignores,
                path,
                has(".git"),
                has(".gitignore"),
                has(OWN_IGNORE_FILE),
            )
        })
    }

    fn ignores(
        &mut self,
        above: Option<Rc<Ignores>>,
        directory: &Path,
        repository: bool,
        git: bool,
        own: bool,
    ) -> Option<Rc<Ignores>> {
        let mut level = above;
        if repository {
            let git = self.ignore_file(directory, ".git/info/exclude", false);
            level = Some(Rc::new(Ignores {
                above: level,
                git,
                own: Gitignore::empty(),
                repository: true,
            }));
        }
        if git || own {
            let git = if git {
                self.ignore_file(directory, ".gitignore", false)
            } else {
                Gitignore::empty()
            };
            let own = if own {
                self.ignore_file(directory, OWN_IGNORE_FILE, true)
            } else {
                Gitignore::empty()
            };
            level = Some(Rc::new(Ignores {
                above: level,
                git,
                own,
                repository: false,
            }));
        }
        level
    }

    /// Reads an ignore file. What git would pass over in silence is passed over; of our own file it is said aloud.
    fn ignore_file(&mut self, directory: &Path, name: &str, loud: bool) -> Gitignore {
        let path = directory.join(name);
        let shown = self.show(&path);
        let mut builder = GitignoreBuilder::new(directory);
        builder.allow_unclosed_class(!loud);
        match fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
                    if let Err(error) = builder.add_line(Some(PathBuf::from(&shown)), line)
                        && loud
                    {
                        self.walk
                            .notes
                            .push(format!("{shown}:{}: {error}", number + 1));
                    }
                }
            }
            Err(error) if loud => self
                .walk
                .notes
                .push(format!("{shown}: {}", io_text(&error))),
            Err(_) => {}
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }

    /// A file, known by its canonical path. Of several paths the one without links is shown, else the first by name.
    fn add(&mut self, mut shown: String, real: PathBuf, cluster: Option<Ustr>) {
        if shown.starts_with("../") && real.starts_with(&self.cwd) {
            shown = relative(&self.cwd, &real);
        }
        match self.found.entry(real.clone().into_os_string()) {
            Entry::Vacant(place) => {
                place.insert(Found {
                    path: shown,
                    also: Vec::new(),
                    origin: Origin::File(real),
                    clusters: cluster.into_iter().collect(),
                });
            }
            Entry::Occupied(place) => {
                let found = place.into_mut();
                found.clusters.extend(cluster);
                if found.path != shown {
                    let linked = |shown: &str| self.cwd.join(shown) != real;
                    if (linked(&shown), &shown) < (linked(&found.path), &found.path) {
                        std::mem::swap(&mut found.path, &mut shown);
                    }
                    found.also.push(shown);
                }
            }
        }
    }

    fn add_stdin(&mut self, name: &str, cluster: Option<Ustr>) {
        let path = self.cwd.join(name);
        let real = path.canonicalize().unwrap_or(path);
        let shown = self.show_typed(Path::new(name));
        self.add(shown, real.clone(), cluster);
        if let Some(found) = self.found.get_mut(real.as_os_str()) {
            found.origin = Origin::Stdin;
        }
    }

    fn ignore(&mut self, path: String, why: Why) {
        self.walk.ignored.push(Ignored {
            path: or_dot(path),
            why,
        });
    }

    fn fail(&mut self, path: String, error: String) {
        self.walk.failures.push(Failure {
            path: or_dot(path),
            error,
        });
    }

    fn finish(self) -> Walk {
        let Walker {
            mut walk,
            found,
            excludes,
            inside,
            ..
        } = self;
        for patterns in excludes.iter() {
            for pattern in patterns.unused(inside.get(1..).unwrap_or_default()) {
                walk.notes.push(format!(
                    "`{pattern}` in {} excludes nothing",
                    patterns.origin
                ));
            }
        }
        walk.found = found.into_values().collect();
        for found in &mut walk.found {
            found.also.sort();
            found.also.dedup();
            found.clusters.sort_by_key(Ustr::as_str);
            found.clusters.dedup();
        }
        walk.found
            .sort_by(|a, b| (&a.path, &a.origin).cmp(&(&b.path, &b.origin)));
        // A named file is read though the directory above, if named too, would leave it out.
        let is_read = |path: &str| {
            walk.found
                .binary_search_by(|found| found.path.as_str().cmp(path))
                .is_ok()
        };
        walk.ignored.retain(|ignored| !is_read(&ignored.path));
        walk.ignored.sort();
        walk.ignored.dedup();
        walk.failures.sort();
        walk.failures.dedup();
        walk.notes.sort();
        walk.notes.dedup();
        walk
    }

    /// A path as the user typed it, or relative to the working directory where that is plainer.
    fn show_typed(&self, typed: &Path) -> String {
        if let Ok(below) = typed.strip_prefix(&self.cwd) {
            return show(below);
        }
        let plain =
            typed.is_relative() && !typed.components().any(|part| part == Component::ParentDir);
        if !plain
            && let Ok(real) = self.cwd.join(typed).canonicalize()
            && let Ok(below) = real.strip_prefix(&self.cwd)
        {
            return show(below);
        }
        show(typed)
    }

    /// A canonical path, relative to the working directory.
    fn show(&self, path: &Path) -> String {
        or_dot(relative(&self.cwd, path))
    }
}

/// How the path of a file is shown: relative to the directory `base`, with forward slashes; empty for `base` itself.
/// Both are absolute.
pub fn relative(base: &Path, path: &Path) -> String {
    let Some((up, shared)) = base
        .ancestors()
        .enumerate()
        .find(|(_, above)| path.starts_with(above))
    else {
        return show(path);
    };
    let below = path.strip_prefix(shared).unwrap_or(path);
    show(
        &std::iter::repeat_n(Path::new(".."), up)
            .collect::<PathBuf>()
            .join(below),
    )
}

fn chain(ignores: &Option<Rc<Ignores>>) -> impl Iterator<Item = &Ignores> {
    std::iter::successors(ignores.as_deref(), |level| level.above.as_deref())
}

fn stated(glob: &ignore::gitignore::Glob) -> Why {
    let origin = glob
        .from()
        .map_or_else(|| "the global git ignore file".to_owned(), show);
    Why::Pattern {
        origin,
        pattern: glob.original().to_owned(),
    }
}

fn is_manifest(name: impl AsRef<OsStr>) -> bool {
    let extension = Path::new(name.as_ref()).extension();
    EXTENSIONS
        .iter()
        .any(|known| extension.is_some_and(|extension| extension.eq_ignore_ascii_case(known)))
}

/// With forward slashes and without `.`; empty for the working directory.
fn show(path: &Path) -> String {
    let mut shown = String::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::RootDir => shown.push('/'),
            part => shown = join(&shown, part.as_os_str()),
        }
    }
    shown
}

fn join(directory: &str, name: &OsStr) -> String {
    let slash = if directory.is_empty() || directory.ends_with('/') {
        ""
    } else {
        "/"
    };
    format!("{directory}{slash}{}", name.to_string_lossy())
}

fn or_dot(path: String) -> String {
    if path.is_empty() {
        ".".to_owned()
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn plain(path: &str) -> Root {
        Root {
            path: PathBuf::from(path),
            cluster: None,
        }
    }

    fn of(cluster: &str, path: &str) -> Root {
        Root {
            path: PathBuf::from(path),
            cluster: Some(Ustr::from(cluster)),
        }
    }

    fn walk_in(dir: &TempDir, roots: &[Root]) -> Walk {
        walk(dir.path(), roots, "<stdin>", &mut [])
    }

    fn paths(walk: &Walk) -> Vec<&str> {
        walk.found.iter().map(|found| found.path.as_str()).collect()
    }

    fn ignored(walk: &Walk) -> Vec<String> {
        walk.ignored
            .iter()
            .map(|ignored| format!("{}: {}", ignored.path, ignored.why))
            .collect()
    }

    #[test]
    fn manifests_by_name_and_what_is_named() {
        let dir = tree(&[
            ("b.yaml", ""),
            ("a/x.yml", ""),
            ("a/y.JSON", ""),
            ("a/readme.md", ""),
            ("a/template.tpl", ""),
            (".hidden/z.yaml", ""),
            (".git/config.yaml", ""),
        ]);
        let walk = walk_in(&dir, &[plain("."), plain("a/template.tpl")]);
        assert_eq!(
            paths(&walk),
            ["a/template.tpl", "a/x.yml", "a/y.JSON", "b.yaml"]
        );
        assert_eq!(ignored(&walk), [".hidden: hidden"]);
        assert_eq!(walk.others, 2);
        assert_eq!(
            paths(&walk_in(&dir, &[plain(".hidden")])),
            [".hidden/z.yaml"]
        );
    }

    #[test]
    fn ignore_files_count_outside_of_a_repository() {
        let dir = tree(&[
            (".gitignore", "gen/\n*.tmp.yaml\n"),
            (
                ".meshlintignore",
                "# ours\nold\n!taken-back.tmp.yaml\n!.argo/\n",
            ),
            ("gen/a.yaml", ""),
            ("b.tmp.yaml", ""),
            ("taken-back.tmp.yaml", ""),
            ("old/c.yaml", ""),
            (".argo/d.yaml", ""),
            ("sub/.gitignore", "!b.tmp.yaml\n"),
            ("sub/b.tmp.yaml", ""),
        ]);
        let walk = walk_in(&dir, &[plain(".")]);
        assert_eq!(
            paths(&walk),
            [".argo/d.yaml", "sub/b.tmp.yaml", "taken-back.tmp.yaml"]
        );
        assert_eq!(
            ignored(&walk),
            [
                "b.tmp.yaml: `*.tmp.yaml` in .gitignore",
                "gen: `gen/` in .gitignore",
                "old: `old` in .meshlintignore"
            ]
        );
        assert_eq!(
            paths(&walk_in(&dir, &[plain("b.tmp.yaml"), plain("gen")])),
            ["b.tmp.yaml", "gen/a.yaml"]
        );
    }

    #[test]
    fn ignore_files_above_count_up_to_the_repository() {
        let dir = tree(&[
            (".gitignore", "*.yaml\n"),
            ("repo/.git/info/exclude", "private.yaml\n"),
            ("repo/.gitignore", "/apps/gen.yaml\n"),
            ("repo/apps/gen.yaml", ""),
            ("repo/apps/kept.yaml", ""),
            ("repo/apps/private.yaml", ""),
        ]);
        let walk = walk_in(&dir, &[plain("repo/apps")]);
        assert_eq!(paths(&walk), ["repo/apps/kept.yaml"]);
        assert_eq!(
            ignored(&walk),
            [
                "repo/apps/gen.yaml: `/apps/gen.yaml` in repo/.gitignore",
                "repo/apps/private.yaml: `private.yaml` in repo/.git/info/exclude"
            ]
        );
    }

    #[test]
    fn a_bad_line_of_our_ignore_file_is_said() {
        let dir = tree(&[(".meshlintignore", "ok\na[\n"), ("b.yaml", "")]);
        let walk = walk_in(&dir, &[plain(".")]);
        assert_eq!(paths(&walk), ["b.yaml"]);
        assert_eq!(walk.notes.len(), 1);
        assert!(
            walk.notes[0].starts_with(".meshlintignore:2: "),
            "{:?}",
            walk.notes
        );
    }

    #[test]
    fn overlapping_roots_give_each_file_once() {
        let dir = tree(&[("east/a.yaml", ""), ("shared/b.yaml", "")]);
        let absolute = dir.path().join("east/a.yaml");
        let roots = [
            of("east", "east"),
            of("east", "shared"),
            of("west", "./shared/"),
            of("east", "east/../shared"),
            of("east", absolute.to_str().unwrap()),
        ];
        let walk = walk_in(&dir, &roots);
        assert_eq!(paths(&walk), ["east/a.yaml", "shared/b.yaml"]);
        assert_eq!(walk.found[0].clusters, ["east"]);
        assert_eq!(walk.found[1].clusters, ["east", "west"]);
        assert!(
            walk.found.iter().all(|found| found.also.is_empty()),
            "{:?}",
            walk.found
        );
    }

    #[test]
    fn what_is_below_the_working_directory_is_shown_so() {
        let dir = tree(&[
            ("apps/east/a.yaml", ""),
            ("apps/b.yaml", ""),
            ("c.yaml", ""),
        ]);
        let walk = walk(&dir.path().join("apps"), &[plain("..")], "<stdin>", &mut []);
        assert_eq!(paths(&walk), ["../c.yaml", "b.yaml", "east/a.yaml"]);
    }

    #[test]
    fn excludes_come_first_and_tell_when_they_are_idle() {
        let dir = tree(&[("a/gen/x.yaml", ""), ("b/y.yaml", ""), ("b/z.gen.yaml", "")]);
        let stated = ["a/gen/", "*.gen.yaml", "/y.yaml"].map(str::to_owned);
        let mut excludes = [Patterns::new("meshlint.yaml", dir.path(), &stated).unwrap()];
        let walk = walk(dir.path(), &[plain(".")], "<stdin>", &mut excludes);
        assert_eq!(paths(&walk), ["b/y.yaml"]);
        assert_eq!(
            ignored(&walk),
            [
                "a/gen: `a/gen/` in meshlint.yaml",
                "b/z.gen.yaml: `*.gen.yaml` in meshlint.yaml"
            ]
        );
        assert_eq!(walk.notes, ["`/y.yaml` in meshlint.yaml excludes nothing"]);
    }

    #[test]
    fn a_missing_path_is_a_failure_and_the_rest_is_found() {
        let dir = tree(&[("a.yaml", "")]);
        let walk = walk_in(&dir, &[plain("nowhere"), plain(".")]);
        assert_eq!(paths(&walk), ["a.yaml"]);
        let error = "no such file or directory".to_owned();
        assert_eq!(
            walk.failures,
            [Failure {
                path: "nowhere".to_owned(),
                error
            }]
        );
    }

    #[test]
    fn standard_input_stands_in_for_a_file() {
        let dir = tree(&[("a.yaml", ""), ("b.yaml", "")]);
        let plain_stdin = walk_in(&dir, &[plain("-"), of("east", "-")]);
        assert_eq!(paths(&plain_stdin), ["<stdin>"]);
        assert_eq!(plain_stdin.found[0].clusters, ["east"]);
        let walk = walk(
            dir.path(),
            &[of("east", "."), plain("-")],
            "./b.yaml",
            &mut [],
        );
        assert_eq!(paths(&walk), ["a.yaml", "b.yaml"]);
        assert_eq!(walk.found[1].origin, Origin::Stdin);
        assert_eq!(walk.found[1].clusters, ["east"]);
    }

    #[cfg(unix)]
    mod links {
        use super::*;
        use std::os::unix::fs::symlink;

        #[test]
        fn a_linked_file_is_one_file() {
            let dir = tree(&[("shared/gw.yaml", ""), ("east/x.yaml", "")]);
            symlink("../shared/gw.yaml", dir.path().join("east/gw.yaml")).unwrap();
            symlink("shared/gw.yaml", dir.path().join("gw.txt")).unwrap();
            let all = walk_in(&dir, &[plain(".")]);
            assert_eq!(paths(&all), ["east/x.yaml", "shared/gw.yaml"]);
            assert_eq!(all.found[1].also, ["east/gw.yaml"]);
            let east = walk_in(&dir, &[of("east", "east")]);
            assert_eq!(paths(&east), ["east/gw.yaml", "east/x.yaml"]);
        }

        #[test]
        fn a_linked_directory_inside_is_read_once() {
            let dir = tree(&[
                ("shared/gw.yaml", ""),
                ("east/x.yaml", ""),
                (".versions/1/v.yaml", ""),
            ]);
            symlink("../shared", dir.path().join("east/common")).unwrap();
            symlink("../.versions/1", dir.path().join("east/current")).unwrap();
            let all = walk_in(&dir, &[plain(".")]);
            assert_eq!(
                paths(&all),
                ["east/current/v.yaml", "east/x.yaml", "shared/gw.yaml"]
            );
            assert_eq!(
                ignored(&all),
                [
                    ".versions: hidden",
                    "east/common: link to shared, which is read already"
                ]
            );
            let east = walk_in(&dir, &[of("east", "east")]);
            assert_eq!(
                paths(&east),
                ["east/common/gw.yaml", "east/current/v.yaml", "east/x.yaml"]
            );
        }

        #[test]
        fn loops_end_and_are_told() {
            let dir = tree(&[("a/b/x.yaml", "")]);
            symlink("../..", dir.path().join("a/b/up")).unwrap();
            symlink("self.yaml", dir.path().join("a/self.yaml")).unwrap();
            let walk = walk_in(&dir, &[plain(".")]);
            assert_eq!(paths(&walk), ["a/b/x.yaml"]);
            assert_eq!(
                ignored(&walk),
                ["a/b/up: link back to ., which contains it"]
            );
            assert_eq!(
                walk.notes,
                ["a/b/up: links back to ., which contains it; not followed"]
            );
            assert_eq!(walk.failures.len(), 1);
            assert_eq!(walk.failures[0].path, "a/self.yaml");
        }

        #[test]
        fn two_linked_directories_into_each_other_end() {
            let dir = tree(&[("a/x.yaml", ""), ("b/y.yaml", "")]);
            symlink("../b", dir.path().join("a/to-b")).unwrap();
            symlink("../a", dir.path().join("b/to-a")).unwrap();
            let walk = walk_in(&dir, &[of("east", "a")]);
            assert_eq!(paths(&walk), ["a/to-b/y.yaml", "a/x.yaml"]);
        }

        #[test]
        fn a_link_out_of_what_is_checked_is_not_followed() {
            let outside = tree(&[("secret/x.yaml", "")]);
            let dir = tree(&[("a.yaml", "")]);
            symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
            let walk = walk_in(&dir, &[plain(".")]);
            assert_eq!(paths(&walk), ["a.yaml"]);
            assert!(
                matches!(walk.ignored[0].why, Why::Outside(_)),
                "{:?}",
                walk.ignored
            );
            assert_eq!(paths(&walk_in(&dir, &[plain("out")])), ["out/x.yaml"]);
        }

        #[test]
        fn a_dangling_link_is_a_failure() {
            let dir = tree(&[("a.yaml", "")]);
            symlink("gone.yaml", dir.path().join("b.yaml")).unwrap();
            symlink("gone", dir.path().join("c")).unwrap();
            let walk = walk_in(&dir, &[plain(".")]);
            let error = "links to gone.yaml, which does not exist".to_owned();
            assert_eq!(
                walk.failures,
                [Failure {
                    path: "b.yaml".to_owned(),
                    error
                }]
            );
        }
    }
}
