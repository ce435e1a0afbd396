use super::odd_posture;
use crate::fleet::authn::Mode;
use crate::fleet::posture::{self, Posture};
use crate::fleet::{Fleet, Mesh};
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!("mtls/posture-drift", Check::Namespace(check));

fn check(fleet: &Fleet, mesh: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    for mut comparison in posture::comparisons(fleet, mesh, namespace.name, &namespace.clusters) {
        // How remote pods are called is another matter, and DISABLE is one that fails.
        comparison.postures.retain(|p| p.serves);
        let fails = |p: &Posture<'_>| p.mode() == Mode::Disable;
        if comparison.postures.iter().any(fails) {
            continue;
        }
        let key = |p: &Posture<'_>| p.mode().name();
        let Some(mut draft) = odd_posture::report(fleet, namespace.name, &comparison, &key, sink)
        else {
            continue;
        };
        draft.help(
            "apply the same PeerAuthentication in every cluster: it is read by the cluster's own istiod only",
        );
    }
}
