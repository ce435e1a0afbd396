use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Mesh, Object, Role, mesh_config};
use crate::resource::{Kind, service_entry};
use crate::rules::sink::Sink;
use crate::rules::subject::Named;
use crate::rules::{Check, Rule, odd, rule, words};
use crate::yaml::{Place, View};
use std::collections::BTreeMap;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("dns/serviceentry-drift", Check::Namespace(check));

/// What one cluster's entry says of a host.
#[derive(Clone, Copy)]
struct Entry<'a> {
    cluster: &'a Cluster,
    object: &'a Object,
    view: View<'a>,
    host: View<'a>,
}

fn check(fleet: &Fleet, mesh: &Mesh, namespace: &Named, sink: &mut Sink<'_>) {
    let clusters: Vec<&Cluster> = namespace
        .clusters
        .iter()
        .filter_map(|id| fleet.cluster(*id))
        .filter(|c| c.control_planes.iter().any(|p| p.role == Role::Primary))
        .filter(|c| is_used(c, namespace.name))
        .collect();
    if clusters.len() < 2 {
        return;
    }
    let mut hosts: BTreeMap<String, Vec<Entry<'_>>> = BTreeMap::new();
    for cluster in &clusters {
        for object in entries(cluster, namespace.name) {
            let view = fleet.view(object);
            for (host, text) in service_entry::hosts(view) {
                hosts.entry(text.into_owned()).or_default().push(Entry {
                    cluster,
                    object,
                    view,
                    host,
                });
            }
        }
    }
    hosts.retain(|host, entries| {
        // A host that leads to another cluster is its own there; those of a region differ for a reason.
        let leads_away = entries
            .iter()
            .any(|e| service_entry::is_made_up(e.view, host));
        !leads_away && !is_regional(fleet, mesh, host)
    });
    absences(fleet, &clusters, namespace.name, &hosts, sink);
    for (host, entries) in &hosts {
        differences(host, entries, sink);
    }
}

fn entries(cluster: &Cluster, namespace: Ustr) -> impl Iterator<Item = &Object> {
    cluster
        .of_kind(Kind::ServiceEntry)
        .iter()
        .filter(move |o| o.effective_namespace() == namespace)
}

/// Something runs in the namespace, or is configured for hosts outside.
fn is_used(cluster: &Cluster, namespace: Ustr) -> bool {
    !cluster.workloads_in(&namespace).is_empty() || entries(cluster, namespace).next().is_some()
}

/// A host that is named after a part of the fleet or of the world.
fn is_regional(fleet: &Fleet, mesh: &Mesh, host: &str) -> bool {
    const PARTS: [&str; 5] = ["east", "west", "north", "south", "central"];
    let names = |text: &str| !text.is_empty() && host.contains(text);
    PARTS.iter().any(|part| names(part))
        || fleet
            .clusters_of(mesh)
            .any(|c| names(&c.name) || c.network().is_some_and(|n| names(&n)))
}

/// Hosts that some clusters have and others have not, by the entry that has them.
fn absences(
    fleet: &Fleet,
    clusters: &[&Cluster],
    namespace: Ustr,
    hosts: &BTreeMap<String, Vec<Entry<'_>>>,
    sink: &mut Sink<'_>,
) {
    type Gap<'a> = (&'a str, &'a [Entry<'a>]);
    let mut gaps: BTreeMap<(Vec<&str>, Place), Vec<Gap<'_>>> = BTreeMap::new();
    for (host, entries) in hosts {
        let lacking: Vec<&str> = clusters
            .iter()
            .filter(|c| !entries.iter().any(|e| e.cluster.id == c.id))
            .map(|c| c.name.as_str())
            .collect();
        let sure = entries.iter().all(|e| !e.object.ambiguous);
        if let Some(first) = entries.first()
            && !lacking.is_empty()
            && sure
        {
            let object = first.object.place(first.view);
            gaps.entry((lacking, object))
                .or_default()
                .push((host, entries));
        }
    }
    for ((lacking, _), gap) in gaps {
        let Some((host, having)) = gap.first().copied() else {
            continue;
        };
        let Some(example) = having.first() else {
            continue;
        };
        let mut names: Vec<&str> = having.iter().map(|e| e.cluster.name.as_str()).collect();
        names.dedup();
        let lacking: Vec<&Cluster> = lacking.iter().filter_map(|n| fleet.named(n)).collect();
        let absent: Vec<(Place, String)> = lacking
            .iter()
            .filter_map(|c| {
                let place = odd::absence(fleet, c, &namespace)?;
                Some((place, format!("no ServiceEntry for {host} in {}", c.name)))
            })
            .collect();
        let said = example.object.place(example.host);
        // The few are the odd ones; where nobody is, both ends are shown, first the one that is written down.
        let (places, related) = match lacking.len().cmp(&names.len()) {
            std::cmp::Ordering::Less => (absent, Some((said, "the ServiceEntry"))),
            std::cmp::Ordering::Equal => {
                let mut places = vec![(said, "the ServiceEntry".to_owned())];
                places.extend(absent);
                (places, None)
            }
            std::cmp::Ordering::Greater => (vec![(said, "the ServiceEntry".to_owned())], None),
        };
        let mut places = places.into_iter();
        let Some((place, label)) = places.next() else {
            continue;
        };
        let all: Vec<&str> = gap.iter().map(|(host, _)| *host).collect();
        let is_refused = lacking.iter().any(|c| is_registry_only(fleet, c));
        let is_tcp = service_entry::ports(example.view).any(|p| p.is_tcp());
        let mut draft = sink.report(
            place,
            format!(
                "{} of namespace {namespace} {} known to the mesh in {}, but not in {}",
                words::list(&all),
                words::is_are(all.len()),
                words::list(names.iter()),
                words::list(lacking.iter().map(|c| c.name.as_str())),
            ),
        );
        draft
            .label(label)
            .about(example.cluster, example.object)
            .clusters(lacking.iter().copied())
            .subject(format!("host {host}"))
            .help("apply the ServiceEntry to every cluster: a control plane reads those of its own cluster only");
        if is_refused || (is_tcp && lacking.len() <= names.len()) {
            draft.severity(Severity::Error);
        }
        for (place, label) in places {
            draft.also(place, label);
        }
        if let Some((place, label)) = related {
            draft.related(place, label);
        }
    }
}

