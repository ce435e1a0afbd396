//! Whether a text or a number is what Istio takes in a field. What is wrong is said as the end of a sentence:
//! "`port` is `x`, " *"which is no number"*.
//!
//! Facts: `pkg/config/validation` and `pkg/config/labels` of Istio 1.31.

use std::net::IpAddr;
use std::time::Duration;

/// `Err` holds what is wrong.
pub type Verdict = Result<(), &'static str>;

fn verdict(holds: bool, wrong: &'static str) -> Verdict {
    if holds { Ok(()) } else { Err(wrong) }
}

/// A port that something listens on.
pub fn port(number: i64) -> Verdict {
    verdict(
        (1..=65_535).contains(&number),
        "which is not between 1 and 65535",
    )
}

/// 1 to 63 letters, digits and hyphens, no hyphen at either end. Istio takes upper case too.
pub fn dns_label(text: &str) -> Verdict {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-');
    verdict(
        fits,
        "which is not 1 to 63 letters, digits and inner hyphens",
    )
}

/// A host name without wildcard; one dot at its end is fine, a number as its last label is not.
pub fn fqdn(text: &str) -> Verdict {
    whole_domain(text)?;
    labels_of_domain(text)
}

/// A host name whose first label may be `*`, or begin with `*` or `*-`.
pub fn wildcard_domain(text: &str) -> Verdict {
    whole_domain(text)?;
    let (first, rest) = match text.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    };
    let plain = first
        .strip_prefix("*-")
        .or_else(|| first.strip_prefix('*'))
        .unwrap_or(first);
    if first.contains('*') && !first.starts_with('*') || plain.contains('*') {
        return Err("which has a wildcard elsewhere than at its beginning");
    }
    if first != "*" {
        dns_label(plain).map_err(|_| NO_DOMAIN)?;
    }
    match rest {
        Some(rest) if rest.contains('*') => {
            Err("which has a wildcard elsewhere than at its beginning")
        }
        Some(rest) => labels_of_domain(rest),
        None => Ok(()),
    }
}

const NO_DOMAIN: &str = "which is no domain name";

fn whole_domain(text: &str) -> Verdict {
    match text.len() {
        0 => Err("which is empty"),
        1..=255 => Ok(()),
        _ => Err("which is longer than 255 characters"),
    }
}

fn labels_of_domain(text: &str) -> Verdict {
    let text = text.strip_suffix('.').unwrap_or(text);
    let all = text.split('.').all(|label| dns_label(label).is_ok());
    verdict(all, NO_DOMAIN)?;
    let last = text.rsplit('.').next().unwrap_or_default();
    verdict(
        !last.bytes().all(|byte| byte.is_ascii_digit()),
        "whose last label is a number, as if it were an IP address",
    )
}

pub fn ip(text: &str) -> Verdict {
    verdict(text.parse::<IpAddr>().is_ok(), "which is no IP address")
}

/// An address, or a range in CIDR form.
pub fn subnet(text: &str) -> Verdict {
    let Some((address, length)) = text.split_once('/') else {
        return ip(text);
    };
    let bits = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return Err("which is no range of IP addresses"),
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    verdict(
        digits && length.parse::<u32>().is_ok_and(|length| length <= bits),
        "which has no valid prefix length",
    )
}

pub fn ip_or_fqdn(text: &str) -> Verdict {
    if ip(text).is_ok() { Ok(()) } else { fqdn(text) }
}

/// A path behind `unix://`: absolute, or an abstract name behind `@`.
pub fn unix_socket(path: &str) -> Verdict {
    let named = |rest: &str| !rest.trim_matches('/').is_empty();
    verdict(
        path.strip_prefix('/').is_some_and(named) || path.strip_prefix('@').is_some_and(named),
        "which is neither an absolute path nor an abstract name behind `@`",
    )
}

/// A duration that Istio takes: at least a millisecond, and whole milliseconds.
pub fn duration(text: &str) -> Verdict {
    match go_duration(text) {
        None => Err("which is no duration such as `500ms`, `10s` or `1h30m`"),
        Some(nanos) if nanos < 1_000_000 => Err("which is less than a millisecond"),
        Some(nanos) if nanos % 1_000_000 != 0 => Err("which is no multiple of a millisecond"),
        Some(_) => Ok(()),
    }
}

/// Nanoseconds in a Go duration (`1h30m`, `1.5s`, `0`); `None` if it is none, or does not fit.
pub fn go_duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let unit_at = rest.find(|c| !is_number(c))?;
        let (number, tail) = rest.split_at(unit_at);
        let unit_end = tail.find(is_number).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let nanos = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * nanos;
        rest = tail;
    }
    let total = total.round();
    if total > Duration::from_nanos(i64::MAX as u64).as_nanos() as f64 {
        return None;
    }
    let total = total as i128;
    Some(if negative { -total } else { total })
}

