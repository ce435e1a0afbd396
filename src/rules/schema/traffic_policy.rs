//! The traffic policy of a DestinationRule; its connection pools are in a Sidecar too.

use super::common::{self, Report};
use super::field::Field;
use super::tls;
use crate::resource::validate;
use std::collections::BTreeSet;

const PARTS: [&str; 8] = [
    "loadBalancer",
    "connectionPool",
    "outlierDetection",
    "tls",
    "portLevelSettings",
    "tunnel",
    "proxyProtocol",
    "retryBudget",
];

pub(super) fn traffic_policy<'a>(policy: Field<'a>, r: &mut Report<'a>) {
    if !policy.is_set() {
        return;
    }
    if !PARTS.iter().any(|name| policy.get(name).has_content()) {
        r.error(policy, "has no policy in it")
            .help("remove it, or say what is to hold");
        return;
    }
    let (tunnel, proxy) = (policy.get("tunnel"), policy.get("proxyProtocol"));
    if tunnel.is_set() && proxy.is_set() {
        r.error(proxy, "is set beside `tunnel`")
            .help("keep one of them");
        return;
    }
    parts(policy, r);
    for settings in policy.get("portLevelSettings").items() {
        if !settings.get("port").is_set() {
            r.error(settings, "does not say which port it is for")
                .help("add `port: {number: ...}`");
        } else {
            common::port(settings.at(&["port", "number"]), r);
        }
        let four = PARTS.iter().take(4);
        if !four.copied().any(|name| settings.get(name).is_set()) {
            r.error(settings, "has no policy in it");
        }
        parts(settings, r);
    }
    if tunnel.is_set() {
        let protocol = tunnel.get("protocol");
        if !protocol.is_any_of(&["", "CONNECT", "POST"]) {
            r.error(
                protocol,
                format!(
                    "is `{}`, but has to be `CONNECT` or `POST`",
                    protocol.text()
                ),
            );
        }
        let host = tunnel.get("targetHost");
        r.verdict(host, validate::ip_or_fqdn(&host.text()));
        common::port(tunnel.get("targetPort"), r);
    }
}

/// What a policy for all ports and one for a single port have in common.
fn parts<'a>(policy: Field<'a>, r: &mut Report<'a>) {
    let outliers = policy.get("outlierDetection");
    outlier_detection(outliers, r);
    connection_pool(policy.get("connectionPool"), r);
    load_balancer(policy.get("loadBalancer"), outliers.is_set(), r);
    tls::client(policy.get("tls"), r);
}

fn outlier_detection<'a>(outliers: Field<'a>, r: &mut Report<'a>) {
    common::duration(outliers.get("baseEjectionTime"), r);
    common::duration(outliers.get("interval"), r);
    if outliers.get("consecutiveErrors").has_content() {
        r.warn(
            outliers.get("consecutiveErrors"),
            "is deprecated and has no effect",
        )
        .help("use `consecutive5xxErrors` or `consecutiveGatewayErrors`");
    }
    let local = outliers.get("consecutiveLocalOriginFailures");
    if local.int().is_some_and(|n| n > 0)
        && !outliers.get("splitExternalLocalOriginErrors").is_true()
    {
        r.error(
            local,
            "has no effect unless failures of the client are counted on their own",
        )
        .help("add `splitExternalLocalOriginErrors: true`");
    }
    for name in ["maxEjectionPercent", "minHealthPercent"] {
        let percent = outliers.get(name);
        if let Some(value) = percent.int().filter(|value| !(0..=100).contains(value)) {
            r.error(
                percent,
                format!("is {value}, which is not between 0 and 100"),
            );
        }
    }
}

