use crate::finding::Severity;
use crate::fleet::{Cluster, Fleet, Mesh, Object, network};
use crate::resource::service;
use crate::rules::sink::Sink;
use crate::rules::subject::Host;
use crate::rules::{Check, Rule, rule, words};
use crate::yaml::View;
use std::collections::BTreeMap;

pub(crate) const RULE: Rule = rule!("service/differs-across-clusters", Check::Host(check));

/// What is to be the same in all clusters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Face {
    headless: bool,
    kind: String,
    /// Name, protocol, port and target; what a cluster gives by itself, such as node ports, is left out.
    ports: Vec<(String, String, String, String, String)>,
}

fn check(fleet: &Fleet, mesh: &Mesh, host: &Host, sink: &mut Sink<'_>) {
    let found: Vec<(&Cluster, &Object, Face)> = fleet
        .clusters_of(mesh)
        .filter(|c| host.clusters.contains(&c.id))
        .filter_map(|cluster| {
            let service = cluster.service(&host.namespace, &host.name)?;
            let object = cluster.object(service.object)?;
            let view = fleet.view(object);
            // Gateways are fitted to the load balancers of their cluster.
            let is_own = service.by_operator || object.ambiguous || network::label(view).is_some();
            (!is_own && !service::is_of_istio(view)).then(|| (cluster, object, face(view)))
        })
        .collect();
    let mut votes: BTreeMap<&Face, usize> = BTreeMap::new();
    for (_, _, face) in &found {
        *votes.entry(face).or_default() += 1;
    }
    if votes.len() < 2 {
        return;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let Some((peer, example, common)) = found.iter().find(|(_, _, f)| votes.get(f) == Some(&most))
    else {
        return;
    };
    let odd: Vec<&(&Cluster, &Object, Face)> =
        found.iter().filter(|(_, _, f)| f != common).collect();
    let Some((cluster, object, face)) = odd.first() else {
        return;
    };
    let (what, path): (&str, &[&str]) = if face.headless != common.headless {
        ("is headless in some clusters only", &["spec", "clusterIP"])
    } else if face.kind != common.kind {
        ("is of another type", &["spec", "type"])
    } else {
        ("has other ports", &["spec", "ports"])
    };
    let place = |object: &Object| crate::yaml::Place {
        file: object.file,
        span: fleet.view(object).closest(path).0,
    };
    let names = words::list(odd.iter().map(|(c, ..)| c.name));
    let mut draft = sink.report(
        place(object),
        format!(
            "Service {}/{} {what}: {names} against {}",
            host.namespace, host.name, peer.name
        ),
    );
    // How a Service is exposed to the outside is each cluster's own choice.
    let exposed = ["ClusterIP", "NodePort", "LoadBalancer"];
    let is_choice = odd.iter().all(|(_, _, f)| {
        f.headless == common.headless
            && f.ports == common.ports
            && exposed.contains(&f.kind.as_str())
            && exposed.contains(&common.kind.as_str())
    });
    draft
        .label(format!("in {}", cluster.name))
        .about(cluster, object)
        .clusters(odd.iter().map(|(c, ..)| *c).chain([*peer]))
        .subject("service")
        .help("let the Service be the same in all clusters: proxies take it for one");
    if is_choice {
        draft.severity(Severity::Info);
    }
    for (other, object, _) in odd.iter().skip(1) {
        draft.also(place(object), format!("in {}", other.name));
    }
    draft.related(place(example), format!("in {}", peer.name));
}

fn face(view: View<'_>) -> Face {
    let text = |view: View<'_>, path: &[&str], or: &str| {
        let text = view.at(path).and_then(View::text).filter(|t| !t.is_empty());
        text.map_or_else(|| or.to_owned(), |t| t.into_owned())
    };
    let mut ports: Vec<_> = service::ports(view)
        .into_iter()
        .map(|port| {
            let number = text(port.view, &["port"], "");
            (
                text(port.view, &["name"], ""),
                text(port.view, &["protocol"], "TCP"),
                text(port.view, &["appProtocol"], ""),
                text(port.view, &["targetPort"], &number),
                number,
            )
        })
        .collect();
    ports.sort();
    Face {
        headless: text(view, &["spec", "clusterIP"], "") == "None",
        kind: text(view, &["spec", "type"], "ClusterIP"),
        ports,
    }
}
