use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "policy/unrestricted-jwks",
    Check::Object(&[Kind::Deployment], check)
);

const BLOCKED: &str = "BLOCKED_CIDRS_IN_JWKS_URIS";

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| is_open(fleet, owner, id);
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let policies = cluster.of_kind(Kind::RequestAuthentication);
    let names = policies
        .iter()
        .map(|o| format!("{}/{}", o.effective_namespace(), o.name));
    let containers = ["spec", "template", "spec", "containers"];
    once.report(
        sink,
        once.view.closest(&containers).0,
        BLOCKED,
        format!(
            ": istiod fetches keys from any address that a RequestAuthentication names ({})",
            words::list(names)
        ),
    )
    .label(format!("no `{BLOCKED}`"))
    .help(format!(
        "set `{BLOCKED}` in the environment of istiod to the ranges of your internal networks"
    ));
}

/// Whether it is an istiod that fetches keys from anywhere, and there is somebody to name where.
fn is_open(fleet: &Fleet, cluster: &Cluster, id: ObjectId) -> bool {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return false;
    };
    let view = fleet.view(object);
    let app = view.at(&["metadata", "labels", "app"]).and_then(View::text);
    let is_set = pod::containers(view, object.kind)
        .filter_map(|container| pod::env(container, BLOCKED))
        .any(|(_, value)| value.text().is_some_and(|v| !v.is_empty()));
    app.as_deref() == Some("istiod")
        && !is_set
        && !cluster.of_kind(Kind::RequestAuthentication).is_empty()
}
