use crate::finding::Severity;
use crate::fleet::identity::Word;
use crate::fleet::{Cluster, Fleet, Mesh, network};
use crate::resource::pod;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!("network/proxies-without-network", Check::Mesh(check));

/// From this minor version of Istio on, a proxy without a network goes through gateways.
const FORCES_GATEWAY: u32 = 30;

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    let sources: Vec<(&Cluster, Vec<Word>)> = fleet
        .clusters_of(mesh)
        .map(|cluster| (cluster, network::sources(fleet, cluster)))
        .collect();
    let networks: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, words)| words.iter().map(|w| w.value.as_str()))
        .collect();
    // In a single network it makes no difference.
    if networks.len() < 2 {
        return;
    }
    for (cluster, words) in &sources {
        let Some((plane, setting)) = network::unset(fleet, cluster) else {
            continue;
        };
        // What another revision says is said for its own proxies.
        let counts = |word: &&Word| word.revision.is_none_or(|r| r == plane.revision);
        let Some(word) = words.iter().find(counts) else {
            continue;
        };
        if pods_say_it(fleet, cluster) {
            continue;
        }
        let mut draft = sink.report(
            setting.place,
            format!(
                "{}: proxies get no network, although {} is in `{}`",
                cluster.name, word.who, word.value
            ),
        );
        draft
            .label("no network for proxies here")
            .clusters([*cluster])
            .subject("network")
            .help(format!(
                "set `values.global.network` to `{}`, and restart the workloads",
                word.value
            ))
            .related(word.place, format!("`{}` for {}", word.value, word.who));
        if plane.minor().is_none_or(|minor| minor >= FORCES_GATEWAY) {
            draft.severity(Severity::Warning);
        }
    }
}

/// Whether every workload, beside the gateways, carries the label by itself.
fn pods_say_it(fleet: &Fleet, cluster: &Cluster) -> bool {
    let gateways = network::network_gateways(fleet, cluster);
    let is_gateway = |object| {
        gateways
            .iter()
            .any(|g| g.workloads.iter().any(|w| w.object == object))
    };
    let system = cluster.system_namespace();
    let mut workloads = cluster
        .workloads
        .iter()
        .filter(|w| w.namespace != system && w.gateway_entry.is_none() && !is_gateway(w.object))
        .filter(|w| {
            cluster
                .object(w.object)
                .is_some_and(|o| pod::template(fleet.view(o), o.kind).is_some())
        })
        .peekable();
    workloads.peek().is_some() && workloads.all(|w| w.labels.get(network::LABEL).is_some())
}
