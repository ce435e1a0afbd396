use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, service};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "service/external-name-port",
    Check::Object(&[Kind::Service], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    if service::is_of_istio(once.view) || !service::is_external_name(once.view) {
        return;
    }
    for port in service::ports(once.view) {
        let name = port.name().unwrap_or_default();
        if port.has_protocol() && name != "tcp" {
            continue;
        }
        let number = port.number().unwrap_or_default();
        let place = port.view.get("name").or(port.view.get("port"));
        once.report(
            sink,
            place.unwrap_or(port.view).content_span(),
            format!("port {number}"),
            format!(": port {number} of this external name takes all traffic to that port"),
        )
        .label("a listener on 0.0.0.0, for any address")
        .help("name the protocol: `http`, `https` or `tls`, so that the sidecar goes by the host; or leave `ports` out");
    }
}
