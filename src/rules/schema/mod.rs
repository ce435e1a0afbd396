//! Whether an object is what its kind allows.

mod common;
pub(super) mod destination_rule;
pub(super) mod destination_rule_doubtful;
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

use crate::fleet::{Cluster, Fleet, Object, ObjectId};
use crate::resource::Kind;
use crate::resource::schema::{self, Schema};

/// The kinds that may have a schema: what others make of [`Kind::Other`], their definition says.
const KINDS: &[Kind] = &[
    Kind::Alertmanager,
    Kind::AuthorizationPolicy,
    Kind::DestinationRule,
    Kind::EnvoyFilter,
    Kind::Gateway,
    Kind::HttpRoute,
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
];

/// The object and its schema, if it has one and this cluster is to speak of it.
fn applies<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
    id: ObjectId,
) -> Option<(&'a Object, &'a Schema)> {
    let object = cluster.object(id)?;
    let schema = schema::of(&object.api_version, &object.kind_name)?;
    common::is_first_holder(fleet, cluster, object).then_some((object, schema))
}