fn is_registry_only(fleet: &Fleet, cluster: &Cluster) -> bool {
    let path = ["outboundTrafficPolicy", "mode"];
    cluster.control_planes.iter().any(|plane| {
        mesh_config::find(fleet, cluster, plane, &path)
            .and_then(|(_, mode)| mode.text())
            .is_some_and(|mode| mode == "REGISTRY_ONLY")
    })
}

/// The key of a part of an entry, and how its value reads in one spelling.
type Field = (&'static str, fn(View<'_>) -> String);

/// The parts that decide what becomes of the traffic.
const FIELDS: [Field; 4] = [
    ("ports", |entry| {
        let mut ports: Vec<String> = service_entry::ports(entry)
            .map(|p| format!("{} {}", p.number().unwrap_or_default(), p.protocol()))
            .collect();
        ports.sort();
        ports.join(", ")
    }),
    ("resolution", |entry| {
        service_entry::resolution(entry).into_owned()
    }),
    ("location", |entry| {
        match service_entry::is_internal(entry) {
            true => "MESH_INTERNAL",
            false => "MESH_EXTERNAL",
        }
        .to_owned()
    }),
    ("exportTo", |entry| {
        let list = entry.at(&["spec", "exportTo"]);
        let mut names: Vec<String> = list
            .into_iter()
            .flat_map(View::items)
            .filter_map(|n| Some(n.text()?.into_owned()))
            .collect();
        names.sort();
        match names.is_empty() {
            true => "*".to_owned(),
            false => names.join(", "),
        }
    }),
];

/// What the entries of one host say differently.
fn differences(host: &str, entries: &[Entry<'_>], sink: &mut Sink<'_>) {
    // Several entries for one host in one cluster add up to something else.
    let is_one_each = entries
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.cluster.id != b.cluster.id));
    if entries.len() < 2 || !is_one_each || entries.iter().any(|e| e.object.ambiguous) {
        return;
    }
    for (field, read) in FIELDS {
        let values: Vec<String> = entries.iter().map(|e| read(e.view)).collect();
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for value in &values {
            *votes.entry(value).or_default() += 1;
        }
        if votes.len() < 2 {
            continue;
        }
        let most = votes.values().copied().max().unwrap_or_default();
        let mut leaders = votes.iter().filter(|(_, count)| **count == most);
        let majority = leaders
            .next()
            .map(|(value, _)| *value)
            .filter(|_| leaders.next().is_none());
        type Said<'a> = (&'a Entry<'a>, &'a String);
        let (odd, even): (Vec<Said<'_>>, Vec<Said<'_>>) = entries
            .iter()
            .zip(&values)
            .partition(|(_, value)| Some(value.as_str()) != majority);
        let place = |entry: &Entry<'_>| Place {
            file: entry.object.file,
            span: entry.view.closest(&["spec", field]).0,
        };
        let says = |(entry, value): &Said<'_>| format!("{value} in {}", entry.cluster.name);
        let Some((first, rest)) = odd.split_first() else {
            continue;
        };
        let said: Vec<String> = odd.iter().chain(even.first()).map(says).collect();
        let mut draft = sink.report(
            place(first.0),
            format!("{field} of {host} differs: {}", words::list(said)),
        );
        draft
            .label(says(first))
            .about(first.0.cluster, first.0.object)
            .clusters(odd.iter().chain(even.first()).map(|(e, _)| e.cluster))
            .subject(format!("{field} of {host}"))
            .help("apply the same ServiceEntry to every cluster");
        for other in rest {
            draft.also(place(other.0), says(other));
        }
        if let Some(example) = even.first() {
            draft.related(place(example.0), says(example));
        }
    }
}
