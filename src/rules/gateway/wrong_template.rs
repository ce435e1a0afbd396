use crate::fleet::gateway::{self, TEMPLATES};
use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

/// The templates of Istio's injector that make no gateway.
const OTHERS: [&str; 4] = ["sidecar", "grpc-simple", "grpc-agent", "waypoint"];

pub(crate) const RULE: Rule = rule!(
    "gateway/wrong-template",
    Check::Object(
        &[Kind::Deployment, Kind::DaemonSet, Kind::StatefulSet],
        check
    )
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
        return;
    };
    let view = fleet.view(object);
    let mut containers = pod::containers(view, object.kind);
    let proxy = containers.next().filter(|c| {
        let text = |key| c.get(key).and_then(View::text);
        text("name").as_deref() == Some("istio-proxy") && text("image").as_deref() == Some("auto")
    });
    // With an application beside it, the proxy is a sidecar that somebody adjusted.
    if proxy.is_none() || containers.next().is_some() {
        return;
    }
    let annotations = pod::annotations(view, object.kind);
    let stated = annotations.and_then(|a| a.get(TEMPLATES));
    let (place, label) = match stated {
        Some(value) => {
            let text = value.text().unwrap_or_default();
            let mut names = text.split(',').map(str::trim);
            if names.any(|name| !OTHERS.contains(&name)) {
                return;
            }
            (
                object.place(value),
                format!("`{text}` makes a sidecar of it"),
            )
        }
        None if is_sidecar_default(fleet, cluster) => {
            let span = pod::template(view, object.kind)
                .unwrap_or(view)
                .closest(&["metadata", "annotations"])
                .0;
            let place = Place {
                file: object.file,
                span,
            };
            (place, format!("no annotation `{TEMPLATES}`"))
        }
        None => return,
    };
    let mut draft = sink.report(
        place,
        format!(
            "{} {} in {} is injected as a sidecar, not as a gateway",
            object.kind_name, object.name, cluster.name
        ),
    );
    draft
        .label(label)
        .about(cluster, object)
        .subject("injection template")
        .help(format!("set the annotation `{TEMPLATES}: gateway`"));
    let front =
        gateway::entrances(fleet, cluster).find(|e| e.workloads.iter().any(|w| w.object == id));
    if let Some(front) = front {
        draft.related(
            front.name_place(),
            format!("requests to Service {} end here", front.service.name),
        );
    }
}

/// Whether the injector of the cluster is known, and takes the template `sidecar` where none is named.
fn is_sidecar_default(fleet: &Fleet, cluster: &Cluster) -> bool {
    let injectors: Vec<View<'_>> = cluster
        .control_planes
        .iter()
        .filter_map(|p| cluster.object(p.evidence.injector?))
        .filter_map(|o| fleet.view(o).at(&["data", "values"])?.embedded())
        .collect();
    !injectors.is_empty()
        && injectors.iter().all(|values| {
            let default = values.at(&["sidecarInjectorWebhook", "defaultTemplates"]);
            default.is_none_or(|d| d.items().all(|t| t.text().as_deref() == Some("sidecar")))
        })
}
