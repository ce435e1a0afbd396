//! Reads the manifests of all clusters of a mesh at once and reports what will not work between them.
//!
//! The way of the data: `source → yaml → resource → fleet → rules → finding → report`. Imports point one way.

pub mod cli;
pub mod config;
pub mod finding;
pub mod fleet;
pub mod report;
pub mod resource;
pub mod rules;
pub mod source;
pub mod yaml;

use finding::suppress::foreign::Foreign;
use finding::suppress::{self, KnownRule, Malformed, Suppression};
use finding::{Date, Finding, Severity};
use fleet::{Alternatives, Fleet, Given};
use rayon::prelude::*;
use resource::{Manifest, kustomization};
use rules::engine::{self, Enabled, Judged};
use rules::selection::BOOK;
use source::{Failure, Found, Origin, Walk};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use ustr::Ustr;
use yaml::{File, FileId, Limits, Place};

/// Everything that was read, put together.
pub struct Loaded {
    pub fleets: Alternatives,
    /// What was to be read and could not be.
    pub failures: Vec<Failure>,
}

/// Reads the files of a walk, and what their kustomizations reach beside them, into a fleet.
/// `max` is the largest file that is read, in bytes; `folder` is the working directory.
pub fn load(walk: &Walk, folder: &Path, max: u64, options: fleet::Options) -> Loaded {
    let (mut given, mut failures) = read(&walk.found, max);
    follow(&mut given, &mut failures, walk, folder, max);
    failures.extend(walk.failures.iter().cloned());
    failures.sort();
    let exists = |path: &str| folder.join(path).exists();
    Loaded {
        fleets: Fleet::assemble(given, options, &exists),
        failures,
    }
}

/// Reads files in parallel; sorted by path, as they are found.
pub fn read(found: &[Found], max: u64) -> (Vec<Given>, Vec<Failure>) {
    let read: Vec<Result<Given, Failure>> = found
        .par_iter()
        .map(|found| {
            let bytes = source::read(found, max)?;
            let manifest = Manifest::read(found.path.clone(), bytes, &Limits::default());
            Ok(Given {
                manifest: Arc::new(manifest),
                clusters: found.clusters.clone(),
            })
        })
        .collect();
    let mut given = Vec::with_capacity(read.len());
    let mut failures = Vec::new();
    for result in read {
        match result {
            Ok(file) => given.push(file),
            Err(failure) => failures.push(failure),
        }
    }
    (given, failures)
}

/// Reads what kustomizations name outside of what was walked, until they name nothing new.
fn follow(
    given: &mut Vec<Given>,
    failures: &mut Vec<Failure>,
    walk: &Walk,
    folder: &Path,
    max: u64,
) {
    let ignored: BTreeSet<&str> = walk.ignored.iter().map(|i| i.path.as_str()).collect();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    loop {
        let manifests: Vec<&Manifest> = given.iter().map(|g| g.manifest.as_ref()).collect();
        let fresh: Vec<Found> = fleet::activity::unread(&manifests)
            .into_iter()
            .filter(|path| asked.insert(path.clone()))
            .filter_map(|path| file_at(folder, path))
            .filter(|found| !ignored.contains(found.path.as_str()))
            .collect();
        if fresh.is_empty() {
            return;
        }
        let (mut more, mut failed) = read(&fresh, max);
        given.append(&mut more);
        failures.append(&mut failed);
        given.sort_by(|a, b| a.manifest.file.path().cmp(b.manifest.file.path()));
        given.dedup_by(|a, b| a.manifest.file.path() == b.manifest.file.path());
    }
}

/// The file at a path, or the kustomization in the folder there.
fn file_at(folder: &Path, path: String) -> Option<Found> {
    let found = |path: String| {
        let origin = Origin::File(folder.join(&path).canonicalize().ok()?);
        Some(Found {
            path,
            also: Vec::new(),
            origin,
            clusters: Vec::new(),
        })
    };
    let at = folder.join(&path);
    if at.is_file() {
        return found(path);
    }
    kustomization::FILE_NAMES
        .iter()
        .map(|name| format!("{path}/{name}"))
        .find(|path| folder.join(path).is_file())
        .and_then(found)
}

