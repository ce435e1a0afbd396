//! A `kustomization.yaml` as the list of what it reaches.

use crate::yaml::View;

/// The names that kustomize looks for, in its order (kustomize `api/konfig/general.go`).
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// One path that a kustomization names, and in what role.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub role: Role,
    pub path: View<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A manifest, or a directory with a kustomization.
    Resource,
    /// A directory with a `kind: Component`.
    Component,
    /// A patch: read and applied, no object by itself.
    Patch,
    /// A file whose content goes into a generated object, or that configures the build.
    Input,
}

/// Everything that the kustomization names, in the order of the file's fields.
pub fn entries(root: View<'_>) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    let mut list = |role, key: &str| {
        let items = root.get(key).into_iter().flat_map(View::items);
        found.extend(items.map(|path| Entry { role, path }));
    };
    list(Role::Resource, "resources");
    list(Role::Resource, "bases");
    list(Role::Component, "components");
    list(Role::Patch, "patchesStrategicMerge");
    for key in [
        "configurations",
        "crds",
        "generators",
        "transformers",
        "validators",
    ] {
        list(Role::Input, key);
    }
    let mut field = |role, key: &str, field: &str| {
        let items = root.get(key).into_iter().flat_map(View::items);
        found.extend(
            items
                .filter_map(|i| i.get(field))
                .map(|path| Entry { role, path }),
        );
    };
    field(Role::Patch, "patches", "path");
    field(Role::Patch, "patchesJson6902", "path");
    field(Role::Input, "replacements", "path");
    field(Role::Input, "helmCharts", "valuesFile");
    for key in ["configMapGenerator", "secretGenerator"] {
        for generator in root.get(key).into_iter().flat_map(View::items) {
            for list in ["files", "envs"] {
                let files = generator.get(list).into_iter().flat_map(View::items);
                found.extend(files.map(|path| Entry {
                    role: Role::Input,
                    path,
                }));
            }
            found.extend(generator.get("env").map(|path| Entry {
                role: Role::Input,
                path,
            }));
        }
    }
    // An inline patch, or one kept in the list of a newer field, is no path.
    found.retain(|entry| {
        entry
            .path
            .text()
            .is_some_and(|text| !text.contains('\n') && !text.trim().is_empty())
    });
    found
}

/// A path that kustomize would fetch instead of read (kustomize `api/internal/git/repospec.go`, abridged).
pub fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("github.com/")
        || path.contains("?ref=")
        || path.contains(".git/")
}
