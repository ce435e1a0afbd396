//! What the validators of all Istio kinds share: how they report, and the fields that several kinds have.

use super::field::Field;
use crate::fleet::{Cluster, Fleet, Object, ObjectId, setting::is_templated};
use crate::resource::schema::{self, Mistake, Schema};
use crate::resource::validate::{self, Protocol, Verdict};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::words;
use crate::yaml::{Place, Span, View};
use std::collections::BTreeSet;
use ustr::Ustr;

/// Whether Istio rejects it, or takes it with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Rejected,
    Doubtful,
}

/// Something wrong in an object.
struct Problem {
    level: Level,
    span: Span,
    path: String,
    what: String,
    help: Option<String>,
}

/// The object that is being validated, and what was found in it.
pub(super) struct Report<'a> {
    object: View<'a>,
    /// Where it ends up, `default` where nobody says.
    pub(super) namespace: Ustr,
    problems: Vec<Problem>,
}

/// Validates an object and reports the problems of one level; an object that several clusters share, once.
pub(super) fn judge(
    fleet: &Fleet,
    cluster: &Cluster,
    id: ObjectId,
    sink: &mut Sink<'_>,
    level: Level,
    validator: for<'a> fn(Field<'a>, &mut Report<'a>),
) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    if !speaks_for(fleet, cluster, object) {
        return;
    }
    let view = fleet.view(object);
    let mut report = Report {
        object: view,
        namespace: object.effective_namespace(),
        problems: Vec::new(),
    };
    validator(Field::root(view), &mut report);
    report.problems.retain(|problem| problem.level == level);
    if report.problems.is_empty() {
        return;
    }
    let schema = schema::of(&object.api_version, &object.kind_name);
    let said = schema.map_or_else(Vec::new, |schema| mistakes(schema, view));
    let by_schema = |problem: &Problem| {
        said.iter().any(|mistake| {
            let missing = |name| problem.path.ends_with(&format!(".{name}"));
            let below = problem.path.strip_prefix(&mistake.path);
            mistake.span == problem.span && mistake.missing.as_deref().is_none_or(missing)
                || mistake.wrong_type && below.is_some_and(|rest| rest.starts_with(['.', '[']))
        })
    };
    let mut seen = BTreeSet::new();
    for problem in report.problems {
        // What `schema/invalid` says of the place is enough.
        if !by_schema(&problem) && seen.insert((problem.span, problem.what.clone())) {
            say(fleet, object, problem, sink);
        }
    }
}

/// What the schema does not allow, without values that something else fills in.
pub(super) fn mistakes(schema: &Schema, view: View<'_>) -> Vec<Mistake> {
    let mut mistakes = schema.mistakes(view);
    mistakes.retain(|mistake| !is_templated(view.file().slice(mistake.span)));
    mistakes
}

fn say(fleet: &Fleet, object: &Object, problem: Problem, sink: &mut Sink<'_>) {
    let clusters: Vec<&Cluster> = holders(fleet, object).collect();
    let Some(first) = clusters.first() else {
        return;
    };
    let place = Place {
        file: object.file,
        span: problem.span,
    };
    let message = format!(
        "{} in {}: {}",
        title(object),
        words::list(clusters.iter().map(|c| c.name.as_str())),
        problem.what
    );
    let mut draft = sink.report(place, message);
    draft
        .label(match problem.level {
            Level::Rejected => "Istio rejects this",
            Level::Doubtful => "Istio warns of this",
        })
        .about(first, object)
        .clusters(clusters)
        .subject(problem.path);
    if let Some(help) = problem.help {
        draft.help(help);
    }
}

/// `Gateway shop/public`, as people call an object.
pub(super) fn title(object: &Object) -> String {
    match object.effective_namespace().as_str() {
        "" => format!("{} {}", object.kind_name, object.name),
        namespace => format!("{} {namespace}/{}", object.kind_name, object.name),
    }
}

