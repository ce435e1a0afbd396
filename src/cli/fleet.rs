//! `meshlint fleet`: the clusters and meshes, and what the settings of each come to, with their origins.

mod matrix;

use super::input::InputArgs;
use super::rules::ListFormat;
use super::terminal::{Terminal, visible};
use super::{CLEAN, Stop, UNREAD, describe};
use crate::fleet::authn::{PeerAuthentication, Scope};
use crate::fleet::setting::Source;
use crate::fleet::{Cluster, Confidence, ControlPlane, Effective, Fleet, Role, network};
use crate::report::{self, ClusterNote, Style};
use crate::resource::service;
use crate::yaml::Place;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Debug, clap::Args)]
pub(super) struct FleetArgs {
    #[command(flatten)]
    input: InputArgs,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ListFormat::Human, help_heading = "Output")]
    output: ListFormat,
}

/// The JSON form, version 1.
#[derive(Serialize)]
struct FleetsNote<'a> {
    version: u32,
    meshes: Vec<MeshNote<'a>>,
    /// Other ways to install the clusters, where the files hold several.
    alternatives: Vec<AlternativeNote<'a>>,
}

#[derive(Serialize)]
struct AlternativeNote<'a> {
    name: Option<&'a str>,
    meshes: Vec<MeshNote<'a>>,
}

#[derive(Serialize)]
struct MeshNote<'a> {
    /// Of the configuration, or the mesh ID where several meshes were told apart by it.
    name: Option<&'a str>,
    clusters: Vec<Described<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    #[serde(flatten)]
    note: ClusterNote,
    control_planes: Vec<PlaneNote<'a>>,
    /// Everything that says which network the cluster is in.
    networks: Vec<NetworkNote<'a>>,
    gateways: Vec<GatewayNote<'a>>,
    peer_authentications: Vec<PolicyNote<'a>>,
}

#[derive(Serialize)]
struct PlaneNote<'a> {
    revision: &'a str,
    namespace: &'a str,
    role: &'static str,
    settings: Vec<SettingNote<'a>>,
}

#[derive(Serialize)]
struct SettingNote<'a> {
    title: &'static str,
    /// Null when it cannot be known.
    value: Option<&'static str>,
    confidence: &'static str,
    /// Everything that states it, the winner first; empty for a default.
    origins: Vec<OriginNote<'a>>,
}

#[derive(Serialize)]
struct OriginNote<'a> {
    source: &'static str,
    value: &'static str,
    #[serde(flatten)]
    place: PlaceNote<'a>,
}

#[derive(Serialize)]
struct PlaceNote<'a> {
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct NetworkNote<'a> {
    network: &'static str,
    by: String,
    #[serde(flatten)]
    place: PlaceNote<'a>,
}

#[derive(Serialize)]
struct GatewayNote<'a> {
    service: &'static str,
    namespace: &'static str,
    network: Option<&'static str>,
    ports: Vec<i64>,
    workloads: Vec<&'static str>,
    #[serde(flatten)]
    place: PlaceNote<'a>,
}

#[derive(Serialize)]
struct PolicyNote<'a> {
    name: &'static str,
    namespace: &'static str,
    scope: &'static str,
    mode: Option<&'static str>,
    ports: Vec<PortModeNote>,
    #[serde(flatten)]
    place: Option<PlaceNote<'a>>,
}

#[derive(Serialize)]
struct PortModeNote {
    port: i64,
    mode: &'static str,
}

pub(super) fn run(args: &FleetArgs, terminal: &mut Terminal) -> Result<u8, Stop> {
    let input = args.input.prepare(terminal)?;
    let loaded = input.load(terminal);
    let fleets = &loaded.fleets;
    match args.output {
        ListFormat::Human => {
            let (style, out) = (&terminal.style, &mut terminal.out);
            human(&fleets.main, style, out)?;
            for other in &fleets.others {
                let name = other.alternative.as_deref().unwrap_or("without a name");
                writeln!(out, "\nalternative {}", visible(name))?;
                human(other, style, out)?;
            }
        }
        ListFormat::Json => {
            let note = FleetsNote {
                version: 1,
                meshes: meshes(&fleets.main),
                alternatives: fleets
                    .others
                    .iter()
                    .map(|fleet| AlternativeNote {
                        name: fleet.alternative.as_deref(),
                        meshes: meshes(fleet),
                    })
                    .collect(),
            };
            report::write_json(&note, &mut terminal.out)?;
        }
    }
    Ok(if loaded.failures.is_empty() {
        CLEAN
    } else {
        UNREAD
    })
}

fn human(fleet: &Fleet, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if fleet.meshes.is_empty() {
        return writeln!(out, "no clusters found");
    }
    for mesh in &fleet.meshes {
        let count = match mesh.clusters.len() {
            1 => "1 cluster".to_owned(),
            count => format!("{count} clusters"),
        };
        let name = mesh.name.map(|name| format!(" {}", visible(&name)));
        writeln!(out, "mesh{} of {count}\n", name.unwrap_or_default())?;
        matrix::print(fleet, mesh, style, out)?;
    }
    Ok(())
}

