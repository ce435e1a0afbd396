//! What the parts of a cluster say of its name, its mesh and its network.
//!
//! Each part has a copy of its own: istiod its environment, sidecars the values of the injector or the path of
//! its webhook, ztunnel and the gateways that are not injected their environment.

use super::control_plane::{Role, discovery, flag};
use super::network::LABEL;
use super::setting::{Setting, Source, Statement, is_templated};
use super::workload::operator_gateways;
use super::{Cluster, ControlPlane, Files, Fleet, Object, ObjectId};
use crate::resource::{Kind, Labels, pod};
use crate::yaml::{Place, View};
use std::collections::{BTreeMap, BTreeSet};
use ustr::Ustr;

/// One part's word on a setting of the cluster.
#[derive(Clone, Debug)]
pub struct Word {
    /// In words, for messages: `IstioOperator eastwest`.
    pub who: String,
    pub value: Ustr,
    /// Where a person would edit it.
    pub place: Place,
    /// Where that was rendered to, when it is another place.
    pub rendered: Option<Place>,
    /// The revision of Istio that it is for, where that is said.
    pub revision: Option<Ustr>,
    /// Nobody says it: it is what Istio does then.
    pub by_default: bool,
    /// Written down, but read by nobody as the cluster is installed now.
    pub inert: bool,
}

/// The words on [`Setting::ClusterName`], [`Setting::MeshId`] or [`Setting::Network`], those of the control planes
/// first. The environment of the workloads in `heard` is left out.
pub fn words(fleet: &Fleet, cluster: &Cluster, setting: Setting, heard: &[ObjectId]) -> Vec<Word> {
    let mut found: Vec<Word> = cluster
        .control_planes
        .iter()
        .flat_map(|plane| of_plane(plane, setting))
        .collect();
    found.extend(of_operators(fleet, cluster, setting));
    found.extend(words_of_paths(fleet, cluster, setting));
    found.extend(of_ztunnel_resources(fleet, cluster, setting));
    found.extend(of_proxies(fleet, cluster, setting, heard));
    found.retain(|word| !word.value.is_empty() && !is_templated(&word.value));
    found
}

