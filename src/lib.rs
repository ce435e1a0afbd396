//! Reads the manifests of all clusters of a mesh at once and reports what will not work between them.
//!
//! The way of the data: `source → yaml → resource → fleet → rules → finding → report`. Imports point one way.

pub mod finding;
pub mod fleet;
pub mod report;
pub mod resource;
pub mod rules;
pub mod source;
pub mod yaml;
