//! What a selector just misses: pods that were probably meant.

use super::workload::Workload;
use super::{Cluster, Fleet};
use crate::resource::{Labels, pod};
use crate::yaml::{Place, View};
use ustr::Ustr;

/// Pods that lack one of the labels that a selector asks for.
#[derive(Clone, Copy, Debug)]
pub struct Near<'a> {
    pub workload: &'a Workload,
    pub key: Ustr,
    pub wanted: Ustr,
    /// What the pods have instead.
    pub has: Option<Ustr>,
}

impl Near<'_> {
    /// The label that the pods have, as it would be written.
    pub fn label(&self) -> Option<String> {
        Some(format!("{}: {}", self.key, self.has?))
    }
}

/// The pods that a selector misses by one label only, when the rest of it or the spelling shows that they are meant;
/// best those that go by the same name as `who`, the object that selects.
pub fn nearest<'a>(
    workloads: impl IntoIterator<Item = &'a Workload>,
    selector: &Labels,
    who: Ustr,
) -> Option<Near<'a>> {
    workloads
        .into_iter()
        .filter_map(|workload| {
            let mut missed = selector
                .iter()
                .filter(|(key, value)| workload.labels.get(key) != Some(*value));
            let (key, wanted) = missed.next()?;
            if missed.next().is_some() {
                return None;
            }
            let has = workload.labels.get(&key);
            let distance = has.and_then(|has| distance(&wanted, &has));
            let rest = selector.iter().count() > 1;
            let named = workload.name == who || workload.name == wanted;
            let near = Near {
                workload,
                key,
                wanted,
                has,
            };
            (distance.is_some() || rest || named).then_some((distance.unwrap_or(usize::MAX), near))
        })
        .min_by_key(|(distance, near)| (near.workload.name != who, *distance))
        .map(|(_, near)| near)
}

/// How far one name is from another that may have been meant; `None` where they have nothing to do with each other.
fn distance(wanted: &str, has: &str) -> Option<usize> {
    let parts = |name: &str| -> Vec<String> {
        name.to_ascii_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    };
    let (ours, theirs) = (parts(wanted), parts(has));
    let (a, b) = (ours.concat(), theirs.concat());
    if a == b {
        return Some(0);
    }
    let siblings = ours.len() == theirs.len() && {
        let mut differing = ours.iter().zip(&theirs).filter(|(a, b)| a != b);
        let counts = |a: &str, b: &str| {
            let stem = |text: &str| -> String {
                text.trim_end_matches(|c: char| c.is_ascii_digit())
                    .to_owned()
            };
            a.len().min(b.len()) <= 2 || stem(a) == stem(b)
        };
        // `shop-a` beside `shop-b`, `v1` beside `v2`: numbered on purpose.
        differing.next().is_some_and(|(a, b)| counts(a, b)) && differing.next().is_none()
    };
    let edits = strsim::damerau_levenshtein(&a, &b);
    let slip = !siblings && edits <= 2.min(a.len() / 3);
    // `collector` for `istio-collector`: a word left out or added.
    (slip || is_part(&ours, &theirs) || is_part(&theirs, &ours)).then_some(edits)
}

/// All words of `few` are among those of `many`, in the same order.
fn is_part(few: &[String], many: &[String]) -> bool {
    let mut rest = many.iter();
    few.len() < many.len() && few.iter().all(|word| rest.any(|other| other == word))
}

/// Where a label of the pods is written, or where it would be.
pub fn label_place(
    fleet: &Fleet,
    cluster: &Cluster,
    workload: &Workload,
    key: &str,
) -> Option<Place> {
    let object = cluster.object(workload.object)?;
    let labels = match workload.gateway_entry {
        Some(entry) => fleet.files.node(object.file, entry).get("label"),
        None => pod::labels_view(fleet.view(object), object.kind),
    };
    let span = match labels.and_then(|l| l.get(key)) {
        Some(value) => value.content_span(),
        None => {
            labels
                .or_else(|| pod::template(fleet.view(object), object.kind))
                .unwrap_or_else(|| fleet.view(object))
                .closest(&[])
                .0
        }
    };
    Some(Place {
        file: object.file,
        span,
    })
}

/// Where a selector asks for a label: its value.
pub fn selector_entry<'a>(selector: View<'a>, key: &str) -> View<'a> {
    selector
        .get(key)
        .or_else(|| selector.entries().next().map(|(_, value)| value))
        .unwrap_or(selector)
}

/// Pods that go by the same name in two clusters, in the one of which a selector picks them and in the other not.
#[derive(Clone, Copy, Debug)]
pub struct Twin<'a> {
    pub here: &'a Workload,
    pub there: &'a Workload,
    pub peer: &'a Cluster,
    /// A label that the selector asks for, and the pods here do not carry.
    pub key: Ustr,
}

/// The twin here of pods that the selector picks in one of the peers.
pub fn twin<'a>(
    cluster: &'a Cluster,
    peers: impl IntoIterator<Item = &'a Cluster>,
    selector: &Labels,
    namespace: Option<&str>,
) -> Option<Twin<'a>> {
    peers.into_iter().find_map(|peer| {
        let candidates = match namespace {
            Some(namespace) => peer.workloads_in(namespace),
            None => &peer.workloads,
        };
        let picked = candidates.iter().filter(|w| selector.are_within(&w.labels));
        picked.into_iter().find_map(|there| {
            let here = cluster
                .workloads_in(&there.namespace)
                .iter()
                .find(|w| w.name == there.name)?;
            let (key, _) = selector
                .iter()
                .find(|(key, value)| here.labels.get(key) != Some(*value))?;
            Some(Twin {
                here,
                there,
                peer,
                key,
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::ObjectId;
    use crate::yaml::FileId;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(k, v)| (Ustr::from(k), Ustr::from(v)))
            .collect()
    }

    fn workload(name: &str, pairs: &[(&str, &str)]) -> Workload {
        Workload {
            object: ObjectId(0),
            file: FileId(0),
            namespace: Ustr::from("shop"),
            name: Ustr::from(name),
            labels: labels(pairs),
            gateway_entry: None,
        }
    }

    fn near(selector: &[(&str, &str)]) -> Option<&'static str> {
        let pods = [
            workload("cart", &[("app", "cart"), ("version", "v1")]),
            workload("eastwest", &[("istio", "eastwestgateway")]),
        ];
        nearest(&pods, &labels(selector), Ustr::from("")).map(|n| n.workload.name.as_str())
    }

    #[test]
    fn a_slip_of_the_pen_is_near() {
        assert_eq!(near(&[("istio", "eastwestgatway")]), Some("eastwest"));
        assert_eq!(near(&[("istio", "east-west-gateway")]), Some("eastwest"));
        assert_eq!(near(&[("app", "sales-cart")]), Some("cart"));
    }

    #[test]
    fn one_label_among_several_is_near() {
        assert_eq!(near(&[("app", "cart"), ("version", "next")]), Some("cart"));
        assert_eq!(near(&[("app", "cart"), ("tier", "web")]), Some("cart"));
    }

    #[test]
    fn another_name_altogether_is_not() {
        assert_eq!(near(&[("app", "till")]), None);
        assert_eq!(near(&[("istio", "ingressgateway")]), None);
        assert_eq!(near(&[("app", "till"), ("version", "v2")]), None);
        assert_eq!(near(&[("version", "v2")]), None);
    }
}
