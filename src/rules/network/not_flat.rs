use crate::finding::Severity;
use crate::fleet::pod_range::{self, PodRange};
use crate::fleet::{Cluster, Fleet, Mesh, Setting, network};
use crate::rules::sink::{Draft, Sink};
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, odd, rule, words};
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("network/not-flat", Check::Network(check));

fn check(fleet: &Fleet, mesh: &Mesh, network: &Named, sink: &mut Sink<'_>) {
    let members: Vec<&Cluster> = network
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .collect();
    if members.len() < 2 {
        return;
    }
    let ranges: Vec<(&Cluster, PodRange)> = members
        .iter()
        .flat_map(|c| pod_range::read(fleet, c).into_iter().map(|r| (*c, r)))
        .collect();
    let owner = owner(fleet, mesh, network.name, &members);
    if let Some(clash) = clash(&ranges) {
        report_clash(network.name, clash, owner, sink);
    } else if let Some(owner) = owner
        && members.iter().all(|c| has_gateway(fleet, c, network.name))
    {
        report_borrowed(network.name, &members, owner, sink);
    }
}

/// The member that a network is called after, where every cluster beside the members has a network called after
/// itself too.
fn owner<'a>(
    fleet: &Fleet,
    mesh: &Mesh,
    network: Ustr,
    members: &[&'a Cluster],
) -> Option<&'a Cluster> {
    let is_called_after = |network: Ustr, cluster: &Cluster| {
        let name = cluster.name.as_str();
        network.contains(name)
            // `cluster-1` is within `cluster-12` as well.
            && !fleet.clusters_of(mesh).any(|other| {
                other.name.len() > name.len() && network.contains(other.name.as_str())
            })
    };
    let mut owners = members.iter().filter(|c| is_called_after(network, c));
    let owner = owners.next().filter(|_| owners.next().is_none())?;
    let keeps_to_it = fleet
        .clusters_of(mesh)
        .filter(|c| !members.iter().any(|m| m.id == c.id))
        .all(|c| c.network().is_some_and(|n| is_called_after(n, c)));
    keeps_to_it.then_some(*owner)
}

fn has_gateway(fleet: &Fleet, cluster: &Cluster, network: Ustr) -> bool {
    network::network_gateways(fleet, cluster)
        .iter()
        .any(|g| g.network() == Some(network))
}

/// Two clusters with pods at the same addresses.
fn clash<'a>(ranges: &'a [(&'a Cluster, PodRange)]) -> Option<[&'a (&'a Cluster, PodRange); 2]> {
    ranges.iter().enumerate().find_map(|(at, one)| {
        let mut rest = ranges.iter().skip(at + 1);
        let other = rest.find(|other| other.0.id != one.0.id && other.1.overlaps(&one.1))?;
        Some([one, other])
    })
}

fn report_clash(
    network: Ustr,
    clash: [&(&Cluster, PodRange); 2],
    owner: Option<&Cluster>,
    sink: &mut Sink<'_>,
) {
    let clusters = clash.map(|(cluster, _)| *cluster);
    let names = words::list(clusters.map(|c| c.name.as_str()));
    let message =
        format!("{names} are both in network {network}, and their pods have the same addresses");
    // The network belongs to who it is called after; the other one took it.
    let (odd, even) = apart(&clusters, owner);
    let Some(mut draft) = report_at(network, &odd, &even, message, sink) else {
        return;
    };
    draft.help(
        "give each cluster a network of its own, with a gateway, or pod ranges that do not overlap",
    );
    for (cluster, range) in clash {
        let by_default = if range.by_default { " by default" } else { "" };
        let label = format!("pods of {} have {}{by_default}", cluster.name, range.text);
        draft.related(range.place, label);
    }
    if clash.iter().any(|(_, range)| range.by_default) {
        draft.severity(Severity::Warning);
    }
}

/// Each cluster has a network that is called after it and a gateway for it, but for those that took the neighbour's.
fn report_borrowed(network: Ustr, members: &[&Cluster], owner: &Cluster, sink: &mut Sink<'_>) {
    let (odd, even) = apart(members, Some(owner));
    let names = words::list(odd.iter().map(|c| c.name.as_str()));
    let message = format!(
        "{names} {} in the network of {}, {network}, although each has a gateway of its own",
        words::is_are(odd.len()),
        owner.name
    );
    if let Some(mut draft) = report_at(network, &odd, &even, message, sink) {
        draft.severity(Severity::Warning).help(format!(
            "give {names} a network of its own; or, if pods of {} can be reached from {names} without a gateway, \
             ignore this",
            owner.name
        ));
    }
}

/// Those who took the network of the owner, and the owner; all are odd where nobody owns it.
fn apart<'a>(
    members: &[&'a Cluster],
    owner: Option<&Cluster>,
) -> (Vec<&'a Cluster>, Vec<&'a Cluster>) {
    let is_owner = |c: &&Cluster| owner.is_some_and(|o| o.id == c.id);
    let (even, odd) = members.iter().partition(|c| is_owner(c));
    (odd, even)
}

/// A finding where the odd ones name their network.
fn report_at<'s>(
    network: Ustr,
    odd: &[&Cluster],
    even: &[&Cluster],
    message: String,
    sink: &'s mut Sink<'_>,
) -> Option<Draft<'s>> {
    let place = |c: &&Cluster| {
        let setting = c.setting(Setting::Network)?;
        let label = format!("{} is in {network}", c.name);
        Some((odd::places(setting).0, label))
    };
    let mut places = odd.iter().filter_map(place);
    let (first, label) = places.next()?;
    let mut draft = sink.report(first, message);
    draft
        .label(label)
        .clusters(odd.iter().chain(even).copied())
        .subject(Setting::Network.title());
    for (place, label) in places {
        draft.also(place, label);
    }
    for (place, label) in even.iter().filter_map(place) {
        draft.related(place, label);
    }
    Some(draft)
}
