//! The annotations of Istio: which there are, who carries them, and what their values may be.

use super::{Kind, pod};
use crate::yaml::{Resolved, View};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// What is known of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub alpha: bool,
    pub deprecated: bool,
    /// The kinds that carry it; `Any` stands for all.
    pub kinds: Vec<&'static str>,
}

/// The annotations that Istio documents, by name.
pub static KNOWN: LazyLock<BTreeMap<&'static str, Fact>> = LazyLock::new(|| {
    include_str!("annotations.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let name = columns.next()?;
            let fact = Fact {
                alpha: columns.next()? == "alpha",
                deprecated: columns.next()? == "deprecated",
                kinds: columns.next()?.split(',').collect(),
            };
            Some((name, fact))
        })
        .collect()
});

/// Set by Istio itself, so nobody is told about them.
const OWN: [&str; 3] = [
    "sidecar.istio.io/status",
    "gateway.istio.io/controller-version",
    "istio.io/rev",
];

/// An annotation of Istio, where it is written.
#[derive(Clone, Debug)]
pub struct Annotation<'a> {
    pub name: Cow<'a, str>,
    pub key: View<'a>,
    pub value: View<'a>,
    /// The kind that carries it: that of the object, or `Pod` in a template.
    pub carrier: &'static str,
}

impl Annotation<'_> {
    pub fn fact(&self) -> Option<&'static Fact> {
        KNOWN.get(self.name.as_ref())
    }

    /// Whether Istio looks for it on what carries it.
    pub fn is_placed(&self, fact: &Fact) -> bool {
        fact.kinds.iter().any(|k| *k == "Any" || *k == self.carrier)
    }
}

/// Istio's annotations in the metadata of an object, and in that of the pods it makes.
pub fn written(root: View<'_>, kind: Kind) -> Vec<Annotation<'_>> {
    let own = root.at(&["metadata", "annotations"]);
    let template = match kind {
        Kind::Pod => None,
        _ => pod::annotations(root, kind),
    };
    let mut found = Vec::new();
    for (annotations, carrier) in [(own, kind.name()), (template, "Pod")] {
        let entries = annotations.into_iter().flat_map(View::entries);
        for (key, value) in entries {
            let Some(name) = key.text() else { continue };
            if is_istio(&name) && !OWN.contains(&name.as_ref()) {
                found.push(Annotation {
                    name,
                    key,
                    value,
                    carrier,
                });
            }
        }
    }
    found
}

fn is_istio(name: &str) -> bool {
    let domain = name.split('/').next().unwrap_or(name);
    name == "kubernetes.io/ingress.class" || domain.ends_with("istio.io")
}

/// What is wrong with the value of an annotation, as the end of a sentence; `None` also for those that may be
/// anything.
pub fn problem(name: &str, value: View<'_>) -> Option<String> {
    let text = value.text()?;
    let text = text.as_ref();
    let wrong = |is_fine: bool, wanted: &str| (!is_fine).then(|| wanted.to_owned());
    match name {
        "sidecar.istio.io/interceptionMode" => wrong(
            matches!(text, "REDIRECT" | "TPROXY" | "NONE"),
            "is none of REDIRECT, TPROXY and NONE",
        ),
        "status.sidecar.istio.io/port" => wrong(is_port(text.trim()), "is no port"),
        "readiness.status.sidecar.istio.io/initialDelaySeconds"
        | "readiness.status.sidecar.istio.io/periodSeconds"
        | "readiness.status.sidecar.istio.io/failureThreshold" => wrong(
            text.trim().parse::<u32>().is_ok(),
            "is no number from 0 to 4294967295",
        ),
        "traffic.sidecar.istio.io/includeOutboundIPRanges" if text == "*" => None,
        "traffic.sidecar.istio.io/includeOutboundIPRanges"
        | "traffic.sidecar.istio.io/excludeOutboundIPRanges" => first_bad(text, is_cidr)
            .map(|bad| format!("has `{bad}`, which is no range such as 10.0.0.0/8")),
        "traffic.sidecar.istio.io/includeInboundPorts" if text == "*" => None,
        "traffic.sidecar.istio.io/includeInboundPorts"
        | "traffic.sidecar.istio.io/excludeInboundPorts"
        | "traffic.sidecar.istio.io/excludeOutboundPorts" => {
            first_bad(text, is_port).map(|bad| format!("has `{bad}`, which is no port"))
        }
        "traffic.sidecar.istio.io/excludeInterfaces"
        | "traffic.sidecar.istio.io/kubevirtInterfaces"
        | "istio.io/reroute-virtual-interfaces" => text
            .split(',')
            .map(str::trim)
            .find(|name| !is_interface(name))
            .map(|bad| format!("has `{bad}`, which is no name of a network interface")),
        "prometheus.istio.io/merge-metrics" => {
            let booleans = [
                "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
            ];
            wrong(booleans.contains(&text), "is neither true nor false")
        }
        "sidecar.istio.io/proxyCPU"
        | "sidecar.istio.io/proxyCPULimit"
        | "sidecar.istio.io/proxyMemory"
        | "sidecar.istio.io/proxyMemoryLimit" => {
            wrong(is_quantity(text), "is no quantity such as 100m or 128Mi")
        }
        "proxy.istio.io/config" => proxy_config(value.embedded()?),
        _ => None,
    }
}

/// The first entry of a list with commas that is not as it should be; an empty list is fine.
fn first_bad(list: &str, is_fine: impl Fn(&str) -> bool) -> Option<&str> {
    let mut entries = list.split(',').map(str::trim);
    (!list.trim().is_empty())
        .then(|| entries.find(|entry| !is_fine(entry)))
        .flatten()
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Ipv4Addr::BITS,
        Ok(IpAddr::V6(_)) => Ipv6Addr::BITS,
        Err(_) => return false,
    };
    bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

fn is_interface(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 15
        && !matches!(name, "." | "..")
        && name
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '/' | ':'))
}

