use super::odd_posture;
use crate::fleet::authn::Mode;
use crate::fleet::posture::{self, Posture};
use crate::fleet::{Fleet, Mesh};
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!("mtls/server-plaintext-client-mtls", Check::Namespace(check));

fn check(fleet: &Fleet, mesh: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    for comparison in posture::comparisons(fleet, mesh, namespace.name, &namespace.clusters) {
        let takes_plaintext = |p: &Posture<'_>| p.mode() == Mode::Disable;
        let served = |p: &Posture<'_>| takes_plaintext(p) && p.serves;
        if !comparison.postures.iter().any(served) {
            continue;
        }
        // STRICT or PERMISSIVE is all one to the client: it sends mTLS.
        let key = |p: &Posture<'_>| match takes_plaintext(p) {
            true => "DISABLE",
            false => "mTLS",
        };
        let Some(mut draft) = odd_posture::report(fleet, namespace.name, &comparison, &key, sink)
        else {
            continue;
        };
        draft.help(
            "use the same mode in every cluster: clients send mTLS unless the policies of their own cluster say DISABLE",
        );
    }
}
