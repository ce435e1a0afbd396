use crate::fleet::{Cluster, Fleet, ObjectId, injector};
use crate::resource::Kind;
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "webhook/service-missing",
    Check::Object(&[Kind::MutatingWebhookConfiguration], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| !missing(fleet, owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    for (service, name) in missing(fleet, cluster, id) {
        let span = service.get("name").unwrap_or(service).content_span();
        once.report(
            sink,
            span,
            name.as_str(),
            format!(": there is no Service {name} to inject sidecars"),
        )
        .label("no such Service")
        .help(
            "name the Service of an istiod that runs in this cluster, or remove the configuration",
        );
    }
}

/// The Services that entries name and the cluster lacks.
fn missing<'a>(fleet: &'a Fleet, cluster: &Cluster, id: ObjectId) -> Vec<(View<'a>, String)> {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return Vec::new();
    };
    if !injector::is_injector(fleet, object) {
        return Vec::new();
    }
    let list = fleet.view(object).get("webhooks");
    let mut found: Vec<(View<'a>, String)> = Vec::new();
    for entry in list.into_iter().flat_map(View::items) {
        let Some(service) = entry.at(&["clientConfig", "service"]) else {
            continue;
        };
        let text = |key| service.get(key).and_then(View::text).unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("name"));
        // Where no istiod is among the files, it is installed by other means.
        let is_known = cluster.complete
            || cluster
                .services
                .iter()
                .any(|s| *s.namespace == *namespace && s.name.starts_with("istiod"));
        let full = format!("{namespace}/{name}");
        if is_known
            && cluster.service(&namespace, &name).is_none()
            && !found.iter().any(|(_, known)| *known == full)
        {
            found.push((service, full));
        }
    }
    found
}
