pub(super) mod cluster_domain_mismatch;
pub(super) mod cluster_names_disagree;
pub(super) mod mesh_id_mismatch;
pub(super) mod mesh_ids_disagree;
