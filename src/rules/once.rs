//! Faults of one object, said once however many clusters run its file.

use super::shared::sharing;
use super::sink::{Draft, Sink, holders, speaks_for};
use super::words;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::yaml::{Place, Span, View};

/// An object that something is wrong with, and those who run it.
pub(super) struct Once<'a> {
    cluster: &'a Cluster,
    pub(super) object: &'a Object,
    pub(super) view: View<'a>,
    clusters: Vec<&'a Cluster>,
}

/// What is wrong with the manifest itself: `None` unless this cluster is the one to say it.
pub(super) fn once<'a>(fleet: &'a Fleet, cluster: &'a Cluster, id: ObjectId) -> Option<Once<'a>> {
    let object = cluster
        .object(id)
        .filter(|o| speaks_for(fleet, cluster, o))?;
    let mut clusters: Vec<&Cluster> = holders(fleet, object).collect();
    if clusters.is_empty() {
        clusters.push(cluster);
    }
    Some(Once {
        cluster,
        object,
        view: fleet.view(object),
        clusters,
    })
}

/// What is wrong with an object in some of the clusters that run it: `None` unless this is the first of them.
pub(super) fn once_where<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    id: ObjectId,
    is_wrong: &dyn Fn(&'a Cluster, ObjectId) -> bool,
) -> Option<Once<'a>> {
    let object = cluster.object(id)?;
    let sharing = sharing(fleet, cluster, id, is_wrong)?;
    Some(Once {
        cluster,
        object,
        view: fleet.view(object),
        clusters: sharing.wrong,
    })
}

impl<'a> Once<'a> {
    /// The object and its clusters, as a sentence begins: `Service shop in east and west`.
    pub(super) fn who(&self) -> String {
        format!(
            "{} {} in {}",
            self.object.kind_name,
            self.object.name,
            words::list(self.clusters.iter().map(|c| c.name))
        )
    }

    /// The place of something that may be missing: of the deepest part of the path that is there.
    pub(super) fn closest(&self, path: &[&str]) -> Span {
        match self.view.at(path) {
            Some(view) if view.text().is_some() => view.content_span(),
            _ => self.view.closest(path).0,
        }
    }

    /// A finding about the object; `subject` tells it from others about the same object.
    pub(super) fn report<'s>(
        &self,
        sink: &'s mut Sink<'_>,
        span: Span,
        subject: impl Into<String>,
        message: impl AsRef<str>,
    ) -> Draft<'s> {
        let place = Place {
            file: self.object.file,
            span,
        };
        let mut draft = sink.report(place, format!("{}{}", self.who(), message.as_ref()));
        draft
            .about(self.cluster, self.object)
            .clusters(self.clusters.iter().copied())
            .subject(subject);
        draft
    }
}
