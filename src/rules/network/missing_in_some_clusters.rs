use crate::fleet::{Cluster, Effective, Fleet, Mesh, Setting, network};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};

pub(crate) const RULE: Rule = rule!("network/missing-in-some-clusters", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    let Some(example) = fleet.clusters_of(mesh).find(|c| c.network().is_some()) else {
        return;
    };
    let Some(stated) = example.setting(Setting::Network) else {
        return;
    };
    // Where another part of the cluster names a network, its proxies are the ones that miss it.
    let without: Vec<(&Cluster, &Effective)> = fleet
        .clusters_of(mesh)
        .filter_map(|cluster| {
            let (_, setting) = network::unset(fleet, cluster)?;
            network::sources(fleet, cluster)
                .is_empty()
                .then_some((cluster, setting))
        })
        .collect();
    let Some((first, setting)) = without.first() else {
        return;
    };
    let names = words::list(without.iter().map(|(c, _)| c.name.as_str()));
    let message = format!(
        "{names} {} in no network, but {} is in `{}`",
        words::is_are(without.len()),
        example.name,
        stated.value,
    );
    let label = |cluster: &Cluster| format!("{} has no network", cluster.name);
    let mut draft = sink.report(setting.place, message);
    draft
        .label(label(first))
        .clusters(without.iter().map(|(c, _)| *c).chain([example]))
        .subject("network")
        .help(format!(
            "set `values.global.network` in {names}, and label the system namespace and the gateway with it"
        ));
    for (cluster, setting) in without.iter().skip(1) {
        draft.also(setting.place, label(cluster));
    }
    draft.related(
        odd::places(stated).0,
        format!("{} is in `{}`", example.name, stated.value),
    );
}
