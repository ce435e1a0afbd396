//! The webhooks that inject sidecars, and whom they pick.

use super::Fleet;
use super::cluster::{Cluster, Object};
use crate::resource::{Kind, Labels, Selector};
use crate::yaml::View;
use std::collections::BTreeSet;
use ustr::Ustr;

const REVISION: &str = "istio.io/rev";

/// An entry of a webhook configuration.
#[derive(Clone, Debug)]
pub struct Webhook<'a> {
    pub object: &'a Object,
    pub view: View<'a>,
    pub name: String,
    namespaces: Selector,
    objects: Selector,
}

impl Webhook<'_> {
    /// Whether it is asked about an object with these labels, in a namespace with those.
    pub fn picks(&self, namespace: &Labels, object: &Labels) -> bool {
        self.namespaces.matches(namespace) && self.objects.matches(object)
    }
}

/// The revisions that a configuration is for, by its own label and by what it selects.
pub fn revisions(fleet: &Fleet, object: &Object) -> BTreeSet<Ustr> {
    let view = fleet.view(object);
    let mut found: BTreeSet<Ustr> = BTreeSet::new();
    let mut add = |value: Option<View<'_>>| {
        found.extend(value.and_then(View::text).map(|t| Ustr::from(&t)));
    };
    add(view.at(&["metadata", "labels", REVISION]));
    let entries = view.get("webhooks").into_iter().flat_map(View::items);
    for entry in entries {
        for key in ["namespaceSelector", "objectSelector"] {
            let Some(selector) = entry.get(key) else {
                continue;
            };
            add(selector.at(&["matchLabels", REVISION]));
            let expressions = selector.get("matchExpressions");
            for expression in expressions.into_iter().flat_map(View::items) {
                if expression.get("key").and_then(View::text).as_deref() == Some(REVISION) {
                    let values = expression.get("values").into_iter().flat_map(View::items);
                    values.for_each(|value| add(Some(value)));
                }
            }
        }
    }
    found
}

/// Whether a configuration injects sidecars of Istio.
pub fn is_injector(fleet: &Fleet, object: &Object) -> bool {
    let list = fleet.view(object).get("webhooks");
    let mut names = list
        .into_iter()
        .flat_map(View::items)
        .filter_map(|entry| entry.get("name")?.text());
    names.any(|name| name.ends_with("istio.io")) || !revisions(fleet, object).is_empty()
}

/// The entries of all configurations that inject sidecars of Istio.
pub fn webhooks<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> Vec<Webhook<'a>> {
    let objects = cluster.of_kind(Kind::MutatingWebhookConfiguration).iter();
    objects
        .filter(|object| is_injector(fleet, object))
        .flat_map(|object| {
            let list = fleet.view(object).get("webhooks");
            let entries = list.into_iter().flat_map(View::items);
            entries.map(move |view| {
                let name = view.get("name").and_then(View::text);
                Webhook {
                    object,
                    view,
                    name: name.unwrap_or_default().into_owned(),
                    namespaces: Selector::read(view.get("namespaceSelector")),
                    objects: Selector::read(view.get("objectSelector")),
                }
            })
        })
        .collect()
}
