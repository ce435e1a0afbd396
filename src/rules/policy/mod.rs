pub(super) mod selects_nothing;
