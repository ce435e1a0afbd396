use crate::fleet::{Cluster, Fleet, Object, ObjectId, traffic};
use crate::resource::service::{Port, ports};
use crate::resource::{Kind, host};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;

/// The ports by which istiod is exposed to remote clusters.
const PORTS: [i64; 2] = [15012, 15017];

pub(crate) const RULE: Rule = rule!(
    "gateway/istiod-route-broken",
    Check::Object(&[Kind::VirtualService], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    let view = fleet.view(object);
    let is_for_istiod = || {
        cluster.gateways.gateways.iter().any(|gateway| {
            let exposes = gateway
                .servers
                .iter()
                .any(|s| s.port.is_some_and(|port| PORTS.contains(&port)));
            exposes
                && cluster
                    .object(gateway.object)
                    .is_some_and(|g| traffic::is_bound(fleet, object, g))
        })
    };
    if view.at(&["spec", "gateways"]).is_none() || !is_for_istiod() {
        return;
    }
    for protocol in ["tls", "tcp", "http"] {
        let routes = view.at(&["spec", protocol]);
        for destination in routes
            .into_iter()
            .flat_map(View::items)
            .flat_map(|rule| rule.get("route").into_iter().flat_map(View::items))
            .filter_map(|route| route.get("destination"))
        {
            judge(fleet, cluster, object, destination, sink);
        }
    }
}

fn judge(
    fleet: &Fleet,
    cluster: &Cluster,
    object: &Object,
    destination: View<'_>,
    sink: &mut Sink<'_>,
) {
    let Some(written) = destination.get("host") else {
        return;
    };
    let text = written.text().unwrap_or_default();
    let domain = cluster.domain();
    let full = host::qualify(&text, &object.effective_namespace(), &domain);
    let Some((name, namespace)) = host::service_of(&full, &domain) else {
        return;
    };
    if !name.starts_with("istiod") {
        return;
    }
    let Some(service) = cluster.service(namespace, name) else {
        let known: Vec<&str> = cluster
            .services
            .iter()
            .filter(|s| s.namespace == namespace && s.name.starts_with("istiod"))
            .map(|s| s.name.as_str())
            .collect();
        let Some(first) = known.first() else { return };
        sink.report(
            object.place(written),
            format!(
                "VirtualService {} in {} routes remote clusters to {name}, which is no Service of {namespace}",
                object.name, cluster.name
            ),
        )
        .label(format!("there is {}", words::list(&known)))
        .about(cluster, object)
        .subject(full.as_str())
        .help(format!("route to `{first}.{namespace}.svc.{domain}`"));
        return;
    };
    let Some(port) = destination.at(&["port", "number"]) else {
        return;
    };
    let view = fleet.files.node(service.file, service.root);
    let open: Vec<i64> = ports(view).iter().filter_map(Port::number).collect();
    let Some(number) = port.as_i64() else { return };
    if open.is_empty() || open.contains(&number) {
        return;
    }
    let help = match number {
        15017 if open.contains(&443) => {
            "route to port 443, behind which the webhook listens".to_owned()
        }
        _ => format!("route to a port of Service {name}"),
    };
    sink.report(
        object.place(port),
        format!(
            "VirtualService {} in {} routes remote clusters to port {number} of {name}, which is no port of this Service",
            object.name, cluster.name
        ),
    )
    .label(format!(
        "{name} has {}",
        words::list(open.iter().map(i64::to_string))
    ))
    .about(cluster, object)
    .subject(format!("{full}:{number}"))
    .help(help);
}
