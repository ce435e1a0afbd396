use crate::fleet::{Cluster, Fleet, ObjectId};
use crate::resource::Kind;
use crate::rules::once::once;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};

pub(crate) const RULE: Rule = rule!(
    "crd/gateway-api-too-old",
    Check::Object(&[Kind::CustomResourceDefinition], check)
);

/// The least version of the bundle that Istio takes each definition from.
const LEAST: [(&str, [u64; 3]); 4] = [
    ("backendtlspolicies", [1, 4, 0]),
    ("grpcroutes", [1, 1, 0]),
    ("tcproutes", [1, 6, 0]),
    ("tlsroutes", [1, 5, 0]),
];

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let Some(once) = once(fleet, cluster, id) else {
        return;
    };
    let plural = once.object.name.strip_suffix(".gateway.networking.k8s.io");
    let least = LEAST.iter().find(|(name, _)| Some(*name) == plural);
    let path = [
        "metadata",
        "annotations",
        "gateway.networking.k8s.io/bundle-version",
    ];
    let (Some((_, least)), Some(value)) = (least, once.view.at(&path)) else {
        return;
    };
    let text = value.text().unwrap_or_default();
    if version(&text).is_none_or(|version| version >= *least) {
        return;
    }
    let [major, minor, patch] = least;
    once.report(
        sink,
        value.content_span(),
        "version",
        format!(" is of version {text}: Istio ignores objects of this kind before {major}.{minor}.{patch}"),
    )
    .label("too old")
    .help(format!(
        "install the definitions of the Gateway API {major}.{minor}.{patch} or later"
    ));
}

/// The numbers of a version, with or without `v`; what comes before a release counts as that release.
fn version(text: &str) -> Option<[u64; 3]> {
    let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(str::parse);
    let version = [
        parts.next()?.ok()?,
        parts.next().unwrap_or(Ok(0)).ok()?,
        parts.next().unwrap_or(Ok(0)).ok()?,
    ];
    parts.next().is_none().then_some(version)
}
