//! The custom resources that the manifests of a cluster define themselves.

use super::cluster::{Cluster, Files, Object};
use crate::resource::Kind;
use crate::resource::schema::{self, Versions};
use crate::yaml::{File, Limits, NodeKind, View};
use std::collections::{BTreeMap, BTreeSet};

/// By group and kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Definitions(BTreeMap<(String, String), Versions>);

impl Definitions {
    /// Reads the definitions of the groups of which there are objects; the bodies of others stay unread.
    pub(super) fn read(cluster: &Cluster, files: &Files) -> Definitions {
        let groups = cluster.objects.iter().filter_map(|object| {
            let (group, _) = object.api_version.as_str().split_once('/')?;
            (!schema::knows(group, &object.kind_name)).then_some(group)
        });
        let groups: BTreeSet<&str> = groups.collect();
        let mut found = BTreeMap::new();
        for object in cluster.of_kind(Kind::CustomResourceDefinition) {
            // Kubernetes has them called by plural and group.
            let group = object.name.as_str().split_once('.').map(|(_, group)| group);
            if group.is_some_and(|group| groups.contains(group))
                && let Some((key, versions)) = definition(object, files)
            {
                found.entry(key).or_insert(versions);
            }
        }
        Definitions(found)
    }

    pub(super) fn get(&self, group: &str, kind: &str) -> Option<&Versions> {
        self.0.get(&(group.to_owned(), kind.to_owned()))
    }
}

fn definition(object: &Object, files: &Files) -> Option<((String, String), Versions)> {
    let root = files.view(object);
    let (key, spec) = root.entry("spec")?;
    if spec.kind() == NodeKind::Mapping {
        return read(spec);
    }
    // The reader has left the body out.
    let file = root.file();
    let document = file
        .documents()
        .iter()
        .find(|d| d.root == Some(root.id()))?;
    let body = file
        .text()
        .get(key.span().start as usize..document.span.end as usize)?;
    let body = File::read(String::new(), body.as_bytes().to_vec(), &Limits::default());
    let root = body.documents().first()?.root?;
    read(body.view(root).get("spec")?)
}

fn read(spec: View<'_>) -> Option<((String, String), Versions)> {
    let text = |path: &[&str]| Some(spec.at(path)?.text()?.into_owned());
    let key = (text(&["group"])?, text(&["names", "kind"])?);
    let versions: Vec<_> = spec.get("versions")?.items().map(schema::value).collect();
    Some((key, Versions::of_definition(&versions)))
}
