//! The registry: every rule, sorted by its id. A rule is one file of code here and one page in `rules/`.

pub mod book;
pub mod engine;
pub mod selection;
pub mod sink;
pub mod subject;

mod cardinality;
mod dns;
mod gateway;
mod install;
mod kustomize;
mod layout;
mod mtls;
mod network;
mod odd;
mod schema;
mod suppression;
mod words;
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
    &cardinality::unbounded_tag::RULE,
    &dns::capture_mismatch::RULE,
    &gateway::port_missing::RULE,
    &install::source_rendered_drift::RULE,
    &kustomize::missing_entry::RULE,
    &layout::ambiguous_object::RULE,
    &layout::cluster_name_disagrees::RULE,
    &mtls::client_plaintext_server_strict::RULE,
    &mtls::posture_drift::RULE,
    &network::duplicate_cluster_name::RULE,
    &network::sources_disagree::RULE,
    &network::without_gateway::RULE,
    &schema::destination_rule::RULE,
    &schema::destination_rule_doubtful::RULE,
    &schema::empty_text::RULE,
    &schema::gateway::RULE,
    &schema::gateway_doubtful::RULE,
    &schema::invalid::RULE,
    &schema::service_entry::RULE,
    &schema::service_entry_doubtful::RULE,
    &schema::sidecar::RULE,
    &schema::sidecar_doubtful::RULE,
    &schema::unknown_field::RULE,
    &suppression::expired::RULE,
    &suppression::malformed::RULE,
    &suppression::unknown_rule::RULE,
    &suppression::unused::RULE,
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
