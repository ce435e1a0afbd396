use crate::fleet::{Cluster, Fleet, Mesh, Setting, network, traffic};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};

pub(crate) const RULE: Rule = rule!(
    "mtls/auto-mtls-off",
    Check::Setting(&[Setting::AutoMtls], check)
);

const HELP: &str = "remove `enableAutoMtls: false`, or add a DestinationRule for `*.local` with `mode: ISTIO_MUTUAL` \
                    in the root namespace";

fn check(fleet: &Fleet, mesh: &Mesh, setting: Setting, sink: &mut Sink<'_>) {
    // With a DestinationRule for all hosts of the mesh it makes no difference.
    let is_free = |cluster: &Cluster| {
        let everything = format!("*.{}", cluster.domain());
        !traffic::forces_mesh_mtls(fleet, cluster, &everything)
    };
    if let Some((mut draft, _)) = odd::report_among(fleet, mesh, setting, &is_free, sink) {
        draft.help(HELP);
        return;
    }
    let off: Vec<(&Cluster, &crate::fleet::Effective)> = fleet
        .clusters_of(mesh)
        .filter(|c| is_free(c))
        .filter_map(|c| Some((c, c.setting(setting)?)))
        .filter(|(_, s)| s.is_stated() && s.value == "false")
        .collect();
    let networks = network::names(fleet.clusters_of(mesh));
    let mut off = off.into_iter();
    let Some((first, said)) = off.next().filter(|_| networks.len() > 1) else {
        return;
    };
    let (place, rendered) = odd::places(said);
    let names = words::list(networks);
    let mut draft = sink.report(
        place,
        format!("auto mTLS is off in a mesh of several networks ({names}): endpoints in other networks are left out"),
    );
    draft
        .label(format!("off in {}", first.name))
        .clusters([first])
        .subject(setting.title())
        .help(HELP);
    if let Some(rendered) = rendered {
        draft.related(rendered, "rendered here");
    }
    for (cluster, said) in off {
        draft
            .clusters([cluster])
            .also(odd::places(said).0, format!("off in {}", cluster.name));
    }
}
