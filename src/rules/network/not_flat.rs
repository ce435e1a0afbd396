use crate::finding::Severity;
use crate::fleet::pod_range::{self, PodRange};
use crate::fleet::{Cluster, Fleet, Mesh, Setting, network};
use crate::rules::sink::Sink;
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
    if let Some(clash) = clash(&ranges) {
        report_clash(network.name, clash, sink);
    } else {
        report_borrowed_name(fleet, mesh, network.name, &members, sink);
    }
}

type Range<'a> = &'a (&'a Cluster, PodRange);

/// Two clusters with pods at the same addresses.
fn clash<'a>(ranges: &'a [(&'a Cluster, PodRange)]) -> Option<(Range<'a>, Range<'a>)> {
    ranges.iter().enumerate().find_map(|(at, one)| {
        let mut rest = ranges.iter().skip(at + 1);
        let other = rest.find(|other| other.0.id != one.0.id && other.1.overlaps(&one.1))?;
        Some((one, other))
    })
}

fn report_clash(network: Ustr, (one, other): (Range<'_>, Range<'_>), sink: &mut Sink<'_>) {
    let by_default = |range: &PodRange| if range.by_default { " by default" } else { "" };
    let says = |(cluster, range): Range<'_>| {
        format!(
            "pods of {} have {}{}",
            cluster.name,
            range.text,
            by_default(range)
        )
    };
    let mut draft = sink.report(
        one.1.place,
        format!(
            "{} and {} are both in network {network}, and their pods have the same addresses",
            one.0.name, other.0.name
        ),
    );
    draft
        .label(says(one))
        .also(other.1.place, says(other))
        .clusters([one.0, other.0])
        .subject("network")
        .help("give each cluster a network of its own, with a gateway, or pod ranges that do not overlap");
    for cluster in [one.0, other.0] {
        if let Some(setting) = cluster.setting(Setting::Network) {
            draft.related(
                odd::places(setting).0,
                format!("{} is in {network}", cluster.name),
            );
        }
    }
    if one.1.by_default || other.1.by_default {
        draft.severity(Severity::Warning);
    }
}

/// Each cluster has a network that is called after it and a gateway for it, but for those that took the neighbour's.
fn report_borrowed_name(
    fleet: &Fleet,
    mesh: &Mesh,
    network: Ustr,
    members: &[&Cluster],
    sink: &mut Sink<'_>,
) {
    let is_called_after = |network: Ustr, cluster: &Cluster| {
        let name = cluster.name.as_str();
        network.contains(name)
            // `cluster-1` is within `cluster-12` as well.
            && !fleet.clusters_of(mesh).any(|other| {
                other.name.len() > name.len() && network.contains(other.name.as_str())
            })
    };
    let has_gateway = |cluster: &Cluster| {
        network::network_gateways(fleet, cluster)
            .iter()
            .any(|g| g.network() == Some(network))
    };
    let (owners, borrowers): (Vec<&Cluster>, Vec<&Cluster>) =
        members.iter().partition(|c| is_called_after(network, c));
    let [owner] = owners.as_slice() else { return };
    let keeps_to_it = fleet
        .clusters_of(mesh)
        .filter(|c| !borrowers.iter().any(|b| b.id == c.id))
        .all(|c| c.network().is_some_and(|n| is_called_after(n, c)));
    if !keeps_to_it || !members.iter().all(|c| has_gateway(c)) {
        return;
    }
    let names = words::list(borrowers.iter().map(|c| c.name.as_str()));
    let mut places = borrowers.iter().filter_map(|c| {
        let setting = c.setting(Setting::Network)?;
        Some((
            odd::places(setting).0,
            format!("{} is in {network}", c.name),
        ))
    });
    let Some((place, label)) = places.next() else {
        return;
    };
    let mut draft = sink.report(
        place,
        format!(
            "{names} {} in the network of {}, {network}, although each has a gateway of its own",
            words::is_are(borrowers.len()),
            owner.name
        ),
    );
    draft
        .label(label)
        .severity(Severity::Warning)
        .clusters(members.iter().copied())
        .subject("network")
        .help(format!(
            "give {names} a network of its own; or, if pods of {} can be reached from {names} without a gateway, \
             ignore this",
            owner.name
        ));
    for (place, label) in places {
        draft.also(place, label);
    }
    if let Some(setting) = owner.setting(Setting::Network) {
        draft.related(
            odd::places(setting).0,
            format!("{} is in {network}", owner.name),
        );
    }
}
