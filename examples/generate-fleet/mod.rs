//! A made-up mesh: what is in it, and how it is laid out on disk.
//!
//! Multi-primary on multiple networks, Istio 1.24, rendered manifests. Every cluster has the same namespaces, services,
//! ports and policies; names, networks, regions and replica counts differ, as they may.

mod apps;
mod fault;
mod istio;
mod observability;
mod words;

use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) struct Options {
    pub(crate) clusters: usize,
    pub(crate) services: usize,
    /// Names of faults, or `all`.
    pub(crate) plant: Vec<String>,
    pub(crate) layout: Layout,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Layout {
    /// `istio/istiod-cluster-001.yaml`
    Suffix,
    /// `clusters/cluster-001/istio/istiod.yaml`
    Folders,
}

struct Fleet {
    seed: u64,
    clusters: Vec<Cluster>,
    namespaces: Vec<Namespace>,
}

struct Cluster {
    name: String,
    network: String,
    region: &'static str,
}

struct Namespace {
    name: &'static str,
    services: Vec<Service>,
    /// The other namespaces that its services call.
    calls: BTreeSet<&'static str>,
}

struct Service {
    name: String,
    namespace: &'static str,
    protocol: Protocol,
    version: String,
    /// Whom it calls and who calls it.
    calls: BTreeSet<Peer>,
    callers: BTreeSet<Peer>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Peer {
    namespace: &'static str,
    name: String,
    protocol: Protocol,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Http,
    Grpc,
    Redis,
}

impl Protocol {
    /// The name of the port, which is how Istio learns the protocol.
    fn port_name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Redis => "tcp-redis",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 8080,
            Self::Grpc => 9090,
            Self::Redis => 6379,
        }
    }
}

impl Peer {
    fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }
}

impl Service {
    fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }

    fn peer(&self) -> Peer {
        Peer {
            namespace: self.namespace,
            name: self.name.clone(),
            protocol: self.protocol,
        }
    }
}

/// One file of one cluster.
struct Manifest {
    /// `istio`, `apps/payments`, …
    folder: String,
    stem: String,
    text: String,
}

impl Manifest {
    fn new(folder: impl Into<String>, stem: impl Into<String>, documents: &[String]) -> Self {
        Self {
            folder: folder.into(),
            stem: stem.into(),
            text: documents.concat(),
        }
    }

    fn path(&self, layout: Layout, cluster: &Cluster) -> PathBuf {
        let Self { folder, stem, .. } = self;
        PathBuf::from(match layout {
            Layout::Suffix => format!("{folder}/{stem}-{}.yaml", cluster.name),
            Layout::Folders => format!("clusters/{}/{folder}/{stem}.yaml", cluster.name),
        })
    }
}

/// Writes the fleet below `out` and a line for each planted fault to `planted`.
pub(crate) fn write(options: &Options, out: &Path, planted: &mut dyn Write) -> io::Result<()> {
    if out.exists() && fs::read_dir(out)?.next().is_some() {
        return Err(io::Error::other(format!("{} is not empty", out.display())));
    }
    let fleet = Fleet::new(options);
    let faults = fault::choose(&options.plant, &fleet).map_err(io::Error::other)?;
    let reports: Vec<io::Result<Vec<(usize, String)>>> = fleet
        .clusters
        .par_iter()
        .enumerate()
        .map(|(index, cluster)| {
            let mut manifests = fleet.manifests(cluster);
            let mut report = Vec::new();
            for (order, fault) in faults
                .iter()
                .enumerate()
                .filter(|(_, fault)| fault.cluster == index)
            {
                let manifest = fault
                    .plant(&fleet, &mut manifests)
                    .map_err(io::Error::other)?;
                let path = out.join(manifest.path(options.layout, cluster));
                report.push((
                    order,
                    format!("{}\t{}\t{}", fault.rule(), cluster.name, path.display()),
                ));
            }
            for manifest in &manifests {
                let path = out.join(manifest.path(options.layout, cluster));
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&path, &manifest.text)?;
            }
            Ok(report)
        })
        .collect();
    let mut lines = Vec::new();
    for report in reports {
        lines.extend(report?);
    }
    lines.sort();
    for (_, line) in lines {
        writeln!(planted, "{line}")?;
    }
    Ok(())
}

