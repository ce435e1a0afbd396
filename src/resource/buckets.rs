//! The bounds of histogram buckets that a pod asks its proxy for.

use crate::yaml::View;

/// The annotation that sets them: JSON, from prefixes of statistics to lists of bounds.
pub const ANNOTATION: &str = "sidecar.istio.io/statsHistogramBuckets";

/// How many bounds a histogram has when nobody sets any (istio.io, annotation `statsHistogramBuckets`).
pub const DEFAULT: usize = 19;

/// The bounds for Istio's metrics.
#[derive(Clone, Debug)]
pub struct Buckets<'a> {
    /// The list.
    pub view: View<'a>,
    /// Sorted, each once.
    pub bounds: Vec<f64>,
}

/// What the annotations of a pod say; `None` when Istio's own bounds hold.
pub fn buckets(annotations: View<'_>) -> Option<Buckets<'_>> {
    let lists = annotations.get(ANNOTATION)?.embedded()?;
    let (_, view) = lists
        .entries()
        .filter(|(prefix, _)| {
            let prefix = prefix.text().unwrap_or_default();
            prefix.starts_with("istio") || "istio".starts_with(prefix.as_ref())
        })
        .max_by_key(|(prefix, _)| prefix.text().map_or(0, |t| t.len()))?;
    let mut bounds: Vec<f64> = view
        .items()
        .filter_map(|bound| bound.text()?.parse().ok())
        .collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    Some(Buckets { view, bounds })
}
