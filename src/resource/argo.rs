//! Argo CD Applications: which folder of the repository each one applies, and where to.

use crate::yaml::View;

/// One source of an Application that lies in a repository: a folder, and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// From the root of the repository.
    pub path: String,
    /// Files in folders below count as well.
    pub recurse: bool,
    /// Of a Helm chart, relative to its folder, the last one first to be asked.
    pub value_files: Vec<String>,
}

/// The sources of an Application that name a folder.
pub fn sources(application: View<'_>) -> Vec<Source> {
    let spec = application.get("spec");
    let single = spec.and_then(|s| s.get("source"));
    let several = spec
        .and_then(|s| s.get("sources"))
        .into_iter()
        .flat_map(View::items);
    single
        .into_iter()
        .chain(several)
        .filter_map(source)
        .collect()
}

fn source(view: View<'_>) -> Option<Source> {
    let path = view.get("path")?.text()?;
    let recurse = view
        .at(&["directory", "recurse"])
        .and_then(View::as_bool)
        .unwrap_or(false);
    let value_files = view
        .at(&["helm", "valueFiles"])
        .into_iter()
        .flat_map(View::items)
        .filter_map(|file| file.text().map(|t| t.into_owned()))
        .collect();
    Some(Source {
        path: path.trim_matches('/').to_owned(),
        recurse,
        value_files,
    })
}

/// The namespace for objects that name none.
pub fn destination_namespace(application: View<'_>) -> Option<String> {
    let namespace = application
        .at(&["spec", "destination", "namespace"])?
        .text()?;
    (!namespace.is_empty()).then(|| namespace.into_owned())
}

/// An entry of an `apps:` list, by which a chart of Applications is often steered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub path: Option<String>,
    pub namespace: Option<String>,
}

/// The keys under which such an entry keeps the folder that it applies.
const PATH_KEYS: [&str; 4] = ["loadPath", "path", "sourcePath", "directory"];

/// The enabled entries of `apps:` in a values file; `None` where there is no such list.
pub fn apps(values: View<'_>) -> Option<Vec<App>> {
    let list = values
        .get("apps")
        .filter(|apps| apps.items().next().is_some())?;
    let is_enabled = |app: &View<'_>| app.get("enabled").and_then(View::as_bool).unwrap_or(true);
    let text = |app: View<'_>, key: &str| app.get(key).and_then(View::text).map(|t| t.into_owned());
    Some(
        list.items()
            .filter(is_enabled)
            .map(|app| App {
                path: PATH_KEYS.iter().find_map(|key| text(app, key)),
                namespace: text(app, "namespace"),
            })
            .collect(),
    )
}
