//! `meshNetworks`: the older way to say which clusters are in a network, and how it is entered.

use super::{Cluster, ControlPlane, Fleet, Object};
use crate::yaml::{Place, View};
use std::collections::BTreeMap;
use ustr::Ustr;

/// The name under which a mesh configuration may speak of the cluster that it is in.
pub const SELF: &str = "Kubernetes";

/// One network of `meshNetworks`.
pub struct MeshNetwork<'a> {
    pub object: &'a Object,
    pub key: View<'a>,
    pub name: Ustr,
    view: View<'a>,
}

impl<'a> MeshNetwork<'a> {
    fn endpoints(&self, key: &'static str) -> impl Iterator<Item = View<'a>> + use<'a> {
        let endpoints = self.view.get("endpoints");
        endpoints
            .into_iter()
            .flat_map(View::items)
            .filter_map(move |endpoint| endpoint.get(key))
    }

    /// The clusters in it, by name.
    pub fn registries(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        self.endpoints("fromRegistry")
    }

    pub fn gateways(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let gateways = self.view.get("gateways");
        gateways.into_iter().flat_map(View::items)
    }

    /// All that it says, in one spelling; `own` is the name of the cluster that it is in.
    fn canonical(&self, own: &str) -> String {
        let text = |view: View<'_>| view.text().unwrap_or_default().into_owned();
        let registries = self.registries().map(text).map(|name| match name.as_str() {
            SELF => own.to_owned(),
            _ => name,
        });
        let ranges = self.endpoints("fromCidr").map(text);
        let gateways = self.gateways().map(|gateway| {
            ["address", "registryServiceName", "port", "locality"]
                .map(|key| gateway.get(key).map(text).unwrap_or_default())
                .join("|")
        });
        let mut parts: Vec<String> = registries.chain(ranges).chain(gateways).collect();
        parts.sort();
        format!("{}: {}", self.name, parts.join(", "))
    }
}

/// The networks that a control plane is told of, and where they are, or would be, written.
pub struct MeshNetworks<'a> {
    pub place: Place,
    pub networks: Vec<MeshNetwork<'a>>,
}

impl MeshNetworks<'_> {
    /// The same text for what comes to the same.
    pub fn canonical(&self, own: &str) -> String {
        let mut networks: Vec<String> = self.networks.iter().map(|n| n.canonical(own)).collect();
        networks.sort();
        networks.join("; ")
    }
}

/// What was rendered counts; an IstioOperator speaks where nothing was. `None` when it is not known.
pub fn read<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    plane: &ControlPlane,
) -> Option<MeshNetworks<'a>> {
    let (object, root, place) = match plane.evidence.mesh {
        Some(id) => {
            let object = cluster.object(id).filter(|o| !o.ambiguous)?;
            let view = fleet.view(object);
            let root = match view.at(&["data", "meshNetworks"]) {
                Some(carrier) => carrier.embedded().and_then(|v| v.get("networks")),
                None => None,
            };
            (object, root, view.closest(&["data", "meshNetworks"]).0)
        }
        None => {
            let object = cluster.object(*plane.evidence.operators.first()?)?;
            let path = ["spec", "values", "global", "meshNetworks"];
            let view = fleet.view(object);
            (object, view.at(&path), view.closest(&path).0)
        }
    };
    let networks = root
        .into_iter()
        .flat_map(View::entries)
        .filter_map(|(key, view)| {
            Some(MeshNetwork {
                object,
                key,
                name: Ustr::from(&key.text()?),
                view,
            })
        })
        .collect();
    let place = Place {
        file: object.file,
        span: root.map_or(place, View::span),
    };
    Some(MeshNetworks { place, networks })
}

/// Every network that a cluster's first control plane is told of, by the names of the clusters in it.
pub fn by_registry(networks: &MeshNetworks<'_>, own: &str) -> BTreeMap<String, Ustr> {
    let mut found = BTreeMap::new();
    for network in &networks.networks {
        for registry in network.registries().filter_map(View::text) {
            let name = if registry == SELF { own } else { &registry };
            found.insert(name.to_owned(), network.name);
        }
    }
    found
}
