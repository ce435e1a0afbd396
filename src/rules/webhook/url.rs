//! The addresses of webhooks that reach an istiod outside of their cluster.

use crate::fleet::Object;
use crate::resource::Kind;
use crate::yaml::View;
use std::net::IpAddr;

/// The entries of a configuration by which Istio injects or validates; none of others.
pub(super) fn entries<'a>(object: &Object, view: View<'a>) -> Vec<View<'a>> {
    let name = object.name.as_str();
    let is_istio = match object.kind {
        Kind::ValidatingWebhookConfiguration => {
            name == "istiod-default-validator" || name.starts_with("istio-validator")
        }
        _ => name.starts_with("istio-sidecar-injector"),
    };
    let list = view.get("webhooks").filter(|_| is_istio);
    list.into_iter().flat_map(View::items).collect()
}

/// The host of a URL; `Err` where it is no URL, `Ok("")` where it has none.
pub(super) fn host(url: &str) -> Result<&str, ()> {
    if url.chars().any(|c| c.is_control() || c == ' ') {
        return Err(());
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        let first = url.split('/').next().unwrap_or_default();
        return if first.contains(':') { Err(()) } else { Ok("") };
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let address = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match address.strip_prefix('[') {
        Some(v6) => {
            let (host, port) = v6.split_once(']').ok_or(())?;
            (host, port.strip_prefix(':').unwrap_or(port))
        }
        None => address.rsplit_once(':').unwrap_or((address, "")),
    };
    let is_port = port.chars().all(|c| c.is_ascii_digit());
    let is_host = !host.contains(['<', '>', '"', '%', '{', '}', '\\', '^', '`', '|']);
    if is_scheme && is_port && is_host {
        Ok(host)
    } else {
        Err(())
    }
}

pub(super) fn is_ip(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found() {
        assert_eq!(
            host("https://istiod.example.com:15017/inject"),
            Ok("istiod.example.com")
        );
        assert_eq!(host("https://[fd00::1]:15017/inject"), Ok("fd00::1"));
        assert_eq!(host("https://10.0.0.1/inject"), Ok("10.0.0.1"));
        assert_eq!(host(""), Ok(""));
        assert_eq!(host("10.0.0.1:15017/inject"), Err(()));
        assert_eq!(host("https://istiod example.com"), Err(()));
        assert_eq!(host("https://istiod:port/"), Err(()));
    }
}
