//! The patches of an EnvoyFilter, as Istio goes through them.

use crate::yaml::View;
use std::borrow::Cow;

/// A patch, with the fields that decide what becomes of it.
pub(super) struct Patch<'a> {
    pub(super) view: View<'a>,
    /// The value of `patch.operation`.
    pub(super) operation: View<'a>,
    pub(super) operation_name: Cow<'a, str>,
    pub(super) apply_to: Cow<'a, str>,
    /// What it is about: the name in its value, or of the filter that it matches.
    name: Cow<'a, str>,
}

impl<'a> Patch<'a> {
    fn read(view: View<'a>) -> Option<Patch<'a>> {
        let operation = view.at(&["patch", "operation"])?;
        let value = view.at(&["patch", "value"]);
        let matched = ["match", "listener", "filterChain", "filter", "name"];
        let name = value
            .and_then(|v| v.get("name"))
            .or_else(|| value.and(view.at(&matched)))
            .and_then(View::text);
        Some(Patch {
            view,
            operation,
            operation_name: operation.text()?,
            apply_to: view.get("applyTo").and_then(View::text).unwrap_or_default(),
            name: name.unwrap_or_default(),
        })
    }

    /// Whether it is for something that EnvoyFilters can only merge into.
    pub(super) fn is_for_routes(&self) -> bool {
        matches!(self.apply_to.as_ref(), "ROUTE_CONFIGURATION" | "HTTP_ROUTE")
    }

    /// Whether it takes effect only if something else is there already.
    fn is_relative(&self) -> bool {
        match self.operation_name.as_ref() {
            "INSERT_BEFORE" | "INSERT_AFTER" => true,
            "REMOVE" => !self.is_for_routes(),
            "REPLACE" => self.is_replaceable(),
            _ => false,
        }
    }

    /// Whether it is for something that can be replaced.
    pub(super) fn is_replaceable(&self) -> bool {
        matches!(
            self.apply_to.as_ref(),
            "NETWORK_FILTER" | "HTTP_FILTER" | "VIRTUAL_HOST"
        )
    }

    fn has_version(&self) -> bool {
        let version = self.view.at(&["match", "proxy", "proxyVersion"]);
        version.and_then(View::text).is_some_and(|v| !v.is_empty())
    }
}

/// Whether it came with an older Istio, whose own filters were EnvoyFilters.
fn is_generated(filter: View<'_>) -> bool {
    let labels = filter.at(&["metadata", "labels"]);
    labels.into_iter().flat_map(View::entries).any(|(key, _)| {
        let key = key.text().unwrap_or_default();
        key.starts_with("operator.istio.io/") || key.starts_with("install.operator.istio.io/")
    })
}

pub(super) fn patches(filter: View<'_>) -> Vec<Patch<'_>> {
    let list = filter.at(&["spec", "configPatches"]);
    list.into_iter()
        .flat_map(View::items)
        .filter_map(Patch::read)
        .collect()
}

/// The relative patches of a filter without priority: each with whether an earlier patch of the same thing is for
/// certain versions of the proxy.
pub(super) fn relative(filter: View<'_>) -> Vec<(Patch<'_>, bool)> {
    let priority = filter.at(&["spec", "priority"]).and_then(View::as_i64);
    if priority.unwrap_or_default() != 0 || is_generated(filter) {
        return Vec::new();
    }
    let mut versioned: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for patch in patches(filter) {
        let depends = versioned.iter().any(|name| *name == patch.name);
        if patch.has_version() {
            versioned.push(patch.name.to_string());
        }
        if patch.is_relative() {
            found.push((patch, depends));
        }
    }
    found
}
