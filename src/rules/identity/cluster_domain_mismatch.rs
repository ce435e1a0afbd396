use crate::fleet::identity;
use crate::fleet::{Fleet, Mesh, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, within};

pub(crate) const RULE: Rule = rule!(
    "identity/cluster-domain-mismatch",
    Check::Setting(&[Setting::ClusterDomain], check)
);

fn check(fleet: &Fleet, mesh: &Mesh, setting: Setting, sink: &mut Sink<'_>) {
    for cluster in fleet.clusters_of(mesh) {
        let words = identity::words(fleet, cluster, setting, &[]);
        let subject = |_: &_| setting.title().to_owned();
        within::report(cluster, setting.title(), words, None, subject, sink);
    }
    let Some((mut draft, wanted)) = odd::report(fleet, mesh, setting, sink) else {
        return;
    };
    let value = match wanted.as_str() {
        "" => "the same value".to_owned(),
        wanted => format!("`{wanted}`"),
    };
    draft.help(format!(
        "set `values.global.proxy.clusterDomain` to {value} in every cluster, which must be what its DNS server \
         answers for; a cluster that cannot change belongs to a mesh of its own"
    ));
}
