//! How rules on monitors speak of the jobs in them.

use crate::fleet::Object;
use crate::resource::monitoring::Job;

/// `PodMonitor envoy-stats`, with the job where an object holds several by name.
pub(super) fn name(object: &Object, job: &Job<'_>) -> String {
    let job = job.name().filter(|_| {
        use crate::resource::Kind::{ConfigMap, Secret};
        matches!(object.kind, ConfigMap | Secret)
    });
    match job {
        Some(job) => format!("{} {}, job {job}", object.kind_name, object.name),
        None => format!("{} {}", object.kind_name, object.name),
    }
}
