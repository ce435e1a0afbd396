//! What makes a finding the same one in the next run.
//!
//! The fingerprint is FNV-1a, 128 bits, over: the word `meshlint/1`, the rule, each cluster in sorted order, the
//! resource and the subject. Each part is a tag byte, its length in bytes as eight little-endian bytes, and its UTF-8.
//! The resource goes in by cluster, API group (no version: `v1beta1` to `v1` is the same object), kind, namespace and
//! name. No file, line, message or value takes part, so it survives moved lines, renamed files and reworded messages.

use super::{Finding, ResourceRef};
use std::{collections::HashMap, fmt};

/// Prints as 32 lower hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// One for each finding, in the order given. Findings that would share one are counted, and the count of the second and
/// later ones is hashed in: give them sorted, so that this does not depend on the run.
pub fn fingerprints(findings: &[Finding]) -> Vec<Fingerprint> {
    let mut seen: HashMap<u128, u64> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let hash = hash(finding);
            let count = seen.entry(hash.0).or_insert(0);
            *count += 1;
            match *count {
                1 => Fingerprint(hash.0),
                nth => Fingerprint(hash.part(b'#', &nth.to_string()).0),
            }
        })
        .collect()
}

fn hash(finding: &Finding) -> Fnv {
    let mut clusters: Vec<&str> = finding.clusters.iter().map(|c| c.as_str()).collect();
    clusters.sort_unstable();
    let mut hash = Fnv::START.part(b'v', "meshlint/1").part(b'r', finding.rule);
    for cluster in clusters {
        hash = hash.part(b'c', cluster);
    }
    if let Some(resource) = &finding.resource {
        hash = resource_parts(hash, resource);
    }
    hash.part(b's', &finding.subject)
}

fn resource_parts(hash: Fnv, resource: &ResourceRef) -> Fnv {
    let group = resource
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    hash.optional(b'C', resource.cluster.as_deref())
        .part(b'G', group)
        .part(b'K', &resource.kind)
        .optional(b'N', resource.namespace.as_deref())
        .part(b'n', &resource.name)
}

#[derive(Clone, Copy)]
struct Fnv(u128);

impl Fnv {
    const START: Self = Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |h, b| {
            (h ^ u128::from(*b)).wrapping_mul(Self::PRIME)
        }))
    }

    fn part(self, tag: u8, text: &str) -> Self {
        self.bytes(&[tag])
            .bytes(&(text.len() as u64).to_le_bytes())
            .bytes(text.as_bytes())
    }

    fn optional(self, tag: u8, text: Option<&str>) -> Self {
        text.map_or(self, |text| self.part(tag, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Location, Severity};
    use crate::yaml::{FileId, Place, Span};
    use ustr::ustr;

    fn finding() -> Finding {
        Finding {
            rule: "dns/capture-mismatch",
            severity: Severity::Warning,
            message: "west does not capture DNS".into(),
            help: None,
            clusters: vec![ustr("east"), ustr("west")],
            resource: Some(ResourceRef {
                cluster: Some("west".into()),
                api_version: "networking.istio.io/v1beta1".into(),
                kind: "Gateway".into(),
                namespace: Some("istio-system".into()),
                name: "eastwest".into(),
            }),
            subject: "dnsCapture".into(),
            locations: Vec::new(),
            consequences: Vec::new(),
        }
    }

    fn one(finding: &Finding) -> Fingerprint {
        fingerprints(std::slice::from_ref(finding))[0]
    }

    #[test]
    fn fnv_is_the_published_one() {
        assert_eq!(
            Fnv::START.bytes(b"a").0,
            0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964
        );
    }

    /// Baselines in people's repositories hold these: a change here is a new version of the contract.
    #[test]
    fn is_stable() {
        insta::assert_snapshot!(one(&finding()), @"cdc5c594247bfa06db83eba52ec5fb42");
    }

    #[test]
    fn survives_what_does_not_matter() {
        let mut other = finding();
        other.message = "reworded".into();
        other.severity = Severity::Info;
        other.help = Some("do it".into());
        other.clusters.reverse();
        other.resource.as_mut().unwrap().api_version = "networking.istio.io/v1".into();
        other.locations.push(Location {
            primary: true,
            place: Place {
                file: FileId(7),
                span: Span::new(3, 4),
            },
            label: "here".into(),
        });
        assert_eq!(one(&other), one(&finding()));
    }

    #[test]
    fn differs_by_what_matters() {
        let changes: [fn(&mut Finding); 8] = [
            |_| {},
            |f| f.rule = "dns/other",
            |f| f.clusters.truncate(1),
            |f| f.subject = "dnsCaptur".into(),
            |f| f.resource = None,
            |f| f.resource.as_mut().unwrap().namespace = None,
            |f| f.resource.as_mut().unwrap().api_version = "v1".into(),
            |f| {
                // The border between two parts moves.
                let resource = f.resource.as_mut().unwrap();
                resource.kind = "Gatewa".into();
                resource.namespace = Some("yistio-system".into());
            },
        ];
        let mut all: Vec<_> = changes
            .iter()
            .map(|change| {
                let mut finding = finding();
                change(&mut finding);
                one(&finding)
            })
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), changes.len());
    }

    #[test]
    fn twins_are_counted() {
        let twins = fingerprints(&[finding(), finding(), finding()]);
        assert_eq!(twins[0], one(&finding()));
        assert!(twins[0] != twins[1] && twins[1] != twins[2] && twins[0] != twins[2]);
    }
}
