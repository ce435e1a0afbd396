pub(super) mod ambiguous_object;
pub(super) mod cluster_name_disagrees;
pub(super) mod separate_meshes;