impl<'a> Report<'a> {
    /// Istio rejects the object: `what` goes on behind the path of the field, as in "`spec.hosts` is empty".
    pub(super) fn error(&mut self, field: Field<'a>, what: impl AsRef<str>) -> Help<'_> {
        self.add(Level::Rejected, field, field.span(), what.as_ref())
    }

    /// Istio takes the object, with a warning.
    pub(super) fn warn(&mut self, field: Field<'a>, what: impl AsRef<str>) -> Help<'_> {
        self.add(Level::Doubtful, field, field.span(), what.as_ref())
    }

    /// As [`Report::error`], about the key of an entry.
    pub(super) fn error_in_key(&mut self, field: Field<'a>, what: impl AsRef<str>) -> Help<'_> {
        self.add(Level::Rejected, field, field.key_span(), what.as_ref())
    }

    /// A value that a check found wrong: "`spec.bind` is `x`, which is no IP address". An unfinished value, such as
    /// `${HOST}`, is nobody's mistake.
    pub(super) fn verdict(&mut self, field: Field<'a>, verdict: Verdict) -> Help<'_> {
        match verdict {
            Err("which is empty") => self.error(field, "is empty"),
            Err(why) => {
                let text = field.text();
                let text = text.lines().next().unwrap_or_default();
                self.error(field, format!("is `{}`, {why}", shortened(text)))
            }
            Ok(()) => Help(None),
        }
    }

    fn add(&mut self, level: Level, field: Field<'a>, span: Span, what: &str) -> Help<'_> {
        if is_templated(&field.text()) {
            return Help(None);
        }
        let path = field.path(self.object);
        self.problems.push(Problem {
            level,
            span,
            what: match path.is_empty() {
                true => what.to_owned(),
                false => format!("`{path}` {what}"),
            },
            path,
            help: None,
        });
        Help(self.problems.last_mut())
    }

    /// How many times Istio would reject the object so far.
    pub(super) fn errors(&self) -> usize {
        let rejected = |problem: &&Problem| problem.level == Level::Rejected;
        self.problems.iter().filter(rejected).count()
    }
}

/// To say how to mend what was just reported.
pub(super) struct Help<'r>(Option<&'r mut Problem>);

impl Help<'_> {
    pub(super) fn help(self, help: impl Into<String>) {
        if let Some(problem) = self.0 {
            problem.help = Some(help.into());
        }
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Checks a port number that must be there.
pub(super) fn port<'a>(field: Field<'a>, r: &mut Report<'a>) {
    if !field.is_set() {
        r.error(field, "is missing: a port between 1 and 65535");
    } else if let Some(number) = field.int() {
        r.verdict(field, validate::port(number));
    }
}

/// Checks a port number that may be left out, or be 0.
pub(super) fn optional_port<'a>(field: Field<'a>, r: &mut Report<'a>) {
    if let Some(number) = field.int().filter(|number| *number != 0) {
        r.verdict(field, validate::port(number));
    }
}

/// Checks the protocol of a port; empty is fine.
pub(super) fn protocol<'a>(field: Field<'a>, r: &mut Report<'a>) -> Protocol {
    let text = field.text();
    let protocol = Protocol::of(&text);
    if protocol == Protocol::Unsupported && !text.is_empty() {
        r.error(field, format!("is `{text}`, which Istio does not know"))
            .help(format!("choose one of {}", Protocol::NAMES));
    }
    protocol
}

/// Checks the name of a port.
pub(super) fn port_name<'a>(field: Field<'a>, r: &mut Report<'a>) {
    match field.text().as_ref() {
        "" => r.error(field, "is missing"),
        name => r.verdict(field, validate::dns_label(name)),
    };
}

/// Checks a duration that may be absent.
pub(super) fn duration<'a>(field: Field<'a>, r: &mut Report<'a>) {
    if field.is_set() {
        r.verdict(field, validate::duration(&field.text()));
    }
}

