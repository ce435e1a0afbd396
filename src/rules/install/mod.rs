pub(super) mod source_rendered_drift;