fn meshes(fleet: &Fleet) -> Vec<MeshNote<'_>> {
    let notes = describe::clusters(fleet);
    let mut meshes = Vec::new();
    for mesh in &fleet.meshes {
        let described = fleet.clusters_of(mesh).filter_map(|cluster| {
            let note = notes.get(cluster.id.0 as usize)?.clone();
            Some(described(fleet, cluster, note))
        });
        meshes.push(MeshNote {
            name: mesh.name.map(|name| name.as_str()),
            clusters: described.collect(),
        });
    }
    meshes
}

fn described<'a>(fleet: &'a Fleet, cluster: &'a Cluster, note: ClusterNote) -> Described<'a> {
    let networks = network::sources(fleet, cluster).into_iter();
    let gateways = network::network_gateways(fleet, cluster).into_iter();
    Described {
        note,
        control_planes: cluster
            .control_planes
            .iter()
            .map(|plane| plane_note(fleet, plane))
            .collect(),
        networks: networks
            .filter_map(|source| {
                Some(NetworkNote {
                    network: source.value.as_str(),
                    place: place_note(fleet, source.place)?,
                    by: source.who,
                })
            })
            .collect(),
        gateways: gateways
            .filter_map(|gateway| gateway_note(fleet, &gateway))
            .collect(),
        peer_authentications: cluster
            .authn
            .policies
            .iter()
            .filter_map(|policy| policy_note(fleet, cluster, policy))
            .collect(),
    }
}

fn plane_note<'a>(fleet: &'a Fleet, plane: &ControlPlane) -> PlaneNote<'a> {
    let settings = plane
        .settings()
        .map(|(setting, effective)| setting_note(fleet, setting.title(), effective));
    PlaneNote {
        revision: plane.revision.as_str(),
        namespace: plane.namespace.as_str(),
        role: match plane.role {
            Role::Primary => "primary",
            Role::Remote => "remote",
        },
        settings: settings.collect(),
    }
}

fn setting_note<'a>(
    fleet: &'a Fleet,
    title: &'static str,
    effective: &Effective,
) -> SettingNote<'a> {
    let origins = effective.statements().filter_map(|statement| {
        Some(OriginNote {
            source: source(statement.source),
            value: statement.value.as_str(),
            place: place_note(fleet, statement.place)?,
        })
    });
    SettingNote {
        title,
        value: effective.known().map(|value| value.as_str()),
        confidence: match effective.confidence {
            Confidence::Exact => "exact",
            Confidence::Derived => "derived",
            Confidence::Default => "default",
            Confidence::Unknown => "unknown",
        },
        origins: origins.collect(),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Mesh(_) => "mesh config",
        Source::Injector(_) => "injector values",
        Source::Env(_) | Source::Flag(_) | Source::ImageTag => "istiod",
        Source::Operator(_) => "IstioOperator",
    }
}

fn place_note(fleet: &Fleet, place: Place) -> Option<PlaceNote<'_>> {
    let file = fleet.files.get(place.file)?;
    Some(PlaceNote {
        file: file.path(),
        line: file.position(place.span.start).line,
    })
}

fn gateway_note<'a>(
    fleet: &'a Fleet,
    gateway: &network::NetworkGateway<'a>,
) -> Option<GatewayNote<'a>> {
    let ports = match gateway.service.by_operator {
        true => service::operator_ports(gateway.view).unwrap_or_default(),
        false => service::ports(gateway.view),
    };
    let place = Place {
        file: gateway.service.file,
        span: gateway.view.span(),
    };
    Some(GatewayNote {
        service: gateway.service.name.as_str(),
        namespace: gateway.service.namespace.as_str(),
        network: gateway.network().map(|n| n.as_str()),
        ports: ports.iter().filter_map(service::Port::number).collect(),
        workloads: gateway.workloads.iter().map(|w| w.name.as_str()).collect(),
        place: place_note(fleet, place)?,
    })
}

fn policy_note<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    policy: &PeerAuthentication,
) -> Option<PolicyNote<'a>> {
    Some(PolicyNote {
        name: cluster.object(policy.object)?.name.as_str(),
        namespace: policy.namespace.as_str(),
        scope: match policy.scope {
            Scope::Mesh => "mesh",
            Scope::Namespace => "namespace",
            Scope::Workload => "workload",
        },
        mode: policy.mode.map(|(mode, _)| mode.name()),
        ports: policy
            .ports
            .iter()
            .map(|(port, mode, _)| PortModeNote {
                port: *port,
                mode: mode.name(),
            })
            .collect(),
        place: policy.mode.and_then(|(_, place)| place_note(fleet, place)),
    })
}