/// Checks the keys and values of labels.
pub(super) fn labels<'a>(field: Field<'a>, r: &mut Report<'a>) {
    for (key, value) in field.entries() {
        if let Err(why) = validate::label_key(&key) {
            r.error_in_key(value, format!("has the key `{key}`, {why}"));
        }
        r.verdict(value, validate::label_value(&value.text()));
    }
}

/// Checks `exportTo`. `none` is whether `~` is allowed there, alone.
pub(super) fn export_to<'a>(field: Field<'a>, none: bool, r: &mut Report<'a>) {
    let mut seen = BTreeSet::new();
    let entries: Vec<Field<'a>> = field.items().collect();
    let has = |wanted| entries.iter().any(|entry| entry.is(wanted));
    for entry in &entries {
        let text = entry.text();
        match text.as_ref() {
            "." | "*" => {}
            "~" if none => {}
            "~" => drop(r.error(*entry, "is `~`, which only a ServiceEntry may have")),
            name => drop(r.verdict(*entry, validate::dns_label(name))),
        }
        let meant = match text.as_ref() {
            "." => r.namespace.to_string(),
            name => name.to_owned(),
        };
        if !seen.insert(meant) {
            r.error(*entry, format!("is `{text}`, which is in the list already"));
        }
    }
    if entries.len() > 1 {
        for alone in ["*", "~"] {
            if has(alone) && (alone == "*" || none) {
                r.error(field, format!("has `{alone}` beside other namespaces"))
                    .help(format!("keep `{alone}` alone, or only the others"));
            }
        }
    }
}

/// Checks `selector.matchLabels`, of the kinds that select workloads with it.
pub(super) fn type_selector<'a>(selector: Field<'a>, r: &mut Report<'a>) {
    if !selector.is_set() {
        return;
    }
    let labels = selector.get("matchLabels");
    plain_labels(labels, r);
    if labels.entry_count() == 0 {
        r.warn(selector, "has no labels, so it selects every workload")
            .help("name the labels, or leave the selector out");
    }
}

/// Checks `workloadSelector.labels`. Answers whether Istio goes on with the rest of the object.
pub(super) fn alpha_selector<'a>(selector: Field<'a>, effect: &str, r: &mut Report<'a>) -> bool {
    if !selector.is_set() {
        return true;
    }
    let before = r.errors();
    let labels = selector.get("labels");
    plain_labels(labels, r);
    if labels.entry_count() == 0 {
        r.warn(selector, format!("has no labels: {effect}"))
            .help("name the labels, or leave the selector out");
    }
    r.errors() == before
}

/// Labels without wildcards.
fn plain_labels<'a>(labels: Field<'a>, r: &mut Report<'a>) {
    for (key, value) in labels.entries() {
        if key.is_empty() {
            r.error_in_key(value, "has an empty key");
        } else if key.contains('*') {
            r.error_in_key(
                value,
                "has a `*` in its key, but labels are compared as they are",
            );
        }
        if value.text().contains('*') {
            r.error(value, "has a `*`, but labels are compared as they are");
        }
    }
}

/// Checks the host in `[namespace/]host` of a Gateway's server or a Sidecar's egress listener. `address` is whether an
/// IP address will do.
pub(super) fn namespaced_host<'a>(field: Field<'a>, host: &str, address: bool, r: &mut Report<'a>) {
    if host == "*" || address && validate::ip(host).is_ok() {
        return;
    }
    if host.is_empty() {
        r.error(field, "names no host");
    } else if !host.contains('.') {
        r.error(
            field,
            format!("is `{}`, a short name; Istio wants all of it", field.text()),
        )
        .help(format!(
            "write `{host}.NAMESPACE.svc.cluster.local`, or `*`"
        ));
    } else if let Err(why) = validate::wildcard_domain(host) {
        r.error(field, format!("is `{}`, {why}", field.text()));
    } else if host.starts_with('*') && !host.starts_with("*.") {
        r.error(
            field,
            format!("is `{}`, whose wildcard is part of a label", field.text()),
        )
        .help("a wildcard stands for whole labels: `*.example.com`");
    }
}
