use crate::finding::closest;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, annotation};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

const KINDS: &[Kind] = &[
    Kind::CronJob,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::Job,
    Kind::Namespace,
    Kind::Pod,
    Kind::ReplicaSet,
    Kind::Service,
    Kind::StatefulSet,
];

pub(crate) const RULE: Rule = rule!("annotation/unknown", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for found in annotation::written(once.view, once.object.kind) {
        if found.fact().is_some() {
            continue;
        }
        let name = found.name.as_ref();
        let meant = closest(name, annotation::KNOWN.keys().copied());
        once.report(
            sink,
            found.key.content_span(),
            name,
            format!(": Istio knows no annotation `{name}`"),
        )
        .label("nobody reads this")
        .help(meant.map_or_else(
            || "remove it, or look up its name".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        ));
    }
}
