use crate::fleet::gateway::{self, DATA_PORT as DATA, Entrance, HBONE_PORT as HBONE, PORT_LABEL};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::service::{Port, Target};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::{Place, View};

const NO_TRANSLATION: &str = "experimental.istio.io/disable-gateway-port-translation";
/// Ports of the proxy itself, which no listener can take (istio.io, "Ports used by Istio").
const RESERVED: [i64; 7] = [15000, 15001, 15004, 15006, 15020, 15053, 15090];

pub(crate) const RULE: Rule = rule!(
    "gateway/port-missing",
    Check::Object(&[Kind::Service, Kind::IstioOperator], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    for gateway in gateway::entrances_of(fleet, cluster, id) {
        // Without an address no peer dials it, so the label of anything else does no harm.
        let counts = gateway.is_addressable() || gateway.is_gateway(fleet, cluster);
        if gateway.label.is_some() && counts {
            judge(fleet, cluster, &gateway, sink);
        }
    }
}

fn judge(fleet: &Fleet, cluster: &Cluster, gateway: &Entrance<'_>, sink: &mut Sink<'_>) {
    let file = gateway.service.file;
    let Some(object) = cluster
        .object(gateway.service.object)
        .filter(|o| !o.ambiguous)
    else {
        return;
    };
    // Where the profile decides, there is no telling.
    let Some(open) = gateway.ports() else { return };
    let name = gateway.service.name;
    let label = gateway.port_label();
    let wanted = match label {
        Some((_, Some(port))) => port,
        Some((view, None)) => {
            sink.report(
                Place {
                    file,
                    span: view.content_span(),
                },
                format!(
                    "Service {name} in {}: `{PORT_LABEL}` is no port number",
                    cluster.name
                ),
            )
            .label("ignored by Istio, which takes 15443 then")
            .about(cluster, object)
            .subject("port label")
            .help("write the number of the Service's port, in quotes");
            return;
        }
        None => DATA,
    };
    let port = open.iter().find(|p| p.number() == Some(wanted));
    let ambient = open.iter().any(|p| p.number() == Some(HBONE));
    let Some(port) = port else {
        // A gateway for ambient alone needs the HBONE port only.
        if ambient && label.is_none() {
            return;
        }
        let similar = similar(&open);
        let span = match (label, similar) {
            (Some((view, _)), _) => view.content_span(),
            (None, Some((view, _))) => view.content_span(),
            (None, None) => gateway.view.closest(gateway.ports_path()).0,
        };
        let all = words::list(open.iter().filter_map(Port::number).map(|n| n.to_string()));
        let has = if open.is_empty() {
            "no port at all".to_owned()
        } else {
            all
        };
        let help = match (label, similar) {
            (Some(_), _) => {
                format!("expose port {wanted}, or let `{PORT_LABEL}` name a port that is exposed")
            }
            (None, Some((_, similar))) => format!(
                "change port {similar} to {DATA}; or label the Service `{PORT_LABEL}: \"{similar}\"`, if peers are \
                 to dial that"
            ),
            (None, None) => format!("add a port {DATA} with `name: tls`"),
        };
        let mut draft = sink.report(
            Place { file, span },
            format!(
                "Service {name} in {} does not expose port {wanted}, which the other clusters dial",
                cluster.name
            ),
        );
        draft
            .label(format!("exposes {has}"))
            .about(cluster, object)
            .subject(format!("port {wanted}"))
            .help(help);
        if let Some(label) = gateway.label {
            draft.related(
                Place {
                    file,
                    span: label.content_span(),
                },
                "offered to the other clusters as a gateway by this label",
            );
        }
        return;
    };
    if let Some((view, why, help)) = broken_target(fleet, cluster, gateway, port, wanted) {
        sink.report(
            Place {
                file,
                span: view.content_span(),
            },
            format!(
                "Service {name} in {}: port {wanted} leads nowhere, {why}",
                cluster.name
            ),
        )
        .label("where the port leads")
        .about(cluster, object)
        .subject(format!("target of port {wanted}"))
        .help(help);
    }
}

/// A port that was probably meant: it is called `tls`, or leads to 15443.
fn similar<'a>(open: &[Port<'a>]) -> Option<(View<'a>, i64)> {
    let port = open
        .iter()
        .find(|p| p.name().as_deref() == Some("tls") || p.target() == Some(Target::Number(DATA)))?;
    Some((port.view.get("port")?, port.number()?))
}

/// Why nothing can listen where the port leads, and what to do.
fn broken_target<'a>(
    fleet: &Fleet,
    cluster: &Cluster,
    gateway: &Entrance<'a>,
    port: &Port<'a>,
    wanted: i64,
) -> Option<(View<'a>, String, String)> {
    let view = port.view.get("targetPort")?;
    match port.target()? {
        Target::Number(number) => {
            let fixed = gateway
                .labels()
                .and_then(|l| l.get(NO_TRANSLATION))
                .and_then(View::text)
                .as_deref()
                == Some("true");
            if number == wanted {
                None
            } else if RESERVED.contains(&number) {
                let why = format!("{number} is taken by the proxy itself");
                Some((view, why, format!("set `targetPort: {wanted}`")))
            } else if fixed {
                let why = format!(
                    "`{NO_TRANSLATION}` makes the gateway listen on {wanted}, not on {number}"
                );
                Some((
                    view,
                    why,
                    format!("set `targetPort: {wanted}`, or remove the label"),
                ))
            } else if number < 1024 && unprivileged(fleet, cluster, gateway) {
                let why = format!("the pods may not listen on {number}, a privileged port");
                Some((view, why, format!("set `targetPort: {wanted}`")))
            } else {
                None
            }
        }
        Target::Name(name) => {
            let known: Vec<String> = gateway
                .workloads
                .iter()
                .filter_map(|w| cluster.object(w.object))
                .flat_map(|o| {
                    pod::containers(fleet.view(o), o.kind)
                        .flat_map(|c| c.get("ports").into_iter().flat_map(View::items))
                        .filter_map(|p| p.get("name")?.text().map(|t| t.into_owned()))
                        .collect::<Vec<_>>()
                })
                .collect();
            // Without the pods there is no telling.
            if gateway.workloads.is_empty() || gateway.service.by_operator || known.contains(&name)
            {
                return None;
            }
            let why = format!("no container of its pods has a port called `{name}`");
            Some((
                view,
                why,
                format!("set `targetPort: {wanted}`, or name the container's port `{name}`"),
            ))
        }
    }
}

fn unprivileged(fleet: &Fleet, cluster: &Cluster, gateway: &Entrance<'_>) -> bool {
    gateway
        .workloads
        .iter()
        .filter_map(|w| cluster.object(w.object))
        .any(|object| {
            pod::containers(fleet.view(object), object.kind).any(|container| {
                pod::env(container, "ISTIO_META_UNPRIVILEGED_POD")
                    .and_then(|(_, v)| v.text())
                    .as_deref()
                    == Some("true")
            })
        })
}
