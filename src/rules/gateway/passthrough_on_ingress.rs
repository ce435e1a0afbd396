use crate::fleet::gateway::{self, Gateway};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::shared::sharing;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!(
    "gateway/passthrough-on-ingress",
    Check::Object(&[Kind::Gateway], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner: &Cluster, id| {
        owner
            .gateways
            .find(id)
            .is_some_and(|g| exposed(fleet, owner, g).is_some())
    };
    let Some(sharing) = sharing(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let (Some(object), Some(gateway)) = (cluster.object(id), cluster.gateways.find(id)) else {
        return;
    };
    let Some((name, place, port)) = exposed(fleet, cluster, gateway) else {
        return;
    };
    let span = fleet.view(object).closest(&["spec", "selector"]).0;
    sink.report(
        Place {
            file: object.file,
            span,
        },
        format!(
            "Gateway {} lets other networks in by {name} as well in {}, which is not the gateway of a network",
            object.name,
            words::list(sharing.wrong.iter().map(|c| c.name.as_str()))
        ),
    )
    .label("selects more than the east-west gateway")
    .about(cluster, object)
    .clusters(sharing.wrong.iter().copied())
    .subject(name.as_str())
    .help("select a label that only the pods of the east-west gateway carry")
    .related(place, format!("{name} exposes port {port}, where every service of the mesh answers now"));
}

/// A Service beside the gateway of the network that opens the same way in: its name, its place and the port.
fn exposed(fleet: &Fleet, cluster: &Cluster, gateway: &Gateway) -> Option<(String, Place, i64)> {
    let ports: Vec<i64> = gateway
        .servers
        .iter()
        .filter(|s| s.is_passthrough())
        .filter_map(|s| s.port)
        .collect();
    if ports.is_empty() || cluster.object(gateway.object)?.ambiguous {
        return None;
    }
    let fronts = gateway::fronts(fleet, cluster, gateway);
    let mut networks = fronts.iter().filter(|(_, e)| e.label.is_some());
    let meant = networks.next()?;
    let known = |entrance: &gateway::Entrance<'_>| {
        fronts
            .iter()
            .filter(|(_, e)| e.label.is_some())
            .flat_map(|(_, e)| &e.workloads)
            .any(|w| entrance.workloads.iter().any(|own| own.object == w.object))
    };
    fronts
        .iter()
        .filter(|(owner, _)| owner.id == meant.0.id)
        .filter(|(_, e)| e.label.is_none() && e.is_addressable() && !e.is_east_west() && !known(e))
        .find_map(|(_, e)| {
            let port = ports.iter().find(|p| e.exposes(**p) == Some(true))?;
            Some((e.service.name.to_string(), e.name_place(), *port))
        })
}
