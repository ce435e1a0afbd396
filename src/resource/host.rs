//! Host names as Istio reads them: short names, fully qualified names and wildcards.

/// The host that `short` means in an object of `namespace`, when it may be the name of a Service:
/// `shop` and `shop.sales` and `shop.sales.svc` become `shop.sales.svc.<domain>`; a name that holds a dot
/// is only completed where Istio would do so (it completes names without any dot; `svc` forms are Kubernetes').
pub fn qualify(short: &str, namespace: &str, domain: &str) -> String {
    if short.contains('*') || short.is_empty() {
        return short.to_owned();
    }
    if !short.contains('.') {
        return format!("{short}.{namespace}.svc.{domain}");
    }
    if short.ends_with(".svc") {
        return format!("{short}.{domain}");
    }
    short.to_owned()
}

/// The name and namespace in `name.namespace.svc.<domain>`.
pub fn service_of<'a>(host: &'a str, domain: &str) -> Option<(&'a str, &'a str)> {
    let (name, rest) = host.split_once('.')?;
    let (namespace, rest) = rest.split_once('.')?;
    let tail = rest.strip_prefix("svc")?;
    (tail.is_empty() || tail.strip_prefix('.') == Some(domain)).then_some((name, namespace))
}

/// Whether `pattern` (`*`, `*.suffix` or a plain name) covers every host that `host` covers.
pub fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => host.strip_prefix('*').unwrap_or(host).ends_with(suffix),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_completed() {
        assert_eq!(
            qualify("shop", "sales", "cluster.local"),
            "shop.sales.svc.cluster.local"
        );
        assert_eq!(
            qualify("shop.sales.svc", "x", "cluster.local"),
            "shop.sales.svc.cluster.local"
        );
        assert_eq!(qualify("example.com", "x", "cluster.local"), "example.com");
        assert_eq!(qualify("*.local", "x", "cluster.local"), "*.local");
    }

    #[test]
    fn a_service_is_recognised_in_its_host() {
        assert_eq!(
            service_of("shop.sales.svc.cluster.local", "cluster.local"),
            Some(("shop", "sales"))
        );
        assert_eq!(
            service_of("shop.sales.svc", "cluster.local"),
            Some(("shop", "sales"))
        );
        assert_eq!(service_of("shop.sales.global", "cluster.local"), None);
    }

    #[test]
    fn wildcards_cover_by_suffix() {
        assert!(covers("*.local", "shop.sales.svc.cluster.local"));
        assert!(covers("*", "anything"));
        assert!(covers("*.global", "*.armadillo.global"));
        assert!(!covers("*.armadillo.global", "*.global"));
        assert!(!covers("shop", "cart"));
    }
}
