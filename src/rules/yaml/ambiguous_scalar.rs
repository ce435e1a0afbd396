use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Resolved, View};

pub(crate) const RULE: Rule = rule!(
    "yaml/ambiguous-scalar",
    Check::Object(
        &[
            Kind::ConfigMap,
            Kind::CronJob,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::DestinationRule,
            Kind::Gateway,
            Kind::Job,
            Kind::Namespace,
            Kind::PeerAuthentication,
            Kind::Pod,
            Kind::Prometheus,
            Kind::Service,
            Kind::ServiceEntry,
            Kind::Sidecar,
            Kind::StatefulSet,
            Kind::Telemetry,
            Kind::VirtualService,
        ],
        check
    )
);

/// Texts, as far as the API is concerned, that YAML reads as something else.
fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    let root = fleet.view(object);
    let metadata = root.get("metadata");
    let maps = [
        metadata.and_then(|m| m.get("labels")),
        metadata.and_then(|m| m.get("annotations")),
        pod::labels_view(root, object.kind),
        pod::annotations(root, object.kind),
        (object.kind == Kind::ConfigMap)
            .then(|| root.get("data"))
            .flatten(),
    ];
    let in_maps = maps
        .into_iter()
        .flatten()
        .flat_map(View::entries)
        .map(|(_, value)| value);
    let in_env = pod::containers(root, object.kind)
        .flat_map(|c| c.get("env").into_iter().flat_map(View::items))
        .filter_map(|e| e.get("value"));
    let mut values: Vec<View<'_>> = in_maps.chain(in_env).collect();
    values.sort_by_key(|v| v.span());
    values.dedup_by_key(|v| v.span());
    for value in values {
        let Some(read) = misread(value) else { continue };
        let text = value.text().unwrap_or_default();
        sink.report(
            object.place(value),
            format!(
                "`{text}` in {} {} is {read} to YAML, where a text is needed",
                object.kind_name, object.name
            ),
        )
        .label("not in quotes")
        .about(cluster, object)
        .subject(text.as_ref())
        .help(format!("put it in quotes: \"{text}\""));
    }
}

fn misread(value: View<'_>) -> Option<&'static str> {
    match value.resolved() {
        Resolved::Bool(_) => Some("a boolean"),
        Resolved::Int(_) | Resolved::Uint(_) => Some("a number"),
        Resolved::Float(_) => Some("a number"),
        Resolved::Null | Resolved::Str | Resolved::Collection => None,
    }
}
