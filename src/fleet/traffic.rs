//! DestinationRules: for which hosts they speak, and whether they let mTLS be.

use super::{Cluster, Fleet, Object};
use crate::resource::{Kind, host};
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

/// Whether a DestinationRule of the cluster speaks Istio's mTLS for a host, so that auto mTLS is not needed.
pub fn forces_mesh_mtls(fleet: &Fleet, cluster: &Cluster, full_host: &str) -> bool {
    cluster.of_kind(Kind::DestinationRule).iter().any(|object| {
        destination_host(fleet, cluster, object).is_some_and(|h| host::covers(&h, full_host))
            && tls_settings(fleet.view(object))
                .iter()
                .any(|t| t.is_mesh() && t.port.is_none() && t.subset.is_none())
    })
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