/// A quantity of Kubernetes: a decimal number with a suffix (apimachinery `resource/quantity.go`).
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(end).unwrap_or((unsigned, ""));
    let has_digits = number.bytes().any(|b| b.is_ascii_digit());
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .is_some_and(|e| !e.is_empty() && e.parse::<i32>().is_ok());
    let suffixes = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    has_digits && number.matches('.').count() <= 1 && (suffixes.contains(&suffix) || exponent)
}

/// What is wrong with a `ProxyConfig` in an annotation: wrong types, and addresses and durations that are none.
fn proxy_config(config: View<'_>) -> Option<String> {
    if config.is_null() {
        return None;
    }
    if config.resolved() != Resolved::Collection || config.items().next().is_some() {
        return Some("is no mapping of proxy settings".to_owned());
    }
    config.entries().find_map(|(key, value)| {
        let key = key.text()?;
        let text = value.text();
        let is_string = || value.str().is_some() || value.is_null();
        let is_map = || text.is_none() || value.is_null();
        let wanted = match key.as_ref() {
            "concurrency" | "statusPort" | "proxyAdminPort" => {
                let number = text.as_deref().and_then(|t| t.trim().parse::<i64>().ok());
                let most = if key == "concurrency" {
                    i64::from(i32::MAX)
                } else {
                    65_535
                };
                (!value.is_null() && number.is_none_or(|n| n < 0 || n > most)).then_some("a number")
            }
            "drainDuration" | "parentShutdownDuration" | "terminationDrainDuration" => {
                let text = text.as_deref().unwrap_or_default();
                (!value.is_null() && !is_duration(text)).then_some("a duration such as 5s")
            }
            "discoveryAddress" | "statsdUdpAddress" | "zipkinAddress" => {
                let address = text.as_deref().unwrap_or_default();
                let is_fine = value.is_null() || address.is_empty() || is_address(address);
                (!is_fine).then_some("an address with a port")
            }
            "holdApplicationUntilProxyStarts" => {
                (value.as_bool().is_none() && value.get("value").is_none() && !value.is_null())
                    .then_some("true or false")
            }
            "proxyMetadata"
            | "tracing"
            | "image"
            | "readinessProbe"
            | "runtimeValues"
            | "proxyStatsMatcher"
            | "sds"
            | "gatewayTopology"
            | "privateKeyProvider"
            | "envoyAccessLogService"
            | "envoyMetricsService" => (!is_map()).then_some("a mapping"),
            "configPath" | "binaryPath" | "serviceCluster" | "availabilityZone" | "meshId"
            | "customConfigFile" => (!is_string()).then_some("a text"),
            "extraStatTags" => (text.is_some() && !value.is_null()).then_some("a list"),
            _ => None,
        };
        wanted.map(|wanted| format!("has `{key}`, which is to be {wanted}"))
    })
}

/// A duration of Go: numbers, each with a unit.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, unit) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let units = ["ns", "us", "ms", "s", "m", "h"];
        let Some(found) = units.iter().find(|u| unit.starts_with(**u)) else {
            return false;
        };
        if number.parse::<f64>().is_err() {
            return false;
        }
        parts += 1;
        rest = unit.strip_prefix(found).unwrap_or("");
    }
    parts > 0
}

fn is_address(text: &str) -> bool {
    let address = text.strip_prefix("unix://").is_some();
    address
        || text.contains("$(")
        || text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p > 0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert_eq!(KNOWN.len(), 68);
        let inject = &KNOWN["sidecar.istio.io/inject"];
        assert!(inject.deprecated && !inject.alpha && inject.kinds == ["Pod"]);
    }

    #[test]
    fn quantities_are_as_kubernetes_takes_them() {
        for good in ["1", "100m", "0.5", "128Mi", "1e3", "2E", "+1Ki", ".5"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "m", "1.2.3", "100 m", "1mi", "100MB", "1e", "1\n"] {
            assert!(!is_quantity(bad), "{bad}");
        }
    }

    #[test]
    fn ranges_need_a_prefix_length() {
        assert!(is_cidr("10.0.0.0/8") && is_cidr("fd00::/64"));
        assert!(!is_cidr("10.0.0.0") && !is_cidr("10.0.0.0/33") && !is_cidr("host/8"));
    }

    #[test]
    fn durations_have_units() {
        assert!(is_duration("45s") && is_duration("1m30s") && is_duration("1.5h"));
        assert!(!is_duration("45") && !is_duration("") && !is_duration("s"));
    }
}
