use crate::fleet::mesh_networks::{self, MeshNetworks};
use crate::fleet::vote::{Outcome, Voter, vote};
use crate::fleet::{Cluster, Confidence, Effective, Fleet, Mesh, Role, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use std::collections::BTreeMap;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("network/mesh-networks-diverge", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    let told: Vec<(&Cluster, Ustr, MeshNetworks<'_>)> = fleet
        .clusters_of(mesh)
        .filter_map(|cluster| {
            let plane = cluster
                .control_plane()
                .filter(|p| p.role == Role::Primary)?;
            let own = plane.setting(Setting::ClusterName)?.known()?;
            let networks = mesh_networks::read(fleet, cluster, plane)?;
            Some((cluster, own, networks))
        })
        .collect();
    if told
        .iter()
        .all(|(_, _, networks)| networks.networks.is_empty())
    {
        return;
    }
    compare(fleet, &told, sink);
    contradict(fleet, mesh, &told, sink);
}

/// What the control planes are told differs.
fn compare(fleet: &Fleet, told: &[(&Cluster, Ustr, MeshNetworks<'_>)], sink: &mut Sink<'_>) {
    let settings: Vec<Effective> = told
        .iter()
        .map(|(_, own, networks)| Effective {
            value: Ustr::from(&networks.canonical(own)),
            confidence: match networks.networks.is_empty() {
                true => Confidence::Default,
                false => Confidence::Exact,
            },
            place: networks.place,
            rendered: Vec::new(),
            intent: Vec::new(),
        })
        .collect();
    let voters = told
        .iter()
        .zip(&settings)
        .map(|((cluster, ..), setting)| Voter {
            cluster: cluster.id,
            setting,
        });
    let Some(outcome) = vote(voters) else { return };
    let Outcome { odd, example, .. } = &outcome;
    let name = |voter: &Voter<'_>| fleet.cluster(voter.cluster).map_or("", |c| c.name.as_str());
    let Some(first) = odd.first() else { return };
    let says = |voter: &Voter<'_>| match voter.setting.is_stated() {
        true => format!("the networks of {}", name(voter)),
        false => format!("{} is told of no network", name(voter)),
    };
    let message = match example {
        Some(example) => format!(
            "{}: `meshNetworks` says something else than in {}",
            words::list(odd.iter().map(name)),
            name(example)
        ),
        None => format!(
            "`meshNetworks` differs between {}",
            words::list(odd.iter().map(name))
        ),
    };
    let clusters: Vec<&Cluster> = odd
        .iter()
        .chain(example)
        .filter_map(|v| fleet.cluster(v.cluster))
        .collect();
    let mut draft = sink.report(first.setting.place, message);
    draft
        .label(says(first))
        .clusters(clusters)
        .subject("meshNetworks")
        .help(
            "write the same `meshNetworks` for every cluster; or take it out, and label namespaces and gateways \
             with their network",
        );
    for voter in odd.iter().skip(1) {
        draft.also(voter.setting.place, says(voter));
    }
    if let Some(example) = example {
        draft.related(example.setting.place, says(example));
    }
}

/// A cluster is put into another network than it says itself to be in.
fn contradict(
    fleet: &Fleet,
    mesh: &Mesh,
    told: &[(&Cluster, Ustr, MeshNetworks<'_>)],
    sink: &mut Sink<'_>,
) {
    let named: BTreeMap<&str, (&Cluster, Ustr)> = fleet
        .clusters_of(mesh)
        .filter_map(|c| {
            let name = c.setting(Setting::ClusterName).filter(|s| s.is_known())?;
            Some((name.value.as_str(), (c, c.network()?)))
        })
        .collect();
    for (cluster, own, networks) in told {
        for network in &networks.networks {
            for registry in network.registries() {
                let Some(text) = registry.text() else {
                    continue;
                };
                let name = match text.as_ref() {
                    mesh_networks::SELF => own.as_str(),
                    name => name,
                };
                let Some((peer, stated)) = named.get(name).filter(|(_, n)| *n != network.name)
                else {
                    continue;
                };
                let mut draft = sink.report(
                    network.object.place(registry),
                    format!(
                        "{}: `meshNetworks` puts {} into {}, but its own network is `{stated}`",
                        cluster.name, peer.name, network.name
                    ),
                );
                draft
                    .label(format!("not the network of {}", peer.name))
                    .clusters([*cluster, *peer])
                    .about(cluster, network.object)
                    .subject("meshNetworks")
                    .help(format!(
                        "call the network `{stated}`, as labels and `values.global.network` do: they win"
                    ));
                if let Some(setting) = peer.setting(Setting::Network) {
                    let place = crate::rules::odd::places(setting).0;
                    draft.related(place, format!("{} is in `{stated}`", peer.name));
                }
            }
        }
    }
}
