use crate::fleet::gateway::{self, DATA_PORT as DATA, Entrance, HBONE_PORT as HBONE, PORT_LABEL};
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
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
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    for gateway in gateway::entrances_of(fleet, cluster, id) {
        // Where the profile decides, there is no telling.
        let Some(open) = gateway.ports() else {
            continue;
        };
        let site = Site {
            fleet,
            cluster,
            object,
            gateway,
            open,
        };
        // Without an address no peer dials it, so the label of anything else does no harm.
        let counts = || site.gateway.is_addressable() || site.gateway.is_gateway(fleet, cluster);
        if site.gateway.label.is_some() && counts() {
            site.judge_label(sink);
        } else if let Some(port) = gateway::lacks_dialed_port(fleet, cluster, &site.gateway) {
            site.judge_dialed(port, sink);
        }
    }
}

/// A gateway of a cluster with the ports that it has.
struct Site<'a> {
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    object: &'a Object,
    gateway: Entrance<'a>,
    open: Vec<Port<'a>>,
}

impl<'a> Site<'a> {
    /// The gateway of a network: peers dial the usual port, or the one that a label names.
    fn judge_label(&self, sink: &mut Sink<'_>) {
        let name = self.gateway.service.name;
        let label = self.gateway.port_label();
        let wanted = match label {
            Some((_, Some(port))) => port,
            Some((view, None)) => {
                let message = format!(
                    "Service {name} in {}: `{PORT_LABEL}` is no port number",
                    self.cluster.name
                );
                sink.report(self.gateway.place(view), message)
                    .label("ignored by Istio, which takes 15443 then")
                    .about(self.cluster, self.object)
                    .subject("port label")
                    .help("write the number of the Service's port, in quotes");
                return;
            }
            None => DATA,
        };
        let Some(port) = self.open.iter().find(|p| p.number() == Some(wanted)) else {
            // A gateway for ambient alone needs the HBONE port only.
            let ambient = self.open.iter().any(|p| p.number() == Some(HBONE));
            if !ambient || label.is_some() {
                self.report_missing(wanted, label.map(|(view, _)| view), sink);
            }
            return;
        };
        if let Some((view, why, help)) =
            broken_target(self.fleet, self.cluster, &self.gateway, port, wanted)
        {
            let message = format!(
                "Service {name} in {}: port {wanted} leads nowhere, {why}",
                self.cluster.name
            );
            sink.report(self.gateway.place(view), message)
                .label("where the port leads")
                .about(self.cluster, self.object)
                .subject(format!("target of port {wanted}"))
                .help(help);
        }
    }

    fn report_missing(&self, wanted: i64, label: Option<View<'a>>, sink: &mut Sink<'_>) {
        let similar = similar(&self.open);
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
        let place = label.or(similar.map(|(view, _)| view));
        let message = format!(
            "Service {} in {} does not expose port {wanted}, which the other clusters dial",
            self.gateway.service.name, self.cluster.name
        );
        let mut draft = sink.report(self.place_or_ports(place), message);
        draft
            .label(self.exposes())
            .about(self.cluster, self.object)
            .subject(format!("port {wanted}"))
            .help(help);
        if let Some(label) = self.gateway.label {
            draft.related(
                self.gateway.place(label),
                "offered to the other clusters as a gateway by this label",
            );
        }
    }

    /// A gateway that peers know by its address.
    fn judge_dialed(&self, port: i64, sink: &mut Sink<'_>) {
        let similar = similar(&self.open).filter(|(_, number)| *number != DATA);
        let dials: Vec<_> = gateway::dials(self.fleet, self.cluster, &self.gateway)
            .into_iter()
            .filter(|(_, dial)| dial.port == port)
            .collect();
        let mut clients: Vec<&str> = dials.iter().map(|(c, _)| c.name.as_str()).collect();
        clients.dedup();
        let message = format!(
            "Service {} in {} does not expose port {port}, which {} {} by its address",
            self.gateway.service.name,
            self.cluster.name,
            words::list(&clients),
            if clients.len() == 1 { "dials" } else { "dial" },
        );
        let help = match similar {
            Some((_, similar)) => format!("change port {similar} to {port}"),
            None => format!("add a port {port} with `name: tls`"),
        };
        let mut draft = sink.report(self.place_or_ports(similar.map(|(view, _)| view)), message);
        draft
            .label(self.exposes())
            .about(self.cluster, self.object)
            .subject(format!("port {port}"))
            .help(help);
        for (client, dial) in dials {
            if let Some(entry) = client.object(dial.object) {
                let view = self.fleet.files.node(entry.file, dial.node);
                draft.clusters([client]);
                draft.related(
                    entry.place(view),
                    format!("{} dials {port} here", client.name),
                );
            }
        }
    }

    fn place_or_ports(&self, view: Option<View<'a>>) -> Place {
        match view {
            Some(view) => self.gateway.place(view),
            None => Place {
                file: self.gateway.service.file,
                span: self.gateway.view.closest(self.gateway.ports_path()).0,
            },
        }
    }

    fn exposes(&self) -> String {
        let numbers = self.open.iter().filter_map(Port::number);
        let all = words::list(numbers.map(|n| n.to_string()));
        match all.as_str() {
            "" => "exposes no port at all".to_owned(),
            all => format!("exposes {all}"),
        }
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
