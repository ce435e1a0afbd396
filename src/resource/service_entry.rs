//! A ServiceEntry: its hosts, its ports, and whether a proxy can tell its traffic from others'.

use crate::yaml::View;
use std::borrow::Cow;

/// The hosts, each with its place.
pub fn hosts<'a>(entry: View<'a>) -> impl Iterator<Item = (View<'a>, Cow<'a, str>)> {
    entry
        .at(&["spec", "hosts"])
        .into_iter()
        .flat_map(View::items)
        .filter_map(|host| Some((host, host.text()?)))
}

/// A port, with the places of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Port<'a> {
    pub view: View<'a>,
}

impl<'a> Port<'a> {
    pub fn number(&self) -> Option<i64> {
        self.view.get("number")?.as_i64()
    }

    /// In capitals; empty where it is not said.
    pub fn protocol(&self) -> String {
        let text = self.view.get("protocol").and_then(View::text);
        text.unwrap_or_default().to_uppercase()
    }

    /// Bare bytes, of which an address is all that a proxy knows. A port without protocol counts as such.
    pub fn is_tcp(&self) -> bool {
        matches!(self.protocol().as_str(), "" | "TCP")
    }
}

pub fn ports<'a>(entry: View<'a>) -> impl Iterator<Item = Port<'a>> {
    entry
        .at(&["spec", "ports"])
        .into_iter()
        .flat_map(View::items)
        .map(|view| Port { view })
}

/// Has an address of its own, written down or given by istiod.
pub fn has_address(entry: View<'_>) -> bool {
    [["spec", "addresses"], ["status", "addresses"]]
        .iter()
        .filter_map(|path| entry.at(path))
        .any(|addresses| addresses.items().next().is_some())
}

/// `MESH_EXTERNAL` where nobody says more.
pub fn is_internal(entry: View<'_>) -> bool {
    text_at(entry, "location").as_deref() == Some("MESH_INTERNAL")
}

pub fn resolution(entry: View<'_>) -> Cow<'_, str> {
    text_at(entry, "resolution").unwrap_or(Cow::Borrowed("NONE"))
}

pub fn endpoints<'a>(entry: View<'a>) -> impl Iterator<Item = View<'a>> {
    entry
        .at(&["spec", "endpoints"])
        .into_iter()
        .flat_map(View::items)
}

/// An endpoint is the gateway of another cluster, by the port on which those pass Istio's mTLS on.
pub fn leads_to_gateway(entry: View<'_>) -> bool {
    const PASSTHROUGH: i64 = 15443;
    endpoints(entry).any(|endpoint| {
        let ports = endpoint.get("ports").into_iter().flat_map(View::entries);
        let mut ports = ports.filter_map(|(_, port)| port.as_i64());
        ports.any(|port| port == PASSTHROUGH)
    })
}

/// A name of something in the mesh that no DNS server knows: another cluster is behind it, or its suffix is one that
/// is made up for meshes. Where that is not plain, the name may well be known to somebody.
pub fn is_made_up(entry: View<'_>, host: &str) -> bool {
    if !is_internal(entry) || host.contains('*') {
        return false;
    }
    // Its name is looked up by the proxy itself then.
    if resolution(entry) == "DNS" && endpoints(entry).next().is_none() {
        return false;
    }
    let is_apart = endpoints(entry).any(|endpoint| endpoint.get("network").is_some());
    leads_to_gateway(entry) || is_apart || host.ends_with(".global") || host.ends_with(".mesh")
}

fn text_at<'a>(entry: View<'a>, key: &str) -> Option<Cow<'a, str>> {
    entry.at(&["spec", key])?.text()
}