/// Someone's word, outside of the manifests, that a finding is to be left out.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    pub rule: String,
    pub cluster: Option<String>,
    pub kind: Option<String>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    /// Holds until the end of this day, in UTC.
    pub until: Option<Date>,
}

impl Exception {
    fn covers(&self, finding: &Finding, today: Date) -> bool {
        let resource = finding.resource.as_ref();
        let is = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
        };
        self.until.is_none_or(|until| today <= until)
            && BOOK.covers(&self.rule, finding.rule)
            && self
                .cluster
                .as_deref()
                .is_none_or(|c| finding.clusters.iter().any(|f| f.as_str() == c))
            && is(&self.kind, resource.map(|r| r.kind.as_str()))
            && is(
                &self.namespace,
                resource.and_then(|r| r.namespace.as_deref()),
            )
            && is(&self.name, resource.map(|r| r.name.as_str()))
    }
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sorted, those that another explains folded into it.
    pub findings: Vec<Finding>,
    /// How many were left out on purpose.
    pub suppressed: usize,
}

/// Checks all alternatives of a fleet and judges what was found in any of them.
pub fn check(
    fleets: &Alternatives,
    rules: &[Enabled],
    exceptions: &[Exception],
    today: Date,
) -> Outcome {
    let judged = fleets
        .all()
        .map(|fleet| engine::check(fleet, rules))
        .collect();
    judge(fleets, rules, judged, exceptions, today)
}

/// What a finding tells, and where to edit: what else it shows may differ from one alternative to the other.
fn told(finding: &Finding) -> (&'static str, String, Vec<Place>) {
    let primary = finding.locations.iter().filter(|l| l.primary);
    (
        finding.rule,
        finding.message.clone(),
        primary.map(|l| l.place).collect(),
    )
}

/// Leaves out what is suppressed, folds what is explained, sorts the rest. `judged` is by fleet.
pub fn judge(
    fleets: &Alternatives,
    rules: &[Enabled],
    judged: Vec<Vec<Judged>>,
    exceptions: &[Exception],
    today: Date,
) -> Outcome {
    let main = &fleets.main;
    let alternatives: Vec<Vec<Finding>> = judged
        .into_iter()
        .map(|judged| judged.into_iter().flat_map(|j| j.findings).collect())
        .collect();
    let findings = distinct(alternatives.iter().flatten().cloned());
    let total = findings.len();
    let foreign = foreign(main);
    let aliases = |rule: &str| BOOK.front(rule).map_or(&[][..], |front| &front.aliases);
    let findings: Vec<Finding> = findings
        .into_iter()
        .filter(|f| !exceptions.iter().any(|e| e.covers(f, today)))
        .filter(|f| !foreign.iter().any(|a| a.covers(f, aliases(f.rule))))
        .collect();
    let excepted = total - findings.len();
    let (mut suppressions, mut malformed) = suppress::from_comments(main.files.all());
    annotations(main, &mut suppressions, &mut malformed);
    let known: Vec<KnownRule<'_>> = rules::ALL
        .iter()
        .map(|rule| KnownRule {
            id: rule.id,
            aliases: BOOK
                .front(rule.id)
                .map_or(&[], |front| front.aliases.as_slice()),
            ran: rules.iter().any(|e| e.rule.id == rule.id),
        })
        .collect();
    let severity: BTreeMap<&str, Severity> =
        rules.iter().map(|e| (e.rule.id, e.severity)).collect();
    let mut judged = suppress::apply(findings, &suppressions, &malformed, &known, today);
    // Findings about suppressions are made by no check, so their severity is set here.
    judged
        .about
        .retain_mut(|finding| match severity.get(finding.rule) {
            Some(severity) => {
                finding.severity = *severity;
                true
            }
            None => false,
        });
    let findings = judged.kept;
    let supersedes = |rule: &str| {
        BOOK.front(rule)
            .map_or(&[][..], |front| front.supersedes.as_slice())
    };
    let is_ported = |rule: &str| {
        BOOK.front(rule).is_some_and(|front| {
            front
                .aliases
                .iter()
                .any(|a| a.starts_with("IST") || a.starts_with("KIA"))
        })
    };
    // What one alternative finds does not explain what another one does.
    let by_alternative = alternatives.iter().flat_map(|alternative| {
        let of_it: HashSet<_> = alternative.iter().map(told).collect();
        let mut own: Vec<Finding> = findings
            .iter()
            .filter(|f| of_it.contains(&told(f)))
            .cloned()
            .collect();
        finding::sort(&mut own, main.files.all());
        finding::supersede(own, &supersedes, &is_ported)
    });
    let mut findings = distinct(by_alternative.chain(judged.about));
    finding::sort(&mut findings, main.files.all());
    Outcome {
        findings,
        suppressed: judged.suppressed.len() + excepted,
    }
}

