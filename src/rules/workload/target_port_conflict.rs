use super::ports::{Leading, leading};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const RULE: Rule = rule!(
    "workload/target-port-conflict",
    Check::Object(&[Kind::Deployment], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner: &Cluster, id| !conflicts(&leading(fleet, owner, id)).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let ports = leading(fleet, cluster, id);
    for (target, numbers) in conflicts(&ports) {
        let of_target = || ports.iter().filter(|p| p.target() == target);
        let services: BTreeSet<&str> = of_target().map(|p| p.service.name.as_str()).collect();
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let mut draft = once.report(
            sink,
            once.closest(&["metadata", "name"]),
            format!("targetPort {target}"),
            format!(
                ": its Services ({}) lead to target port {target} from ports {}",
                words::list(services),
                words::list(&numbers)
            ),
        );
        draft
            .label("one listener of the sidecar for all of them")
            .help("lead to one target port from one port only");
        for port in of_target() {
            if let Some(view) = port.port.view.get("port") {
                draft.related(port.service.place(view), format!("to {target}"));
            }
        }
    }
}

/// The target ports that several ports lead to.
fn conflicts(ports: &[Leading<'_>]) -> BTreeMap<String, BTreeSet<i64>> {
    let mut numbers: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for port in ports {
        numbers
            .entry(port.target())
            .or_default()
            .insert(port.number);
    }
    numbers.retain(|_, numbers| numbers.len() > 1);
    numbers
}
