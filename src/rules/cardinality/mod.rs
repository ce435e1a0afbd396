pub(super) mod unbounded_tag;

mod dimension;
