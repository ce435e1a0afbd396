use super::url::{entries, host};
use crate::fleet::setting::is_templated;
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

pub(crate) const RULE: Rule = rule!("webhook/bad-address", Check::Object(KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for entry in entries(once.object, once.view) {
        let name = entry.get("name").and_then(View::text).unwrap_or_default();
        let client = entry.get("clientConfig");
        let field = |key| client.and_then(|c| c.get(key)).filter(|v| !v.is_null());
        let url = field("url");
        let text = url.and_then(View::text);
        let (span, what, help) = match text.as_deref() {
            Some(url) if is_templated(url) || host(url).is_ok() => continue,
            Some(_) => (
                url.map_or(entry.content_span(), View::content_span),
                "has an address that is no URL",
                "write it as `https://HOST:PORT/PATH`",
            ),
            None if field("service").is_some() => continue,
            None => (
                entry.closest(&["clientConfig"]).0,
                "has no address",
                "set `clientConfig.url` to where the control plane is reached, or `clientConfig.service`",
            ),
        };
        once.report(
            sink,
            span,
            name.as_ref(),
            format!(": webhook {name} {what}, so nobody answers"),
        )
        .label("no control plane is reached here")
        .help(help);
    }
}
