use crate::fleet::control_plane::has_plain_profile;
use crate::fleet::setting::{DEFINITIONS, Definition, Effective, Fallback};
use crate::fleet::{Cluster, ControlPlane, Fleet};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::{Place, View};
use ustr::Ustr;

pub(crate) const RULE: Rule = rule!("install/source-rendered-drift", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    for plane in &cluster.control_planes {
        if plane.evidence.operators.is_empty() {
            continue;
        }
        for definition in DEFINITIONS {
            if let Some(setting) = plane.setting(definition.setting) {
                compare(fleet, cluster, plane, definition, setting, sink);
            }
        }
    }
}

fn compare(
    fleet: &Fleet,
    cluster: &Cluster,
    plane: &ControlPlane,
    definition: &Definition,
    setting: &Effective,
    sink: &mut Sink<'_>,
) {
    let is_rendered = setting.rendered.first().map(|s| (s.value, s.place));
    let stated = setting.intent.first().map(|s| (s.value, s.place));
    let default = match definition.fallback {
        Fallback::Always(value) => Some(Ustr::from(value)),
        Fallback::Of(other) => plane.setting(other).and_then(|s| s.known()),
        Fallback::Unknown => None,
    };
    let default = default.filter(|_| is_plain(fleet, cluster, plane));
    let (source, rendered) = match (stated, is_rendered) {
        (Some(source), Some(rendered)) => (source, rendered),
        // The source is silent, so that rendering it again gives the default.
        (None, Some(rendered)) => {
            match (default, silent_place(fleet, cluster, plane, definition)) {
                (Some(default), Some(place)) => ((default, place), rendered),
                _ => return,
            }
        }
        // Rendered without it, although the source states it; the default may be the same.
        (Some(source), None) if has_rendered(plane) && setting.is_known() => match default {
            Some(default) => (source, (default, setting.place)),
            None => return,
        },
        _ => return,
    };
    let unsure = |value: Ustr| crate::fleet::setting::is_templated(&value);
    if source.0 == rendered.0 || unsure(source.0) || unsure(rendered.0) || !setting.is_known() {
        return;
    }
    let title = definition.title;
    let show = |value: Ustr| {
        if value.is_empty() {
            "nothing".to_owned()
        } else {
            format!("`{value}`")
        }
    };
    let silent = |stated: bool| if stated { "" } else { " by default" };
    let mut draft = sink.report(
        source.1,
        format!(
            "{}: {title} is {}{} in the IstioOperator, but {}{} in what was rendered",
            cluster.name,
            show(source.0),
            silent(stated.is_some()),
            show(rendered.0),
            silent(is_rendered.is_some()),
        ),
    );
    draft.label(format!("the source says {}", show(source.0)))
    .also(rendered.1, format!("{} runs with {}", cluster.name, show(rendered.0)))
    .clusters([cluster])
    .subject(title)
    .help("decide which is right; then render the manifests again, or write the value into the IstioOperator");
    // Where there are several revisions, the object tells them apart.
    if let Some(object) = plane
        .evidence
        .operators
        .first()
        .and_then(|id| cluster.object(*id))
    {
        draft.about(cluster, object);
    }
}

fn has_rendered(plane: &ControlPlane) -> bool {
    plane.evidence.mesh.is_some() && plane.evidence.injector.is_some()
}

fn operators<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    plane: &'a ControlPlane,
) -> impl Iterator<Item = (Place, View<'a>)> {
    plane
        .evidence
        .operators
        .iter()
        .filter_map(|id| cluster.object(*id))
        .map(|object| {
            let view = fleet.view(object);
            (object.place(view), view)
        })
}

fn is_plain(fleet: &Fleet, cluster: &Cluster, plane: &ControlPlane) -> bool {
    operators(fleet, cluster, plane).all(|(_, operator)| has_plain_profile(operator))
}

/// Where the source would say it.
fn silent_place(
    fleet: &Fleet,
    cluster: &Cluster,
    plane: &ControlPlane,
    definition: &Definition,
) -> Option<Place> {
    let (place, operator) = operators(fleet, cluster, plane).next()?;
    let spec = operator.get("spec")?;
    // The deepest ancestor that any of the ways to write it has.
    let closest = definition
        .intent
        .iter()
        .filter_map(|source| match source {
            crate::fleet::Source::Operator(path) => Some(spec.closest(path)),
            _ => None,
        })
        .max_by_key(|(_, depth)| *depth)?;
    Some(Place {
        file: place.file,
        span: closest.0,
    })
}
