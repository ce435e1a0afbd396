//! Faults to plant: each changes one thing in one cluster.

use super::{Cluster, Fleet, Manifest, apps};

/// To add a fault, add a row.
struct Fault {
    name: &'static str,
    /// Who should report it.
    rule: &'static str,
    /// The file to change, as `folder/stem`.
    file: fn(&Fleet) -> Option<String>,
    edit: fn(&str, &Site) -> String,
}

/// Where a fault is planted, and another cluster to copy wrong values from.
struct Site<'a> {
    cluster: &'a Cluster,
    other: &'a Cluster,
}

static FAULTS: [Fault; 6] = [
    Fault {
        name: "dns-capture",
        rule: "dns/capture-mismatch",
        file: |_| Some("istio/istiod".into()),
        edit: |text, _| {
            text.replace(
                r#"ISTIO_META_DNS_CAPTURE: "true""#,
                r#"ISTIO_META_DNS_CAPTURE: "false""#,
            )
        },
    },
    // The label of a neighbour, copied with its namespace.
    Fault {
        name: "network-label",
        rule: "network/sources-disagree",
        file: |_| Some("istio/namespace".into()),
        edit: |text, site| {
            let label =
                |cluster: &Cluster| format!("topology.istio.io/network: {}\n", cluster.network);
            text.replace(&label(site.cluster), &label(site.other))
        },
    },
    // One value of the installation, so both places that it is rendered to.
    Fault {
        name: "cluster-name",
        rule: "network/duplicate-cluster-name",
        file: |_| Some("istio/istiod".into()),
        edit: |text, site| text.replace(&site.cluster.name, &site.other.name),
    },
    Fault {
        name: "gateway-port",
        rule: "gateway/port-missing",
        file: |_| Some("istio/eastwest-gateway".into()),
        edit: |text, _| {
            text.replace(
                "  - name: tls\n    port: 15443\n    protocol: TCP\n    targetPort: 15443\n",
                "",
            )
        },
    },
    Fault {
        name: "mtls",
        rule: "mtls/client-plaintext-server-strict",
        file: |fleet| {
            let with_rule: Vec<_> = fleet
                .services()
                .filter(|service| apps::has_destination_rule(fleet, service))
                .collect();
            let service = with_rule.get(fleet.number("fault/mtls/service", with_rule.len()))?;
            Some(apps::traffic_file(fleet, service))
        },
        edit: |text, _| {
            text.replace(
                "  trafficPolicy:\n    connectionPool:\n",
                "  trafficPolicy:\n    tls:\n      mode: DISABLE\n    connectionPool:\n",
            )
        },
    },
    Fault {
        name: "tag",
        rule: "cardinality/unbounded-tag",
        file: |_| Some("istio/telemetry".into()),
        edit: |text, _| text.replace("value: request.method\n", "value: request.path\n"),
    },
];

/// A fault and the index of the cluster that gets it.
pub(super) struct Chosen {
    fault: &'static Fault,
    pub(super) cluster: usize,
    other: usize,
}

/// The faults of these names, spread over the clusters so that two share one only when there are too few.
pub(super) fn choose(names: &[String], fleet: &Fleet) -> Result<Vec<Chosen>, String> {
    let known = || {
        FAULTS
            .iter()
            .map(|fault| fault.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(name) = names
        .iter()
        .find(|name| *name != "all" && FAULTS.iter().all(|fault| fault.name != *name))
    {
        return Err(format!(
            "no fault is called `{name}`; there are {}, and `all`",
            known()
        ));
    }
    let count = fleet.clusters.len();
    if !names.is_empty() && count < 2 {
        return Err("to plant a fault takes at least 2 clusters".into());
    }
    let mut taken = Vec::new();
    let wanted = |fault: &&Fault| names.iter().any(|name| name == "all" || name == fault.name);
    Ok(FAULTS
        .iter()
        .filter(wanted)
        .map(|fault| {
            let start = fleet.number(&format!("fault/{}", fault.name), count);
            let free = (0..count)
                .map(|step| (start + step) % count)
                .find(|index| !taken.contains(index));
            let cluster = free.unwrap_or(start);
            taken.push(cluster);
            Chosen {
                fault,
                cluster,
                other: (cluster + 1) % count,
            }
        })
        .collect())
}

impl Chosen {
    pub(super) fn rule(&self) -> &'static str {
        self.fault.rule
    }

    /// Changes the one file, and says which it is.
    pub(super) fn plant<'a>(
        &self,
        fleet: &Fleet,
        manifests: &'a mut [Manifest],
    ) -> Result<&'a Manifest, String> {
        let nothing = || format!("nothing to change for fault `{}`", self.fault.name);
        let file = (self.fault.file)(fleet).ok_or_else(nothing)?;
        let site = fleet
            .clusters
            .get(self.cluster)
            .zip(fleet.clusters.get(self.other));
        let (cluster, other) = site.ok_or_else(nothing)?;
        let found = manifests
            .iter_mut()
            .find(|manifest| format!("{}/{}", manifest.folder, manifest.stem) == file);
        let manifest = found.ok_or_else(nothing)?;
        let text = (self.fault.edit)(&manifest.text, &Site { cluster, other });
        if text == manifest.text {
            return Err(nothing());
        }
        manifest.text = text;
        Ok(manifest)
    }
}
