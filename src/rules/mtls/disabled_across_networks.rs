use crate::finding::Severity;
use crate::fleet::authn::{Mode, Scope};
use crate::fleet::posture::{self, Posture};
use crate::fleet::{Fleet, Mesh, network};
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!("mtls/disabled-across-networks", Check::Namespace(check));

/// Where the clusters disagree, that is worse, and said by another rule.
fn check(fleet: &Fleet, mesh: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    for comparison in posture::comparisons(fleet, mesh, namespace.name, &namespace.clusters) {
        // One workload without mTLS, such as one that scrapes, is meant and rarely called from afar.
        if comparison.scope == Scope::Workload
            || comparison
                .postures
                .iter()
                .any(|p| p.mode() != Mode::Disable)
        {
            continue;
        }
        let networks = network::names(comparison.postures.iter().map(|p| p.cluster));
        let stated: Vec<(&Posture<'_>, _)> = comparison
            .postures
            .iter()
            .filter_map(|p| Some((p, p.place?)))
            .collect();
        let mut stated = stated.into_iter();
        let Some((first, place)) = stated.next().filter(|_| networks.len() > 1) else {
            continue;
        };
        let whom = &comparison.whom;
        let mut draft = sink.report(
            place,
            format!(
                "mTLS of {whom} is DISABLE, so its endpoints are left out in other networks ({})",
                words::list(networks)
            ),
        );
        draft
            .label(format!("DISABLE in {}", first.cluster.name))
            .clusters(comparison.postures.iter().map(|p| p.cluster))
            .subject(format!("mtls {}", namespace.name))
            .help("use PERMISSIVE, which takes plaintext as well; only mTLS passes an east-west gateway");
        if comparison.scope == Scope::Mesh {
            draft.severity(Severity::Error);
        }
        if let Some((id, _)) = first.decision.by
            && let Some(object) = first.cluster.object(id)
        {
            draft.about(first.cluster, object);
        }
        for (posture, other) in stated.filter(|(_, other)| *other != place) {
            draft.also(other, format!("DISABLE in {}", posture.cluster.name));
        }
    }
}
