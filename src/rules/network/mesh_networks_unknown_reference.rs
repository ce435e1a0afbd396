use crate::fleet::mesh_networks::{self, MeshNetwork, SELF};
use crate::fleet::setting::is_templated;
use crate::fleet::{Cluster, Fleet, Setting};
use crate::resource::{Kind, service};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!(
    "network/mesh-networks-unknown-reference",
    Check::Cluster(check)
);

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    for plane in &cluster.control_planes {
        let Some(told) = mesh_networks::read(fleet, cluster, plane) else {
            continue;
        };
        if told.networks.is_empty() {
            continue;
        }
        let known = known(fleet, cluster);
        for network in &told.networks {
            for registry in network.registries() {
                judge_registry(cluster, network, registry, &known, sink);
            }
            for gateway in network.gateways() {
                judge_gateway(fleet, cluster, network, gateway, sink);
            }
        }
    }
}

/// The names of clusters that istiod may know: those of the fleet, and those that it holds remote secrets for.
/// `None` where a name is not known.
fn known(fleet: &Fleet, cluster: &Cluster) -> Option<BTreeSet<String>> {
    let mut names: BTreeSet<String> = BTreeSet::from([SELF.to_owned()]);
    for peer in fleet.peers(cluster).chain([cluster]) {
        names.insert(peer.name.to_string());
        let planes = peer.control_planes.iter();
        for setting in planes.filter_map(|plane| plane.setting(Setting::ClusterName)) {
            names.insert(setting.known()?.to_string());
        }
    }
    for secret in cluster.of_kind(Kind::Secret) {
        let view = fleet.view(secret);
        if view
            .at(&["metadata", "labels", "istio/multiCluster"])
            .is_some()
        {
            let data = ["data", "stringData"].map(|key| view.get(key));
            let keys = data.into_iter().flatten().flat_map(View::entries);
            names.extend(keys.filter_map(|(key, _)| Some(key.text()?.into_owned())));
        }
    }
    Some(names)
}

fn judge_registry(
    cluster: &Cluster,
    network: &MeshNetwork<'_>,
    registry: View<'_>,
    known: &Option<BTreeSet<String>>,
    sink: &mut Sink<'_>,
) {
    let (Some(name), Some(known)) = (registry.text(), known) else {
        return;
    };
    if known.contains(name.as_ref()) || is_templated(&name) {
        return;
    }
    let near = known
        .iter()
        .find(|k| strsim::damerau_levenshtein(k, &name) <= 2);
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "name one of {}, or take the entry out",
            words::list(
                known
                    .iter()
                    .filter(|k| *k != SELF)
                    .map(|k| format!("`{k}`"))
            )
        ),
    };
    sink.report(
        network.object.place(registry),
        format!(
            "{}: `meshNetworks` puts cluster `{name}` into {}, and there is no such cluster",
            cluster.name, network.name
        ),
    )
    .label("no cluster of this name")
    .about(cluster, network.object)
    .subject("meshNetworks")
    .help(help);
}

fn judge_gateway(
    fleet: &Fleet,
    cluster: &Cluster,
    network: &MeshNetwork<'_>,
    gateway: View<'_>,
    sink: &mut Sink<'_>,
) {
    let Some((view, problem, help)) = problem(fleet, cluster, network, gateway) else {
        return;
    };
    let named = view.text().unwrap_or_default();
    sink.report(
        network.object.place(view),
        format!(
            "{}: `meshNetworks` enters {} through `{named}`, {problem}",
            cluster.name, network.name
        ),
    )
    .label("leads nowhere")
    .about(cluster, network.object)
    .subject("meshNetworks")
    .help(help);
}

/// What is wrong with a gateway: at what, in words, and the edit.
fn problem<'a>(
    fleet: &Fleet,
    cluster: &Cluster,
    network: &MeshNetwork<'_>,
    gateway: View<'a>,
) -> Option<(View<'a>, String, String)> {
    if let Some(address) = gateway.get("address") {
        let text = address.text()?;
        let domain = format!(".svc.{}", cluster.domain());
        let is_service = text.ends_with(".svc") || text.ends_with(&domain);
        return is_service.then(|| {
            (
                address,
                "a name that only the DNS of one cluster knows".to_owned(),
                "give the address of the gateway's load balancer".to_owned(),
            )
        });
    }
    let name = gateway.get("registryServiceName")?;
    let text = name.text()?;
    let mut parts = text.split('.');
    let service = (parts.next()?, parts.next()?);
    let registries: Vec<String> = network
        .registries()
        .filter_map(|r| r.text().map(|t| t.into_owned()))
        .collect();
    if registries.is_empty() {
        return Some((
            name,
            "but no cluster is in that network by `fromRegistry`".to_owned(),
            "add the cluster that runs this Service to `endpoints` by `fromRegistry`".to_owned(),
        ));
    }
    let is_named = |c: &&Cluster, registry: &str| {
        (registry == SELF && c.id == cluster.id)
            || c.setting(Setting::ClusterName)
                .is_some_and(|s| s.value == registry)
    };
    let candidates: Vec<&Cluster> = fleet
        .peers(cluster)
        .chain([cluster])
        .filter(|c| registries.iter().any(|r| is_named(c, r)))
        .collect();
    // A cluster whose Services are not among the files may have it.
    if candidates.len() < registries.len() || !candidates.iter().all(|c| c.knows(Kind::Service)) {
        return None;
    }
    let names = words::list(candidates.iter().map(|c| c.name.as_str()));
    let Some((holder, found)) = candidates
        .iter()
        .find_map(|c| Some((c, c.service(service.1, service.0)?)))
    else {
        return Some((
            name,
            format!("a Service that {names} does not have"),
            format!("name the Service of the gateway in {names}"),
        ));
    };
    let wanted = gateway.get("port")?;
    let number = wanted.as_i64()?;
    let object = holder.object(found.object).filter(|_| !found.by_operator)?;
    let ports: Vec<i64> = service::ports(fleet.view(object))
        .iter()
        .filter_map(|p| p.number())
        .collect();
    (!ports.contains(&number)).then(|| {
        (
            wanted,
            format!(
                "a port that Service {} of {} does not have",
                found.name, holder.name
            ),
            format!(
                "name one of its ports: {}",
                words::list(ports.iter().map(i64::to_string))
            ),
        )
    })
}
