//! What to read: the arguments that `check`, `files` and `fleet` share, and the configuration.

use super::{Stop, known, terminal::Terminal, usage};
use crate::Loaded;
use crate::config::{self, Config};
use crate::finding::closest;
use crate::source::{self, Found, Ignored, Origin, Patterns, Root, Walk, Why};
use std::path::{Component, Path, PathBuf};
use ustr::Ustr;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Files and directories to read, `-` for standard input [default: . unless --cluster is given]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What belongs to a cluster; the same NAME may repeat
    #[arg(long = "cluster", value_name = "NAME=PATH", value_parser = named_path)]
    clusters: Vec<(String, PathBuf)>,
    /// The input is all there is: report references to objects that are not in it
    #[arg(long)]
    complete: bool,
    /// Leave out what fits this pattern in the syntax of gitignore, relative to the working directory
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Do not read larger files; a larger one is an error
    #[arg(long, value_name = "SIZE", value_parser = source::parse_size, default_value = "64MiB")]
    max_file_size: u64,
    /// The path that standard input is shown under
    #[arg(long, value_name = "PATH", default_value = "<stdin>")]
    stdin_filename: String,
    /// The configuration [default: meshlint.yaml or .meshlint.yaml, from here up to the top of the repository]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
}

/// What was asked for, as far as it can be said without reading manifests.
pub(super) struct Input {
    pub(super) config: Config,
    pub(super) walk: Walk,
    cwd: PathBuf,
    /// Where the configuration is, when everything that it is about was walked.
    whole: Option<String>,
    /// The minor version of Istio in all clusters, if the user says it.
    pub(super) istio_minor: Option<u32>,
    /// Bytes.
    max_file_size: u64,
}

impl Input {
    /// Reads everything, and says on stderr what could not be read.
    pub(super) fn load(&self, terminal: &mut Terminal) -> Loaded {
        let loaded = crate::load(
            &self.walk,
            &self.cwd,
            self.max_file_size,
            crate::fleet::Options {
                istio_minor: self.istio_minor,
                ..self.config.fleet()
            },
        );
        for failure in &loaded.failures {
            terminal.error(&format!("{}: {}", failure.path, failure.error));
        }
        self.unknown_clusters(&loaded, terminal);
        loaded
    }

    /// Warns of clusters that the configuration names and nothing else knows.
    fn unknown_clusters(&self, loaded: &Loaded, terminal: &mut Terminal) {
        let Some(config) = &self.whole else { return };
        let known: Vec<&str> = loaded
            .fleets
            .main
            .clusters
            .iter()
            .map(|cluster| cluster.name.as_str())
            .collect();
        let clusters = self
            .config
            .clusters
            .keys()
            .map(|name| ("clusters".to_owned(), name));
        let meshes = self.config.meshes.iter();
        let meshes = meshes.flat_map(|(mesh, names)| {
            names
                .iter()
                .map(move |name| (format!("meshes.{mesh}"), name))
        });
        for (place, name) in clusters.chain(meshes) {
            if !known.contains(&name.as_str()) {
                terminal.warning(&format!(
                    "`{place}` in {config} names `{name}`, but no file belongs to such a cluster"
                ));
                if let Some(meant) = closest(name, known.iter().copied()) {
                    terminal.help(&format!("did you mean `{meant}`?"));
                }
            }
        }
    }
}

