use crate::fleet::injector::{self, Webhook};
use crate::fleet::{Cluster, Fleet};
use crate::resource::{Kind, Labels};
use crate::rules::sink::{Sink, speaks_for};
use crate::rules::{Check, Rule, rule, words};
use std::collections::{BTreeMap, BTreeSet};
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("webhook/overlaps", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let webhooks = injector::webhooks(fleet, cluster);
    if webhooks.len() < 2 {
        return;
    }
    let configurations = cluster.of_kind(Kind::MutatingWebhookConfiguration).iter();
    let revisions: BTreeSet<Ustr> = configurations
        .flat_map(|object| injector::revisions(fleet, object))
        .collect();
    let mut rivals: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for namespace in labels("istio-injection", ["enabled", "disabled"], &revisions) {
        for object in labels("sidecar.istio.io/inject", ["true", "false"], &revisions) {
            let picking: Vec<usize> = webhooks
                .iter()
                .enumerate()
                .filter(|(_, webhook)| webhook.picks(&namespace, &object))
                .map(|(at, _)| at)
                .collect();
            for at in &picking {
                let others = picking
                    .iter()
                    .filter(|other| is_other(&webhooks, *at, **other));
                rivals.entry(*at).or_default().extend(others);
            }
        }
    }
    for (at, others) in rivals {
        let Some(webhook) = webhooks.get(at).filter(|_| !others.is_empty()) else {
            continue;
        };
        if !speaks_for(fleet, cluster, webhook.object) {
            continue;
        }
        let others: Vec<&Webhook<'_>> = others.iter().filter_map(|at| webhooks.get(*at)).collect();
        let names: BTreeSet<String> = others.iter().map(|w| full_name(w)).collect();
        let name = |w: &Webhook<'_>| w.object.place(w.view.get("name").unwrap_or(w.view));
        let mut draft = sink.report(
            name(webhook),
            format!(
                "{} {} in {}: webhook {} injects the same pods as {}",
                webhook.object.kind_name,
                webhook.object.name,
                cluster.name,
                webhook.name,
                words::list(names)
            ),
        );
        draft
            .label("may inject a second time")
            .about(cluster, webhook.object)
            .subject(webhook.name.as_str())
            .help("let their selectors not overlap, or remove the one that is left over");
        for other in others {
            draft.related(name(other), "picks the same pods");
        }
    }
}

/// Entries of one name in one configuration are one.
fn is_other(webhooks: &[Webhook<'_>], at: usize, other: usize) -> bool {
    match (webhooks.get(at), webhooks.get(other)) {
        (Some(a), Some(b)) => full_name(a) != full_name(b),
        _ => false,
    }
}

fn full_name(webhook: &Webhook<'_>) -> String {
    format!("{}/{}", webhook.object.name, webhook.name)
}

/// What namespaces, or pods, may be labelled with: neither, this or that, each also with any revision.
fn labels(key: &str, values: [&str; 2], revisions: &BTreeSet<Ustr>) -> Vec<Labels> {
    let own = [None, Some(values[0]), Some(values[1])];
    own.iter()
        .flat_map(|value| {
            let revisions = revisions.iter().map(Some).chain([None]);
            revisions.map(move |revision| {
                let own = value.map(|value| (Ustr::from(key), Ustr::from(value)));
                let of_revision = revision.map(|r| (Ustr::from("istio.io/rev"), *r));
                own.into_iter().chain(of_revision).collect()
            })
        })
        .collect()
}
