//! The address of a workload: a WorkloadEntry, or an endpoint of a ServiceEntry.

use super::common::{self, Report};
use super::field::Field;
use crate::resource::validate;

/// Checks an endpoint. `names` is whether a host name will do as its address.
pub(super) fn endpoint<'a>(endpoint: Field<'a>, names: bool, r: &mut Report<'a>) {
    let (address, ports) = (endpoint.get("address"), endpoint.get("ports"));
    let text = address.text();
    if text.is_empty() {
        if endpoint.get("network").is("") {
            r.error(address, "is missing")
                .help("give the IP address of the workload");
        } else {
            r.warn(
                address,
                "is missing: the endpoint stands for all that the gateway of its network knows",
            );
        }
    } else if let Some(path) = text.strip_prefix("unix://") {
        if let Err(why) = validate::unix_socket(path) {
            r.error(address, format!("is `{text}`, {why}"));
        }
        if ports.entry_count() > 0 {
            r.error(ports, "is set, but a Unix socket has no ports")
                .help("remove `ports`");
        }
    } else if names {
        r.verdict(address, validate::ip_or_fqdn(&text));
    } else {
        r.verdict(address, validate::ip(&text))
            .help("give an IP address, or set `resolution: DNS`");
    }
    for (name, port) in ports.entries() {
        if let Err(why) = validate::dns_label(&name) {
            r.error_in_key(port, format!("is called `{name}`, {why}"));
        }
        common::port(port, r);
    }
    common::labels(endpoint.get("labels"), r);
}
