//! The registry: every rule, sorted by its id. A rule is one file of code here and one page in `rules/`.

pub mod book;
pub mod engine;
pub mod selection;
pub mod sink;
pub mod subject;

mod annotation;
mod cardinality;
mod crd;
mod deprecation;
mod dns;
mod envoyfilter;
mod federation;
mod gateway;
mod identity;
mod injection;
mod install;
mod kustomize;
mod layout;
mod mtls;
mod network;
mod odd;
mod once;
mod policy;
mod schema;
mod service;
mod shared;
mod status;
mod suppression;
mod webhook;
mod within;
mod words;
mod workload;
mod yaml;

use crate::fleet::{Cluster, Fleet, Mesh, ObjectId, Setting};
use crate::resource::Kind;
use crate::yaml::FileId;
use sink::Sink;
use subject::{Host, Named};

/// A rule: its page says what it is, its check judges one subject at a time.
pub struct Rule {
    /// `family/name`, the path of its page.
    pub id: &'static str,
    /// The text of its page.
    pub page: &'static str,
    pub check: Check,
}

/// What a rule judges. The engine finds the subjects and calls the function for each of them.
pub enum Check {
    /// An object of one of these kinds.
    Object(
        &'static [Kind],
        fn(&Fleet, &Cluster, ObjectId, &mut Sink<'_>),
    ),
    /// A Service, by name and namespace, in all clusters of a mesh that have it.
    Host(fn(&Fleet, &Mesh, &Host, &mut Sink<'_>)),
    /// A namespace, in all clusters of a mesh that have it.
    Namespace(fn(&Fleet, &Mesh, &Named, &mut Sink<'_>)),
    /// A network of a mesh, with the clusters that are in it.
    Network(fn(&Fleet, &Mesh, &Named, &mut Sink<'_>)),
    /// One of these settings, over all clusters of a mesh.
    Setting(
        &'static [Setting],
        fn(&Fleet, &Mesh, Setting, &mut Sink<'_>),
    ),
    /// An ordered pair of clusters of one mesh: client and server.
    Pair(fn(&Fleet, &Cluster, &Cluster, &mut Sink<'_>)),
    Cluster(fn(&Fleet, &Cluster, &mut Sink<'_>)),
    Mesh(fn(&Fleet, &Mesh, &mut Sink<'_>)),
    File(fn(&Fleet, FileId, &mut Sink<'_>)),
    /// Found by what judges the findings, not by a check.
    Judge,
}

macro_rules! rule {
    ($id:literal, $check:expr) => {
        crate::rules::Rule {
            id: $id,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $id, ".md")),
            check: $check,
        }
    };
}
pub(crate) use rule;

/// All rules, sorted by id.
pub const ALL: &[&Rule] = &[
    &annotation::alpha::RULE,
    &annotation::deprecated::RULE,
    &annotation::invalid_value::RULE,
    &annotation::misplaced::RULE,
    &annotation::unknown::RULE,
    &cardinality::aggregate_keeps_costly_label::RULE,
    &cardinality::aggregation_misses_pod_label::RULE,
    &cardinality::buckets_differ::RULE,
    &cardinality::config_override_dimension::RULE,
    &cardinality::envoyfilter_dimension::RULE,
    &cardinality::labelmap_all_labels::RULE,
    &cardinality::large_tag::RULE,
    &cardinality::limit_too_low::RULE,
    &cardinality::missing_scrape_limit::RULE,
    &cardinality::stats_matcher_too_broad::RULE,
    &cardinality::tag_on_histograms::RULE,
    &cardinality::too_many_buckets::RULE,
    &cardinality::unbounded_tag::RULE,
    &cardinality::unfiltered_proxy_metrics::RULE,
    &cardinality::volatile_target_label::RULE,
    &crd::gateway_api_too_old::RULE,
    &deprecation::field::RULE,
    &deprecation::lightstep::RULE,
    &deprecation::rbac_crd::RULE,
    &dns::auto_allocation_mismatch::RULE,
    &dns::capture_mismatch::RULE,
    &dns::capture_overridden::RULE,
    &dns::dead_auto_allocation::RULE,
    &dns::remote_only_service::RULE,
    &dns::serviceentry_drift::RULE,
    &dns::serviceentry_without_address::RULE,
    &dns::tcp_serviceentry_without_address::RULE,
    &envoyfilter::ignored_add::RULE,
    &envoyfilter::ignored_remove::RULE,
    &envoyfilter::relative_operation::RULE,
    &envoyfilter::relative_to_version::RULE,
    &envoyfilter::wrong_replace::RULE,
    &federation::everything::RULE,
    &federation::raw_series::RULE,
    &gateway::hosts_too_narrow::RULE,
    &gateway::istiod_not_exposed::RULE,
    &gateway::istiod_route_broken::RULE,
    &gateway::not_addressable::RULE,
    &gateway::not_injected::RULE,
    &gateway::passthrough_on_ingress::RULE,
    &gateway::peer_port_closed::RULE,
    &gateway::port_missing::RULE,
    &gateway::port_not_exposed::RULE,
    &gateway::selects_nothing::RULE,
    &gateway::service_selects_nothing::RULE,
    &gateway::service_unlabelled::RULE,
    &gateway::services_not_exposed::RULE,
    &gateway::wrong_network_view::RULE,
    &gateway::wrong_template::RULE,
    &gateway::wrong_tls_mode::RULE,
    &identity::cluster_domain_mismatch::RULE,
    &identity::cluster_names_disagree::RULE,
    &identity::mesh_id_mismatch::RULE,
    &identity::mesh_ids_disagree::RULE,
    &injection::auto_image_in_pod::RULE,
    &injection::auto_image_unmatched::RULE,
    &injection::by_default::RULE,
    &injection::conflicting_labels::RULE,
    &injection::image_mismatch::RULE,
    &injection::missing_proxy::RULE,
    &injection::not_enabled::RULE,
    &install::source_rendered_drift::RULE,
    &kustomize::missing_entry::RULE,
    &layout::ambiguous_object::RULE,
    &layout::cluster_name_disagrees::RULE,
    &layout::separate_meshes::RULE,
    &mtls::auto_mtls_off::RULE,
    &mtls::client_plaintext_server_strict::RULE,
    &mtls::disabled_across_networks::RULE,
    &mtls::posture_drift::RULE,
    &mtls::root_namespace_selector::RULE,
    &mtls::server_plaintext_client_mtls::RULE,
    &mtls::tls_drops_remote_endpoints::RULE,
    &network::duplicate_cluster_name::RULE,
    &network::mesh_networks_diverge::RULE,
    &network::mesh_networks_unknown_reference::RULE,
    &network::missing_in_some_clusters::RULE,
    &network::namespace_unlabelled::RULE,
    &network::not_flat::RULE,
    &network::proxies_without_network::RULE,
    &network::sources_disagree::RULE,
    &network::without_gateway::RULE,
    &policy::configures_nothing::RULE,
    &policy::no_telemetry_provider::RULE,
    &policy::outside_mesh::RULE,
    &policy::selector_on_k8s_gateway::RULE,
    &policy::selects_nothing::RULE,
    &policy::several_default_sidecars::RULE,
    &policy::several_default_telemetries::RULE,
    &policy::sidecar_in_ambient::RULE,
    &policy::sidecars_share_pods::RULE,
    &policy::telemetries_share_pods::RULE,
    &policy::unknown_namespace::RULE,
    &policy::unrestricted_jwks::RULE,
    &service::differs_across_clusters::RULE,
    &service::external_name_port::RULE,
    &service::port_name::RULE,
    &status::negative_condition::RULE,
    &suppression::expired::RULE,
    &suppression::malformed::RULE,
    &suppression::unknown_rule::RULE,
    &suppression::unused::RULE,
    &webhook::bad_address::RULE,
    &webhook::ip_address::RULE,
    &webhook::overlaps::RULE,
    &webhook::service_missing::RULE,
    &workload::port_protocols_conflict::RULE,
    &workload::reserved_uid::RULE,
    &workload::target_port_conflict::RULE,
    &yaml::alias_budget::RULE,
    &yaml::ambiguous_scalar::RULE,
    &yaml::duplicate_key::RULE,
    &yaml::embedded_syntax::RULE,
    &yaml::not_utf8::RULE,
    &yaml::syntax::RULE,
];

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.id.cmp(id))
        .ok()
        .and_then(|at| ALL.get(at))
        .copied()
}