/// Names that istiod takes for a cluster's name, by `--clusterAliases=alias=name`.
pub fn aliases(fleet: &Fleet, cluster: &Cluster) -> BTreeMap<String, String> {
    let istiods = cluster
        .control_planes
        .iter()
        .filter_map(|plane| cluster.object(plane.evidence.istiod?));
    istiods
        .filter_map(|object| flag(discovery(fleet.view(object))?, "--clusterAliases"))
        .flat_map(|(_, value)| {
            let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
            pairs
                .map(|(alias, name)| (alias.trim().to_owned(), name.trim().to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The workloads whose manifest writes down the container of a proxy.
pub(super) fn proxies(files: &Files, objects: &[Object]) -> Vec<ObjectId> {
    let has_proxy = |object: &Object| {
        pod::makes_pods(object.kind)
            && pod::containers(files.view(object), object.kind).any(is_proxy)
    };
    objects
        .iter()
        .zip(0..)
        .filter(|(object, _)| has_proxy(object))
        .map(|(_, at)| ObjectId(at))
        .collect()
}

fn is_proxy(container: View<'_>) -> bool {
    container.get("name").and_then(View::text).as_deref() == Some("istio-proxy")
}

fn of_plane(plane: &ControlPlane, setting: Setting) -> Vec<Word> {
    let Some(effective) = plane.setting(setting).filter(|s| s.is_known()) else {
        return Vec::new();
    };
    let who = |part: &str| match plane.revision.as_str() {
        "default" => part.to_owned(),
        revision => format!("{part} of revision {revision}"),
    };
    let intent = effective.intent.first();
    let word = |part: &str, statement: &Statement| {
        // A person edits the source, and renders it again.
        let source = intent.filter(|i| i.value == statement.value && i.place != statement.place);
        Word {
            who: who(part),
            value: statement.value,
            place: source.map_or(statement.place, |i| i.place),
            rendered: source.map(|_| statement.place),
            revision: Some(plane.revision),
            by_default: false,
            inert: false,
        }
    };
    let part = |source: Source| match source {
        Source::Env(_) | Source::Flag(_) | Source::ImageTag => "istiod",
        Source::Injector(_) => "the injector",
        Source::Mesh(_) => "the mesh configuration",
        Source::Operator(_) => "the control plane",
    };
    // Of an istiod that is not among the files it is not known what it leaves to the default.
    let evidence = &plane.evidence;
    let has_istiod = plane.role == Role::Primary
        && (evidence.istiod.is_some() || !evidence.operators.is_empty());
    match (effective.rendered.as_slice(), intent) {
        ([], Some(intent)) if effective.is_stated() => vec![word(part(intent.source), intent)],
        ([], _) if has_istiod && !effective.value.is_empty() => vec![Word {
            who: who("the control plane"),
            value: effective.value,
            place: effective.place,
            rendered: None,
            revision: Some(plane.revision),
            by_default: true,
            inert: false,
        }],
        ([], _) => Vec::new(),
        (rendered, _) => rendered.iter().map(|s| word(part(s.source), s)).collect(),
    }
}

/// IstioOperators that only install gateways, or ztunnel.
fn of_operators(fleet: &Fleet, cluster: &Cluster, setting: Setting) -> Vec<Word> {
    let planes: BTreeSet<ObjectId> = cluster
        .control_planes
        .iter()
        .flat_map(|plane| plane.evidence.operators.iter().copied())
        .collect();
    let paths = setting.definition().map_or(&[][..], |d| d.intent);
    let ztunnel = ztunnel_path(setting);
    let mut found = Vec::new();
    for id in cluster.ids_of_kind(Kind::IstioOperator) {
        let Some(object) = cluster.object(id).filter(|o| !o.ambiguous) else {
            continue;
        };
        let view = fleet.view(object);
        let Some(spec) = view.get("spec") else {
            continue;
        };
        if !planes.contains(&id) {
            let value = paths.iter().find_map(|source| match source {
                Source::Operator(path) => spec.at(path),
                _ => None,
            });
            let inert = || is_inert(cluster, object, view);
            found.extend(value.and_then(|value| {
                let word = word(format!("IstioOperator {}", object.name), object, value)?;
                Some(Word {
                    revision: revision(spec.get("revision")),
                    inert: inert(),
                    ..word
                })
            }));
        }
        let values = ztunnel.and_then(|path| spec.get("values")?.get("ztunnel")?.at(path));
        found.extend(values.and_then(|value| word("ztunnel".to_owned(), object, value)));
    }
    found
}

/// Whether nothing that an IstioOperator of gateways makes carries its values: gateways that are injected take those
/// of the injector, and of what was rendered the rendered manifests count.
fn is_inert(cluster: &Cluster, object: &Object, operator: View<'_>) -> bool {
    let has_ztunnel = operator
        .at(&["spec", "components", "ztunnel", "enabled"])
        .and_then(View::as_bool)
        == Some(true);
    !has_ztunnel
        && operator_gateways(operator).iter().all(|gateway| {
            let template = [
                "spec",
                "values",
                "gateways",
                gateway.chart(),
                "injectionTemplate",
            ];
            let is_injected = operator
                .at(&template)
                .and_then(View::text)
                .is_some_and(|t| !t.is_empty());
            let is_rendered = !cluster.workloads.iter().any(|workload| {
                workload.gateway_entry == Some(gateway.entry.id()) && workload.file == object.file
            });
            is_injected || is_rendered
        })
}

/// Where the values of the ztunnel chart say it.
fn ztunnel_path(setting: Setting) -> Option<&'static [&'static str]> {
    match setting {
        Setting::ClusterName => Some(&["multiCluster", "clusterName"]),
        Setting::Network => Some(&["network"]),
        _ => None,
    }
}

/// The Sail operator's `ZTunnel`.
fn of_ztunnel_resources(fleet: &Fleet, cluster: &Cluster, setting: Setting) -> Vec<Word> {
    let Some(path) = ztunnel_path(setting) else {
        return Vec::new();
    };
    cluster
        .of_kind(Kind::ZTunnel)
        .iter()
        .filter(|object| !object.ambiguous)
        .filter_map(|object| {
            let values = fleet.view(object).at(&["spec", "values", "ztunnel"])?;
            word(format!("ZTunnel {}", object.name), object, values.at(path)?)
        })
        .collect()
}

/// The paths at which the API server asks for an injection, which override the injector's values.
pub(super) fn words_of_paths(fleet: &Fleet, cluster: &Cluster, setting: Setting) -> Vec<Word> {
    let key = match setting {
        Setting::ClusterName => "cluster",
        Setting::Network => "net",
        _ => return Vec::new(),
    };
    let mut found: Vec<Word> = Vec::new();
    let mut hear = |who: String, object: &Object, path: Option<View<'_>>| {
        let Some(path) = path else { return };
        let root = fleet.view(object);
        let Some(value) = path.text().and_then(|text| injected(&text, key)) else {
            return;
        };
        if found.iter().any(|w| w.who == who && w.value == value) {
            return;
        }
        found.push(Word {
            who,
            value: Ustr::from(&value),
            place: object.place(path),
            rendered: None,
            revision: revision(root.at(&REVISION)),
            by_default: false,
            inert: false,
        });
    };
    let sure = |kind| cluster.of_kind(kind).iter().filter(|o| !o.ambiguous);
    for object in sure(Kind::IstioOperator) {
        let remote = fleet.view(object).at(&["spec", "values", "istiodRemote"]);
        for name in ["injectionPath", "injectionURL"] {
            let who = format!("the {name} of IstioOperator {}", object.name);
            hear(who, object, remote.and_then(|r| r.get(name)));
        }
    }
    for object in sure(Kind::MutatingWebhookConfiguration) {
        let webhooks = fleet.view(object).get("webhooks");
        for webhook in webhooks.into_iter().flat_map(View::items) {
            let who = || format!("MutatingWebhookConfiguration {}", object.name);
            let client = webhook.get("clientConfig");
            hear(who(), object, client.and_then(|c| c.get("url")));
            hear(
                who(),
                object,
                client.and_then(|c| c.at(&["service", "path"])),
            );
        }
    }
    found
}

/// The value of a key in an injection path, as istiod reads it (`parseInjectEnvs` in pkg/kube/inject/webhook.go):
/// `/inject/cluster/west/net/blue`, or `/inject/:ENV:cluster=west:ENV:net=blue`.
fn injected(path: &str, key: &str) -> Option<String> {
    let (_, rest) = path.trim_end_matches('/').split_once("/inject/")?;
    let value = match rest.strip_prefix(":ENV:") {
        Some(pairs) => pairs
            .split(":ENV:")
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value),
        None => {
            let mut parts = rest.split('/');
            std::iter::from_fn(|| Some((parts.next()?, parts.next()?)))
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value)
        }
    };
    value.map(|v| v.replace("--slash--", "/"))
}

/// The environment of proxies, each value once, said by the first workload that has it.
fn of_proxies(fleet: &Fleet, cluster: &Cluster, setting: Setting, heard: &[ObjectId]) -> Vec<Word> {
    let name = match setting {
        Setting::ClusterName => "ISTIO_META_CLUSTER_ID",
        Setting::MeshId => "ISTIO_META_MESH_ID",
        Setting::Network => "ISTIO_META_NETWORK",
        _ => return Vec::new(),
    };
    let mut found: Vec<(Word, usize)> = Vec::new();
    for id in cluster.proxies.iter().filter(|id| !heard.contains(id)) {
        let Some(object) = cluster.object(*id).filter(|o| !o.ambiguous) else {
            continue;
        };
        let view = fleet.view(object);
        // A workload that says by its label to be elsewhere is meant to be.
        let labels = Labels::read(pod::labels_view(view, object.kind));
        if setting == Setting::Network && labels.get(LABEL).is_some() {
            continue;
        }
        let is_ztunnel = object.name == "ztunnel";
        let env = |container, name| pod::env(container, name).map(|(_, value)| value);
        let value = pod::containers(view, object.kind)
            .filter(|container| is_proxy(*container))
            .find_map(|container| {
                env(container, name).or_else(|| {
                    let own = is_ztunnel && setting == Setting::Network;
                    env(container, "NETWORK").filter(|_| own)
                })
            });
        let Some(word) = value.and_then(|value| {
            word(
                format!("{} {}", object.kind_name, object.name),
                object,
                value,
            )
        }) else {
            continue;
        };
        let word = Word {
            revision: labels
                .get("istio.io/rev")
                .or_else(|| revision(view.at(&REVISION))),
            ..word
        };
        let same = |first: &Word| first.value == word.value && first.revision == word.revision;
        match found.iter_mut().find(|(first, _)| same(first)) {
            Some((_, more)) => *more += 1,
            None => found.push((word, 0)),
        }
    }
    found
        .into_iter()
        .map(|(word, more)| match more {
            0 => word,
            1 => Word {
                who: format!("{} and another workload", word.who),
                ..word
            },
            more => Word {
                who: format!("{} and {more} more workloads", word.who),
                ..word
            },
        })
        .collect()
}

/// A scalar of an object as a word; `None` for one that is empty or no scalar.
pub(super) fn word(who: String, object: &Object, value: View<'_>) -> Option<Word> {
    let text = value.text().filter(|t| !t.is_empty())?;
    Some(Word {
        who,
        value: Ustr::from(&text),
        place: object.place(value),
        rendered: None,
        revision: None,
        by_default: false,
        inert: false,
    })
}

const REVISION: [&str; 3] = ["metadata", "labels", "istio.io/rev"];

fn revision(view: Option<View<'_>>) -> Option<Ustr> {
    let text = view?.text().filter(|t| !t.is_empty())?;
    Some(Ustr::from(&text))
}

/// The words that must go together: all of them, or those on each revision where there are several: a canary may be
/// there to change the value. What is not for one revision must go with any of them.
pub fn by_revision(cluster: &Cluster, words: Vec<Word>) -> Vec<Vec<Word>> {
    let planes = &cluster.control_planes;
    let of = |word: &Word| {
        let revision = word.revision?;
        planes.iter().position(|p| p.revision == revision)
    };
    if planes.len() < 2 {
        return vec![words];
    }
    let mut groups: Vec<Vec<Word>> = vec![Vec::new(); planes.len()];
    let (bound, free): (Vec<Word>, Vec<Word>) = words.into_iter().partition(|w| of(w).is_some());
    let values: BTreeSet<&str> = bound.iter().map(|w| w.value.as_str()).collect();
    let strays: Vec<Word> = free
        .into_iter()
        .filter(|w| !values.contains(w.value.as_str()))
        .collect();
    for word in bound {
        if let Some(group) = of(&word).and_then(|at| groups.get_mut(at)) {
            group.push(word);
        }
    }
    if let Some(first) = groups.first_mut() {
        first.extend(strays);
    }
    groups
}

/// The words of one cluster that do not go together.
#[derive(Debug)]
pub struct Split<'a> {
    /// Who differs from most; everybody at a tie.
    pub odd: Vec<&'a Word>,
    pub even: Vec<&'a Word>,
    /// What most say; `None` at a tie.
    pub majority: Option<Ustr>,
    /// Those whose word has an effect agree.
    pub inert: bool,
}

