use crate::fleet::{Cluster, Fleet, ObjectId, setting::is_templated};
use crate::resource::{Kind, service};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!("service/port-name", Check::Object(&[Kind::Service], check));

/// Objects in these namespaces are not part of any mesh.
const SYSTEM: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let namespace = once.object.effective_namespace();
    if SYSTEM.contains(&namespace.as_str())
        || service::is_of_istio(once.view)
        || service::is_external_name(once.view)
    {
        return;
    }
    for port in service::ports(once.view) {
        let Some(number) = port.number().filter(|_| !port.has_protocol()) else {
            continue;
        };
        let name = port.view.get("name");
        let text = name.and_then(View::text).unwrap_or_default();
        if is_templated(&text) {
            continue;
        }
        let place = name.or(port.view.get("port")).unwrap_or(port.view);
        let who = match text.as_ref() {
            "" => format!("port {number} has no name"),
            text => format!("the name `{text}` of port {number} is none"),
        };
        once.report(
            sink,
            place.content_span(),
            format!("port {number}"),
            format!(": {who} to tell the protocol by"),
        )
        .label("Istio looks at each connection to find out")
        .help("set `appProtocol`, or begin the name with the protocol: `http-`, `grpc-`, `tcp-`");
    }
}
