//! The addresses of a cluster's pods, where its own description gives them.

use super::{Cluster, Fleet, Object};
use crate::resource::Kind;
use crate::yaml::{Place, View};
use std::net::IpAddr;

/// A range of pod addresses.
#[derive(Clone, Debug)]
pub struct PodRange {
    pub text: String,
    pub place: Place,
    /// Nobody wrote it down.
    pub by_default: bool,
    cidr: Cidr,
}

impl PodRange {
    pub fn overlaps(&self, other: &PodRange) -> bool {
        self.cidr.overlaps(other.cidr)
    }
}

/// The range of kind's own network plugin (kind `pkg/internal/apis/config/default.go`).
const KIND_DEFAULT: &str = "10.244.0.0/16";

/// From configurations of kind and kubeadm, Cluster API, and Nodes.
pub fn read(fleet: &Fleet, cluster: &Cluster) -> Vec<PodRange> {
    let mut found = Vec::new();
    for object in cluster.of_kind(Kind::Other) {
        let group = object.api_version.split('/').next().unwrap_or_default();
        match (group, object.kind_name.as_str()) {
            ("kind.x-k8s.io", "Cluster") => found.extend(of_kind_config(fleet, object)),
            ("kubeadm.k8s.io", "ClusterConfiguration") => {
                let subnet = fleet.view(object).at(&["networking", "podSubnet"]);
                found.extend(subnet.into_iter().flat_map(|view| ranges(object, view)));
            }
            ("cluster.x-k8s.io", "Cluster") => {
                let blocks =
                    fleet
                        .view(object)
                        .at(&["spec", "clusterNetwork", "pods", "cidrBlocks"]);
                let blocks = blocks.into_iter().flat_map(View::items);
                found.extend(blocks.flat_map(|view| ranges(object, view)));
            }
            _ => {}
        }
    }
    for node in cluster.of_kind(Kind::Node) {
        let range = fleet.view(node).at(&["spec", "podCIDR"]);
        found.extend(range.into_iter().flat_map(|view| ranges(node, view)));
    }
    found
}

fn of_kind_config(fleet: &Fleet, object: &Object) -> Vec<PodRange> {
    let view = fleet.view(object);
    let networking = view.get("networking");
    if let Some(subnet) = networking.and_then(|n| n.get("podSubnet")) {
        return ranges(object, subnet);
    }
    let family = networking
        .and_then(|n| n.get("ipFamily"))
        .and_then(View::text);
    let Some(cidr) = Cidr::parse(KIND_DEFAULT).filter(|_| family.as_deref() != Some("ipv6")) else {
        return Vec::new();
    };
    vec![PodRange {
        text: KIND_DEFAULT.to_owned(),
        place: Place {
            file: object.file,
            span: view.closest(&["networking", "podSubnet"]).0,
        },
        by_default: true,
        cidr,
    }]
}

/// A range, or several with commas between them.
fn ranges(object: &Object, view: View<'_>) -> Vec<PodRange> {
    let text = view.text().unwrap_or_default();
    text.split(',')
        .filter_map(|range| {
            Some(PodRange {
                text: range.trim().to_owned(),
                place: object.place(view),
                by_default: false,
                cidr: Cidr::parse(range.trim())?,
            })
        })
        .collect()
}

/// The bits of an address, of which the first `length` count.
#[derive(Clone, Copy, Debug)]
struct Cidr {
    is_v4: bool,
    /// Left-aligned.
    bits: u128,
    length: u32,
}

impl Cidr {
    fn parse(text: &str) -> Option<Cidr> {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (is_v4, bits, most) = match address.parse().ok()? {
            IpAddr::V4(v4) => (true, u128::from(v4.to_bits()) << 96, 32),
            IpAddr::V6(v6) => (false, v6.to_bits(), 128),
        };
        (length <= most).then_some(Cidr {
            is_v4,
            bits,
            length,
        })
    }

    fn overlaps(self, other: Cidr) -> bool {
        let length = self.length.min(other.length);
        let differing = (self.bits ^ other.bits).leading_zeros();
        self.is_v4 == other.is_v4 && differing >= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: &str, b: &str) -> bool {
        Cidr::parse(a).unwrap().overlaps(Cidr::parse(b).unwrap())
    }

    #[test]
    fn ranges_overlap_when_one_is_within_the_other() {
        assert!(overlap("10.244.0.0/16", "10.244.3.0/24"));
        assert!(overlap("0.0.0.0/0", "10.0.0.0/8"));
        assert!(overlap("fd00::/8", "fd12:3456::/32"));
        assert!(!overlap("10.244.0.0/16", "10.245.0.0/16"));
        assert!(!overlap("0.0.0.0/0", "::/0"));
    }

    #[test]
    fn what_is_no_range_is_none() {
        assert!(Cidr::parse("10.0.0.0/33").is_none());
        assert!(Cidr::parse("10.0.0.0").is_none());
        assert!(Cidr::parse("{{ .Values.cidr }}").is_none());
    }
}
