pub(super) mod everything;
pub(super) mod raw_series;

mod selectors;
