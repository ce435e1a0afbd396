//! The control planes of a cluster: what each is made of, and what its settings come to.

use super::cluster::{Files, Object, ObjectId};
use super::setting::{
    Confidence, DEFINITIONS, Definition, Effective, Fallback, Setting, Source, Statement,
    canonical_boolean, is_templated,
};
use crate::resource::{Kind, pod};
use crate::yaml::{Place, View};
use std::collections::BTreeMap;
use ustr::Ustr;

/// An istiod of one revision, or a cluster that is configured by an istiod elsewhere.
#[derive(Clone, Debug)]
pub struct ControlPlane {
    /// `default` for the one without a revision.
    pub revision: Ustr,
    /// Where it is installed.
    pub namespace: Ustr,
    pub role: Role,
    pub evidence: Evidence,
    /// In the order of [`DEFINITIONS`].
    settings: Vec<Effective>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs an istiod.
    Primary,
    /// Its proxies are served by an istiod of another cluster.
    Remote,
}

/// The objects that say what the control plane is.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// ConfigMap `istio[-rev]`.
    pub mesh: Option<ObjectId>,
    /// ConfigMap `istio-sidecar-injector[-rev]`.
    pub injector: Option<ObjectId>,
    /// The Deployment.
    pub istiod: Option<ObjectId>,
    pub operators: Vec<ObjectId>,
}

impl Evidence {
    pub fn all(&self) -> impl Iterator<Item = ObjectId> {
        [self.mesh, self.injector, self.istiod]
            .into_iter()
            .flatten()
            .chain(self.operators.iter().copied())
    }
}

impl ControlPlane {
    pub fn setting(&self, setting: Setting) -> Option<&Effective> {
        let at = DEFINITIONS.iter().position(|d| d.setting == setting)?;
        self.settings.get(at)
    }

    /// Every setting with what it comes to.
    pub fn settings(&self) -> impl Iterator<Item = (Setting, &Effective)> {
        DEFINITIONS.iter().map(|d| d.setting).zip(&self.settings)
    }

    /// The minor version of Istio, as in `1.<minor>.x`.
    pub fn minor(&self) -> Option<u32> {
        let version = self.setting(Setting::Version)?.known()?;
        version
            .strip_prefix("1.")?
            .split(['.', '-'])
            .next()?
            .parse()
            .ok()
    }
}

/// Finds the control planes among the objects of a cluster, the default revision first.
pub fn find(files: &Files, objects: &[Object]) -> Vec<ControlPlane> {
    let mut found: BTreeMap<(&'static str, &'static str), Evidence> = BTreeMap::new();
    for (at, object) in objects.iter().enumerate() {
        let id = ObjectId(at as u32);
        let view = files.view(object);
        let key = |revision: Ustr| (revision.as_str(), namespace_of(object, view).as_str());
        match object.kind {
            Kind::ConfigMap => {
                if let Some(revision) = revision_in_name(object.name, "istio-sidecar-injector") {
                    if view.at(&["data", "values"]).is_some() {
                        found
                            .entry(key(revision))
                            .or_default()
                            .injector
                            .get_or_insert(id);
                    }
                } else if let Some(revision) = revision_in_name(object.name, "istio")
                    && view.at(&["data", "mesh"]).is_some()
                {
                    found
                        .entry(key(revision))
                        .or_default()
                        .mesh
                        .get_or_insert(id);
                }
            }
            Kind::Deployment if discovery(view).is_some() => {
                found
                    .entry(key(revision_of_istiod(view)))
                    .or_default()
                    .istiod
                    .get_or_insert(id);
            }
            Kind::IstioOperator if installs_control_plane(view) => {
                let revision = text_at(view, &["spec", "revision"]);
                found
                    .entry(key(or_default(revision)))
                    .or_default()
                    .operators
                    .push(id);
            }
            _ => {}
        }
    }
    // The version switch of one cluster may leave a lone ConfigMap behind, such as the one that other
    // software calls `istio-something`: a control plane needs its mesh configuration, an istiod or an intent.
    found.retain(|_, e| {
        e.mesh.is_some() || e.istiod.is_some() || !e.operators.is_empty() || e.injector.is_some()
    });
    let mut planes: Vec<ControlPlane> = found
        .into_iter()
        .map(|((revision, namespace), evidence)| {
            let role = role(files, objects, &evidence);
            let settings = effective(files, objects, &evidence);
            ControlPlane {
                revision: Ustr::from(revision),
                namespace: Ustr::from(namespace),
                role,
                evidence,
                settings,
            }
        })
        .collect();
    planes.sort_by_key(|p| {
        (
            p.revision != "default",
            p.revision.as_str(),
            p.namespace.as_str(),
        )
    });
    planes
}

