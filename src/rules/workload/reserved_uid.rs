use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

const KINDS: &[Kind] = &[
    Kind::CronJob,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::Job,
    Kind::Pod,
    Kind::ReplicaSet,
    Kind::StatefulSet,
];

pub(crate) const RULE: Rule = rule!("workload/reserved-uid", Check::Object(KINDS, check));

/// The user of the sidecar, whose traffic is not captured.
const RESERVED: i64 = 1337;

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let Some(template) = pod::template(once.view, once.object.kind) else {
        return;
    };
    let labels = once.view.at(&["metadata", "labels"]);
    let label = |key| labels.and_then(|l| l.get(key)).and_then(View::text);
    if label("istio").is_some() || label("release").as_deref() == Some("istio") {
        return;
    }
    let containers: Vec<View<'_>> = pod::containers(once.view, once.object.kind).collect();
    let is_proxy = |c: &View<'_>| {
        let name = c.get("name").and_then(View::text);
        matches!(name.as_deref(), Some("istio-proxy" | "istio-operator"))
    };
    // A pod of the proxy alone, such as a gateway, runs as the proxy's user throughout.
    let of_pod = template
        .get("spec")
        .filter(|_| containers.iter().any(|c| !is_proxy(c)));
    let users = of_pod
        .into_iter()
        .chain(containers.iter().copied().filter(|c| !is_proxy(c)))
        .filter_map(|view| view.at(&["securityContext", "runAsUser"]))
        .filter(|user| user.as_i64() == Some(RESERVED));
    for user in users {
        once.report(
            sink,
            user.content_span(),
            "runAsUser",
            format!(" runs as user {RESERVED}, which is the sidecar's"),
        )
        .label("traffic of this user passes the sidecar by")
        .help("run the application as any other user");
    }
}
