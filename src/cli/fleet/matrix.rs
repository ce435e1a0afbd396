//! The settings of a mesh side by side: a row a setting, a column a control plane, the odd one out marked.

use crate::cli::terminal::visible;
use crate::fleet::{Cluster, Confidence, ControlPlane, Effective, Fleet, Mesh, Setting, network};
use crate::report::Style;
use owo_colors::OwoColorize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// A cell that differs from the majority of its row.
const ODD: char = '*';
/// Between two columns.
const GAP: usize = 2;

struct Row {
    title: &'static str,
    cells: Vec<Cell>,
    expect: Expect,
}

/// What is to be expected of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The same value everywhere.
    Same,
    /// A value of its own for every cluster: one that comes twice is odd.
    Distinct,
    /// Clusters differ as they like.
    Anything,
}

#[derive(Clone)]
struct Cell {
    text: String,
    kind: CellKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Stated,
    Default,
    Unknown,
}

/// One control plane, or a cluster without one.
struct Column<'a> {
    cluster: &'a Cluster,
    plane: Option<&'a ControlPlane>,
}

pub(super) fn print(
    fleet: &Fleet,
    mesh: &Mesh,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns: Vec<Column<'_>> = fleet.clusters_of(mesh).flat_map(columns).collect();
    let headings: Vec<String> = columns.iter().map(heading).collect();
    let rows = rows(fleet, &columns);
    let title = rows.iter().map(|r| r.title.len()).max().unwrap_or(0);
    let mut from = 0;
    // As many columns at a time as the terminal is wide.
    while from < columns.len() {
        let mut widths: Vec<usize> = Vec::new();
        let mut used = title;
        for at in from..columns.len() {
            let cells = rows
                .iter()
                .filter_map(|r| r.cells.get(at))
                .map(|c| c.text.width() + 1);
            let heading = headings.get(at).map(|h| h.width());
            let width = cells.chain(heading).max().unwrap_or(0);
            if used + GAP + width > style.width && !widths.is_empty() {
                break;
            }
            used += GAP + width;
            widths.push(width);
        }
        if from > 0 {
            writeln!(out)?;
        }
        let mut line = " ".repeat(title);
        let mut pending = 0;
        for (heading, width) in headings.iter().skip(from).zip(&widths) {
            line.push_str(&" ".repeat(pending + GAP));
            pending = width.saturating_sub(heading.width());
            line.push_str(&paint(heading, style, |t| t.bold().to_string()));
        }
        writeln!(out, "{line}")?;
        for row in &rows {
            print_row(row, from, &widths, title, style, out)?;
        }
        from += widths.len();
    }
    if rows
        .iter()
        .any(|row| row.cells.iter().any(|cell| is_odd(row, cell)))
    {
        writeln!(out, "{ODD} differs from the others")?;
    }
    Ok(())
}

fn print_row(
    row: &Row,
    from: usize,
    widths: &[usize],
    title: usize,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = format!("{:title$}", row.title);
    for (cell, width) in row.cells.iter().skip(from).zip(widths) {
        let odd = is_odd(row, cell);
        let mark = if odd { ODD } else { ' ' };
        let shown = format!("{}{mark}", cell.text);
        let pad = width.saturating_sub(shown.width());
        let shown = match cell.kind {
            _ if odd => paint(&shown, style, |t| t.yellow().bold().to_string()),
            CellKind::Stated => shown,
            CellKind::Default | CellKind::Unknown => {
                paint(&shown, style, |t| t.dimmed().to_string())
            }
        };
        text.push_str(&" ".repeat(GAP));
        text.push_str(&shown);
        text.push_str(&" ".repeat(pad));
    }
    writeln!(out, "{}", text.trim_end())
}

fn paint(text: &str, style: &Style, how: impl Fn(&str) -> String) -> String {
    if style.color {
        how(text)
    } else {
        text.to_owned()
    }
}

/// Known, and not what most known cells of the row say; at a tie everybody is.
fn is_odd(row: &Row, cell: &Cell) -> bool {
    if cell.kind == CellKind::Unknown || row.expect == Expect::Anything {
        return false;
    }
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in row.cells.iter().filter(|c| c.kind != CellKind::Unknown) {
        *votes.entry(cell.value()).or_default() += 1;
    }
    let own = votes.get(cell.value()).copied().unwrap_or(0);
    if row.expect == Expect::Distinct {
        return own > 1;
    }
    let most = votes.values().copied().max().unwrap_or(0);
    let leaders = votes.values().filter(|count| **count == most).count();
    votes.len() > 1 && (own < most || leaders > 1)
}

