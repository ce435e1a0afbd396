use crate::fleet::{Cluster, Fleet, Object};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!("layout/ambiguous-object", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    // Of what meshlint does not judge, two definitions are somebody else's matter; and two Applications of one
    // name are two ways to install a cluster.
    let judged = |o: &Object| {
        !matches!(
            o.kind,
            Kind::Other | Kind::CustomResourceDefinition | Kind::Application
        )
    };
    let mut pairs = cluster.conflicts.iter().filter_map(|(a, b)| {
        let (a, b) = (cluster.object(*a)?, cluster.object(*b)?);
        judged(a).then_some((a, b))
    });
    let Some((first, second)) = pairs.next() else {
        return;
    };
    let rest: Vec<(&Object, &Object)> = pairs.collect();
    let others = match rest.len() {
        0 => String::new(),
        1 => ", and so is another object".to_owned(),
        n => format!(", and so are {n} other objects"),
    };
    let mut draft = sink.report(
        name(fleet, second),
        format!(
            "{}: {} {} is defined twice, differently{others}: what they set is not compared",
            cluster.name, first.kind_name, first.name
        ),
    );
    draft
        .label("one definition")
        .related(name(fleet, first), "another")
        .clusters([cluster])
        .subject("definitions")
        .help("keep one of them; or tell which files belong to the cluster, with `clusters:` in meshlint.yaml");
    for (a, _) in rest.iter().take(2) {
        draft.related(
            name(fleet, a),
            format!("{} {} as well", a.kind_name, a.name),
        );
    }
}

fn name(fleet: &Fleet, object: &Object) -> Place {
    let view = fleet.view(object);
    match view.at(&["metadata", "name"]) {
        Some(name) => object.place(name),
        None => Place {
            file: object.file,
            span: view.closest(&[]).0,
        },
    }
}
