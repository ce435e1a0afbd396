use crate::fleet::{Cluster, Fleet, Mesh, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule};
use crate::yaml::{Place, View};

const KEY: &str = "ISTIO_META_DNS_CAPTURE";

pub(crate) const RULE: Rule = rule!(
    "dns/capture-mismatch",
    Check::Setting(&[Setting::DnsCapture], check)
);

fn check(fleet: &Fleet, mesh: &Mesh, setting: Setting, sink: &mut Sink<'_>) {
    let misspelt = misspelt(fleet, mesh);
    let Some((mut draft, wanted)) = odd::report(fleet, mesh, setting, sink) else {
        return;
    };
    let value = if wanted.is_empty() {
        "the same value".to_owned()
    } else {
        format!("\"{wanted}\"")
    };
    let edit =
        format!("set `meshConfig.defaultConfig.proxyMetadata.{KEY}` to {value} in every cluster");
    match misspelt {
        Some((place, key)) => draft
            .also(place, format!("`{key}` is no key that Istio knows"))
            .help(format!("rename `{key}` to `{KEY}`; or {edit}")),
        None => draft.help(edit),
    };
}

/// A key in a cluster's proxy metadata that is nearly the one: Istio takes any name, and says nothing.
fn misspelt(fleet: &Fleet, mesh: &Mesh) -> Option<(Place, String)> {
    fleet
        .clusters_of(mesh)
        .find_map(|cluster| metadata(fleet, cluster).find_map(near_miss))
}

fn near_miss((place_of, metadata): (crate::yaml::FileId, View<'_>)) -> Option<(Place, String)> {
    metadata.entries().find_map(|(key, _)| {
        let name = key.text()?;
        let near = name != KEY && strsim::damerau_levenshtein(&name, KEY) <= 2;
        near.then(|| {
            (
                Place {
                    file: place_of,
                    span: key.content_span(),
                },
                name.into_owned(),
            )
        })
    })
}

/// The proxy metadata that a cluster's control planes write down.
fn metadata<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
) -> impl Iterator<Item = (crate::yaml::FileId, View<'a>)> {
    const PATH: [&str; 2] = ["defaultConfig", "proxyMetadata"];
    cluster.control_planes.iter().flat_map(move |plane| {
        let mesh = plane.evidence.mesh.and_then(|id| {
            let object = cluster.object(id)?;
            let config = fleet.view(object).at(&["data", "mesh"])?.embedded()?;
            Some((object.file, config.at(&PATH)?))
        });
        let operators = plane.evidence.operators.iter().filter_map(move |id| {
            let object = cluster.object(*id)?;
            Some((
                object.file,
                fleet.view(object).at(&["spec", "meshConfig"])?.at(&PATH)?,
            ))
        });
        mesh.into_iter().chain(operators)
    })
}
