use crate::fleet::gateway::{self, Entrance};
use crate::fleet::near;
use crate::fleet::setting::is_templated;
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, Labels};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "gateway/service-selects-nothing",
    Check::Object(&[Kind::Service], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for entrance in gateway::entrances_of(fleet, cluster, id) {
        if entrance.is_east_west() && entrance.workloads.is_empty() {
            judge(fleet, cluster, &entrance, sink);
        }
    }
}

fn judge(fleet: &Fleet, cluster: &Cluster, entrance: &Entrance<'_>, sink: &mut Sink<'_>) {
    let service = entrance.service;
    let labels = Labels::read(entrance.selector());
    let sure = !labels.is_empty() && !labels.iter().any(|(_, value)| is_templated(&value));
    let (Some(object), Some(selector)) = (cluster.object(service.object), entrance.selector())
    else {
        return;
    };
    if !sure || object.ambiguous || service.by_operator {
        return;
    }
    let gateways: Vec<&Workload> = cluster
        .workloads
        .iter()
        .filter(|w| gateway::is_gateway_workload(fleet, cluster, w))
        .collect();
    let here = || gateways.iter().filter(|w| w.namespace == service.namespace);
    let apart = gateways
        .iter()
        .find(|w| labels.are_within(&w.labels) && w.namespace != service.namespace);
    let twin = here().find(|w| w.name == service.name);
    let near = near::nearest(here().copied(), &labels, service.name);
    let meant = apart.or(twin).copied().or(near.map(|n| n.workload));
    // Pods that are installed by other means are not among the manifests.
    if meant.is_none() && !cluster.complete {
        return;
    }
    let missed = meant.and_then(|w| {
        labels
            .iter()
            .find(|(key, value)| w.labels.get(key) != Some(*value))
    });
    let sought = match missed {
        Some((key, value)) => format!("{key}: {value}"),
        None => labels.to_string(),
    };
    let key = missed.map_or("", |(key, _)| key.as_str());
    let entry = near::selector_entry(selector, key);
    let mut draft = sink.report(
        entrance.place(entry),
        format!(
            "Service {} in {} leads to no pods: none in namespace {} have `{sought}`",
            service.name, cluster.name, service.namespace
        ),
    );
    draft.label("no pods carry this").about(cluster, object);
    let Some(meant) = meant else {
        draft
            .subject("selector")
            .help("select labels that the pods of the gateway carry");
        return;
    };
    draft.subject(format!("{}/{}", meant.namespace, meant.name));
    if let Some(place) = near::label_place(fleet, cluster, meant, key) {
        draft.related(place, format!("the pods of {}", meant.name));
    }
    let has = missed.and_then(|(key, _)| Some(format!("{key}: {}", meant.labels.get(&key)?)));
    draft.help(match (apart, has) {
        (Some(w), _) => format!(
            "move the Service to namespace {}, where {} runs",
            w.namespace, w.name
        ),
        (None, Some(has)) => {
            format!("select `{has}`, as the pods of {} are labelled", meant.name)
        }
        (None, None) => format!("give the pods of {} the label `{key}`", meant.name),
    });
}
