use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, annotation, pod};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};

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

pub(crate) const RULE: Rule = rule!("annotation/misplaced", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for found in annotation::written(once.view, once.object.kind) {
        let Some(fact) = found.fact().filter(|fact| !found.is_placed(fact)) else {
            continue;
        };
        let name = found.name.as_ref();
        let kinds = words::list(&fact.kinds);
        let in_template = fact.kinds.contains(&"Pod") && pod::makes_pods(once.object.kind);
        once.report(
            sink,
            found.key.content_span(),
            name,
            format!(": annotation `{name}` has no effect on a {}", found.carrier),
        )
        .label(format!("read on {kinds} only"))
        .help(match in_template {
            true => "move it to `spec.template.metadata.annotations`".to_owned(),
            false => format!("move it to the {kinds} it is meant for"),
        });
    }
}
