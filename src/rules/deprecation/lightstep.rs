use crate::fleet::{Cluster, Fleet, ObjectId, mesh_config};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

pub(crate) const RULE: Rule = rule!(
    "deprecation/lightstep",
    Check::Object(&[Kind::Telemetry], check)
);

/// A provider that a Telemetry names and the mesh configuration declares as Lightstep.
struct Use<'a> {
    named: View<'a>,
    declared: Place,
}

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner: &Cluster, id| !uses(fleet, owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    for found in uses(fleet, cluster, id) {
        let name = found.named.text().unwrap_or_default();
        once.report(
            sink,
            found.named.content_span(),
            name.as_ref(),
            format!(": provider `{name}` is Lightstep, which Istio gives up"),
        )
        .related(found.declared, "declared here")
        .help("send to Lightstep by OpenTelemetry: declare a provider with `opentelemetry`");
    }
}

fn uses<'a>(fleet: &'a Fleet, cluster: &'a Cluster, id: ObjectId) -> Vec<Use<'a>> {
    let Some(object) = cluster.object(id) else {
        return Vec::new();
    };
    let planes = cluster.control_planes.iter();
    let declared: Vec<(String, Place)> = planes
        .filter_map(|plane| mesh_config::find(fleet, cluster, plane, &["extensionProviders"]))
        .flat_map(|(owner, list)| list.items().map(move |provider| (owner, provider)))
        .filter_map(|(owner, provider)| {
            let (key, _) = provider.entry("lightstep")?;
            Some((provider.get("name")?.text()?.into_owned(), owner.place(key)))
        })
        .collect();
    if declared.is_empty() {
        return Vec::new();
    }
    let tracing = fleet.view(object).at(&["spec", "tracing"]);
    tracing
        .into_iter()
        .flat_map(View::items)
        .filter_map(|entry| entry.get("providers"))
        .flat_map(View::items)
        .filter_map(|provider| {
            let named = provider.get("name")?;
            let text = named.text()?;
            let (_, place) = declared.iter().find(|(name, _)| *name == text)?;
            Some(Use {
                named,
                declared: *place,
            })
        })
        .collect()
}
