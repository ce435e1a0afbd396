//! TLS settings: of servers, in a Gateway or a Sidecar's ingress, and of clients, in a DestinationRule.

use super::common::Report;
use super::field::Field;
use std::collections::BTreeSet;

/// Where a server's certificates may come from.
const SERVER_FILES: [&str; 6] = [
    "serverCertificate",
    "privateKey",
    "caCertificates",
    "tlsCertificates",
    "credentialName",
    "credentialNames",
];

/// The OpenSSL names of the ciphers that Envoy takes (Istio `pkg/config/security`).
const CIPHERS: [&str; 17] = [
    "AES128-GCM-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA",
    "DES-CBC3-SHA",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ALL",
    "",
];

/// Leaves TLS as it is, which is also what an empty mode means.
pub(super) fn is_passthrough(tls: Field<'_>) -> bool {
    tls.get("mode")
        .is_any_of(&["", "PASSTHROUGH", "AUTO_PASSTHROUGH"])
}

pub(super) fn server<'a>(tls: Field<'a>, r: &mut Report<'a>) {
    if !tls.is_set() {
        return;
    }
    ciphers(tls, r);
    let mode = tls.get("mode");
    let given = SERVER_FILES.map(|name| tls.get(name)).into_iter();
    let given: Vec<Field<'a>> = given.filter(|field| field.has_content()).collect();
    if mode.is("ISTIO_MUTUAL") {
        for field in given {
            r.error(
                field,
                "is set, but with `ISTIO_MUTUAL` Istio brings the certificates",
            )
            .help("remove it");
        }
        return;
    }
    if let Some(first) = given.first().filter(|_| is_passthrough(tls)) {
        r.warn(
            *first,
            "is set, but with passthrough the gateway uses no certificate",
        )
        .help("remove it, or set `mode: SIMPLE`");
    }
    let own = tls.get("serverCertificate").has_content() || tls.get("privateKey").has_content();
    let sources: Vec<Field<'a>> = ["credentialName", "credentialNames", "tlsCertificates"]
        .map(|name| tls.get(name))
        .into_iter()
        .filter(|field| field.has_content())
        .collect();
    if let Some(second) = sources.get(usize::from(!own)) {
        r.error(*second, "is a second source of certificates")
            .help("keep one of `credentialName`, `credentialNames`, `tlsCertificates`, or `serverCertificate` with `privateKey`");
    }
    let crl = tls.get("caCrl");
    if crl.has_content() {
        if tls.get("credentialName").has_content() {
            r.error(crl, "is set beside `credentialName`")
                .help("put the list into the secret, as `ca.crl`");
        } else if mode.is("SIMPLE") {
            r.error(
                crl,
                "is set, but with `SIMPLE` no client certificate is looked at",
            );
        }
    }
    let checked = mode.is_any_of(&["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"]);
    if !checked
        || tls.get("credentialName").has_content()
        || tls.get("credentialNames").has_content()
    {
        return;
    }
    let roots =
        tls.get("caCertificates").has_content() || tls.get("caCertCredentialName").has_content();
    if !mode.is("SIMPLE") && !roots {
        r.error(
            tls.get("caCertificates"),
            format!(
                "is missing: `{}` checks client certificates against it",
                mode.text()
            ),
        );
    }
    let listed = tls.get("tlsCertificates");
    if !listed.has_content() {
        certificate(tls, r);
        return;
    }
    for pair in listed.items() {
        certificate(pair, r);
    }
    if listed.len() > 2 {
        r.warn(
            listed,
            "has more than two entries, of which Envoy uses one of each sort: RSA and ECDSA",
        );
    }
}

/// The two files of a server's certificate.
fn certificate<'a>(pair: Field<'a>, r: &mut Report<'a>) {
    let (public, private) = (pair.get("serverCertificate"), pair.get("privateKey"));
    let help = "set `credentialName`, or `serverCertificate` and `privateKey`";
    match (public.has_content(), private.has_content()) {
        (false, false) => r
            .error(public, "is missing, and so is every other certificate")
            .help(help),
        (false, true) => r.error(public, "is missing beside `privateKey`").help(help),
        (true, false) => r
            .error(private, "is missing beside `serverCertificate`")
            .help(help),
        (true, true) => {}
    }
}

fn ciphers<'a>(tls: Field<'a>, r: &mut Report<'a>) {
    let list = tls.get("cipherSuites");
    let oldest = tls.get("minProtocolVersion");
    if oldest.is_any_of(&["TLSV1_0", "TLSV1_1"]) && list.len() == 0 {
        r.warn(
            oldest,
            "allows an old TLS, for which there is no cipher by default",
        )
        .help("name the `cipherSuites`, or require `TLSV1_2`");
    }
    let mut seen = BTreeSet::new();
    for cipher in list.items() {
        let text = cipher.text();
        let operator = text.starts_with(|c: char| !c.is_ascii_alphanumeric());
        if !operator && !CIPHERS.contains(&text.as_ref()) {
            r.warn(
                cipher,
                format!("is `{text}`, a cipher that Istio does not know and leaves out"),
            )
            .help("use OpenSSL's names, such as `ECDHE-RSA-AES256-GCM-SHA384`");
        } else if !seen.insert(text) {
            r.warn(cipher, "is in the list already");
        }
    }
}

/// The settings of a client. `namespace` is that of the object.
pub(super) fn client<'a>(tls: Field<'a>, r: &mut Report<'a>) {
    if !tls.is_set() {
        return;
    }
    let (mode, credential) = (tls.get("mode"), tls.get("credentialName"));
    let name = credential.text();
    if let Some(reference) = name.strip_prefix("configmap://") {
        let wrong = match reference.split_once('/') {
            None => reference.is_empty(),
            Some((namespace, rest)) => {
                rest.is_empty() || rest.contains('/') || namespace != r.namespace.as_str()
            }
        };
        if wrong {
            r.error(
                credential,
                format!("is `{name}`, which names no ConfigMap of this namespace"),
            )
            .help("write `configmap://NAME`");
        }
    }
    let mutual = mode.is("MUTUAL");
    if !mode.is_any_of(&["SIMPLE", "MUTUAL"]) {
        return;
    }
    if tls.get("insecureSkipVerify").is_true() {
        let useless: &[&'static str] = match mutual {
            true => &["caCertificates", "subjectAltNames"],
            false => &["caCertificates", "credentialName", "subjectAltNames"],
        };
        let useless = useless.iter().map(|name| tls.get(name));
        for field in useless.filter(|field| field.has_content()) {
            r.error(
                field,
                "is set, but `insecureSkipVerify` leaves the server unchecked",
            )
            .help("remove `insecureSkipVerify`, or this");
        }
    }
    if credential.has_content() {
        for name in ["clientCertificate", "caCertificates", "privateKey", "caCrl"] {
            if tls.get(name).has_content() {
                r.error(
                    tls.get(name),
                    "is set beside `credentialName`, which brings it",
                )
                .help(format!("remove `{name}`, or `credentialName`"));
            }
        }
    } else if mutual {
        for name in ["clientCertificate", "privateKey"] {
            if !tls.get(name).has_content() {
                r.error(tls.get(name), "is missing: `MUTUAL` needs a certificate of the client")
                    .help("set it, or `credentialName`; for Istio's own certificates: `mode: ISTIO_MUTUAL`");
            }
        }
    }
}
