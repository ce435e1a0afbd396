use super::dimension::token;
use crate::finding::Severity;
use crate::fleet::workload::operator_gateways;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::monitoring::anchored;
use crate::resource::series::Inclusion;
use crate::resource::{Kind, pod};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, Span, View};

pub(crate) const RULE: Rule = rule!(
    "cardinality/stats-matcher-too-broad",
    Check::Object(
        &[
            Kind::Alertmanager,
            Kind::ConfigMap,
            Kind::CronJob,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::IstioOperator,
            Kind::Job,
            Kind::Pod,
            Kind::Prometheus,
            Kind::PrometheusAgent,
            Kind::ReplicaSet,
            Kind::StatefulSet,
            Kind::ThanosRuler,
        ],
        check
    )
);

/// The three lists of a matcher: their field in `proxyStatsMatcher`, the annotation that stands for it, and how a
/// pattern is read. Envoy matches a regular expression against the whole name.
const LISTS: [(&str, &str, Make); 3] = [
    (
        "inclusionPrefixes",
        "sidecar.istio.io/statsInclusionPrefixes",
        |text| Some(Inclusion::Prefix(text.to_owned())),
    ),
    (
        "inclusionSuffixes",
        "sidecar.istio.io/statsInclusionSuffixes",
        |text| Some(Inclusion::Suffix(text.to_owned())),
    ),
    (
        "inclusionRegexps",
        "sidecar.istio.io/statsInclusionRegexps",
        |text| anchored(text).map(Inclusion::Pattern),
    ),
];

type Make = fn(&str) -> Option<Inclusion>;

/// A pattern that takes too much.
struct Broad {
    span: Span,
    text: String,
    family: &'static str,
    taken: usize,
    of: usize,
}

impl Broad {
    fn is_nearly_all(&self) -> bool {
        self.taken * 4 >= self.of * 3
    }
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| speaks_for(fleet, cluster, o)) else {
        return;
    };
    let limit = sink.number("stats").unwrap_or(20) as usize;
    let broad = broad_patterns(fleet.view(object), object.kind, limit);
    let (operators, rendered) = twins(cluster, id);
    // What the IstioOperator says is mended there.
    let left: Vec<&Broad> = broad
        .iter()
        .filter(|b| {
            !operators.iter().any(|operator| {
                broad_patterns(fleet.view(operator), operator.kind, limit)
                    .iter()
                    .any(|o| o.text == b.text)
            })
        })
        .collect();
    let Some(first) = left
        .iter()
        .max_by_key(|b| (b.taken * 100 / b.of.max(1), b.span))
    else {
        return;
    };
    let clusters: Vec<&Cluster> = holders(fleet, object).collect();
    let names = words::list(clusters.iter().map(|c| c.name));
    let proxies = match object.kind {
        Kind::ConfigMap | Kind::IstioOperator => "proxies",
        _ => "its proxies",
    };
    let how_many = if first.taken == first.of {
        "all statistics".to_owned()
    } else {
        format!("{} of {} statistics", first.taken, first.of)
    };
    let place = |span| Place {
        file: object.file,
        span,
    };
    let mut draft = sink.report(
        place(first.span),
        format!(
            "{} {} in {names}: {proxies} expose {how_many} of each {}, because of `{}`",
            object.kind_name, object.name, first.family, first.text
        ),
    );
    draft
        .label(format!("for every {} that a proxy knows", first.family))
        .about(cluster, object)
        .clusters(clusters)
        .subject("proxyStatsMatcher")
        .help(
            "name the few statistics that dashboards read, as in `inclusionSuffixes: [upstream_rq_retry, \
             upstream_cx_active]`",
        );
    if !left.iter().any(|b| b.is_nearly_all()) {
        draft.severity(Severity::Warning);
    }
    for other in left.iter().filter(|b| b.span != first.span) {
        draft.also(place(other.span), format!("`{}` is as broad", other.text));
    }
    for mesh in rendered {
        let same = broad_patterns(fleet.view(mesh), mesh.kind, limit);
        for pattern in same.iter().filter(|m| m.text == first.text) {
            let place = Place {
                file: mesh.file,
                span: pattern.span,
            };
            draft.related(place, "rendered here");
        }
    }
}

/// The IstioOperators that a mesh configuration was rendered from, and the mesh configurations rendered from an
/// IstioOperator.
fn twins(cluster: &Cluster, id: ObjectId) -> (Vec<&Object>, Vec<&Object>) {
    let (mut operators, mut rendered) = (Vec::new(), Vec::new());
    for plane in &cluster.control_planes {
        let evidence = &plane.evidence;
        if evidence.mesh == Some(id) {
            operators.extend(evidence.operators.iter().filter_map(|o| cluster.object(*o)));
        }
        if evidence.operators.contains(&id) {
            rendered.extend(evidence.mesh.and_then(|m| cluster.object(m)));
        }
    }
    (operators, rendered)
}

fn broad_patterns(root: View<'_>, kind: Kind, limit: usize) -> Vec<Broad> {
    let mut found = Vec::new();
    match kind {
        Kind::ConfigMap => {
            let mesh = root.at(&["data", "mesh"]).and_then(View::embedded);
            configured(mesh.and_then(|m| m.get("defaultConfig")), limit, &mut found);
        }
        Kind::IstioOperator => {
            for path in [
                ["spec", "meshConfig", "defaultConfig"].as_slice(),
                &["spec", "values", "meshConfig", "defaultConfig"],
            ] {
                configured(root.at(path), limit, &mut found);
            }
            for gateway in operator_gateways(root) {
                let annotations = gateway.entry.at(&["k8s", "podAnnotations"]);
                configured(of_annotation(annotations), limit, &mut found);
                annotated(annotations, limit, &mut found);
            }
        }
        _ => {
            let annotations = pod::annotations(root, kind);
            configured(of_annotation(annotations), limit, &mut found);
            annotated(annotations, limit, &mut found);
        }
    }
    found
}

fn configured(config: Option<View<'_>>, limit: usize, found: &mut Vec<Broad>) {
    let matcher = config.and_then(|c| c.get("proxyStatsMatcher"));
    for (field, _, make) in LISTS {
        let patterns = matcher.and_then(|m| m.get(field));
        for pattern in patterns.into_iter().flat_map(View::items) {
            let text = pattern.text().unwrap_or_default();
            judge(&text, pattern.content_span(), make, limit, found);
        }
    }
}

fn of_annotation(annotations: Option<View<'_>>) -> Option<View<'_>> {
    annotations?.get("proxy.istio.io/config")?.embedded()
}

/// The annotations hold lists with commas.
fn annotated(annotations: Option<View<'_>>, limit: usize, found: &mut Vec<Broad>) {
    for (_, annotation, make) in LISTS {
        let Some(value) = annotations.and_then(|a| a.get(annotation)) else {
            continue;
        };
        let text = value.text().unwrap_or_default();
        let mut at = 0;
        for part in text.split(',') {
            let span = token(value, at, at + part.len());
            // An empty list is none; between commas nothing is meant either.
            if !part.is_empty() {
                judge(part, span, make, limit, found);
            }
            at += part.len() + 1;
        }
    }
}

fn judge(text: &str, span: Span, make: Make, limit: usize, found: &mut Vec<Broad>) {
    let Some(inclusion) = make(text) else { return };
    let (family, taken, of) = inclusion.breadth();
    if taken >= limit.min(of * 4 / 5).max(1) {
        found.push(Broad {
            span,
            text: text.to_owned(),
            family,
            taken,
            of,
        });
    }
}
