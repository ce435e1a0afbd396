//! Whether an object is what its kind allows.

mod common;
pub(super) mod destination_rule;
pub(super) mod destination_rule_doubtful;
pub(super) mod empty_text;
mod endpoint;
mod field;
pub(super) mod gateway;
pub(super) mod gateway_doubtful;
pub(super) mod invalid;
pub(super) mod service_entry;
pub(super) mod service_entry_doubtful;
pub(super) mod sidecar;
pub(super) mod sidecar_doubtful;
mod tls;
mod traffic_policy;
pub(super) mod unknown_field;

use crate::finding::closest;
use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::schema::{self, Schema};
use crate::rules::sink::{Sink, holders, speaks_for};
use crate::rules::words;
use crate::yaml::Place;

/// The kinds that may have a schema: ours, or a definition in the input (`tests/schemas.rs` finds one that is missing).
const KINDS: &[Kind] = &[
    Kind::Alertmanager,
    Kind::Application,
    Kind::ApplicationSet,
    Kind::AuthorizationPolicy,
    Kind::DestinationRule,
    Kind::EnvoyFilter,
    Kind::FluxKustomization,
    Kind::Gateway,
    Kind::GrpcRoute,
    Kind::HttpRoute,
    Kind::IpAddressPool,
    Kind::K8sGateway,
    Kind::Other,
    Kind::PeerAuthentication,
    Kind::PodMonitor,
    Kind::Probe,
    Kind::Prometheus,
    Kind::PrometheusAgent,
    Kind::PrometheusRule,
    Kind::ProxyConfig,
    Kind::RequestAuthentication,
    Kind::ScrapeConfig,
    Kind::ServiceEntry,
    Kind::ServiceMonitor,
    Kind::Sidecar,
    Kind::Telemetry,
    Kind::ThanosRuler,
    Kind::TrafficExtension,
    Kind::VirtualService,
    Kind::WasmPlugin,
    Kind::WorkloadEntry,
    Kind::WorkloadGroup,
    Kind::ZTunnel,
];

/// The object and its schema, if it has one and this cluster is to speak of it.
fn applies<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    id: ObjectId,
) -> Option<(&'a Object, &'a Schema)> {
    let object = cluster.object(id)?;
    let schema = schema_of(fleet, cluster, object)?;
    speaks_for(fleet, cluster, object).then_some((object, schema))
}

fn schema_of<'a>(fleet: &'a Fleet, cluster: &'a Cluster, object: &Object) -> Option<&'a Schema> {
    let (group, version) = object.api_version.split_once('/')?;
    if schema::knows(group, &object.kind_name) {
        return schema::of(&object.api_version, &object.kind_name);
    }
    cluster
        .definition(&fleet.files, group, &object.kind_name)?
        .get(version)
}

/// Reports what the schema of an object does not allow, of one sort: empty texts or the rest.
fn report(fleet: &Fleet, cluster: &Cluster, id: ObjectId, sink: &mut Sink<'_>, empty_text: bool) {
    let Some((object, schema)) = applies(fleet, cluster, id) else {
        return;
    };
    let mistakes = common::mistakes(schema, fleet.view(object));
    for mistake in mistakes.into_iter().filter(|m| m.empty_text == empty_text) {
        let clusters: Vec<&Cluster> = holders(fleet, object).collect();
        let place = Place {
            file: object.file,
            span: mistake.span,
        };
        let names = words::list(clusters.iter().map(|c| c.name.as_str()));
        let subject = match mistake.path.as_str() {
            "" => String::new(),
            path => format!("`{path}` "),
        };
        let title = common::title(object);
        let message = format!("{title} in {names}: {subject}{}", mistake.what);
        let subject = format!("{} {}", mistake.path, mistake.missing.unwrap_or_default());
        let mut draft = sink.report(place, message);
        draft
            .label("the API server rejects this")
            .about(cluster, object)
            .clusters(clusters)
            .subject(subject.trim());
        let given = fleet
            .files
            .get(object.file)
            .map(|file| file.slice(mistake.span));
        let options = || mistake.options.iter().map(String::as_str);
        if let Some(meant) = given.and_then(|given| closest(given, options())) {
            draft.help(format!("did you mean `{meant}`?"));
        } else if let Some(help) = mistake.help {
            draft.help(help);
        }
    }
}
