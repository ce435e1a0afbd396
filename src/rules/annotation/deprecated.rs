use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, annotation};
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

const KINDS: &[Kind] = &[Kind::Deployment, Kind::Namespace, Kind::Pod, Kind::Service];

pub(crate) const RULE: Rule = rule!("annotation/deprecated", Check::Object(KINDS, check));

const INJECT: &str = "sidecar.istio.io/inject";

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let kind = once.object.kind;
    for found in annotation::written(once.view, kind) {
        let name = found.name.as_ref();
        let labelled = || once.view.at(&["metadata", "labels", INJECT]).is_some();
        if found.carrier != kind.name()
            || !found.fact().is_some_and(|f| f.deprecated)
            || name == INJECT && labelled()
        {
            continue;
        }
        once.report(
            sink,
            found.key.content_span(),
            name,
            format!(": annotation `{name}` is deprecated"),
        )
        .label("may be ignored by the next version of Istio")
        .help(match name {
            INJECT => format!("set the label `{INJECT}` instead"),
            "sidecar.istio.io/discoveryAddress" | "sidecar.istio.io/extraStatTags" => {
                "set it in the annotation `proxy.istio.io/config`".to_owned()
            }
            name if name.starts_with("sidecar.istio.io/stats") => {
                "set it under `proxyStatsMatcher` in the annotation `proxy.istio.io/config`"
                    .to_owned()
            }
            _ => "remove it, if nothing depends on it".to_owned(),
        });
    }
}