impl Fleet {
    fn new(options: &Options) -> Self {
        let seed = options.seed;
        let clusters = (1..=options.clusters)
            .map(|number| Cluster {
                name: format!("cluster-{number:03}"),
                network: format!("net-{number:03}"),
                region: words::REGIONS
                    .get(number % words::REGIONS.len())
                    .copied()
                    .unwrap_or("eu-west-1"),
            })
            .collect();
        let mut fleet = Self {
            seed,
            clusters,
            namespaces: services(seed, options.services),
        };
        fleet.connect();
        fleet
    }

    /// Lets every service call a few others, mostly near ones, as services do.
    fn connect(&mut self) {
        let peers: Vec<Vec<Peer>> = self
            .namespaces
            .iter()
            .map(|namespace| namespace.services.iter().map(Service::peer).collect())
            .collect();
        let mut calls: BTreeMap<Peer, BTreeSet<Peer>> = BTreeMap::new();
        let mut callers: BTreeMap<Peer, BTreeSet<Peer>> = BTreeMap::new();
        for (near, group) in peers.iter().enumerate() {
            for caller in group.iter().filter(|peer| peer.protocol != Protocol::Redis) {
                let key = caller.host();
                for call in 0..=self.number(&format!("{key}/calls"), 4) {
                    let step = [0, 0, 1, 5]
                        .get(self.number(&format!("{key}/{call}/step"), 4))
                        .copied()
                        .unwrap_or(0);
                    let Some(others) = peers.get((near + step) % peers.len()) else {
                        continue;
                    };
                    let callee =
                        others.get(self.number(&format!("{key}/{call}/callee"), others.len()));
                    if let Some(callee) = callee.filter(|callee| *callee != caller) {
                        calls
                            .entry(caller.clone())
                            .or_default()
                            .insert(callee.clone());
                        callers
                            .entry(callee.clone())
                            .or_default()
                            .insert(caller.clone());
                    }
                }
            }
        }
        for namespace in &mut self.namespaces {
            for service in &mut namespace.services {
                let own = service.peer();
                service.calls = calls.remove(&own).unwrap_or_default();
                service.callers = callers.remove(&own).unwrap_or_default();
                namespace
                    .calls
                    .extend(service.calls.iter().map(|peer| peer.namespace));
            }
            namespace.calls.remove(namespace.name);
        }
    }

    fn services(&self) -> impl Iterator<Item = &Service> {
        self.namespaces
            .iter()
            .flat_map(|namespace| &namespace.services)
    }

    fn manifests(&self, cluster: &Cluster) -> Vec<Manifest> {
        let mut all = istio::manifests(cluster);
        all.extend(observability::manifests(cluster));
        for namespace in &self.namespaces {
            all.extend(apps::manifests(self, cluster, namespace));
        }
        all
    }

    /// A number below `limit` that depends on the seed and the key alone.
    fn number(&self, key: &str, limit: usize) -> usize {
        number(self.seed, key, limit)
    }

    fn chance(&self, key: &str, percent: usize) -> bool {
        self.number(key, 100) < percent
    }
}

/// Spreads services over namespaces and gives them names.
fn services(seed: u64, count: usize) -> Vec<Namespace> {
    let used = (count / 10).clamp(1, words::NAMESPACES.len());
    let mut namespaces: Vec<Namespace> = words::NAMESPACES
        .iter()
        .take(used)
        .map(|(name, _)| Namespace {
            name,
            services: Vec::new(),
            calls: BTreeSet::new(),
        })
        .collect();
    for index in 0..count {
        let (at, slot) = (index % used, index / used);
        let Some(namespace) = namespaces.get_mut(at) else {
            continue;
        };
        let name = words::service_name(at, slot);
        let key = format!("{}/{name}", namespace.name);
        let protocol = match number(seed, &format!("{key}/protocol"), 20) {
            0 => Protocol::Redis,
            1..=6 => Protocol::Grpc,
            _ => Protocol::Http,
        };
        let version = format!(
            "{}.{}.{}",
            1 + number(seed, &format!("{key}/major"), 4),
            number(seed, &format!("{key}/minor"), 30),
            number(seed, &format!("{key}/patch"), 10)
        );
        let (calls, callers) = (BTreeSet::new(), BTreeSet::new());
        namespace.services.push(Service {
            name,
            namespace: namespace.name,
            protocol,
            version,
            calls,
            callers,
        });
    }
    namespaces
}

/// FNV-1a, then a final mix, so that neighbouring keys do not give neighbouring numbers.
fn number(seed: u64, key: &str, limit: usize) -> usize {
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    usize::try_from(hash % limit.max(1) as u64).unwrap_or(0)
}
