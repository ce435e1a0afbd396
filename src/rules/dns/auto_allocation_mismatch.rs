use crate::fleet::{Cluster, Fleet, Mesh, Setting, allocation};
use crate::resource::{Kind, service_entry};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!("dns/auto-allocation-mismatch", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    // Without capture a sidecar makes no use of allocated addresses.
    let known: Vec<(&Cluster, bool)> = fleet
        .clusters_of(mesh)
        .filter(|c| c.agreed(Setting::DnsCapture).is_some_and(|v| v == "true"))
        .filter_map(|c| Some((c, allocation::is_on(fleet, c)?)))
        .collect();
    let Some((example, _)) = known.iter().find(|(_, on)| *on) else {
        return;
    };
    let lost: Vec<(&Cluster, Place)> = known
        .iter()
        .filter(|(_, on)| !on)
        .filter_map(|(c, _)| Some((*c, entry_in_need(fleet, c)?)))
        .collect();
    let mut places = lost.iter().filter_map(|(c, _)| place_of(fleet, c));
    let Some(place) = places.next() else { return };
    let rest: Vec<Place> = places.collect();
    let names = words::list(lost.iter().map(|(c, _)| c.name.as_str()));
    let mut draft = sink.report(
        place,
        format!(
            "{names}: hosts without address are given none, but they are in {}",
            example.name
        ),
    );
    draft
        .label("no allocation here")
        .clusters(lost.iter().map(|(c, _)| *c))
        .clusters([*example])
        .subject(Setting::DnsAutoAllocate.title())
        .help(format!(
            "let every cluster allocate: `{}` in the proxy metadata of the mesh, or istiod's `{}` from Istio 1.23 on",
            allocation::AGENT_KEY,
            allocation::ISTIOD_KEY
        ));
    for place in rest {
        draft.also(place, "no allocation here");
    }
    if let Some(place) = place_of(fleet, example) {
        draft.related(place, format!("allocated in {}", example.name));
    }
    if let Some((cluster, entry)) = lost.first() {
        draft.related(
            *entry,
            format!("TCP without an address of its own in {}", cluster.name),
        );
    }
}

/// A ServiceEntry whose TCP traffic is known by its port alone, unless an address is allocated.
fn entry_in_need(fleet: &Fleet, cluster: &Cluster) -> Option<Place> {
    cluster
        .of_kind(Kind::ServiceEntry)
        .iter()
        .find_map(|object| {
            let view = fleet.view(object);
            let port = service_entry::ports(view).find(|p| p.is_tcp())?;
            (!service_entry::has_address(view)).then(|| object.place(port.view))
        })
}

/// Where the cluster says, or would say, that addresses are allocated.
fn place_of(fleet: &Fleet, cluster: &Cluster) -> Option<Place> {
    let by_istiod = allocation::by_istiod(fleet, cluster, cluster.control_plane()?).place;
    let by_agent = cluster.setting(Setting::DnsAutoAllocate)?;
    match by_istiod {
        Some(place) if !by_agent.is_stated() => Some(place),
        _ => Some(odd::places(by_agent).0),
    }
}
