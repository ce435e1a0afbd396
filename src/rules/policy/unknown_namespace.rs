use crate::finding::{Severity, closest};
use crate::fleet::setting::is_templated;
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;
use std::collections::BTreeSet;

pub(crate) const RULE: Rule = rule!(
    "policy/unknown-namespace",
    Check::Object(&[Kind::AuthorizationPolicy], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| !unknown(fleet, owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let known = namespaces(fleet, cluster);
    for entry in unknown(fleet, cluster, id) {
        let name = entry.text().unwrap_or_default();
        let meant = closest(&name, known.iter().copied());
        once.report(
            sink,
            entry.content_span(),
            name.as_ref(),
            format!(": no cluster of the mesh has a namespace `{name}`"),
        )
        .severity(Severity::Error)
        .label("matches nobody")
        .help(meant.map_or_else(
            || "name a namespace that there is, or remove the entry".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        ));
    }
}

/// The entries of the policy that no namespace of the mesh matches. Callers may be in any of its clusters, so all of
/// them have to be known.
fn unknown<'a>(fleet: &'a Fleet, cluster: &Cluster, id: ObjectId) -> Vec<View<'a>> {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return Vec::new();
    };
    if !cluster.complete || fleet.peers(cluster).any(|peer| !peer.complete) {
        return Vec::new();
    }
    let known = namespaces(fleet, cluster);
    let rules = fleet.view(object).at(&["spec", "rules"]);
    let sources = rules
        .into_iter()
        .flat_map(View::items)
        .filter_map(|rule| rule.get("from"))
        .flat_map(View::items)
        .filter_map(|from| from.get("source"));
    sources
        .flat_map(|source| ["namespaces", "notNamespaces"].map(|key| source.get(key)))
        .flatten()
        .flat_map(View::items)
        .filter(|entry| {
            let Some(text) = entry.text().filter(|t| !is_templated(t)) else {
                return false;
            };
            !known.iter().any(|name| matches(&text, name))
        })
        .collect()
}

fn namespaces<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> BTreeSet<&'static str> {
    let clusters = fleet.peers(cluster).chain([cluster]);
    clusters
        .flat_map(|c| c.of_kind(Kind::Namespace))
        .map(|o| o.name.as_str())
        .collect()
}

/// A `*` stands at the beginning or at the end; case does not matter.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(suffix), _) => name.ends_with(suffix),
        (_, Some(prefix)) => name.starts_with(prefix),
        _ => pattern == name,
    }
}