/// `None` when all agree. What is `preferred` counts for more than a majority, where anybody says it. Who has no
/// effect has no vote either, but decides a tie.
pub fn split(words: &[Word], preferred: Option<Ustr>) -> Option<Split<'_>> {
    let values: BTreeSet<&str> = words.iter().map(|w| w.value.as_str()).collect();
    if values.len() < 2 {
        return None;
    }
    // Votes with an effect, and all.
    let mut votes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for word in words {
        let (effective, all) = votes.entry(word.value.as_str()).or_default();
        *effective += usize::from(!word.inert);
        *all += 1;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    let mut leaders = votes.iter().filter(|(_, count)| **count == most);
    let leader = leaders.next().filter(|_| leaders.next().is_none());
    let majority = preferred
        .filter(|p| values.contains(p.as_str()))
        .or_else(|| leader.map(|(value, _)| Ustr::from(value)));
    let (even, odd) = words.iter().partition(|w| Some(w.value) == majority);
    Some(Split {
        odd,
        even,
        majority,
        inert: votes
            .values()
            .filter(|(effective, _)| *effective > 0)
            .count()
            == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{FileId, Span};

    #[test]
    fn an_injection_path_is_read_as_istiod_reads_it() {
        let path = "https://istiod.example:15017/inject/cluster/west/net/blue--slash--green";
        assert_eq!(injected(path, "cluster").as_deref(), Some("west"));
        assert_eq!(injected(path, "net").as_deref(), Some("blue/green"));
        assert_eq!(
            injected("/inject/:ENV:cluster=west:ENV:net=blue", "net").as_deref(),
            Some("blue")
        );
        assert_eq!(injected("/inject", "net"), None);
        assert_eq!(injected("/inject/net/cluster/west", "cluster"), None);
    }

    fn words(values: &[(&str, bool)]) -> Vec<Word> {
        let place = Place {
            file: FileId(0),
            span: Span::new(0, 0),
        };
        let word = |(value, inert): &(&str, bool)| Word {
            who: String::new(),
            value: Ustr::from(value),
            place,
            rendered: None,
            revision: None,
            by_default: false,
            inert: *inert,
        };
        values.iter().map(word).collect()
    }

    #[test]
    fn who_has_an_effect_decides_what_the_others_should_say() {
        let words = words(&[("a", false), ("b", true), ("b", true)]);
        let split = split(&words, None).unwrap();
        assert_eq!(split.majority.as_deref(), Some("a"));
        assert!(split.inert && split.odd.len() == 2);
    }

    #[test]
    fn a_tie_is_decided_by_who_has_no_effect_or_not_at_all() {
        let words = |third| words(&[("a", false), ("b", false), (third, true)]);
        assert_eq!(
            split(&words("b"), None).unwrap().majority.as_deref(),
            Some("b")
        );
        assert_eq!(split(&words("c"), None).unwrap().odd.len(), 3);
    }

    #[test]
    fn what_is_preferred_wins_where_anybody_says_it() {
        let words = words(&[("a", false), ("a", false), ("b", false)]);
        let majority = |preferred| split(&words, Some(Ustr::from(preferred))).unwrap().majority;
        assert_eq!(majority("b").as_deref(), Some("b"));
        assert_eq!(majority("c").as_deref(), Some("a"));
    }
}