/// Each finding once, the first of those that tell the same.
fn distinct(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let mut seen = HashSet::new();
    findings.filter(|f| seen.insert(told(f))).collect()
}

/// The suppressions in annotations of objects.
fn annotations(fleet: &Fleet, suppressions: &mut Vec<Suppression>, malformed: &mut Vec<Malformed>) {
    const ANNOTATION: &str = "meshlint.dev/ignore";
    let finder = memchr::memmem::Finder::new(ANNOTATION);
    for (file, id) in fleet.files.all().iter().zip((0..).map(FileId)) {
        if finder.find(file.text().as_bytes()).is_none() {
            continue;
        }
        let roots = fleet
            .clusters
            .iter()
            .flat_map(|c| c.objects.iter())
            .filter(|o| o.file == id);
        let roots: BTreeSet<_> = roots.map(|o| o.root).collect();
        for view in roots.into_iter().map(|root| file.view(root)) {
            let Some(value) = view.at(&["metadata", "annotations", ANNOTATION]) else {
                continue;
            };
            let place = Place {
                file: id,
                span: value.content_span(),
            };
            let text = value.text().unwrap_or_default();
            match suppress::parse_annotation(&text, view.span(), place) {
                Ok(suppression) => suppressions.push(suppression),
                Err(mistake) => malformed.push(mistake),
            }
        }
    }
}

/// What objects say to the analyzers of others.
fn foreign(fleet: &Fleet) -> Vec<Foreign> {
    let finders: Vec<_> = suppress::foreign::names()
        .map(|name| (name, memchr::memmem::Finder::new(name)))
        .collect();
    let mut found = Vec::new();
    for (file, id) in fleet.files.all().iter().zip((0..).map(FileId)) {
        for (name, finder) in &finders {
            if finder.find(file.text().as_bytes()).is_none() {
                continue;
            }
            let objects = fleet.clusters.iter().flat_map(|c| c.objects.iter());
            let roots: BTreeSet<_> = objects.filter(|o| o.file == id).map(|o| o.root).collect();
            for view in roots.into_iter().map(|root| file.view(root)) {
                let value = view.at(&["metadata", "annotations", name]);
                if let Some(text) = value.and_then(yaml::View::text) {
                    found.extend(Foreign::read(name, &text, id, view.span()));
                }
            }
        }
    }
    found
}

/// Checks texts with all rules, as if they were files; the first folder of a path is the cluster.
pub fn check_texts(
    mut texts: Vec<(String, Vec<u8>)>,
    complete: bool,
) -> (Vec<Arc<File>>, Vec<Finding>) {
    texts.sort();
    let paths: BTreeSet<String> = texts.iter().map(|(path, _)| path.clone()).collect();
    let given = texts
        .into_iter()
        .map(|(path, bytes)| {
            let cluster = path.split_once('/').map(|(cluster, _)| Ustr::from(cluster));
            Given {
                manifest: Arc::new(Manifest::read(path, bytes, &Limits::default())),
                clusters: cluster.into_iter().collect(),
            }
        })
        .collect();
    let options = fleet::Options {
        complete,
        ..fleet::Options::default()
    };
    let fleets = Fleet::assemble(given, options, &|path| paths.contains(path));
    let rules = rules::selection::enabled(&rules::selection::Wishes::default());
    let today = Date::of(std::time::SystemTime::now());
    let outcome = check(&fleets, &rules, &[], today);
    (fleets.main.files.all().to_vec(), outcome.findings)
}
