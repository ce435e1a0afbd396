use crate::fleet::{Cluster, Fleet, Object};
use crate::resource::Kind;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule};
use crate::yaml::Place;

pub(crate) const RULE: Rule = rule!("layout/ambiguous-object", Check::Cluster(check));

fn check(fleet: &Fleet, cluster: &Cluster, sink: &mut Sink<'_>) {
    for (a, b) in &cluster.conflicts {
        let (Some(a), Some(b)) = (cluster.object(*a), cluster.object(*b)) else {
            continue;
        };
        // Of what meshlint does not judge, two definitions are somebody else's matter.
        if a.kind == Kind::Other || a.kind == Kind::CustomResourceDefinition {
            continue;
        }
        sink.report(
            name(fleet, b),
            format!(
                "{} {} is defined twice in {}, differently: what it sets is not compared",
                a.kind_name, a.name, cluster.name
            ),
        )
        .label("one definition")
        .related(name(fleet, a), "another")
        .about(cluster, b)
        .subject("definition")
        .help("keep one of them; or tell which files belong to the cluster, with `clusters:` in meshlint.yaml");
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
