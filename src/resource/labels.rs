//! Labels, and the selectors that pick by them.

use crate::yaml::View;
use ustr::Ustr;

/// Labels sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Vec<(Ustr, Ustr)>);

impl Labels {
    /// From a mapping of scalars; anything else yields no labels.
    pub fn read(view: Option<View<'_>>) -> Labels {
        view.into_iter()
            .flat_map(View::entries)
            .filter_map(|(key, value)| Some((Ustr::from(&key.text()?), Ustr::from(&value.text()?))))
            .collect()
    }

    pub fn get(&self, key: &str) -> Option<Ustr> {
        self.0
            .binary_search_by(|(k, _)| k.as_str().cmp(key))
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, value)| *value)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Ustr, Ustr)> + '_ {
        self.0.iter().copied()
    }

    /// Every label of `self` is in `other`: what `matchLabels`, a Service's or a Gateway's selector ask for.
    pub fn are_within(&self, other: &Labels) -> bool {
        self.0
            .iter()
            .all(|(key, value)| other.get(key) == Some(*value))
    }
}

impl FromIterator<(Ustr, Ustr)> for Labels {
    /// The last of two values for one key stays.
    fn from_iter<T: IntoIterator<Item = (Ustr, Ustr)>>(labels: T) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.reverse();
        labels.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        labels.dedup_by_key(|(key, _)| *key);
        Labels(labels)
    }
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{key}: {value}")?;
        }
        Ok(())
    }
}

/// A Kubernetes `LabelSelector`: `matchLabels` and `matchExpressions`.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    labels: Labels,
    expressions: Vec<Expression>,
}

#[derive(Clone, Debug)]
struct Expression {
    key: Ustr,
    operator: Operator,
    values: Vec<Ustr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// A word that Kubernetes would refuse: matches nothing.
    Unknown,
}

impl Selector {
    pub fn read(view: Option<View<'_>>) -> Selector {
        let expressions = view
            .and_then(|v| v.get("matchExpressions"))
            .into_iter()
            .flat_map(View::items)
            .filter_map(|e| {
                let operator = match e.get("operator")?.text()?.as_ref() {
                    "In" => Operator::In,
                    "NotIn" => Operator::NotIn,
                    "Exists" => Operator::Exists,
                    "DoesNotExist" => Operator::DoesNotExist,
                    _ => Operator::Unknown,
                };
                Some(Expression {
                    key: Ustr::from(&e.get("key")?.text()?),
                    operator,
                    values: e
                        .get("values")
                        .into_iter()
                        .flat_map(View::items)
                        .filter_map(|v| Some(Ustr::from(&v.text()?)))
                        .collect(),
                })
            })
            .collect();
        Selector {
            labels: Labels::read(view.and_then(|v| v.get("matchLabels"))),
            expressions,
        }
    }

    /// Selects everything.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// What `matchLabels` asks for.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.labels.are_within(labels)
            && self.expressions.iter().all(|e| {
                let value = labels.get(&e.key);
                match e.operator {
                    Operator::In => value.is_some_and(|v| e.values.contains(&v)),
                    Operator::NotIn => value.is_none_or(|v| !e.values.contains(&v)),
                    Operator::Exists => value.is_some(),
                    Operator::DoesNotExist => value.is_none(),
                    Operator::Unknown => false,
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(k, v)| (Ustr::from(k), Ustr::from(v)))
            .collect()
    }

    #[test]
    fn the_last_of_two_equal_keys_stays() {
        assert_eq!(
            labels(&[("a", "1"), ("b", "2"), ("a", "3")]).get("a"),
            Some(Ustr::from("3"))
        );
    }

    #[test]
    fn a_selector_is_within_the_labels_it_picks() {
        let pod = labels(&[("app", "shop"), ("version", "v1")]);
        assert!(labels(&[("app", "shop")]).are_within(&pod));
        assert!(!labels(&[("app", "cart")]).are_within(&pod));
        assert!(labels(&[]).are_within(&pod));
    }
}
