use crate::finding::Severity;
use crate::fleet::gateway::{self, Entrance};
use crate::fleet::setting::is_templated;
use crate::fleet::workload::Workload;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

/// The networks that a gateway hands requests on to, separated by commas; all when it is not set.
const VIEW: &str = "ISTIO_META_REQUESTED_NETWORK_VIEW";

pub(crate) const RULE: Rule = rule!(
    "gateway/wrong-network-view",
    Check::Object(&[Kind::Service, Kind::IstioOperator], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for entrance in gateway::entrances_of(fleet, cluster, id) {
        let is_multi_network = || {
            fleet
                .mesh_of(cluster.id)
                .is_some_and(|mesh| gateway::networks(fleet, mesh).len() > 1)
        };
        if entrance.label.is_some() && is_multi_network() {
            for workload in &entrance.workloads {
                judge(fleet, cluster, &entrance, workload, sink);
            }
        }
    }
}

fn judge(
    fleet: &Fleet,
    cluster: &Cluster,
    entrance: &Entrance<'_>,
    workload: &Workload,
    sink: &mut Sink<'_>,
) {
    let Some(network) = entrance.network() else {
        return;
    };
    let Some(object) = cluster
        .object(workload.object)
        .filter(|o| !o.ambiguous && gateway::is_gateway_workload(fleet, cluster, workload))
    else {
        return;
    };
    // The proxy's settings: those of the pods, or what the IstioOperator will give them.
    let holder = match workload.gateway_entry {
        Some(entry) => fleet.files.node(object.file, entry).get("k8s"),
        None => pod::containers(fleet.view(object), object.kind)
            .find(|c| c.get("name").and_then(View::text).as_deref() == Some("istio-proxy"))
            .or_else(|| pod::containers(fleet.view(object), object.kind).next()),
    };
    let stated = holder
        .into_iter()
        .flat_map(|h| h.get("env").into_iter().flat_map(View::items))
        .find(|e| e.get("name").and_then(View::text).as_deref() == Some(VIEW));
    let annotated = || {
        pod::annotations(fleet.view(object), object.kind)?
            .get("proxy.istio.io/config")?
            .embedded()?
            .at(&["proxyMetadata", VIEW])
    };
    let value = match stated {
        // A value from elsewhere is not known.
        Some(entry) => match entry.get("value") {
            Some(value) => Some(value),
            None => return,
        },
        None => annotated(),
    };
    let who = format!("{} {} in {}", object.kind_name, workload.name, cluster.name);
    let Some(value) = value else {
        // A gateway for users as well has to see every network.
        let serves_users = gateway::servers(fleet, cluster, entrance)
            .iter()
            .any(|(_, _, s)| !s.is_passthrough() && s.mode != "PASSTHROUGH");
        if serves_users {
            return;
        }
        let holder = holder.unwrap_or_else(|| match workload.gateway_entry {
            Some(entry) => fleet.files.node(object.file, entry),
            None => fleet.view(object),
        });
        let place = Place {
            file: object.file,
            span: holder.closest(&["env"]).0,
        };
        sink.report(
            place,
            format!(
                "{who} also sends requests from other clusters on to the gateways of other networks"
            ),
        )
        .label(format!("no `{VIEW}`"))
        .about(cluster, object)
        .subject("network view")
        .severity(Severity::Warning)
        .help(format!(
            "set the environment variable `{VIEW}` to `{network}`"
        ));
        return;
    };
    let text = value.text().unwrap_or_default();
    let own = cluster.network();
    let sees = text
        .split(',')
        .map(str::trim)
        .any(|n| n == network.as_str() || own.is_some_and(|own| n == own.as_str()));
    if sees || is_templated(&text) {
        return;
    }
    let seen = match text.trim() {
        "" => "every network",
        _ => &format!("network {text}"),
    };
    if text.trim().is_empty() {
        return;
    }
    let mut draft = sink.report(
        object.place(value),
        format!("{who} knows {seen} only, and so none of the pods of {network} behind it"),
    );
    draft
        .label(format!("not {network}"))
        .about(cluster, object)
        .subject("network view")
        .help(format!("set `{VIEW}` to `{network}`"));
    if let Some(label) = entrance.label {
        draft.related(entrance.place(label), format!("the gateway of {network}"));
    }
}