/// A key of a label: a name of at most 63 characters, with a domain before a `/` or without.
pub fn label_key(key: &str) -> Verdict {
    const WRONG: &str = "which is no label key";
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if let Some(prefix) = prefix {
        let lower = !prefix.bytes().any(|byte| byte.is_ascii_uppercase());
        let labels = prefix.split('.').all(|label| dns_label(label).is_ok());
        verdict(prefix.len() <= 253 && lower && labels, WRONG)?;
    }
    verdict(!name.is_empty() && is_label_name(name), WRONG)
}

/// The value of a label, which may be empty.
pub fn label_value(value: &str) -> Verdict {
    verdict(
        value.is_empty() || is_label_name(value),
        "which is no label value",
    )
}

fn is_label_name(text: &str) -> bool {
    let outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 63
        && text.bytes().all(inner)
        && outer(text.bytes().next())
        && outer(text.bytes().next_back())
}

/// What Istio makes of the protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
    Http,
    Http2,
    HttpProxy,
    Grpc,
    GrpcWeb,
    Https,
    Tls,
    Mongo,
    Redis,
    Mysql,
    /// Not given, or not known.
    Unsupported,
}

impl Protocol {
    pub const NAMES: &str =
        "HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, HTTP_PROXY, MONGO, MYSQL, REDIS, TCP, TLS and UDP";

    /// In any case.
    pub fn of(text: &str) -> Protocol {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "http" => Protocol::Http,
            "http2" => Protocol::Http2,
            "http_proxy" => Protocol::HttpProxy,
            "grpc" => Protocol::Grpc,
            "grpc-web" => Protocol::GrpcWeb,
            "https" => Protocol::Https,
            "tls" => Protocol::Tls,
            "mongo" => Protocol::Mongo,
            "redis" => Protocol::Redis,
            "mysql" => Protocol::Mysql,
            _ => Protocol::Unsupported,
        }
    }

    /// Spoken in plaintext, so that Istio sees its requests.
    pub fn is_http(self) -> bool {
        matches!(
            self,
            Protocol::Http
                | Protocol::Http2
                | Protocol::HttpProxy
                | Protocol::Grpc
                | Protocol::GrpcWeb
        )
    }

    pub fn is_tls(self) -> bool {
        matches!(self, Protocol::Https | Protocol::Tls)
    }

    pub fn is_tcp(self) -> bool {
        matches!(
            self,
            Protocol::Tcp
                | Protocol::Https
                | Protocol::Tls
                | Protocol::Mongo
                | Protocol::Redis
                | Protocol::Mysql
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(check: fn(&str) -> Verdict, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn labels_of_hosts() {
        let long = "a".repeat(64);
        all(
            dns_label,
            &["a", "a-b", "A1", "0"],
            &["", "-a", "a-", "a.b", "a_b", "ä", &long],
        );
    }

    #[test]
    fn domains() {
        all(
            fqdn,
            &["a", "a.b.c", "a.b.", "xn--p1ai.ru"],
            &["", ".", "a..b", "*.b", "1.2.3.4", "a b", "a.123"],
        );
        all(
            wildcard_domain,
            &["*", "*.b", "*b.c", "*-b.c", "a.b", "123", "a.b."],
            &["", "a*.b", "*.*.b", "a.*.b", "**", "*.", "1.2.3.4"],
        );
    }

    #[test]
    fn addresses() {
        all(
            subnet,
            &["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"],
            &[
                "",
                "10.0.0.0/33",
                "10.0.0.0/",
                "10.0.0.0/+8",
                "a/8",
                "10.0.0",
            ],
        );
        all(
            unix_socket,
            &["/var/run/x", "@x", "/@a/b"],
            &["", "/", "x", "./x", "@", "//"],
        );
    }

    #[test]
    fn durations() {
        all(
            duration,
            &["1s", "1ms", "1.5s", "1h30m", "1000us"],
            &[
                "",
                "0s",
                "1",
                "1us",
                "1.0005ms",
                "-1s",
                "1x",
                "s",
                ".s",
                "99999999999h",
            ],
        );
        assert_eq!(go_duration("1h0.5m1s"), Some(3_631_000_000_000));
        assert_eq!(go_duration("0"), Some(0));
    }

    #[test]
    fn labels() {
        let long = "a".repeat(64);
        all(
            label_key,
            &["app", "a/b", "example.com/A_b.c"],
            &["", "/", "a/", "/b", "A/b", "a b", &long],
        );
        all(
            label_value,
            &["", "a", "1.2_3"],
            &["-a", "a b", "a-", &long],
        );
    }
}
