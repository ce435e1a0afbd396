use crate::fleet::Fleet;
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::FileId;

pub(crate) const RULE: Rule = rule!("kustomize/missing-entry", Check::File(check));

fn check(fleet: &Fleet, file: FileId, sink: &mut Sink<'_>) {
    for missing in fleet.missing.iter().filter(|m| m.place.file == file) {
        let clusters: Vec<_> = missing
            .clusters
            .iter()
            .filter_map(|at| fleet.clusters.get(*at))
            .map(|c| c.as_ref())
            .collect();
        let names = words::list(clusters.iter().map(|c| c.name.as_str()));
        sink.report(
            missing.place,
            format!(
                "kustomization names `{}`, which is not there: the build for {names} fails",
                missing.path
            ),
        )
        .label("no such file or directory")
        .clusters(clusters)
        .subject(missing.path.as_str())
        .help("correct the path, or remove the entry");
    }
}
