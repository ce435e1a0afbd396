use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};

const INJECT: &str = "sidecar.istio.io/inject";
const REVISION: &str = "istio.io/rev";
/// Namespaces that the injector leaves alone (Istio `IgnoredNamespaces`).
const IGNORED: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

pub(crate) const RULE: Rule = rule!(
    "gateway/not-injected",
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
    let image = pod::containers(view, object.kind)
        .filter_map(|c| c.get("image"))
        .find(|image| image.text().as_deref() == Some("auto"));
    let Some(image) = image else { return };
    let Some(fault) = fault(fleet, cluster, object) else {
        return;
    };
    let mut draft = sink.report(
        fault.place,
        format!(
            "{} {} in {} never starts: {}",
            object.kind_name, object.name, cluster.name, fault.why
        ),
    );
    draft
        .label(fault.label)
        .about(cluster, object)
        .subject("injection")
        .help(fault.help)
        .related(object.place(image), "only the injector fills this in");
}

struct Fault {
    place: Place,
    why: String,
    label: String,
    help: String,
}

/// Why the injector leaves the pods alone.
fn fault(fleet: &Fleet, cluster: &Cluster, object: &Object) -> Option<Fault> {
    let view = fleet.view(object);
    let labels = pod::labels_view(view, object.kind);
    let label = |key| labels.and_then(|l| l.get(key));
    let inject = label(INJECT);
    // The label has the last word; the annotation is older.
    let annotation = pod::annotations(view, object.kind).and_then(|a| a.get(INJECT));
    let opts_out = inject
        .or(annotation)
        .filter(|v| v.text().as_deref() == Some("false"));
    if let Some(value) = opts_out {
        return Some(Fault {
            place: object.place(value),
            why: "its pods ask not to be injected".to_owned(),
            label: "no injection".to_owned(),
            help: format!("set `{INJECT}: \"true\"`"),
        });
    }
    let host_network = pod::template(view, object.kind)
        .and_then(|t| t.at(&["spec", "hostNetwork"]))
        .filter(|v| v.as_bool() == Some(true));
    if let Some(value) = host_network {
        return Some(Fault {
            place: object.place(value),
            why: "the injector leaves pods on the host's network alone".to_owned(),
            label: "not injected".to_owned(),
            help: "use `hostPort` on the container's ports instead".to_owned(),
        });
    }
    let namespace = object.effective_namespace();
    if IGNORED.contains(&namespace.as_str()) {
        let place = view.at(&["metadata", "namespace"]);
        return Some(Fault {
            place: place.map_or(closest(object, view), |v| object.place(v)),
            why: format!("the injector leaves namespace {namespace} alone"),
            label: "not injected".to_owned(),
            help: "move the gateway to a namespace of its own".to_owned(),
        });
    }
    of_namespace(
        fleet,
        cluster,
        object,
        inject.is_some() || label(REVISION).is_some(),
    )
}

/// What the labels of its namespace say, where they are known; `asks`: the pods ask for injection themselves.
fn of_namespace(fleet: &Fleet, cluster: &Cluster, object: &Object, asks: bool) -> Option<Fault> {
    let namespace = object.effective_namespace();
    let found = cluster
        .of_kind(Kind::Namespace)
        .iter()
        .find(|n| n.name == namespace && !n.ambiguous)?;
    let labels = fleet.view(found).at(&["metadata", "labels"]);
    let label = |key| labels.and_then(|l| l.get(key));
    if let Some(value) = label("istio-injection") {
        let off = value.text().as_deref() == Some("disabled");
        return off.then(|| Fault {
            place: found.place(value),
            why: format!("namespace {namespace} is not injected, whatever its pods ask for"),
            label: "switches injection off".to_owned(),
            help: "remove the label; without it the pods decide".to_owned(),
        });
    }
    let by_default = cluster
        .control_planes
        .iter()
        .filter_map(|p| cluster.object(p.evidence.injector?))
        .filter_map(|o| fleet.view(o).at(&["data", "values"])?.embedded())
        .filter_map(|v| v.at(&["sidecarInjectorWebhook", "enableNamespacesByDefault"]))
        .any(|v| v.as_bool() == Some(true));
    if asks || label(REVISION).is_some() || by_default {
        return None;
    }
    let view = fleet.view(object);
    let span = pod::labels_view(view, object.kind)
        .unwrap_or(view)
        .closest(&[])
        .0;
    Some(Fault {
        place: Place {
            file: object.file,
            span,
        },
        why: format!("neither its pods nor namespace {namespace} ask for injection"),
        label: format!("no label `{INJECT}`"),
        help: format!("label the pods `{INJECT}: \"true\"`"),
    })
}

fn closest(object: &Object, view: View<'_>) -> Place {
    Place {
        file: object.file,
        span: view.closest(&["metadata"]).0,
    }
}
