use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

const KINDS: &[Kind] = &[
    Kind::AuthorizationPolicy,
    Kind::GrpcRoute,
    Kind::HttpRoute,
    Kind::K8sGateway,
    Kind::Service,
    Kind::ServiceEntry,
    Kind::WorkloadEntry,
];

pub(crate) const RULE: Rule = rule!("status/negative-condition", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let Some(status) = once.view.get("status") else {
        return;
    };
    let (types, of_parents): (&[&str], bool) = match once.object.kind {
        Kind::AuthorizationPolicy => (&["ZtunnelAccepted", "WaypointAccepted"], false),
        Kind::GrpcRoute | Kind::HttpRoute => (&["Accepted", "Programmed", "ResolvedRefs"], true),
        Kind::K8sGateway => (&["Accepted", "Programmed", "ResolvedRefs"], false),
        _ => (&["istio.io/WaypointBound"], false),
    };
    let parents = status.get("parents").filter(|_| of_parents);
    let owners: Vec<View<'_>> = match of_parents {
        true => parents.into_iter().flat_map(View::items).collect(),
        false => vec![status],
    };
    let conditions = owners
        .into_iter()
        .filter_map(|owner| owner.get("conditions"))
        .flat_map(View::items);
    for condition in conditions {
        let text = |key| condition.get(key).and_then(View::text).unwrap_or_default();
        let (sort, reason) = (text("type"), text("reason"));
        let is_partial = sort == "WaypointAccepted" && reason == "PartiallyInvalid";
        if !types.contains(&sort.as_ref()) || !(text("status") == "False" || is_partial) {
            continue;
        }
        let place = condition.get("status").unwrap_or(condition);
        once.report(
            sink,
            place.content_span(),
            sort.as_ref(),
            format!(": its controller says that {sort} is not so ({reason})"),
        )
        .label(text("message"))
        .help("mend what the condition names, and read the status again");
    }
}
