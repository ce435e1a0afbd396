//! Typed views on the objects of a file: what they are called, what they select, what is embedded in them.

pub mod annotation;
pub mod argo;
pub mod buckets;
pub mod cel;
pub mod host;
pub mod kind;
pub mod kustomization;
pub mod labels;
pub mod manifest;
pub mod monitoring;
pub mod pod;
pub mod promql;
pub mod series;
pub mod service;
pub mod service_entry;
pub mod telemetry;
pub mod validate;

pub use kind::Kind;
pub use labels::{Labels, Selector};
pub use manifest::{Header, Manifest};
