use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::{Kind, Selector};
use crate::rules::sink::{Sink, is_first_owner, owners};
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "mtls/root-namespace-selector",
    Check::Object(&[Kind::PeerAuthentication], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(object) = cluster.object(id) else {
        return;
    };
    let root = cluster.root_namespace();
    // Without a control plane it is a guess which namespace that is.
    if cluster.control_planes.is_empty()
        || object.effective_namespace() != root
        || !is_first_owner(fleet, cluster, object.file)
    {
        return;
    }
    let Some(view) = fleet.view(object).at(&["spec", "selector"]) else {
        return;
    };
    let selector = Selector::read(Some(view));
    if selector.is_empty() {
        return;
    }
    let key = view.get("matchLabels").unwrap_or(view);
    let span = key.entries().next().map_or(view.span(), |(key, value)| {
        crate::yaml::Span::new(key.span().start, value.span().end)
    });
    let place = crate::yaml::Place {
        file: object.file,
        span,
    };
    sink.report(
        place,
        format!(
            "PeerAuthentication {} has a selector in the root namespace {root}, so Istio ignores it",
            object.name
        ),
    )
    .label("a selector counts in other namespaces only")
    .about(cluster, object)
    .clusters(owners(fleet, object.file))
    .subject("selector")
    .help("move it to the namespace of the workloads, or remove the selector to make it hold for the whole mesh");
}
