use crate::fleet::setting::{Confidence, Effective};
use crate::fleet::vote::{Voter, vote};
use crate::fleet::{Cluster, Fleet, Mesh, Object};
use crate::resource::{buckets, pod};
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;
use std::collections::BTreeMap;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("cardinality/buckets-differ", Check::Namespace(check));

fn check(fleet: &Fleet, _: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    let mut workloads: BTreeMap<&str, Vec<(&Cluster, &Object, Effective)>> = BTreeMap::new();
    for cluster in namespace
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
    {
        for workload in cluster.workloads_in(&namespace.name) {
            if let Some(object) = cluster.object(workload.object).filter(|o| !o.ambiguous)
                && workload.gateway_entry.is_none()
            {
                workloads.entry(workload.name.as_str()).or_default().push((
                    cluster,
                    object,
                    bounds(fleet, object),
                ));
            }
        }
    }
    for (name, all) in workloads {
        let voters = all.iter().map(|(cluster, _, setting)| Voter {
            cluster: cluster.id,
            setting,
        });
        let Some(outcome) = vote(voters) else {
            continue;
        };
        let of = |voter: &Voter<'_>| {
            all.iter()
                .find(|(c, _, s)| c.id == voter.cluster && std::ptr::eq(s, voter.setting))
        };
        let odd: Vec<_> = outcome.odd.iter().filter_map(of).collect();
        let Some((cluster, object, first)) = odd.first() else {
            continue;
        };
        let example = outcome.example.as_ref().and_then(of);
        let names = words::list(odd.iter().map(|(c, ..)| c.name));
        let against = example.map_or(String::new(), |(c, ..)| format!(" than in {}", c.name));
        let mut draft = sink.report(
            first.place,
            format!(
                "{} {name} in {names}: its histograms have other buckets{against}",
                object.kind_name
            ),
        );
        draft
            .label(described(first))
            .about(cluster, object)
            .clusters(odd.iter().map(|(c, ..)| *c))
            .clusters(example.map(|(c, ..)| *c))
            .subject("buckets")
            .help("give the workload the same list in every cluster, in a file that all of them share");
        for (cluster, _, setting) in odd.iter().skip(1) {
            let label = format!("{} in {}", described(setting), cluster.name);
            draft.also(setting.place, label);
        }
        if let Some((cluster, _, setting)) = example {
            let label = format!("{} in {}", described(setting), cluster.name);
            draft.related(setting.place, label);
        }
    }
}

fn described(setting: &Effective) -> String {
    match setting.is_stated() {
        true => format!("{} bounds", setting.value.split(' ').count()),
        false => format!("Istio's own {} bounds", buckets::DEFAULT),
    }
}

/// The bounds of a workload as a setting that clusters can vote on.
fn bounds(fleet: &Fleet, object: &Object) -> Effective {
    let root = fleet.view(object);
    let annotations = pod::annotations(root, object.kind);
    let stated = annotations.and_then(buckets::buckets);
    let effective = |value: &str, confidence, span| Effective {
        value: Ustr::from(value),
        confidence,
        place: Place {
            file: object.file,
            span,
        },
        rendered: Vec::new(),
        intent: Vec::new(),
    };
    match stated {
        Some(found) => {
            let bounds: Vec<String> = found.bounds.iter().map(f64::to_string).collect();
            effective(&bounds.join(" "), Confidence::Exact, found.view.span())
        }
        None => {
            let path = ["spec", "template", "metadata", "annotations"];
            effective("", Confidence::Default, root.closest(&path).0)
        }
    }
}