pub(super) fn connection_pool<'a>(pool: Field<'a>, r: &mut Report<'a>) {
    if !pool.is_set() {
        return;
    }
    let (http, tcp) = (pool.get("http"), pool.get("tcp"));
    if !http.is_set() && !tcp.is_set() {
        r.error(pool, "has neither `http` nor `tcp` in it")
            .help("remove it, or say what the limits are");
    }
    for name in [
        "http1MaxPendingRequests",
        "http2MaxRequests",
        "maxRequestsPerConnection",
        "maxRetries",
        "maxConcurrentStreams",
    ] {
        not_negative(http.get(name), r);
    }
    common::duration(http.get("idleTimeout"), r);
    let upgrade = http.get("h2UpgradePolicy");
    if upgrade.is("UPGRADE") && http.get("useClientProtocol").is_true() {
        r.error(
            upgrade,
            "is `UPGRADE`, but `useClientProtocol` keeps the client's protocol",
        )
        .help("keep one of them");
    }
    let alive = http.get("http2KeepAlive");
    if alive.is_set() {
        for name in ["interval", "timeout"] {
            if alive.get(name).is_set() {
                common::duration(alive.get(name), r);
            } else {
                r.error(alive.get(name), "is missing");
            }
        }
    }
    not_negative(tcp.get("maxConnections"), r);
    common::duration(tcp.get("connectTimeout"), r);
    common::duration(tcp.get("maxConnectionDuration"), r);
    let idle = tcp.get("idleTimeout");
    // No limit.
    if validate::go_duration(&idle.text()) != Some(0) {
        common::duration(idle, r);
    }
    common::duration(tcp.at(&["tcpKeepalive", "time"]), r);
    common::duration(tcp.at(&["tcpKeepalive", "interval"]), r);
}

fn not_negative<'a>(field: Field<'a>, r: &mut Report<'a>) {
    if let Some(number) = field.int().filter(|number| *number < 0) {
        r.error(field, format!("is {number}, but cannot be negative"));
    }
}

fn load_balancer<'a>(balancer: Field<'a>, outliers: bool, r: &mut Report<'a>) {
    let hash = balancer.get("consistentHash");
    let cookie = hash.get("httpCookie");
    if cookie.is_set() && cookie.get("name").is("") {
        r.error(cookie.get("name"), "is missing");
    }
    let mut names = BTreeSet::new();
    for attribute in cookie.get("attributes").items() {
        let name = attribute.get("name");
        if name.is("") {
            r.error(name, "is missing");
        } else if !names.insert(name.text()) {
            r.error(
                name,
                format!("is `{}`, which the cookie has already", name.text()),
            );
        }
    }
    let ring = hash.get("minimumRingSize");
    let (maglev, sized) = (hash.get("maglev"), hash.get("ringHash"));
    if ring.has_content() {
        r.warn(ring, "is deprecated")
            .help("use `ringHash.minimumRingSize`");
        if maglev.is_set() || sized.is_set() {
            r.error(ring, "is set beside `maglev` or `ringHash`")
                .help("remove it");
        }
    }
    if maglev.is_set() {
        let size = maglev.get("tableSize");
        match size.is_set() {
            true => match size.int() {
                Some(number) if !(1..5_000_011).contains(&number) || !is_prime(number) => {
                    r.error(
                        size,
                        format!("is {number}, but has to be a prime below 5000011"),
                    )
                    .help("65537 is the usual size");
                }
                _ => {}
            },
            false => r.error(size, "is missing").help("65537 is the usual size"),
        }
    }
    let (locality, zone) = (
        balancer.get("localityLbSetting"),
        balancer.get("zoneAwareLbSetting"),
    );
    if locality.is_set() && zone.is_set() {
        r.error(zone, "is set beside `localityLbSetting`")
            .help("keep one of them");
    }
    locality_setting(locality, outliers, r);
    zone_aware(zone, outliers, r);
    let warmup = balancer.get("warmup");
    if warmup.is_set() {
        let duration = warmup.get("duration");
        match duration.is_set() {
            true => common::duration(duration, r),
            false => drop(r.error(duration, "is missing")),
        }
        let decimal = |name| warmup.get(name).text().parse::<f64>().ok();
        if decimal("minimumPercent").is_some_and(|percent| percent > 100.0) {
            r.error(warmup.get("minimumPercent"), "is more than 100");
        }
        if decimal("aggression").is_some_and(|aggression| aggression <= 0.0) {
            r.error(warmup.get("aggression"), "has to be more than 0");
        }
    }
}

fn is_prime(number: i64) -> bool {
    number > 1
        && (2..)
            .take_while(|n| n * n <= number)
            .all(|n| number % n != 0)
}

