use crate::finding::Severity;
use crate::fleet::setting::is_templated;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::{Kind, pod};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
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
    if let Some(severity) = fault.severity {
        draft.severity(severity);
    }
}

struct Fault {
    place: Place,
    why: String,
    label: String,
    help: String,
    /// Where it is less sure than the rule says.
    severity: Option<Severity>,
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
            severity: None,
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
            severity: None,
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
            severity: None,
        });
    }
    if let Some(value) = label(REVISION)
        && let Some(fault) = of_revision(fleet, cluster, object, value)
    {
        return Some(fault);
    }
    of_namespace(
        fleet,
        cluster,
        object,
        inject.is_some() || label(REVISION).is_some(),
    )
}

/// What the pods ask for by revision, where the cluster's revisions and their tags are known.
fn of_revision(
    fleet: &Fleet,
    cluster: &Cluster,
    object: &Object,
    value: View<'_>,
) -> Option<Fault> {
    let wanted = value.text()?;
    let webhooks = cluster.of_kind(Kind::MutatingWebhookConfiguration).iter();
    let tags = webhooks.flat_map(|webhook| {
        let labels = fleet.view(webhook).at(&["metadata", "labels"]);
        ["istio.io/tag", REVISION].map(|key| labels?.get(key)?.text().map(|t| t.into_owned()))
    });
    let tags: Vec<String> = tags.flatten().collect();
    let revisions: Vec<&str> = cluster
        .control_planes
        .iter()
        .map(|p| p.revision.as_str())
        .collect();
    let known = revisions.is_empty()
        || revisions.contains(&wanted.as_ref())
        || tags.contains(&wanted.clone().into_owned())
        || is_templated(&wanted);
    if known {
        return None;
    }
    Some(Fault {
        place: object.place(value),
        why: format!("its pods ask for revision {wanted}, which is not installed"),
        label: format!("the cluster has {}", words::list(&revisions)),
        help: format!("name a revision that is installed, or make `{wanted}` a tag of one"),
        // A tag may have been set by hand.
        severity: (!cluster.complete).then_some(Severity::Warning),
    })
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
            severity: None,
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
        severity: None,
    })
}

fn closest(object: &Object, view: View<'_>) -> Place {
    Place {
        file: object.file,
        span: view.closest(&["metadata"]).0,
    }
}