/// The cluster names that the control planes of one file state, before it is known whose file it is.
pub fn stated_names(files: &Files, objects: &[Object]) -> Vec<Ustr> {
    let mut names: Vec<Ustr> = find(files, objects)
        .iter()
        .filter_map(|plane| {
            plane
                .setting(Setting::ClusterName)
                .filter(|e| e.is_stated())
                .map(|e| e.value)
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Istio's components live in `istio-system` where their manifests name no namespace.
fn namespace_of(object: &Object, view: View<'_>) -> Ustr {
    let stated = match object.kind {
        // An IstioOperator may live elsewhere than what it installs.
        Kind::IstioOperator => text_at(view, &["spec", "namespace"])
            .or_else(|| text_at(view, &["spec", "values", "global", "istioNamespace"])),
        _ => Some(object.namespace),
    };
    stated
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or_else(|| Ustr::from("istio-system"))
}

fn or_default(revision: Option<Ustr>) -> Ustr {
    revision
        .filter(|r| !r.is_empty())
        .unwrap_or_else(|| Ustr::from("default"))
}

/// The revision at the end of `base[-rev]`.
fn revision_in_name(name: Ustr, base: &str) -> Option<Ustr> {
    match name.strip_prefix(base)? {
        "" => Some(Ustr::from("default")),
        rest => rest.strip_prefix('-').map(Ustr::from),
    }
}

/// istiod's container in the pod of a Deployment.
pub fn discovery(deployment: View<'_>) -> Option<View<'_>> {
    let labels = deployment.at(&["spec", "template", "metadata", "labels"])?;
    let is_istiod = labels.get("app").and_then(View::text).as_deref() == Some("istiod")
        || labels.get("istio").and_then(View::text).as_deref() == Some("pilot");
    pod::containers(deployment, Kind::Deployment)
        .find(|c| is_istiod && c.get("name").and_then(View::text).as_deref() == Some("discovery"))
}

fn revision_of_istiod(deployment: View<'_>) -> Ustr {
    let env = discovery(deployment).and_then(|c| pod::env(c, "REVISION"));
    let label = || text_at(deployment, &["metadata", "labels", "istio.io/rev"]);
    or_default(
        env.and_then(|(_, value)| value.text())
            .map(|t| Ustr::from(&t))
            .or_else(label),
    )
}

/// Whether an IstioOperator makes a control plane, and not only gateways.
pub fn installs_control_plane(operator: View<'_>) -> bool {
    let enabled = operator
        .at(&["spec", "components", "pilot", "enabled"])
        .and_then(View::as_bool);
    let profile = text_at(operator, &["spec", "profile"]);
    enabled.unwrap_or(profile.is_none_or(|p| p != "empty"))
}

/// Profiles that come with Istio and set nothing of what is compared here (`manifests/profiles`); `preview` and a
/// user's own may.
const PLAIN_PROFILES: [&str; 9] = [
    "ambient",
    "default",
    "demo",
    "empty",
    "external",
    "minimal",
    "openshift",
    "remote",
    "stable",
];

/// Whether the profile of an IstioOperator leaves the settings that clusters are compared by alone.
pub fn has_plain_profile(operator: View<'_>) -> bool {
    let profile = operator.at(&["spec", "profile"]).and_then(View::text);
    profile.is_none_or(|p| PLAIN_PROFILES.contains(&p.as_ref()))
}

fn role(files: &Files, objects: &[Object], evidence: &Evidence) -> Role {
    let views = || {
        evidence
            .operators
            .iter()
            .filter_map(|id| files.object_view(objects, *id))
    };
    let is_remote = |view: View<'_>| {
        text_at(view, &["spec", "profile"]).is_some_and(|p| p == "remote" || p == "external")
            || view
                .at(&["spec", "values", "istiodRemote", "enabled"])
                .and_then(View::as_bool)
                == Some(true)
    };
    if evidence.istiod.is_none() && views().next().is_some() && views().all(is_remote) {
        Role::Remote
    } else {
        Role::Primary
    }
}

fn text_at(view: View<'_>, path: &[&str]) -> Option<Ustr> {
    view.at(path).and_then(View::text).map(|t| Ustr::from(&t))
}

/// The documents of a control plane, opened once.
struct Documents<'a> {
    mesh: Option<(&'a Object, View<'a>)>,
    injector: Option<(&'a Object, View<'a>)>,
    istiod: Option<(&'a Object, View<'a>)>,
    operators: Vec<(&'a Object, View<'a>)>,
}

fn effective(files: &Files, objects: &[Object], evidence: &Evidence) -> Vec<Effective> {
    let open = |id: ObjectId| {
        let object = objects.get(id.0 as usize)?;
        Some((object, files.view(object)))
    };
    let embedded = |id: ObjectId, key: &str| {
        let (object, view) = open(id)?;
        Some((object, view.at(&["data", key])?))
    };
    let documents = Documents {
        mesh: evidence.mesh.and_then(|id| embedded(id, "mesh")),
        injector: evidence.injector.and_then(|id| embedded(id, "values")),
        istiod: evidence.istiod.and_then(open),
        operators: evidence
            .operators
            .iter()
            .filter_map(|id| open(*id))
            .collect(),
    };
    let mut settings: Vec<Effective> = DEFINITIONS
        .iter()
        .filter_map(|definition| {
            documents
                .effective(definition)
                .or_else(|| documents.untold())
        })
        .collect();
    // A setting that falls back to another takes its value once that is known.
    for (at, definition) in DEFINITIONS.iter().enumerate() {
        if let Fallback::Of(other) = definition.fallback
            && settings
                .get(at)
                .is_some_and(|s| !s.is_stated() && s.confidence == Confidence::Default)
            && let Some(from) = DEFINITIONS.iter().position(|d| d.setting == other)
            && let Some((value, known)) = settings.get(from).map(|s| (s.value, s.is_known()))
            && let Some(setting) = settings.get_mut(at)
        {
            setting.value = value;
            if !known {
                setting.confidence = Confidence::Unknown;
            }
        }
    }
    settings
}

/// What one source says: a value, or only the place where it would stand.
enum Word {
    Value(Statement),
    Silent(Place),
}

impl Documents<'_> {
    fn effective(&self, definition: &Definition) -> Option<Effective> {
        let mut silent = None;
        let mut hear = |sources: &[Source]| {
            let mut statements = Vec::new();
            for source in sources {
                for word in self.words(*source, definition.boolean) {
                    match word {
                        // An empty text is what a chart renders for a value that nobody set.
                        Word::Value(statement) if !statement.value.is_empty() => {
                            statements.push(statement)
                        }
                        Word::Value(statement) => {
                            silent.get_or_insert(statement.place);
                        }
                        Word::Silent(place) => {
                            silent.get_or_insert(place);
                        }
                    }
                }
            }
            statements
        };
        let rendered = hear(definition.rendered);
        let intent = hear(definition.intent);
        let unsure = self.is_ambiguous(definition);
        // Rendered manifests are what runs; the intent only speaks where nothing was rendered.
        let is_rendered = definition.rendered.iter().any(|s| self.has(*s));
        let winner = if is_rendered {
            rendered.first()
        } else {
            intent.first()
        };
        let (value, confidence, place) = match (winner, definition.fallback) {
            (Some(statement), _) if unsure || is_templated(&statement.value) => {
                (statement.value, Confidence::Unknown, statement.place)
            }
            (Some(statement), _) => (statement.value, Confidence::Exact, statement.place),
            (None, Fallback::Always(value))
                if unsure || (!is_rendered && self.has_own_profile()) =>
            {
                (Ustr::from(value), Confidence::Unknown, silent?)
            }
            (None, Fallback::Always(value)) => (Ustr::from(value), Confidence::Default, silent?),
            (None, Fallback::Of(_)) => (Ustr::from(""), Confidence::Default, silent?),
            (None, Fallback::Unknown) => (Ustr::from(""), Confidence::Unknown, self.anywhere()?),
        };
        Some(Effective {
            value,
            confidence,
            place,
            rendered,
            intent,
        })
    }

    /// A setting of which none of the objects that could state it is there.
    fn untold(&self) -> Option<Effective> {
        Some(Effective {
            value: Ustr::from(""),
            confidence: Confidence::Unknown,
            place: self.anywhere()?,
            rendered: Vec::new(),
            intent: Vec::new(),
        })
    }

    /// An object that is defined twice, differently, says nothing for sure; nor does its silence.
    fn is_ambiguous(&self, definition: &Definition) -> bool {
        let carrier = |source: &Source| match source {
            Source::Mesh(_) => self.mesh,
            Source::Injector(_) => self.injector,
            Source::Env(_) | Source::Flag(_) | Source::ImageTag => self.istiod,
            Source::Operator(_) => None,
        };
        let mut carriers = definition.rendered.iter().filter_map(carrier);
        carriers.any(|(object, _)| object.ambiguous)
    }

    /// Whether an IstioOperator builds on a profile that may set what is compared here.
    fn has_own_profile(&self) -> bool {
        self.operators
            .iter()
            .any(|(_, operator)| !has_plain_profile(*operator))
    }

    /// Where the control plane is, when a setting has no place of its own.
    fn anywhere(&self) -> Option<Place> {
        let (object, view) = self
            .istiod
            .or(self.mesh)
            .or(self.injector)
            .or_else(|| self.operators.first().copied())?;
        Some(Place {
            file: object.file,
            span: view.closest(&[]).0,
        })
    }

    fn has(&self, source: Source) -> bool {
        match source {
            Source::Mesh(_) => self.mesh.is_some(),
            Source::Injector(_) => self.injector.is_some(),
            Source::Env(_) | Source::Flag(_) | Source::ImageTag => self.istiod.is_some(),
            Source::Operator(_) => !self.operators.is_empty(),
        }
    }

    fn words(&self, source: Source, boolean: bool) -> Vec<Word> {
        let statement = |object: &Object, view: View<'_>, text: &str| {
            let value = if boolean {
                canonical_boolean(text)
            } else {
                text
            };
            let place = Place {
                file: object.file,
                span: view.content_span(),
            };
            Word::Value(Statement {
                source,
                value: Ustr::from(value),
                place,
            })
        };
        let follow = |object: &Object, root: View<'_>, path: &[&str]| match root.at(path) {
            Some(view) if !view.is_null() => view.text().map(|text| statement(object, view, &text)),
            _ => Some(Word::Silent(Place {
                file: object.file,
                span: root.closest(path).0,
            })),
        };
        let carried = |carrier: Option<(&Object, View<'_>)>, path: &[&str]| {
            let (object, scalar) = carrier?;
            match scalar.embedded() {
                Some(root) => follow(object, root, path),
                None => Some(Word::Silent(Place {
                    file: object.file,
                    span: scalar.span(),
                })),
            }
        };
        match source {
            Source::Mesh(path) => carried(self.mesh, path).into_iter().collect(),
            Source::Injector(path) => carried(self.injector, path).into_iter().collect(),
            Source::Operator(path) => self
                .operators
                .iter()
                .filter_map(|(object, root)| follow(object, root.get("spec")?, path))
                .collect(),
            Source::Env(name) => self
                .container()
                .map(|(object, container)| match pod::env(container, name) {
                    Some((_, value)) => statement(object, value, &value.text().unwrap_or_default()),
                    None => Word::Silent(Place {
                        file: object.file,
                        span: container.closest(&["env"]).0,
                    }),
                })
                .into_iter()
                .collect(),
            Source::Flag(name) => self
                .container()
                .and_then(|(object, container)| {
                    let (view, value) = flag(container, name)?;
                    Some(statement(object, view, &value))
                })
                .into_iter()
                .collect(),
            Source::ImageTag => self
                .container()
                .and_then(|(object, container)| {
                    let view = container.get("image")?;
                    let image = view.text()?;
                    let tag = image_tag(&image)?;
                    Some(statement(object, view, tag))
                })
                .into_iter()
                .collect(),
        }
    }

    fn container(&self) -> Option<(&Object, View<'_>)> {
        let (object, view) = self.istiod?;
        Some((object, discovery(view)?))
    }
}

