pub(super) mod capture_mismatch;
