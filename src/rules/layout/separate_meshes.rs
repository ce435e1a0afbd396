use crate::fleet::{Fleet, Mesh, Setting};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};

pub(crate) const RULE: Rule = rule!("layout/separate-meshes", Check::Mesh(check));

fn check(fleet: &Fleet, mesh: &Mesh, sink: &mut Sink<'_>) {
    // Said once, at the first of them.
    let mut apart = fleet.meshes.iter().filter(|m| m.by_mesh_id);
    if apart.next().is_none_or(|first| first.id != mesh.id) {
        return;
    }
    let places: Vec<_> = fleet
        .meshes
        .iter()
        .filter(|m| m.by_mesh_id)
        .filter_map(|m| {
            let mut clusters = fleet.clusters_of(m);
            let stated = clusters.find_map(|c| {
                let id = c.setting(Setting::MeshId)?;
                (id.is_stated() && Some(id.value) == m.name).then(|| odd::places(id).0)
            })?;
            Some((m, stated))
        })
        .collect();
    let Some((first, place)) = places.first() else {
        return;
    };
    let names = |m: &Mesh| words::list(fleet.clusters_of(m).map(|c| c.name));
    let all = places
        .iter()
        .map(|(m, _)| format!("{} of {}", m.name.unwrap_or_default(), names(m)));
    let mut draft = sink.report(
        *place,
        format!(
            "{} separate meshes, by their mesh IDs: {}; what must hold within a mesh is not checked between them",
            places.len(),
            words::list(all)
        ),
    );
    draft
        .label(format!("the mesh of {}", names(first)))
        .clusters(fleet.clusters_of(first))
        .subject("meshes")
        .help("give all clusters the same `global.meshID` if they are one mesh, or name the meshes under `meshes:` in meshlint.yaml");
    for (mesh, place) in places.iter().skip(1) {
        draft.related(*place, format!("the mesh of {}", names(mesh)));
    }
}
