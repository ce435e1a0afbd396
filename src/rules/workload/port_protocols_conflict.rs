use super::ports::{Leading, leading};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const RULE: Rule = rule!(
    "workload/port-protocols-conflict",
    Check::Object(&[Kind::Deployment], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner: &Cluster, id| !conflicts(&leading(fleet, owner, id)).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let ports = leading(fleet, cluster, id);
    for (number, protocols) in conflicts(&ports) {
        let of_port = || ports.iter().filter(|p| p.number == number);
        let services: BTreeSet<&str> = of_port().map(|p| p.service.name.as_str()).collect();
        let mut draft = once.report(
            sink,
            once.closest(&["metadata", "name"]),
            format!("port {number}"),
            format!(
                ": its Services ({}) have port {number} as {}",
                words::list(services),
                words::list(protocols)
            ),
        );
        draft
            .label("one port, and two protocols")
            .help("give one of them another port: the sidecar takes one protocol for each");
        for port in of_port() {
            let view = port
                .port
                .view
                .get("protocol")
                .or(port.port.view.get("port"));
            if let Some(view) = view {
                draft.related(port.service.place(view), port.protocol());
            }
        }
    }
}

/// The port numbers that are used with several protocols.
fn conflicts(ports: &[Leading<'_>]) -> BTreeMap<i64, BTreeSet<String>> {
    let mut protocols: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for port in ports.iter().filter(|p| !is_templated(p.port.view)) {
        let of_port = protocols.entry(port.number).or_default();
        of_port.insert(port.protocol());
    }
    protocols.retain(|_, protocols| protocols.len() > 1);
    protocols
}

fn is_templated(port: View<'_>) -> bool {
    let protocol = port.get("protocol").and_then(View::text);
    protocol.is_some_and(|p| crate::fleet::setting::is_templated(&p))
}
