//! Where a rule says what it found.

use crate::finding::{Finding, Location, ResourceRef, Severity};
use crate::fleet::{Cluster, Fleet, Object};
use crate::yaml::Place;
use std::collections::BTreeMap;
use ustr::Ustr;

/// Options of one rule: the defaults of its page, with the user's over them.
pub type Options = BTreeMap<String, serde_json::Value>;

/// Takes the findings of one rule on one subject.
pub struct Sink<'a> {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) options: &'a Options,
    pub(super) findings: Vec<Finding>,
}

impl Sink<'_> {
    /// A finding at the place where a person would edit; the message names its subject first.
    pub fn report(&mut self, place: Place, message: impl Into<String>) -> Draft<'_> {
        self.findings.push(Finding {
            rule: self.rule,
            severity: self.severity,
            message: message.into(),
            help: None,
            clusters: Vec::new(),
            resource: None,
            subject: String::new(),
            locations: vec![Location {
                primary: true,
                place,
                label: String::new(),
            }],
            consequences: Vec::new(),
        });
        Draft {
            finding: self.findings.last_mut(),
        }
    }

    /// An option of the rule that is a list of texts.
    pub fn texts(&self, option: &str) -> impl Iterator<Item = &str> {
        self.options
            .get(option)
            .and_then(|v| v.as_array())
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str())
    }

    /// An option of the rule that is a number.
    pub fn number(&self, option: &str) -> Option<u64> {
        self.options.get(option)?.as_u64()
    }
}

/// The finding that was just reported, to say more of it.
pub struct Draft<'a> {
    finding: Option<&'a mut Finding>,
}

impl Draft<'_> {
    fn with(&mut self, change: impl FnOnce(&mut Finding)) -> &mut Self {
        if let Some(finding) = self.finding.as_deref_mut() {
            change(finding);
        }
        self
    }

    /// What is to be seen at the place.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        let label = label.into();
        self.with(|f| {
            if let Some(first) = f.locations.first_mut() {
                first.label = label;
            }
        })
    }

    /// A further place where a person would edit.
    pub fn also(&mut self, place: Place, label: impl Into<String>) -> &mut Self {
        let location = Location {
            primary: true,
            place,
            label: label.into(),
        };
        self.with(|f| f.locations.push(location))
    }

    /// A place that explains.
    pub fn related(&mut self, place: Place, label: impl Into<String>) -> &mut Self {
        let location = Location {
            primary: false,
            place,
            label: label.into(),
        };
        self.with(|f| {
            if f.locations.iter().all(|l| l.place != place) {
                f.locations.push(location);
            }
        })
    }

    /// The edit that mends it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        let help = help.into();
        self.with(|f| f.help = Some(help))
    }

    /// The object that it is about; its cluster is among the clusters.
    pub fn about(&mut self, cluster: &Cluster, object: &Object) -> &mut Self {
        let namespace = object.effective_namespace();
        let resource = ResourceRef {
            cluster: Some(cluster.name.to_string()),
            api_version: object.api_version.to_string(),
            kind: object.kind_name.to_string(),
            namespace: (!namespace.is_empty()).then(|| namespace.to_string()),
            name: object.name.to_string(),
        };
        self.clusters([cluster])
            .with(|f| f.resource = Some(resource))
    }

    /// The object goes by another kind and name in Istio, such as the `MeshNetworks` in a ConfigMap.
    pub fn known_as(&mut self, kind: &str, name: &str) -> &mut Self {
        self.with(|f| {
            if let Some(resource) = f.resource.as_mut() {
                resource.kind = kind.to_owned();
                resource.name = name.to_owned();
            }
        })
    }

    pub fn clusters<'c>(&mut self, clusters: impl IntoIterator<Item = &'c Cluster>) -> &mut Self {
        let names: Vec<Ustr> = clusters.into_iter().map(|c| c.name).collect();
        self.with(|f| {
            f.clusters.extend(names);
            f.clusters.sort_by_key(|n| n.as_str());
            f.clusters.dedup();
        })
    }

    /// What it is about besides the object, as stable text: a host, a port, a setting.
    pub fn subject(&mut self, subject: impl Into<String>) -> &mut Self {
        let subject = subject.into();
        self.with(|f| f.subject = subject)
    }

    /// Less, or more, than the rule's own severity: say in the message what makes it so.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.with(|f| f.severity = severity)
    }
}

/// Whether `cluster` is the first of those who run a file. What is wrong with the file itself is said there, once.
pub fn is_first_owner(fleet: &Fleet, cluster: &Cluster, file: crate::yaml::FileId) -> bool {
    owners(fleet, file)
        .next()
        .is_none_or(|first| first.id == cluster.id)
}

/// The clusters of a finding that concerns all who run a file, `None` where only one does.
pub fn owners(fleet: &Fleet, file: crate::yaml::FileId) -> impl Iterator<Item = &Cluster> {
    fleet
        .owners
        .get(file.0 as usize)
        .into_iter()
        .flatten()
        .filter_map(|id| fleet.cluster(*id))
}

/// The clusters that run this very object: from the same file, and not hidden by a copy in another one.
pub fn holders<'a>(fleet: &'a Fleet, object: &Object) -> impl Iterator<Item = &'a Cluster> {
    let Object {
        file, root, kind, ..
    } = *object;
    owners(fleet, file).filter(move |cluster| {
        let objects = cluster.of_kind(kind);
        objects.iter().any(|o| o.file == file && o.root == root)
    })
}

/// Whether this cluster is the one to report what is wrong within an object, so that it is said once of a file that
/// several clusters share.
pub fn speaks_for(fleet: &Fleet, cluster: &Cluster, object: &Object) -> bool {
    // Who runs the file first has the object: there is no need to look for it.
    let first = owners(fleet, object.file).next();
    first.is_none_or(|first| first.id == cluster.id)
        || holders(fleet, object)
            .next()
            .is_none_or(|first| first.id == cluster.id)
}
