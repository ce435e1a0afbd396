use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule};

pub(crate) const RULE: Rule = rule!("layout/cluster-name-disagrees", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    let Some(setting) = cluster
        .setting(Setting::ClusterName)
        .filter(|s| s.is_stated())
    else {
        return;
    };
    if setting.value == cluster.name {
        return;
    }
    // Folders and clusters may be called differently on principle; it tells only where the others agree.
    let agrees = |c: &Cluster| {
        c.setting(Setting::ClusterName)
            .is_some_and(|s| s.is_stated() && s.value == c.name)
    };
    let agreeing = fleet.clusters.iter().filter(|c| agrees(c)).count();
    let other = fleet.named(&setting.value);
    if agreeing == 0 {
        return;
    }
    let (place, rendered) = odd::places(setting);
    let mut draft = sink.report(
        place,
        format!(
            "{}: the path says {}, the cluster name is `{}`",
            cluster.name, cluster.name, setting.value
        ),
    );
    draft
        .label(match other {
            Some(_) => "the name of another cluster",
            None => "not what the path says",
        })
        .clusters([cluster])
        .clusters(other)
        .subject(setting.value.as_str())
        .help(format!(
            "set it to `{}`, or say which files belong to which cluster in meshlint.yaml",
            cluster.name
        ));
    if let Some(rendered) = rendered {
        draft.related(rendered, "rendered here");
    }
    if other.is_none() {
        draft.severity(Severity::Info);
    }
}
