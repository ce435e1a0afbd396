//! DestinationRules: for which hosts they speak, and whether they let mTLS be.

use super::workload::Workload;
use super::{Cluster, Fleet, Object, Setting, injection, mesh_config, network};
use crate::resource::{Kind, Labels, host};
use crate::yaml::View;
use ustr::Ustr;

/// A `tls.mode` in a DestinationRule, with the port or subset that it is for.
#[derive(Clone, Debug)]
pub struct TlsSetting<'a> {
    pub mode: View<'a>,
    pub text: String,
    pub port: Option<i64>,
    pub subset: Option<String>,
}

impl TlsSetting<'_> {
    /// Istio's own mTLS; with anything else the client speaks something that another sidecar does not take for it.
    pub fn is_mesh(&self) -> bool {
        self.text == "ISTIO_MUTUAL"
    }

    /// Plaintext, or TLS of one's own: not what another sidecar expects.
    pub fn is_foreign(&self) -> bool {
        matches!(self.text.as_str(), "DISABLE" | "SIMPLE" | "MUTUAL")
    }

    /// What of the host it is for, in words.
    pub fn whom(&self, host: &str) -> String {
        match (&self.subset, self.port) {
            (Some(subset), _) => format!("subset {subset} of {host}"),
            (None, Some(port)) => format!("port {port} of {host}"),
            (None, None) => host.to_owned(),
        }
    }
}

/// The host of a DestinationRule, fully qualified.
pub fn destination_host(fleet: &Fleet, cluster: &Cluster, object: &Object) -> Option<String> {
    let view = fleet.view(object).at(&["spec", "host"])?;
    Some(host::qualify(
        &view.text()?,
        &object.effective_namespace(),
        &cluster.domain(),
    ))
}

/// Every TLS mode that the DestinationRule sets: for the host, for ports, for subsets.
pub fn tls_settings<'a>(view: View<'a>) -> Vec<TlsSetting<'a>> {
    let mut found = Vec::new();
    let spec = view.get("spec");
    policy(spec.and_then(|s| s.get("trafficPolicy")), None, &mut found);
    for subset in spec
        .and_then(|s| s.get("subsets"))
        .into_iter()
        .flat_map(View::items)
    {
        let name = subset
            .get("name")
            .and_then(View::text)
            .map(|t| t.into_owned());
        policy(subset.get("trafficPolicy"), name, &mut found);
    }
    found
}

fn policy<'a>(policy: Option<View<'a>>, subset: Option<String>, found: &mut Vec<TlsSetting<'a>>) {
    let Some(policy) = policy else { return };
    let mut add = |holder: View<'a>, port: Option<i64>| {
        if let Some(mode) = holder.at(&["tls", "mode"])
            && let Some(text) = mode.text()
        {
            found.push(TlsSetting {
                mode,
                text: text.into_owned(),
                port,
                subset: subset.clone(),
            });
        }
    };
    add(policy, None);
    for port in policy
        .get("portLevelSettings")
        .into_iter()
        .flat_map(View::items)
    {
        add(port, port.at(&["port", "number"]).and_then(View::as_i64));
    }
}

/// The Services of a cluster that a host, perhaps with a wildcard, covers: by namespace and name.
pub fn services_of_host(cluster: &Cluster, pattern: &str) -> Vec<(Ustr, Ustr)> {
    let domain = cluster.domain();
    if let Some((name, namespace)) = host::service_of(pattern, &domain)
        && !pattern.contains('*')
    {
        return cluster
            .service(namespace, name)
            .map(|s| (s.namespace, s.name))
            .into_iter()
            .collect();
    }
    if !pattern.contains('*') {
        return Vec::new();
    }
    cluster
        .services
        .iter()
        .filter(|s| host::covers(pattern, &format!("{}.{}.svc.{domain}", s.name, s.namespace)))
        .map(|s| (s.namespace, s.name))
        .collect()
}

/// Whether a DestinationRule speaks Istio's mTLS for a host to all clients of the cluster, so that auto mTLS is not
/// needed.
pub fn forces_mesh_mtls(fleet: &Fleet, cluster: &Cluster, full_host: &str) -> bool {
    let root = cluster.root_namespace();
    cluster.of_kind(Kind::DestinationRule).iter().any(|object| {
        object.effective_namespace() == root
            && destination_host(fleet, cluster, object).is_some_and(|h| host::covers(&h, full_host))
            && tls_settings(fleet.view(object))
                .iter()
                .any(|t| t.is_mesh() && t.port.is_none() && t.subset.is_none())
    })
}

