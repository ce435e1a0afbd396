use super::{applies, common};
use crate::finding::closest;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::rules::sink::{Sink, holders};
use crate::rules::{Check, Rule, rule, words};

pub(crate) const RULE: Rule = rule!("schema/unknown-field", Check::Object(super::KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some((object, schema)) = applies(fleet, cluster, id) else {
        return;
    };
    for unknown in schema.unknown(fleet.view(object)) {
        let name = unknown.key.text().unwrap_or_default();
        if crate::fleet::setting::is_templated(&name) {
            continue;
        }
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let message = format!(
            "{} in {}: there is no field `{name}` here, so it has no effect",
            common::title(object),
            words::list(clusters.iter().map(|c| c.name.as_str())),
        );
        let mut draft = sink.report(object.place(unknown.key), message);
        draft
            .label("nobody reads this")
            .about(cluster, object)
            .clusters(clusters)
            .subject(name.as_ref());
        match closest(&name, unknown.known.iter().copied()) {
            Some(meant) => draft.help(format!("did you mean `{meant}`?")),
            None if unknown.known.is_empty() => draft.help("remove it"),
            None => draft.help(format!(
                "the fields are {}; or it belongs to another level",
                words::list(unknown.known.iter().map(|name| format!("`{name}`")))
            )),
        };
    }
}
