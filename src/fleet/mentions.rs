//! Which Services the manifests of a cluster speak of as something to call: hosts of Istio's configuration for
//! clients, and addresses in what workloads are started with.

use super::cluster::{Cluster, Files, Object, ObjectId};
use crate::resource::{Kind, host, pod};
use crate::yaml::{Place, Span, View};
use std::collections::BTreeMap;
use ustr::Ustr;

/// One place that names a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    pub object: ObjectId,
    pub place: Place,
    /// An index into [`Cluster::workloads`], where pods themselves name it.
    pub workload: Option<usize>,
}

/// By full host; whether anything stands behind it is another matter.
#[derive(Clone, Debug, Default)]
pub struct Mentions(BTreeMap<&'static str, Vec<Mention>>);

impl Mentions {
    pub fn read(cluster: &Cluster, files: &Files) -> Mentions {
        let mut mentions = Mentions::default();
        let domain = cluster.domain();
        for kind in [Kind::VirtualService, Kind::DestinationRule, Kind::Sidecar] {
            for id in cluster.ids_of_kind(kind) {
                if let Some(object) = cluster.object(id) {
                    for (view, text) in configured(files.view(object), kind) {
                        let namespace = object.effective_namespace();
                        let full = host::qualify(&text, &namespace, &domain);
                        mentions.add(&full, id, object.place(view), None);
                    }
                }
            }
        }
        for (at, workload) in cluster.workloads.iter().enumerate() {
            if let Some(object) = cluster.object(workload.object)
                && workload.gateway_entry.is_none()
            {
                mentions.add_started_with(files, object, (at, workload.object), &domain);
            }
        }
        mentions
    }

    /// Who names this host, fully qualified.
    pub fn of(&self, host: &str) -> &[Mention] {
        self.0.get(host).map_or(&[], Vec::as_slice)
    }

    /// The hosts that the pods of a workload name.
    pub fn by_workload(&self, workload: usize) -> impl Iterator<Item = (&'static str, &Mention)> {
        self.0.iter().flat_map(move |(host, mentions)| {
            mentions
                .iter()
                .filter(move |m| m.workload == Some(workload))
                .map(|m| (*host, m))
        })
    }

    fn add(&mut self, host: &str, object: ObjectId, place: Place, workload: Option<usize>) {
        let mention = Mention {
            object,
            place,
            workload,
        };
        self.0
            .entry(Ustr::from(host).as_str())
            .or_default()
            .push(mention);
    }

    fn add_started_with(
        &mut self,
        files: &Files,
        object: &Object,
        (at, id): (usize, ObjectId),
        domain: &str,
    ) {
        let view = files.view(object);
        let spec = match pod::template(view, object.kind) {
            Some(template) => template.get("spec"),
            None => view.get("spec"),
        };
        let own = object.effective_namespace();
        let mut pending: Vec<View<'_>> = spec.into_iter().collect();
        while let Some(view) = pending.pop() {
            pending.extend(view.items());
            // A tag stands behind an image as a port behind a host.
            let entries = view
                .entries()
                .filter(|(key, _)| key.text().as_deref() != Some("image"));
            pending.extend(entries.map(|(_, value)| value));
            let Some(text) = view.text() else { continue };
            for (start, found) in addresses(&text) {
                let end = start + found.len();
                let span = Span::new(view.map_offset(start), view.map_offset(end));
                let place = Place {
                    file: object.file,
                    span,
                };
                // A resolver tries the search domains of the pod's namespace.
                if found.matches('.').count() == 1 {
                    self.add(&format!("{found}.svc.{domain}"), id, place, Some(at));
                }
                self.add(&host::qualify(found, &own, domain), id, place, Some(at));
            }
        }
    }
}

/// The hosts that an object configures clients for. Where a route leads to is not among them: the proxy goes there,
/// and asks no DNS server.
fn configured(root: View<'_>, kind: Kind) -> Vec<(View<'_>, String)> {
    let spec = root.get("spec");
    let list = |key: &str| -> Vec<View<'_>> {
        let list = spec.and_then(|s| s.get(key));
        list.into_iter().flat_map(View::items).collect()
    };
    match kind {
        Kind::VirtualService => {
            let gateways = owned(list("gateways"));
            let is_of_mesh = gateways.is_empty() || gateways.iter().any(|(_, g)| g == "mesh");
            let hosts = owned(list("hosts"));
            // Beside a host of another kind the name of a Service is a further name for it, that nobody need dial.
            let is_plain = |host: &str| !host.contains('.') || host.contains(".svc");
            match is_of_mesh && hosts.iter().all(|(_, host)| is_plain(host)) {
                true => hosts,
                false => Vec::new(),
            }
        }
        Kind::DestinationRule => {
            let host = spec.and_then(|s| s.get("host"));
            owned(host.into_iter().collect())
        }
        Kind::Sidecar => {
            let egress = list("egress").into_iter();
            let hosts = egress.filter_map(|e| e.get("hosts"));
            // `namespace/host`: the host is a full one.
            owned(hosts.flat_map(View::items).collect())
                .into_iter()
                .filter_map(|(view, text)| Some((view, text.split_once('/')?.1.to_owned())))
                .filter(|(_, host)| host.contains('.'))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn owned(views: Vec<View<'_>>) -> Vec<(View<'_>, String)> {
    views
        .into_iter()
        .filter_map(|view| Some((view, view.text()?.into_owned())))
        .collect()
}

/// The hosts in a text that are plainly meant as such, each with its first byte: those that end in `.svc` or hold
/// `.svc.`, those of a URL, and those before a port.
fn addresses(text: &str) -> Vec<(usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|t| t.find(is_part)).map(|i| at + i) {
        let rest = text.get(start..).unwrap_or_default();
        let word = match rest.find(|c| !is_part(c)) {
            Some(end) => rest.get(..end).unwrap_or_default(),
            None => rest,
        };
        at = start + word.len();
        let host = word.trim_end_matches('.');
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(at..).unwrap_or_default();
        let in_url = before.ends_with("://");
        let before_port = after
            .strip_prefix(':')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            && host.starts_with(|c: char| c.is_ascii_lowercase())
            && before
                .chars()
                .next_back()
                .is_none_or(|c| !matches!(c, '/' | '.' | ':'));
        let is_full = host.ends_with(".svc") || host.contains(".svc.");
        if !host.is_empty() && (in_url || before_port || is_full) {
            found.push((start, host));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::addresses;

    fn hosts(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|(_, host)| host).collect()
    }

    #[test]
    fn hosts_are_told_from_other_words() {
        assert_eq!(hosts("http://orders:8080/v1"), ["orders"]);
        assert_eq!(
            hosts("--peer=cart.shop:80,till.shop.svc"),
            ["cart.shop", "till.shop.svc"]
        );
        assert_eq!(
            hosts("https://orders.shop.svc.cluster.local./x"),
            ["orders.shop.svc.cluster.local"]
        );
        assert!(hosts("orders").is_empty());
        assert!(hosts("v1.2.3 shop.orders log:debug").is_empty());
        assert!(hosts("10.0.0.1:80 example.com/app:1.2").is_empty());
    }
}
