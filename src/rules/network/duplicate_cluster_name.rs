use crate::finding::Severity;
use crate::fleet::{Cluster, Effective, Fleet, Mesh, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};
use std::collections::BTreeMap;

pub(crate) const RULE: Rule = rule!("network/duplicate-cluster-name", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    let mut by_name: BTreeMap<&str, Vec<(&Cluster, &Effective)>> = BTreeMap::new();
    for cluster in fleet.clusters_of(mesh) {
        for setting in names_of(cluster) {
            let holders = by_name.entry(setting.value.as_str()).or_default();
            if holders.last().is_none_or(|(last, _)| last.id != cluster.id) {
                holders.push((cluster, setting));
            }
        }
    }
    for (name, mut holders) in by_name {
        if holders.len() < 2 {
            continue;
        }
        // Who is called so by its path keeps the name; the others took it.
        holders.sort_by_key(|(cluster, _)| cluster.name.as_str() == name);
        let names: Vec<&str> = holders.iter().map(|(c, _)| c.name.as_str()).collect();
        let Some((first, first_setting)) = holders.first() else {
            continue;
        };
        let how = if first_setting.is_stated() {
            ""
        } else {
            ", the default that nobody changed"
        };
        let (place, rendered) = odd::places(first_setting);
        let mut draft = sink.report(
            place,
            format!(
                "{}{} have the cluster name `{name}`{how}",
                words::list(&names),
                if names.len() > 2 { " all" } else { " both" },
            ),
        );
        draft
            .label(format!("{} is `{name}`", first.name))
            .clusters(holders.iter().map(|(c, _)| *c))
            .subject(name)
            .help(format!(
                "set `values.global.multiCluster.clusterName` to a name of its own in {}, and rename the key of \
                 its remote secrets",
                first.name
            ));
        if let Some(rendered) = rendered {
            draft.related(rendered, "rendered here");
        }
        // Where a canary calls the cluster otherwise, it is being mended.
        let is_renamed = |cluster: &Cluster| {
            let mut names = names_of(cluster);
            names.next().is_some_and(|s| s.value == name) && names.any(|s| s.value != name)
        };
        if holders.iter().filter(|(c, _)| !is_renamed(c)).count() < 2 {
            draft.severity(Severity::Info);
        }
        for (cluster, setting) in holders.iter().skip(1) {
            let label = format!("{} is `{name}`", cluster.name);
            let (place, _) = odd::places(setting);
            if cluster.name.as_str() == name {
                draft.related(place, label);
            } else {
                draft.also(place, label);
            };
        }
    }
}

/// What the control planes of a cluster call it.
fn names_of(cluster: &Cluster) -> impl Iterator<Item = &Effective> {
    cluster
        .control_planes
        .iter()
        .filter_map(|plane| plane.setting(Setting::ClusterName))
        .filter(|setting| setting.is_known())
}
