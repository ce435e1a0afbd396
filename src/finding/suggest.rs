//! "Did you mean ...?"

/// The candidate that a mistyped word most likely stands for: one that differs in case, has the word as its last part
/// (`capture-mismatch` for `dns/capture-mismatch`), or is at most two slips away (one, for words under six letters).
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = if word.chars().count() < 6 { 1 } else { 2 };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let name = lower.rsplit('/').next().unwrap_or_default();
            let whole = strsim::damerau_levenshtein(&word, &lower);
            // A slip more when the family is missing: the whole id comes first.
            let distance =
                whole.min(strsim::damerau_levenshtein(&word, name) + usize::from(name != word));
            (distance <= allowed).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let ids = [
            "dns",
            "dns/capture-mismatch",
            "IST0101",
            "gateway/port-missing",
            "mtls",
        ];
        for (typed, meant) in [
            ("dns/capture-missmatch", Some("dns/capture-mismatch")),
            ("DNS/Capture-Mismatch", Some("dns/capture-mismatch")),
            ("capture-mismatch", Some("dns/capture-mismatch")),
            ("capture-mismach", Some("dns/capture-mismatch")),
            ("ist0101", Some("IST0101")),
            ("ISTO101", Some("IST0101")),
            ("mlts", Some("mtls")),
            ("tracing/sampling", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, ids), meant, "{typed}");
        }
    }
}
