//! Calls every rule for every subject, in parallel, and keeps findings by subject so that a change costs only
//! what it touches.

use super::book::{FrontMatter, Reads};
use super::sink::{Options, Sink, owners};
use super::subject::{Index, Subject};
use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::fleet::{Cluster, ClusterId, Fleet, Mesh, MeshId, ObjectId, Setting};
use crate::resource::Kind;
use crate::yaml::FileId;
use rayon::prelude::*;
use ustr::Ustr;

/// A rule as this run applies it.
pub struct Enabled {
    pub rule: &'static Rule,
    pub severity: Severity,
    pub reads: Reads,
    /// What its page says of it.
    pub front: &'static FrontMatter,
    pub options: Options,
}

/// What one rule found on one subject.
#[derive(Clone, Debug)]
pub struct Judged {
    pub rule: &'static str,
    pub subject: Subject,
    pub findings: Vec<Finding>,
}

/// One call of a rule.
struct Task<'a> {
    enabled: &'a Enabled,
    subject: Subject,
    call: Call<'a>,
}

enum Call<'a> {
    Object(&'a Cluster, ObjectId),
    Host(&'a Mesh, &'a super::subject::Host),
    Named(&'a Mesh, &'a super::subject::Named),
    Setting(&'a Mesh, Setting),
    Pair(&'a Cluster, &'a Cluster),
    Cluster(&'a Cluster),
    Mesh(&'a Mesh),
    File(FileId),
}

/// All findings of all rules, by rule and subject.
pub fn check(fleet: &Fleet, rules: &[Enabled]) -> Vec<Judged> {
    run(fleet, rules, |_, _| true).0
}

/// An object that an overlay put into a cluster, or replaced there.
#[derive(Clone, Copy, Debug)]
pub struct Touched {
    pub cluster: ClusterId,
    pub kind: Kind,
    pub namespace: Ustr,
    pub name: Ustr,
}

/// The findings after a change: those of the subjects that it touches are made anew, the others kept.
/// Also says how many calls that took.
pub fn recheck(
    before: &[Judged],
    fleet: &Fleet,
    rules: &[Enabled],
    touched: &[Touched],
) -> (Vec<Judged>, usize) {
    let is_touched = |enabled: &Enabled, subject: &Subject| {
        // Of a file that does not parse there is no object to name.
        let is_new = matches!(subject, Subject::File(file) if fleet.is_overlay(*file));
        is_new
            || fleet.unsettled
            || touched
                .iter()
                .any(|t| t.reaches(fleet, enabled.reads, subject))
    };
    let (mut after, calls) = run(fleet, rules, is_touched);
    let kept = before.iter().filter(|judged| {
        rules
            .iter()
            .find(|e| e.rule.id == judged.rule)
            .is_some_and(|e| !is_touched(e, &judged.subject))
    });
    after.extend(kept.cloned());
    after.sort_by_key(|j| (j.rule, j.subject));
    (after, calls)
}

impl Touched {
    /// Whether judging `subject` could come out differently now.
    fn reaches(&self, fleet: &Fleet, reads: Reads, subject: &Subject) -> bool {
        if self.is_read_for_settings() {
            return true;
        }
        let own_mesh = |mesh: &MeshId| fleet.mesh_of(self.cluster).is_some_and(|m| m.id == *mesh);
        let namespace = match self.namespace.as_str() {
            _ if self.kind == Kind::Namespace => self.name,
            "" => Ustr::from("default"),
            _ => self.namespace,
        };
        let is_root = fleet
            .cluster(self.cluster)
            .is_some_and(|c| c.root_namespace() == namespace || c.system_namespace() == namespace);
        match subject {
            Subject::File(_) => false,
            Subject::Object(cluster, .., file) => {
                // What is wrong within a file that several clusters run is said at one of them for all.
                let owners = fleet.owners.get(file.0 as usize);
                let shared = || owners.is_some_and(|owners| owners.contains(&self.cluster));
                *cluster == self.cluster || reads == Reads::Peers || shared()
            }
            Subject::Host(mesh, of, name) => {
                let named = *of == namespace && (self.kind != Kind::Service || *name == self.name);
                own_mesh(mesh) && (named || is_root || self.is_traffic_policy())
            }
            Subject::Namespace(mesh, name) => {
                own_mesh(mesh) && (*name == namespace || is_root || self.is_traffic_policy())
            }
            Subject::Network(mesh, _) | Subject::Setting(mesh, _) | Subject::Mesh(mesh) => {
                own_mesh(mesh)
            }
            Subject::Pair(client, server) => {
                [client, server].contains(&&self.cluster) || reads == Reads::Peers
            }
            Subject::Cluster(cluster) => *cluster == self.cluster || reads == Reads::Peers,
        }
    }

    /// May hold settings without being the control plane's own.
    fn is_read_for_settings(&self) -> bool {
        match self.kind {
            Kind::IstioOperator | Kind::CustomResourceDefinition => true,
            Kind::ConfigMap => self.name.starts_with("istio") || self.name.starts_with("values"),
            _ => false,
        }
    }

    /// Speaks of hosts of any namespace.
    fn is_traffic_policy(&self) -> bool {
        matches!(
            self.kind,
            Kind::DestinationRule
                | Kind::VirtualService
                | Kind::ServiceEntry
                | Kind::Sidecar
                | Kind::Gateway
        )
    }
}

fn run(
    fleet: &Fleet,
    rules: &[Enabled],
    wanted: impl Fn(&Enabled, &Subject) -> bool + Sync,
) -> (Vec<Judged>, usize) {
    let indexes: Vec<Index> = fleet
        .meshes
        .par_iter()
        .map(|mesh| Index::new(fleet, mesh))
        .collect();
    let tasks: Vec<Task<'_>> = rules
        .par_iter()
        .flat_map_iter(|enabled| {
            let mut tasks = tasks(fleet, &indexes, enabled);
            tasks.retain(|task| wanted(enabled, &task.subject) && is_about(fleet, task));
            tasks
        })
        .collect();
    let calls = tasks.len();
    let mut judged: Vec<Judged> = tasks
        .into_par_iter()
        .filter_map(|task| task.judge(fleet))
        .collect();
    judged.sort_by_key(|j| (j.rule, j.subject));
    (judged, calls)
}

/// Whether the rule is about the version of Istio in one of the clusters that are judged.
fn is_about(fleet: &Fleet, task: &Task<'_>) -> bool {
    let front = task.enabled.front;
    if front.istio.is_none() {
        return true;
    }
    let holds = |cluster: &Cluster| front.is_about(fleet.istio_minor(cluster));
    let any = |mesh: &Mesh| fleet.clusters_of(mesh).any(holds);
    match &task.call {
        Call::Object(cluster, _) | Call::Cluster(cluster) => holds(cluster),
        Call::Pair(client, server) => holds(client) || holds(server),
        Call::Host(mesh, _) | Call::Named(mesh, _) | Call::Setting(mesh, _) | Call::Mesh(mesh) => {
            any(mesh)
        }
        Call::File(file) => {
            let mut owners = owners(fleet, *file).peekable();
            owners.peek().is_none() || owners.any(holds)
        }
    }
}

impl Task<'_> {
    fn judge(self, fleet: &Fleet) -> Option<Judged> {
        let Enabled {
            rule,
            severity,
            options,
            ..
        } = self.enabled;
        let mut sink = Sink {
            rule: rule.id,
            severity: *severity,
            options,
            findings: Vec::new(),
        };
        match (&rule.check, self.call) {
            (Check::Object(_, check), Call::Object(cluster, id)) => {
                check(fleet, cluster, id, &mut sink)
            }
            (Check::Host(check), Call::Host(mesh, host)) => check(fleet, mesh, host, &mut sink),
            (Check::Namespace(check) | Check::Network(check), Call::Named(mesh, named)) => {
                check(fleet, mesh, named, &mut sink);
            }
            (Check::Setting(_, check), Call::Setting(mesh, setting)) => {
                check(fleet, mesh, setting, &mut sink)
            }
            (Check::Pair(check), Call::Pair(client, server)) => {
                check(fleet, client, server, &mut sink)
            }
            (Check::Cluster(check), Call::Cluster(cluster)) => check(fleet, cluster, &mut sink),
            (Check::Mesh(check), Call::Mesh(mesh)) => check(fleet, mesh, &mut sink),
            (Check::File(check), Call::File(file)) => check(fleet, file, &mut sink),
            // `tasks` makes the call that fits the check.
            _ => {}
        }
        (!sink.findings.is_empty()).then_some(Judged {
            rule: rule.id,
            subject: self.subject,
            findings: sink.findings,
        })
    }
}

/// Every call that a rule asks for.
fn tasks<'a>(fleet: &'a Fleet, indexes: &'a [Index], enabled: &'a Enabled) -> Vec<Task<'a>> {
    let task = |subject, call| Task {
        enabled,
        subject,
        call,
    };
    let meshes = || fleet.meshes.iter().zip(indexes);
    let clusters = || fleet.clusters.iter().map(|c| c.as_ref());
    match &enabled.rule.check {
        Check::Object(kinds, _) => clusters()
            .flat_map(|cluster| {
                kinds
                    .iter()
                    .flat_map(move |kind| cluster.ids_of_kind(*kind))
                    .filter_map(move |id| {
                        let o = cluster.object(id)?;
                        let subject = Subject::Object(
                            cluster.id,
                            o.kind,
                            o.effective_namespace(),
                            o.name,
                            o.file,
                        );
                        Some(task(subject, Call::Object(cluster, id)))
                    })
            })
            .collect(),
        Check::Host(_) => meshes()
            .flat_map(|(mesh, index)| {
                index.hosts.iter().map(move |host| {
                    task(
                        Subject::Host(mesh.id, host.namespace, host.name),
                        Call::Host(mesh, host),
                    )
                })
            })
            .collect(),
        Check::Namespace(_) => meshes()
            .flat_map(|(mesh, index)| {
                index.namespaces.iter().map(move |named| {
                    task(
                        Subject::Namespace(mesh.id, named.name),
                        Call::Named(mesh, named),
                    )
                })
            })
            .collect(),
        Check::Network(_) => meshes()
            .flat_map(|(mesh, index)| {
                index.networks.iter().map(move |named| {
                    task(
                        Subject::Network(mesh.id, named.name),
                        Call::Named(mesh, named),
                    )
                })
            })
            .collect(),
        Check::Setting(settings, _) => meshes()
            .flat_map(|(mesh, _)| {
                settings.iter().map(move |setting| {
                    task(
                        Subject::Setting(mesh.id, *setting),
                        Call::Setting(mesh, *setting),
                    )
                })
            })
            .collect(),
        Check::Pair(_) => meshes()
            .flat_map(|(mesh, _)| {
                let pairs = fleet.clusters_of(mesh).flat_map(move |client| {
                    fleet
                        .clusters_of(mesh)
                        .filter(move |server| server.id != client.id)
                        .map(move |server| (client, server))
                });
                pairs.map(|(client, server)| {
                    task(
                        Subject::Pair(client.id, server.id),
                        Call::Pair(client, server),
                    )
                })
            })
            .collect(),
        Check::Cluster(_) => clusters()
            .map(|cluster| task(Subject::Cluster(cluster.id), Call::Cluster(cluster)))
            .collect(),
        Check::Mesh(_) => meshes()
            .map(|(mesh, _)| task(Subject::Mesh(mesh.id), Call::Mesh(mesh)))
            .collect(),
        Check::File(_) => (0..fleet.files.all().len() as u32)
            .map(|at| task(Subject::File(FileId(at)), Call::File(FileId(at))))
            .collect(),
        Check::Judge => Vec::new(),
    }
}
