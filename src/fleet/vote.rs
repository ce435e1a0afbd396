//! Who is the odd one out: stated values vote, known defaults stand where only one cluster states anything.

use super::ClusterId;
use super::setting::Effective;
use std::collections::BTreeMap;
use ustr::Ustr;

/// A cluster's word in a vote.
#[derive(Clone, Copy, Debug)]
pub struct Voter<'a> {
    pub cluster: ClusterId,
    pub setting: &'a Effective,
}

/// A vote in which not all agree.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// Those who differ from the majority, by value; everybody at a tie.
    pub odd: Vec<Voter<'a>>,
    /// One of the majority, who states the value if anybody does; none at a tie.
    pub example: Option<Voter<'a>>,
    /// The majority.
    pub even: Vec<Voter<'a>>,
}

/// `None` when all known values agree. Unknown values have no vote.
pub fn vote<'a>(voters: impl IntoIterator<Item = Voter<'a>>) -> Option<Outcome<'a>> {
    let voters: Vec<Voter<'a>> = voters
        .into_iter()
        .filter(|v| v.setting.is_known())
        .collect();
    let first = voters.first()?.setting.value;
    if voters.iter().all(|v| v.setting.value == first) {
        return None;
    }
    let stated = voters.iter().filter(|v| v.setting.is_stated()).count();
    // A single statement is no majority: it stands against what the others do by default.
    let votes = |v: &&Voter<'a>| stated < 2 || v.setting.is_stated();
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for voter in voters.iter().filter(votes) {
        *tally.entry(voter.setting.value.as_str()).or_default() += 1;
    }
    let most = tally.values().copied().max()?;
    let mut leaders = tally
        .iter()
        .filter(|(_, count)| **count == most)
        .map(|(value, _)| Ustr::from(value));
    let majority = leaders.next().filter(|_| leaders.next().is_none());
    let example = majority.and_then(|m| {
        let of_majority = || voters.iter().filter(|v| v.setting.value == m);
        of_majority()
            .find(|v| v.setting.is_stated())
            .or_else(|| of_majority().next())
            .copied()
    });
    let (odd, even) = voters
        .iter()
        .partition(|v| Some(v.setting.value) != majority);
    Some(Outcome { odd, example, even })
}

#[cfg(test)]
mod tests {
    use super::super::setting::Confidence::{self, Default, Exact, Unknown};
    use super::*;
    use crate::yaml::{FileId, Place, Span};

    fn outcome(values: &[(&str, Confidence)]) -> Option<(Vec<u32>, Option<u32>)> {
        let settings: Vec<Effective> = values
            .iter()
            .map(|(value, confidence)| Effective {
                value: Ustr::from(value),
                confidence: *confidence,
                place: Place {
                    file: FileId(0),
                    span: Span::new(0, 0),
                },
                rendered: Vec::new(),
                intent: Vec::new(),
            })
            .collect();
        let voters = settings.iter().enumerate().map(|(at, setting)| Voter {
            cluster: ClusterId(at as u32),
            setting,
        });
        vote(voters).map(|o| {
            (
                o.odd.iter().map(|v| v.cluster.0).collect(),
                o.example.map(|v| v.cluster.0),
            )
        })
    }

    #[test]
    fn the_minority_is_odd() {
        assert_eq!(
            outcome(&[("a", Exact), ("b", Exact), ("a", Exact)]),
            Some((vec![1], Some(0)))
        );
    }

    #[test]
    fn all_agree() {
        assert_eq!(
            outcome(&[("a", Exact), ("a", Default), ("b", Unknown)]),
            None
        );
    }

    #[test]
    fn one_against_one_are_both_odd() {
        assert_eq!(
            outcome(&[("a", Exact), ("b", Default)]),
            Some((vec![0, 1], None))
        );
    }

    #[test]
    fn a_lone_statement_stands_against_the_default_of_the_others() {
        assert_eq!(
            outcome(&[("a", Exact), ("b", Default), ("b", Default)]),
            Some((vec![0], Some(1)))
        );
    }

    #[test]
    fn the_silent_are_odd_when_the_others_state_something_else() {
        assert_eq!(
            outcome(&[("a", Exact), ("a", Exact), ("b", Default), ("b", Default)]),
            Some((vec![2, 3], Some(0)))
        );
    }
}