/// The labels by which Istio itself orders localities.
const TOPOLOGY: [&str; 3] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
];

fn locality_setting<'a>(setting: Field<'a>, outliers: bool, r: &mut Report<'a>) {
    let (distribute, failover) = (setting.get("distribute"), setting.get("failover"));
    let priority = setting.get("failoverPriority");
    if distribute.len() > 0 && failover.len() > 0 {
        r.error(failover, "is set beside `distribute`")
            .help("keep one of them");
        return;
    }
    if failover.len() > 0
        && let Some(label) = priority.items().find(|label| names_topology(*label))
    {
        r.error(
            label,
            "is a label of the locality, which `failover` decides about",
        )
        .help("keep it here, and remove `failover`; or the other way round");
        return;
    }
    let mut from = Vec::new();
    for entry in distribute.items() {
        let source = entry.get("from");
        from.push((source, source.text()));
        let mut to = Vec::new();
        let mut total = 0;
        for (locality, weight) in entry.get("to").entries() {
            match weight.int() {
                Some(number) if !(1..=100).contains(&number) => {
                    r.error(
                        weight,
                        format!("is {number}, but a weight is between 1 and 100"),
                    );
                    return;
                }
                Some(number) => total += number,
                None => return,
            }
            to.push((weight, locality));
        }
        if total != 100 {
            r.error(
                entry.get("to"),
                format!("has weights that come to {total}, not to 100"),
            );
            return;
        }
        localities(&to, r);
    }
    localities(&from, r);
    failovers(failover, priority, outliers, r);
}

fn zone_aware<'a>(setting: Field<'a>, outliers: bool, r: &mut Report<'a>) {
    let priority = setting.get("failoverPriority");
    for label in priority.items().filter(|label| names_topology(*label)) {
        r.error(
            label,
            "is a label of the locality, which this setting decides about by itself",
        );
    }
    failovers(setting.get("failover"), priority, outliers, r);
}

fn names_topology(label: Field<'_>) -> bool {
    let text = label.text();
    let key = text.split('=').next().unwrap_or_default();
    TOPOLOGY.contains(&key)
}

fn failovers<'a>(failover: Field<'a>, priority: Field<'a>, outliers: bool, r: &mut Report<'a>) {
    let given = [failover, priority].into_iter().find(|list| list.len() > 0);
    if let Some(list) = given.filter(|_| !outliers) {
        r.warn(
            list,
            "has no effect without `outlierDetection`, which tells when a locality fails",
        )
        .help("add `outlierDetection`, such as `consecutive5xxErrors: 5`");
    }
    for entry in failover.items() {
        let (from, to) = (entry.get("from"), entry.get("to"));
        if from.text() == to.text() {
            r.error(to, format!("is `{}`, as `from` is", to.text()));
        }
        for region in [from, to] {
            let text = region.text();
            if text.contains('/') {
                r.error(
                    region,
                    format!("is `{text}`, but failover goes from region to region"),
                )
                .help("name the region alone");
            } else if text.contains('*') {
                r.error(
                    region,
                    format!("is `{text}`, but a region has no wildcard here"),
                );
            }
        }
    }
}

/// Checks the shape of localities, and that none is part of another.
fn localities<'a>(list: &[(Field<'a>, std::borrow::Cow<'a, str>)], r: &mut Report<'a>) {
    for (at, (field, text)) in list.iter().enumerate() {
        let stars = text.matches('*').count();
        if stars > 1 || stars == 1 && !text.ends_with('*') {
            r.error_in_key(
                *field,
                format!("names `{text}`, but `*` stands at the end of a locality only"),
            );
            return;
        }
        if text.split('/').any(str::is_empty) {
            r.error_in_key(*field, format!("names `{text}`, of which a part is empty"));
            return;
        }
        let overlaps = |other: &str| {
            let same = |(a, b): (&str, &str)| a == "*" || b == "*" || a == b;
            text.split('/').zip(other.split('/')).all(same)
        };
        if let Some((_, other)) = list.iter().take(at).find(|(_, other)| overlaps(other)) {
            r.error_in_key(
                *field,
                format!("names `{text}`, which overlaps with `{other}`"),
            );
            return;
        }
    }
}
