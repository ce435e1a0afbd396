use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::View;

pub(crate) const RULE: Rule = rule!(
    "injection/auto-image-in-pod",
    Check::Object(&[Kind::Pod], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    for container in pod::containers(once.view, once.object.kind) {
        let text = |key| container.get(key).and_then(View::text);
        let (Some("istio-proxy"), Some(image)) = (text("name").as_deref(), container.get("image"))
        else {
            continue;
        };
        if image.text().as_deref() != Some("auto") {
            continue;
        }
        once.report(
            sink,
            image.content_span(),
            "image",
            ": image `auto` of its proxy is one that only the injector fills in",
        )
        .label("no such image")
        .help("let a Deployment make the pod, in a namespace that is injected");
    }
}