/// The value of `--name value` or `--name=value` among a container's arguments.
pub(super) fn flag<'a>(container: View<'a>, name: &str) -> Option<(View<'a>, String)> {
    let mut args = container.get("args").into_iter().flat_map(View::items);
    while let Some(arg) = args.next() {
        let text = arg.text()?;
        if text == name {
            let value = args.next()?;
            return Some((value, value.text()?.into_owned()));
        }
        if let Some(value) = text
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('='))
        {
            return Some((arg, value.to_owned()));
        }
    }
    None
}

/// The version in an image reference: `1.24.2` in `docker.io/istio/pilot:1.24.2-distroless`.
pub fn image_tag(image: &str) -> Option<&str> {
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    let (_, tag) = image
        .rsplit_once(':')
        .filter(|(_, tag)| !tag.contains('/'))?;
    Some(
        tag.strip_suffix("-distroless")
            .or_else(|| tag.strip_suffix("-debug"))
            .unwrap_or(tag),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_told_from_a_port() {
        assert_eq!(
            image_tag("docker.io/istio/pilot:1.24.2-distroless"),
            Some("1.24.2")
        );
        assert_eq!(image_tag("localhost:5000/pilot"), None);
        assert_eq!(image_tag("pilot:1.20.0@sha256:0123"), Some("1.20.0"));
    }
}
