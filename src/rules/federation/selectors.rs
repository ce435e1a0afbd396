//! What federations ask for.

use crate::fleet::monitoring::{scrapes_proxies, sources};
use crate::fleet::{Cluster, Fleet, Object};
use crate::resource::Kind;
use crate::resource::monitoring::jobs;
use crate::resource::promql::{self, Matcher};
use crate::yaml::View;

/// A selector of a federation.
pub(super) struct Selector<'a> {
    pub view: View<'a>,
    pub text: String,
    pub matchers: Vec<Matcher>,
}

/// The selectors of an object's federations, as far as they can be read.
pub(super) fn selectors<'a>(root: View<'a>, kind: Kind) -> Vec<Selector<'a>> {
    jobs(root, kind)
        .into_iter()
        .filter(|job| job.is_federation())
        .flat_map(|job| job.selectors())
        .filter_map(|view| {
            let text = view.text()?.into_owned();
            let matchers = promql::selector(&text)?;
            Some(Selector {
                view,
                text,
                matchers,
            })
        })
        .collect()
}

impl Selector<'_> {
    /// Says which metrics it wants, rather than take them as they come.
    pub(super) fn names_metrics(&self) -> bool {
        // No list of names and no prefix would hold them all.
        const SAMPLES: [&str; 4] = ["up", "zz:any_metric", "go_goroutines", "pilot_xds"];
        !SAMPLES
            .iter()
            .all(|name| promql::picks(&self.matchers, name))
    }
}

/// Whether the server that is federated from has series of proxies, as far as that is known: one that scrapes none has
/// only what was aggregated before.
pub(super) fn source_has_proxies(fleet: &Fleet, cluster: &Cluster, object: &Object) -> bool {
    if object.kind != Kind::ServiceMonitor {
        return true;
    }
    let mut sources = sources(fleet, cluster, object).peekable();
    sources.peek().is_none() || sources.any(|server| scrapes_proxies(fleet, cluster, server))
}
