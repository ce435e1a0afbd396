use crate::fleet::{Cluster, Fleet, ObjectId, injection, injector};
use crate::resource::{Kind, Labels, pod};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "injection/auto-image-unmatched",
    Check::Object(&[Kind::Deployment], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| unmatched(fleet, owner, id).is_some();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let Some(image) = unmatched(fleet, cluster, id) else {
        return;
    };
    once.report(
        sink,
        image.content_span(),
        "image",
        ": image `auto` of its proxy is never filled in, as no webhook of Istio picks its pods",
    )
    .label("no such image")
    .help("label the pods `sidecar.istio.io/inject: \"true\"`, or their namespace `istio-injection: enabled`");
}

/// The image `auto` of a Deployment whose pods no injector of the cluster picks.
fn unmatched<'a>(fleet: &'a Fleet, cluster: &Cluster, id: ObjectId) -> Option<View<'a>> {
    let object = cluster.object(id).filter(|o| !o.ambiguous)?;
    let view = fleet.view(object);
    let image = pod::containers(view, object.kind)
        .filter(|c| c.get("name").and_then(View::text).as_deref() == Some("istio-proxy"))
        .filter_map(|c| c.get("image"))
        .find(|image| image.text().as_deref() == Some("auto"))?;
    let webhooks = injector::webhooks(fleet, cluster);
    let namespace = injection::namespace_labels(fleet, cluster, &object.effective_namespace());
    if !cluster.complete && (webhooks.is_empty() || namespace.is_none()) {
        return None;
    }
    let namespace = namespace.unwrap_or_default();
    let labels = Labels::read(pod::labels_view(view, object.kind));
    let picked = webhooks
        .iter()
        .filter(|webhook| webhook.name.ends_with("istio.io"))
        .any(|webhook| webhook.picks(&namespace, &labels));
    (!picked).then_some(image)
}
