use crate::fleet::setting::is_templated;
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

pub(crate) const RULE: Rule = rule!("annotation/invalid-value", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for found in annotation::written(once.view, once.object.kind) {
        let is_placed = found.fact().is_some_and(|fact| found.is_placed(fact));
        let templated = found.value.text().is_some_and(|t| is_templated(&t));
        if !is_placed || templated {
            continue;
        }
        let name = found.name.as_ref();
        let Some(problem) = annotation::problem(name, found.value) else {
            continue;
        };
        once.report(
            sink,
            found.value.content_span(),
            name,
            format!(": annotation `{name}` {problem}"),
        )
        .label(problem)
        .help("the injector refuses the pod, or leaves the value out: write one that it takes");
    }
}
