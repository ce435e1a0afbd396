pub(super) mod missing_entry;
