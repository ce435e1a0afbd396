//! `meshlint fleet`: the clusters and meshes, and what the settings of each come to, with their origin.

use super::input::InputArgs;
use super::rules::ListFormat;
use super::terminal::{Terminal, visible};
use super::{CLEAN, Stop, UNREAD, describe};
use crate::fleet::{Confidence, ControlPlane, Fleet, Role};
use crate::report::ClusterNote;
use crate::yaml::File;
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
    /// Other ways to install the same clusters that the files hold.
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
    /// Where it is stated; null for a default.
    file: Option<&'a str>,
    line: Option<u32>,
}

pub(super) fn run(args: &FleetArgs, terminal: &mut Terminal) -> Result<u8, Stop> {
    let input = args.input.prepare(terminal)?;
    let loaded = input.load(terminal);
    let note = FleetsNote {
        version: 1,
        meshes: meshes(&loaded.fleets.main),
        alternatives: loaded.fleets.others.iter().map(alternative).collect(),
    };
    match args.output {
        ListFormat::Human => {
            human(&note.meshes, &mut terminal.out)?;
            for other in &note.alternatives {
                writeln!(
                    terminal.out,
                    "\nalternative {}:",
                    visible(other.name.unwrap_or("without a name"))
                )?;
                human(&other.meshes, &mut terminal.out)?;
            }
        }
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut terminal.out, &note).map_err(io::Error::from)?;
            writeln!(terminal.out)?;
        }
    }
    Ok(if loaded.failures.is_empty() {
        CLEAN
    } else {
        UNREAD
    })
}

fn alternative(fleet: &Fleet) -> AlternativeNote<'_> {
    AlternativeNote {
        name: fleet.alternative.as_deref(),
        meshes: meshes(fleet),
    }
}

fn meshes(fleet: &Fleet) -> Vec<MeshNote<'_>> {
    let notes = describe::clusters(fleet);
    let mut meshes = Vec::new();
    for mesh in &fleet.meshes {
        let described = fleet.clusters_of(mesh).filter_map(|cluster| {
            let note = notes.get(cluster.id.0 as usize)?.clone();
            let planes = cluster.control_planes.iter();
            Some(Described {
                note,
                control_planes: planes.map(|plane| plane_note(fleet, plane)).collect(),
            })
        });
        meshes.push(MeshNote {
            name: mesh.name.map(|name| name.as_str()),
            clusters: described.collect(),
        });
    }
    meshes
}

fn plane_note<'a>(fleet: &'a Fleet, plane: &ControlPlane) -> PlaneNote<'a> {
    let settings = plane.settings().map(|(setting, effective)| {
        let file = fleet
            .files
            .get(effective.place.file)
            .filter(|_| effective.is_stated());
        SettingNote {
            title: setting.title(),
            value: effective.known().map(|value| value.as_str()),
            confidence: match effective.confidence {
                Confidence::Exact => "exact",
                Confidence::Derived => "derived",
                Confidence::Default => "default",
                Confidence::Unknown => "unknown",
            },
            file: file.map(File::path),
            line: file.map(|file| file.position(effective.place.span.start).line),
        }
    });
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

fn human(meshes: &[MeshNote<'_>], out: &mut dyn Write) -> io::Result<()> {
    if meshes.is_empty() {
        return writeln!(out, "no clusters found");
    }
    for mesh in meshes {
        let count = match mesh.clusters.len() {
            1 => "1 cluster".to_owned(),
            count => format!("{count} clusters"),
        };
        writeln!(
            out,
            "mesh{} of {count}",
            mesh.name
                .map(|name| format!(" {}", visible(name)))
                .unwrap_or_default()
        )?;
        for Described {
            note,
            control_planes,
        } in &mesh.clusters
        {
            let complete = if note.complete { ", complete" } else { "" };
            let name = visible(&note.name);
            writeln!(
                out,
                "  {name}: {} files, {} objects{complete}",
                note.files, note.objects
            )?;
            for plane in control_planes {
                let (role, revision) = (plane.role, visible(plane.revision));
                writeln!(
                    out,
                    "    {role} control plane, revision {revision}, in {}",
                    visible(plane.namespace)
                )?;
                let width = plane
                    .settings
                    .iter()
                    .map(|setting| value(setting).chars().count())
                    .max()
                    .unwrap_or(0);
                for setting in &plane.settings {
                    let (title, value) = (setting.title, value(setting));
                    writeln!(out, "      {title:20} {value:width$}  {}", origin(setting))?;
                }
            }
        }
    }
    Ok(())
}

fn value(setting: &SettingNote<'_>) -> String {
    match setting.value {
        None => "?".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(value) => visible(value),
    }
}

/// How sure a value is and where it is stated.
fn origin(setting: &SettingNote<'_>) -> String {
    match (setting.file, setting.line) {
        (Some(file), Some(line)) => format!("{} {}:{line}", setting.confidence, visible(file)),
        _ => setting.confidence.to_owned(),
    }
}
