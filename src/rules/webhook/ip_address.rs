use super::url::{entries, host, is_ip};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

const KINDS: &[Kind] = &[
    Kind::MutatingWebhookConfiguration,
    Kind::ValidatingWebhookConfiguration,
];

pub(crate) const RULE: Rule = rule!("webhook/ip-address", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for entry in entries(once.object, once.view) {
        let name = entry.get("name").and_then(View::text).unwrap_or_default();
        let Some(url) = entry.at(&["clientConfig", "url"]) else {
            continue;
        };
        let text = url.text().unwrap_or_default();
        if !host(&text).is_ok_and(is_ip) {
            continue;
        }
        once.report(
            sink,
            url.content_span(),
            name.as_ref(),
            format!(": webhook {name} reaches its control plane by an IP address"),
        )
        .label("goes astray when the address changes")
        .help("use a host name that the certificate of istiod holds");
    }
}