/// Whether a host is never called across clusters, as this cluster sees it: what Istio keeps local by itself, and
/// `clusterLocal` in the mesh configuration, of which the narrowest word holds.
pub fn is_cluster_local(fleet: &Fleet, cluster: &Cluster, namespace: Ustr, name: Ustr) -> bool {
    if namespace == "kube-system"
        || (namespace == "default" && name == "kubernetes")
        || (namespace == cluster.system_namespace() && name.starts_with("istiod"))
    {
        return true;
    }
    let Some(plane) = cluster.control_plane() else {
        return false;
    };
    let Some((_, settings)) = mesh_config::find(fleet, cluster, plane, &["serviceSettings"]) else {
        return false;
    };
    let full = format!("{name}.{namespace}.svc.{}", cluster.domain());
    let words = settings.items().flat_map(|entry| {
        let local = entry
            .at(&["settings", "clusterLocal"])
            .and_then(View::as_bool);
        let hosts = entry.get("hosts").into_iter().flat_map(View::items);
        hosts.filter_map(move |host| Some((host.text()?.into_owned(), local?)))
    });
    words
        .filter(|(pattern, _)| host::covers(pattern, &full))
        .max_by_key(|(pattern, _)| (!pattern.contains('*'), pattern.len()))
        .is_some_and(|(_, local)| local)
}

/// The pods behind a Service, as far as they are to be seen.
pub fn pods_of_service<'a>(
    fleet: &Fleet,
    cluster: &'a Cluster,
    namespace: Ustr,
    name: Ustr,
) -> Vec<&'a Workload> {
    let selector = cluster
        .service(&namespace, &name)
        .filter(|s| !s.by_operator)
        .and_then(|s| cluster.object(s.object))
        .map(|o| Labels::read(fleet.view(o).at(&["spec", "selector"])))
        .unwrap_or_default();
    if selector.is_empty() {
        return Vec::new();
    }
    cluster
        .workloads_in(&namespace)
        .iter()
        .filter(|w| selector.are_within(&w.labels))
        .collect()
}

/// Whether a Service may have endpoints with a sidecar in a cluster: it is there, and its pods, where they are to
/// be seen, are none that stay out of the mesh. A Service without pods beside workloads that are seen is a stub.
pub fn serves(fleet: &Fleet, cluster: &Cluster, namespace: Ustr, name: Ustr) -> bool {
    if cluster.service(&namespace, &name).is_none() {
        return false;
    }
    let pods = pods_of_service(fleet, cluster, namespace, name);
    match pods.is_empty() {
        true => cluster.workloads_in(&namespace).is_empty(),
        false => pods
            .iter()
            .any(|w| injection::is_injected(fleet, cluster, w) != Some(false)),
    }
}

/// Whether a Service is one that pods of other clusters may call by its name: not what belongs to the platform, nor a
/// gateway between networks, nor one without an address of its own, which does not reach across networks.
pub fn is_offered(fleet: &Fleet, cluster: &Cluster, namespace: Ustr, name: Ustr) -> bool {
    let service = cluster.service(&namespace, &name);
    let Some(object) = service
        .filter(|s| !s.by_operator)
        .and_then(|s| cluster.object(s.object))
    else {
        return false;
    };
    let view = fleet.view(object);
    let text = |path: &[&str]| view.at(path).and_then(View::text);
    let is_hidden = text(&["metadata", "annotations", "networking.istio.io/exportTo"])
        .is_some_and(|to| matches!(to.as_ref(), "." | "~"));
    !is_hidden
        && namespace != cluster.system_namespace()
        && !namespace.starts_with("kube-")
        && network::label(view).is_none()
        && text(&["spec", "clusterIP"]).as_deref() != Some("None")
        && text(&["spec", "type"]).as_deref() != Some("ExternalName")
        && serves(fleet, cluster, namespace, name)
}

/// Whether the subset of a DestinationRule may pick endpoints of a Service in a cluster.
pub fn subset_reaches(
    fleet: &Fleet,
    rule: View<'_>,
    subset: &str,
    server: &Cluster,
    (namespace, name): (Ustr, Ustr),
) -> bool {
    let subset = rule
        .at(&["spec", "subsets"])
        .into_iter()
        .flat_map(View::items)
        .find(|s| s.get("name").and_then(View::text).as_deref() == Some(subset));
    let mut labels = Labels::read(subset.and_then(|s| s.get("labels")));
    // What istiod puts on every endpoint.
    let own = [
        (
            "topology.istio.io/cluster",
            server.setting(Setting::ClusterName).and_then(|s| s.known()),
        ),
        (network::LABEL, server.network()),
    ];
    for (key, value) in own {
        if let (Some(wanted), Some(value)) = (labels.get(key), value)
            && wanted != value
        {
            return false;
        }
    }
    labels = labels
        .iter()
        .filter(|(key, _)| !own.iter().any(|(own, _)| *key == *own))
        .collect();
    let pods = pods_of_service(fleet, server, namespace, name);
    pods.is_empty() || pods.iter().any(|w| labels.are_within(&w.labels))
}

/// Whether a VirtualService is for what comes in by this Gateway.
pub fn is_bound(fleet: &Fleet, route: &Object, gateway: &Object) -> bool {
    let namespace = route.effective_namespace();
    fleet
        .view(route)
        .at(&["spec", "gateways"])
        .into_iter()
        .flat_map(View::items)
        .filter_map(View::text)
        .any(|named| match named.split_once('/') {
            Some((space, name)) => {
                let space = if space == "." {
                    namespace.as_str()
                } else {
                    space
                };
                name == gateway.name.as_str() && space == gateway.effective_namespace().as_str()
            }
            None => *named == *gateway.name && namespace == gateway.effective_namespace(),
        })
}
