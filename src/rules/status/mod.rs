//! What controllers have written into the status of objects.

pub(super) mod negative_condition;
