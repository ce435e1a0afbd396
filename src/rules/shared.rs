//! Faults in an object whose file several clusters run: said once, for all of them.

use super::sink::owners;
use crate::fleet::{Cluster, Fleet, ObjectId};

/// Those who run the file of an object, by whether it is wrong with them.
pub(super) struct Sharing<'a> {
    /// The first is who reports.
    pub(super) wrong: Vec<&'a Cluster>,
    pub(super) right: Vec<&'a Cluster>,
}

/// Asks everybody who runs the object's file; `None` unless it is wrong in `cluster` and in no cluster before it.
pub(super) fn sharing<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    id: ObjectId,
    is_wrong: &dyn Fn(&'a Cluster, ObjectId) -> bool,
) -> Option<Sharing<'a>> {
    if !is_wrong(cluster, id) {
        return None;
    }
    let object = cluster.object(id)?;
    let mut sharing = Sharing {
        wrong: Vec::new(),
        right: Vec::new(),
    };
    for owner in owners(fleet, object.file) {
        let same = owner.ids_of_kind(object.kind).find(|id| {
            owner
                .object(*id)
                .is_some_and(|o| o.file == object.file && o.root == object.root)
        });
        match same {
            Some(id) if is_wrong(owner, id) => sharing.wrong.push(owner),
            Some(_) => sharing.right.push(owner),
            None => {}
        }
    }
    if sharing.wrong.is_empty() {
        sharing.wrong.push(cluster);
    }
    (sharing.wrong.first()?.id == cluster.id).then_some(sharing)
}
