use crate::fleet::{Cluster, Fleet, Object, ObjectId, mesh_config};
use crate::resource::{Kind, Labels};
use crate::rules::once::once_where;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!(
    "injection/image-mismatch",
    Check::Object(&[Kind::Namespace], check)
);

fn check(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>) {
    let is_wrong = |owner, id| !stale(fleet, owner, id).is_empty();
    let Some(once) = once_where(fleet, cluster, id, &is_wrong) else {
        return;
    };
    let found = stale(fleet, cluster, id);
    let names = words::list(found.iter().map(|s| s.pod.name));
    let Some(first) = found.first() else { return };
    let mut draft = once.report(
        sink,
        once.closest(&["metadata", "name"]),
        "image",
        format!(
            ": the proxies of {names} are not those that the injector gives, `{}`",
            first.wanted
        ),
    );
    draft
        .label("its pods are older than the injector")
        .help("restart the pods");
    for stale in &found {
        draft.related(stale.pod.place(stale.image), "another image");
    }
}

/// A pod whose proxy is not the one that it would get now.
struct Stale<'a> {
    pod: &'a Object,
    image: View<'a>,
    wanted: String,
}

fn stale<'a>(fleet: &'a Fleet, cluster: &'a Cluster, id: ObjectId) -> Vec<Stale<'a>> {
    let Some(namespace) = cluster.object(id) else {
        return Vec::new();
    };
    let labels = Labels::read(fleet.view(namespace).at(&["metadata", "labels"]));
    let revision = match (labels.get("istio.io/rev"), labels.get("istio-injection")) {
        (Some(revision), _) => revision,
        (None, Some(value)) if value == "enabled" => Ustr::from("default"),
        _ => return Vec::new(),
    };
    let Some(image) = injected_image(fleet, cluster, revision) else {
        return Vec::new();
    };
    let pods = cluster.of_kind(Kind::Pod).iter();
    pods.filter(|pod| pod.effective_namespace() == namespace.name && !pod.ambiguous)
        .filter_map(|pod| {
            let view = fleet.view(pod);
            let own = ["metadata", "annotations", "sidecar.istio.io/proxyImage"];
            if view
                .at(&own)
                .and_then(View::text)
                .is_some_and(|t| !t.is_empty())
            {
                return None;
            }
            let wanted = match image_type(fleet, cluster, pod) {
                Some(sort) => format!("{image}-{sort}"),
                None => image.clone(),
            };
            let base = &image;
            let lists = ["containers", "initContainers"].map(|key| view.at(&["spec", key]));
            let found = lists
                .into_iter()
                .flatten()
                .flat_map(View::items)
                .filter(|c| c.get("name").and_then(View::text).as_deref() == Some("istio-proxy"))
                .filter_map(|c| c.get("image"))
                .find(|found| {
                    let text = found.text().unwrap_or_default();
                    text != "auto" && text != wanted && *text != *base
                })?;
            Some(Stale {
                pod,
                image: found,
                wanted,
            })
        })
        .collect()
}

/// The image that the injector of a revision gives; `None` where its values are not there.
fn injected_image(fleet: &Fleet, cluster: &Cluster, revision: Ustr) -> Option<String> {
    let name = |plain: bool| match plain {
        true => "istio-sidecar-injector".to_owned(),
        false => format!("istio-sidecar-injector-{revision}"),
    };
    let wanted = name(revision == "default" || revision.is_empty());
    let mut maps = cluster.of_kind(Kind::ConfigMap).iter();
    let object = maps.rfind(|o| o.name == wanted)?;
    let values = fleet.view(object).at(&["data", "values"])?.embedded()?;
    let text = |path: &[&str]| Some(values.at(path)?.text()?.into_owned());
    let image = text(&["global", "proxy", "image"])?;
    if image.contains('/') {
        return Some(image);
    }
    let (hub, tag) = (text(&["global", "hub"])?, text(&["global", "tag"])?);
    Some(format!("{hub}/{image}:{tag}"))
}

/// The variant of the image that a pod gets, the strongest word last.
fn image_type(fleet: &Fleet, cluster: &Cluster, pod: &Object) -> Option<String> {
    let view = fleet.view(pod);
    let labels = Labels::read(view.at(&["metadata", "labels"]));
    let root = cluster.root_namespace();
    let mut words: Vec<(usize, View<'_>)> = Vec::new();
    for plane in &cluster.control_planes {
        let path = ["defaultConfig", "image", "imageType"];
        words.extend(mesh_config::find(fleet, cluster, plane, &path).map(|(_, v)| (0, v)));
    }
    for object in cluster.of_kind(Kind::ProxyConfig) {
        let config = fleet.view(object);
        let Some(word) = config.at(&["spec", "image", "imageType"]) else {
            continue;
        };
        let selector = config.at(&["spec", "selector", "matchLabels"]);
        let namespace = object.effective_namespace();
        let picks =
            namespace == pod.effective_namespace() && Labels::read(selector).are_within(&labels);
        match selector {
            _ if namespace == root => words.push((1, word)),
            None if picks => words.push((2, word)),
            Some(_) if picks => words.push((3, word)),
            _ => {}
        }
    }
    let annotation = view
        .at(&["metadata", "annotations", "proxy.istio.io/config"])
        .and_then(View::embedded)
        .and_then(|config| config.at(&["image", "imageType"]));
    words.extend(annotation.map(|word| (4, word)));
    words.sort_by_key(|(strength, _)| *strength);
    let (_, word) = words.last()?;
    let text = word.text()?;
    (!text.is_empty() && text != "default").then(|| text.into_owned())
}
