use super::common::{self, Level, Report, judge};
use super::field::Field;
use super::traffic_policy::traffic_policy;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, validate};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!(
    "schema/destination-rule",
    Check::Object(&[Kind::DestinationRule], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    judge(fleet, cluster, id, sink, Level::Rejected, validate);
}

pub(super) fn validate<'a>(object: Field<'a>, r: &mut Report<'a>) {
    let spec = object.get("spec");
    let host = spec.get("host");
    r.verdict(host, validate::wildcard_domain(&host.text()));
    traffic_policy(spec.get("trafficPolicy"), r);
    let mut names = BTreeSet::new();
    for subset in spec.get("subsets").items() {
        let name = subset.get("name");
        r.verdict(name, subset_name(&name.text()));
        if !name.is("") && !names.insert(name.text()) {
            r.error(
                name,
                format!(
                    "is `{}`, as an earlier subset is called already",
                    name.text()
                ),
            );
        }
        common::labels(subset.get("labels"), r);
        traffic_policy(subset.get("trafficPolicy"), r);
    }
    let (export, selector) = (spec.get("exportTo"), spec.get("workloadSelector"));
    common::export_to(export, false, r);
    if selector.is_set() {
        let own = |entry: Field<'_>| entry.is(".") || entry.text() == r.namespace.as_str();
        let foreign = export.items().find(|entry| !own(*entry));
        if let Some(entry) = foreign {
            r.error(
                entry,
                "is another namespace, but a rule with `workloadSelector` holds in its own only",
            )
            .help("remove `exportTo`, or write `.`");
        }
    }
    common::type_selector(selector, r);
}

fn subset_name(name: &str) -> validate::Verdict {
    if name.is_empty() {
        return Err("which is empty");
    }
    validate::dns_label(name)
}
