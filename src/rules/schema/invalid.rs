use super::{applies, common};
use crate::finding::closest;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::rules::sink::{Sink, holders};
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!("schema/invalid", Check::Object(super::KINDS, check));

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some((object, schema)) = applies(fleet, cluster, id) else {
        return;
    };
    for mistake in common::mistakes(schema, fleet.view(object)) {
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let place = Place {
            file: object.file,
            span: mistake.span,
        };
        let names = words::list(clusters.iter().map(|c| c.name.as_str()));
        let subject = match mistake.path.as_str() {
            "" => String::new(),
            path => format!("`{path}` "),
        };
        let message = format!("{} in {names}: {subject}{}", common::title(object), mistake.what);
        let mut draft = sink.report(place, message);
        draft
            .label("the API server rejects this")
            .about(cluster, object)
            .clusters(clusters)
            .subject(format!("{} {}", mistake.path, mistake.missing.unwrap_or_default()));
        let given = fleet.files.get(object.file).map(|file| file.slice(mistake.span));
        let meant = given.and_then(|given| closest(given, mistake.options.iter().map(String::as_str)));
        if let Some(meant) = meant {
            draft.help(format!("did you mean `{meant}`?"));
        } else if let Some(help) = mistake.help {
            draft.help(help);
        }
    }
}