impl Cell {
    fn stated(text: impl Into<String>) -> Cell {
        Cell {
            text: visible(&text.into()),
            kind: CellKind::Stated,
        }
    }

    fn unknown() -> Cell {
        Cell {
            text: "?".to_owned(),
            kind: CellKind::Unknown,
        }
    }

    /// What is compared: a default counts as the value that it is.
    fn value(&self) -> &str {
        self.text.strip_suffix(DEFAULT).unwrap_or(&self.text)
    }
}

/// Behind a value that nobody wrote down.
const DEFAULT: &str = " (default)";

fn columns(cluster: &Cluster) -> Vec<Column<'_>> {
    match cluster.control_planes.as_slice() {
        [] => vec![Column {
            cluster,
            plane: None,
        }],
        planes => planes
            .iter()
            .map(|plane| Column {
                cluster,
                plane: Some(plane),
            })
            .collect(),
    }
}

fn heading(column: &Column<'_>) -> String {
    let name = visible(&column.cluster.name);
    match column.plane {
        Some(plane) if column.cluster.control_planes.len() > 1 => {
            format!("{name}/{}", visible(&plane.revision))
        }
        _ => name,
    }
}

fn rows(fleet: &Fleet, columns: &[Column<'_>]) -> Vec<Row> {
    let single = columns.iter().all(|c| c.cluster.control_planes.len() < 2);
    let mut rows: Vec<Row> = Setting::all()
        .map(|setting| Row {
            title: setting.title(),
            cells: columns
                .iter()
                .map(|c| cell(c.plane.and_then(|p| p.setting(setting))))
                .collect(),
            expect: match setting {
                Setting::ClusterName if single => Expect::Distinct,
                Setting::ClusterName | Setting::Network => Expect::Anything,
                _ => Expect::Same,
            },
        })
        .collect();
    let mut add = |title, expect, cell: &dyn Fn(&Cluster) -> Cell| {
        let cells = columns.iter().map(|c| cell(c.cluster)).collect();
        rows.push(Row {
            title,
            cells,
            expect,
        });
    };
    add("mesh-wide mTLS", Expect::Same, &mtls);
    add(
        "namespace's network",
        Expect::Anything,
        &|cluster| match network::namespace(fleet, cluster) {
            Some(source) => Cell::stated(source.value.as_str()),
            None => Cell::unknown(),
        },
    );
    add("network gateway", Expect::Anything, &|cluster| {
        gateway(fleet, cluster)
    });
    rows
}

fn cell(setting: Option<&Effective>) -> Cell {
    let Some(setting) = setting else {
        return Cell::unknown();
    };
    match (setting.confidence, setting.value.as_str()) {
        (Confidence::Unknown, _) => Cell::unknown(),
        (Confidence::Default, value) => {
            let value = if value.is_empty() { "none" } else { value };
            Cell {
                text: format!("{}{DEFAULT}", visible(value)),
                kind: CellKind::Default,
            }
        }
        (_, "") => Cell::stated("none"),
        (_, value) => Cell::stated(value),
    }
}

fn mtls(cluster: &Cluster) -> Cell {
    if cluster.control_planes.is_empty() {
        return Cell::unknown();
    }
    let decision = cluster.authn.mesh_mode();
    match (decision.sure, decision.by) {
        (false, _) => Cell::unknown(),
        (true, Some(_)) => Cell::stated(decision.mode.name()),
        (true, None) => Cell {
            text: format!("{}{DEFAULT}", decision.mode.name()),
            kind: CellKind::Default,
        },
    }
}

fn gateway(fleet: &Fleet, cluster: &Cluster) -> Cell {
    let gateways = network::network_gateways(fleet, cluster);
    let names: Vec<&str> = gateways
        .iter()
        .filter(|g| g.label.is_some())
        .map(|g| g.service.name.as_str())
        .collect();
    match names.as_slice() {
        [] => Cell::unknown(),
        names => Cell::stated(names.join(", ")),
    }
}