impl InputArgs {
    /// Reads the configuration, lists the files and says on stderr what is odd about either.
    pub(super) fn prepare(&self, terminal: &mut Terminal) -> Result<Input, Stop> {
        let cwd = std::env::current_dir().map_err(|error| {
            usage(format!(
                "the working directory cannot be used: {}",
                source::io_text(&error)
            ))
        })?;
        let path = match &self.config {
            Some(path) => Some(cwd.join(path)),
            None if self.no_config => None,
            None => config::find(&cwd),
        };
        let shown = path
            .as_ref()
            .map(|path| source::relative(&cwd, path))
            .unwrap_or_default();
        let base = path.as_deref().and_then(Path::parent).unwrap_or(&cwd);
        let mut config = match &path {
            Some(path) => config::load(path, &shown, &known).map_err(Stop::Config)?,
            None => Config::default(),
        };
        config.complete |= self.complete;

        let mut now = Patterns::new("--exclude", &cwd, &self.exclude).map_err(usage)?;
        now.stated_now = true;
        let walked = |root: Root| {
            base.canonicalize().is_ok_and(|base| {
                cwd.join(root.path)
                    .canonicalize()
                    .is_ok_and(|root| base.starts_with(root))
            })
        };
        let whole = path.is_some() && self.roots().into_iter().any(walked);
        let whole = whole.then(|| shown.clone());
        let standing = Patterns::new(shown, base, &texts(&config.exclude)).map_err(usage)?;
        let mut walk = source::walk(
            &cwd,
            &self.roots(),
            &self.stdin_filename,
            &mut [now, standing],
        );
        leave_out(&mut walk, path.as_deref());
        assign(&mut walk, &config, &cwd, base)?;
        for note in &walk.notes {
            terminal.warning(note);
        }
        Ok(Input {
            config,
            walk,
            cwd,
            whole,
            istio_minor: None,
            max_file_size: self.max_file_size,
        })
    }

    fn roots(&self) -> Vec<Root> {
        let named = self.clusters.iter().map(|(name, path)| Root {
            path: path.clone(),
            cluster: Some(Ustr::from(name)),
        });
        let plain = self.paths.iter().map(|path| Root {
            path: path.clone(),
            cluster: None,
        });
        let mut roots: Vec<Root> = plain.chain(named).collect();
        if roots.is_empty() {
            roots.push(Root {
                path: PathBuf::from("."),
                cluster: None,
            });
        }
        roots
    }
}

/// The configuration is no manifest.
fn leave_out(walk: &mut Walk, config: Option<&Path>) {
    let Some(config) = config.and_then(|path| path.canonicalize().ok()) else {
        return;
    };
    let is_config = |found: &Found| found.origin == Origin::File(config.clone());
    let ignored = walk.found.iter().filter(|found| is_config(found));
    walk.ignored.extend(ignored.map(|found| Ignored {
        path: found.path.clone(),
        why: Why::Configuration,
    }));
    walk.found.retain(|found| !is_config(found));
    walk.ignored.sort();
}

/// Files that no `--cluster` claims belong to the clusters that the configuration says.
fn assign(walk: &mut Walk, config: &Config, cwd: &Path, base: &Path) -> Result<(), Stop> {
    let clusters = config
        .clusters
        .iter()
        .filter(|(_, cluster)| !cluster.paths.is_empty());
    let clusters: Vec<(Ustr, Patterns)> = clusters
        .map(|(name, cluster)| {
            Ok((
                Ustr::from(name),
                Patterns::new(name, base, &texts(&cluster.paths))?,
            ))
        })
        .collect::<Result<_, String>>()
        .map_err(usage)?;
    for found in walk
        .found
        .iter_mut()
        .filter(|found| found.clusters.is_empty())
    {
        let shown = found.also.iter().chain([&found.path]);
        let mut paths: Vec<PathBuf> = shown.map(|path| without_dots(&cwd.join(path))).collect();
        if let Origin::File(real) = &found.origin {
            paths.push(real.clone());
        }
        let claims = |patterns: &Patterns| paths.iter().any(|path| patterns.covers(path));
        found.clusters.extend(
            clusters
                .iter()
                .filter(|(_, patterns)| claims(patterns))
                .map(|(name, _)| *name),
        );
    }
    Ok(())
}

/// `a/../b` is `b`: the place of a link, not of what it leads to.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn texts(patterns: &[config::Pattern]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.0.clone()).collect()
}

fn named_path(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the name of the cluster is missing before `=`".to_owned()),
        Some((_, "")) => Err("the path is missing after `=`".to_owned()),
        Some((name, path)) => Ok((name.to_owned(), PathBuf::from(path))),
        None => Err(format!("expected NAME=PATH, such as east={text}")),
    }
}
