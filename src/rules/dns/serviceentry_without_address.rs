use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Object, ObjectId, Setting, allocation, proxy_config};
use crate::resource::{Kind, host, service_entry};
use crate::rules::sink::{Sink, is_first_owner, owners};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "dns/serviceentry-without-address",
    Check::Object(&[Kind::ServiceEntry], check)
);

/// A label by which an entry leaves istiod's allocation.
const OPT_OUT: &str = "networking.istio.io/enable-autoallocate-ip";

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    let view = fleet.view(object);
    if service_entry::has_address(view)
        || !is_first_owner(fleet, cluster, object.file)
        // Said by the rule on those.
        || service_entry::ports(view).any(|p| p.is_tcp())
    {
        return;
    }
    let made_up: Vec<View<'_>> = service_entry::hosts(view)
        .filter(|(_, host)| service_entry::is_made_up(view, host))
        .map(|(place, _)| place)
        .collect();
    let lost: Vec<(&Cluster, bool)> = owners(fleet, object.file)
        .filter_map(|c| Some((c, is_lost(fleet, c, object, view)?)))
        .collect();
    let mut hosts = made_up.into_iter().filter(|place| {
        let text = place.text().unwrap_or_default();
        lost.iter().all(|(c, _)| !is_service(c, &text))
    });
    let Some(first) = hosts.next().filter(|_| !lost.is_empty()) else {
        return;
    };
    let clusters = lost.iter().map(|(c, _)| *c);
    let mut draft = sink.report(
        object.place(first),
        format!(
            "{} has no address, and nobody gives it one in {}: the proxy's DNS has no answer for it",
            first.text().unwrap_or_default(),
            words::list(clusters.clone().map(|c| c.name.as_str())),
        ),
    );
    draft
        .label("a name that only the mesh knows")
        .about(cluster, object)
        .clusters(clusters)
        .subject("addresses")
        .help(format!(
            "add `addresses` with an unused one, such as 240.0.0.10, or set `{}` to \"true\" in the proxy metadata of the mesh",
            allocation::AGENT_KEY
        ));
    for host in hosts {
        draft.also(object.place(host), "and this one");
    }
    // istiod allocates by default since 1.25.
    if lost.iter().all(|(_, sure)| !sure) {
        draft.severity(Severity::Warning);
    }
}

/// Whether the agents of a cluster answer for hosts with an address, and this entry gets none; and whether that is
/// sure.
fn is_lost(fleet: &Fleet, cluster: &Cluster, object: &Object, view: View<'_>) -> Option<bool> {
    let captures = cluster.agreed(Setting::DnsCapture)? == "true";
    let plane = cluster.control_plane()?;
    let by_agent = proxy_config::of_mesh(fleet, cluster, allocation::AGENT_KEY).is_true()?;
    let opts_out = view
        .at(&["metadata", "labels", OPT_OUT])
        .and_then(View::text)
        .is_some_and(|t| t == "false");
    let by_istiod = match opts_out {
        true => Some(false),
        false => allocation::by_istiod(fleet, cluster, plane).on,
    };
    let is_lost = captures && !by_agent && by_istiod != Some(true) && !object.ambiguous;
    is_lost.then_some(by_istiod.is_some())
}

/// A Service of the same name answers for it.
fn is_service(cluster: &Cluster, name: &str) -> bool {
    host::service_of(name, &cluster.domain())
        .is_some_and(|(name, namespace)| cluster.service(namespace, name).is_some())
}
