//! Expressions of metric tags (CEL, as Envoy evaluates it): how many values one can take.
//!
//! Attributes and functions: envoyproxy.io "Attributes", istio.io "Customizing Istio Metrics".

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use std::ops::Range;

/// How many values an expression can take, from few to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The same for the life of a proxy.
    Constant,
    /// One of the literals in the expression.
    Literals,
    /// One of a short, known list: a method, a status code.
    Small,
    /// As many as the mesh's own configuration names: routes, services, workloads.
    Configured,
    /// As many as there are pods, addresses or nodes.
    Large,
    /// Whatever callers send.
    Unbounded,
    /// A new one with each request or connection.
    PerRequest,
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub class: Class,
    /// The attribute that makes it so; none where only literals are left.
    pub culprit: Option<Culprit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// As written, without blanks: `request.headers['x-user']`.
    pub attribute: String,
    /// Its bytes in the expression.
    pub span: Range<usize>,
}

/// Reads an expression. `None` when it does not parse, or uses what is not known here: nothing can be said of it then.
/// `is_bounded` tells the request headers, in lower case, that somebody vouches for.
pub fn classify(text: &str, is_bounded: &(dyn Fn(&str) -> bool + Sync)) -> Option<Reading> {
    // The parser needs a great deal of stack for each bracket, more than a thread may have left here; so it gets a
    // stack of its own, and an end.
    const STACK: usize = 32 << 20;
    if !is_short(text) {
        return None;
    }
    let read = || {
        let (root, source) = cel::parser::Parser::new()
            .parse_with_source_info(text)
            .ok()?;
        let reader = Reader {
            text,
            source: &source,
            is_bounded,
        };
        reader.read(&root, &[])
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, read).ok()?.join().ok()?
    })
}

/// Deeper nesting is no tag that somebody wrote.
const MAX_DEPTH: usize = 24;
/// Nor are more signs than these.
const MAX_SIGNS: usize = 600;

/// Whether an expression is within the limits. Quotes are counted as they come: what is odd about them, the parser
/// refuses.
fn is_short(text: &str) -> bool {
    let (mut depth, mut deepest, mut signs) = (0usize, 0, 0);
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, c) => {
                signs += usize::from(!c.is_alphanumeric() && !c.is_whitespace());
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                deepest = deepest.max(depth);
            }
        }
    }
    deepest <= MAX_DEPTH && signs <= MAX_SIGNS
}

/// The names along a chain of selections, the attribute first.
type Path = Vec<String>;

/// Stands in a [`Path`] for an index that is computed.
const ANY: &str = "*";

struct Reader<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    is_bounded: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Reader<'_> {
    /// `pinned` are attributes that a condition around has compared with literals.
    fn read(&self, expr: &IdedExpr, pinned: &[Path]) -> Option<Reading> {
        if let Some((path, root)) = path(expr) {
            if pinned.contains(&path) {
                return Some(plain(Class::Literals));
            }
            return Some(Reading {
                class: attribute(&path, self.is_bounded)?,
                culprit: self.culprit(root),
            });
        }
        match &expr.expr {
            Expr::Literal(_) => Some(plain(Class::Constant)),
            // `has(..)`
            Expr::Select(select) if select.test => Some(plain(Class::Literals)),
            Expr::Select(select) => self.read(&select.operand, pinned),
            Expr::Call(call) => self.call(call, pinned),
            Expr::List(list) => self.worst(list.elements.iter(), pinned),
            Expr::Map(map) => self.worst(
                map.entries.iter().filter_map(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => Some(&entry.value),
                    EntryExpr::StructField(_) => None,
                }),
                pinned,
            ),
            // The macros `exists` and `all` come to a boolean, `map` and `filter` to what they go over.
            Expr::Comprehension(comprehension) => match &comprehension.accu_init.expr {
                Expr::Literal(_) => Some(plain(Class::Literals)),
                _ => self.read(&comprehension.iter_range, pinned),
            },
            Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => None,
        }
    }

    fn call(&self, call: &CallExpr, pinned: &[Path]) -> Option<Reading> {
        use operators as op;
        let args = call.args.as_slice();
        match (call.func_name.as_str(), args) {
            (op::CONDITIONAL, [condition, yes, no]) => {
                let branch = |expr, truth| {
                    let mut known = pinned.to_vec();
                    known.extend(pins(condition, truth));
                    self.read(expr, &known)
                };
                let (yes, no) = (branch(yes, true), branch(no, false));
                match (yes, no) {
                    (Some(yes), Some(no)) => {
                        let worse = worse(yes, no);
                        let class = worse.class.max(Class::Literals);
                        Some(Reading { class, ..worse })
                    }
                    // What is wrong in one branch is wrong whatever the other one is.
                    (Some(one), None) | (None, Some(one)) if one.class >= Class::Large => Some(one),
                    _ => None,
                }
            }
            (
                op::LOGICAL_AND
                | op::LOGICAL_OR
                | op::LOGICAL_NOT
                | op::EQUALS
                | op::NOT_EQUALS
                | op::LESS
                | op::LESS_EQUALS
                | op::GREATER
                | op::GREATER_EQUALS
                | op::IN
                | op::NOT_STRICTLY_FALSE
                | "startsWith"
                | "endsWith"
                | "contains"
                | "matches"
                | "bool",
                _,
            ) => Some(plain(Class::Literals)),
            (op::MODULO, [_, modulus]) if is_literal(modulus) => Some(plain(Class::Small)),
            (op::DIVIDE, [value, divisor]) if is_literal(divisor) => {
                let read = self.read(value, pinned)?;
                // Coarser, but still as many as the value grows large.
                let class = read.class.min(Class::Unbounded);
                Some(Reading { class, ..read })
            }
            (op::INDEX, [container, _]) => {
                let read = self.read(container, pinned)?;
                // One of the values of a table, however it is looked up.
                let class = read.class.max(Class::Literals);
                Some(Reading { class, ..read })
            }
            (
                op::ADD
                | op::SUBSTRACT
                | op::MULTIPLY
                | op::DIVIDE
                | op::MODULO
                | op::NEGATE
                | "string"
                | "int"
                | "uint"
                | "double"
                | "bytes"
                | "dyn"
                | "duration"
                | "timestamp"
                | "lowerAscii"
                | "upperAscii"
                | "toLower"
                | "toUpper"
                | "trim"
                | "replace"
                | "split"
                | "join"
                | "charAt"
                | "substring"
                | "format"
                | "reverse"
                | "quote"
                | "extract"
                | "capture"
                | "encode"
                | "decode",
                _,
            ) => {
                // `re.extract(..)` is written as if on a value.
                let target = call.target.as_deref().filter(|t| !is_namespace(t));
                self.worst(target.into_iter().chain(args), pinned)
            }
            ("size" | "indexOf" | "lastIndexOf", _) => {
                let read = self.worst(call.target.as_deref().into_iter().chain(args), pinned)?;
                let class = read.class.min(Class::Large);
                Some(Reading { class, ..read })
            }
            ("type", _) => Some(plain(Class::Constant)),
            ("getMilliseconds", _) => Some(plain(Class::Large)),
            (
                "getFullYear" | "getMonth" | "getDate" | "getDayOfMonth" | "getDayOfWeek"
                | "getDayOfYear" | "getHours" | "getMinutes" | "getSeconds",
                _,
            ) => Some(plain(Class::Small)),
            _ => None,
        }
    }

    /// The parts multiply; the one with the most values decides.
    fn worst<'e>(
        &self,
        mut parts: impl Iterator<Item = &'e IdedExpr>,
        pinned: &[Path],
    ) -> Option<Reading> {
        parts.try_fold(plain(Class::Constant), |so_far, part| {
            Some(worse(so_far, self.read(part, pinned)?))
        })
    }

    /// The text of the chain that begins at this node.
    fn culprit(&self, root: u64) -> Option<Culprit> {
        let (start, _) = self.source.offset_for(root)?;
        let start = start as usize;
        let rest = self.text.get(start..)?;
        let len = chain_len(rest);
        let written = rest.get(..len)?;
        Some(Culprit {
            attribute: written.chars().filter(|c| !c.is_whitespace()).collect(),
            span: start..start + len,
        })
    }
}

fn plain(class: Class) -> Reading {
    Reading {
        class,
        culprit: None,
    }
}

fn worse(a: Reading, b: Reading) -> Reading {
    if b.class > a.class { b } else { a }
}

fn is_literal(expr: &IdedExpr) -> bool {
    match &expr.expr {
        Expr::Literal(_) => true,
        Expr::List(list) => list.elements.iter().all(is_literal),
        _ => false,
    }
}

/// A library whose functions are called with its name before the dot.
fn is_namespace(expr: &IdedExpr) -> bool {
    matches!(&expr.expr, Expr::Ident(name) if ["re", "regex", "strings", "base64"].contains(&name.as_str()))
}

/// `a.b['c']` as a path, with the node of `a`.
fn path(expr: &IdedExpr) -> Option<(Path, u64)> {
    match &expr.expr {
        Expr::Ident(name) => Some((vec![name.clone()], expr.id)),
        Expr::Select(select) if !select.test => {
            let (mut names, root) = path(&select.operand)?;
            names.push(select.field.clone());
            Some((names, root))
        }
        Expr::Call(call) if call.func_name == operators::INDEX => {
            let [container, index] = call.args.as_slice() else {
                return None;
            };
            let (mut names, root) = path(container)?;
            names.push(match &index.expr {
                Expr::Literal(LiteralValue::String(text)) => text.inner().to_owned(),
                _ => ANY.to_owned(),
            });
            Some((names, root))
        }
        _ => None,
    }
}

/// The attributes that are known to equal one of some literals once a condition is known to be `truth`.
fn pins(condition: &IdedExpr, truth: bool) -> Vec<Path> {
    use operators as op;
    let Expr::Call(call) = &condition.expr else {
        return Vec::new();
    };
    let both = |a, b| {
        let mut found = pins(a, truth);
        found.extend(pins(b, truth));
        found
    };
    let either = |a, b| {
        let other = pins(b, truth);
        let mut found = pins(a, truth);
        found.retain(|path| other.contains(path));
        found
    };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (op::LOGICAL_NOT, [inner]) => pins(inner, !truth),
        (op::LOGICAL_AND, [a, b]) if truth => both(a, b),
        (op::LOGICAL_AND, [a, b]) => either(a, b),
        (op::LOGICAL_OR, [a, b]) if truth => either(a, b),
        (op::LOGICAL_OR, [a, b]) => both(a, b),
        (op::EQUALS, [a, b]) if truth => pinned_by(a, b),
        (op::NOT_EQUALS, [a, b]) if !truth => pinned_by(a, b),
        (op::IN, [a, b]) if truth && is_literal(b) => path(a).map(|(p, _)| p).into_iter().collect(),
        ("matches", [pattern]) if truth && is_list_of_words(pattern) => {
            let target = call.target.as_deref().and_then(path);
            target.map(|(p, _)| p).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn pinned_by(a: &IdedExpr, b: &IdedExpr) -> Vec<Path> {
    let pinned = match (is_literal(a), is_literal(b)) {
        (false, true) => path(a),
        (true, false) => path(b),
        _ => None,
    };
    pinned.map(|(path, _)| path).into_iter().collect()
}

/// `^(/a|/b)$`: an anchored regular expression that matches a few fixed texts.
fn is_list_of_words(pattern: &IdedExpr) -> bool {
    let Expr::Literal(LiteralValue::String(text)) = &pattern.expr else {
        return false;
    };
    let inner = text.inner().strip_prefix('^');
    let Some(inner) = inner.and_then(|t| t.strip_suffix('$')) else {
        return false;
    };
    let group = inner
        .strip_prefix("(?:")
        .or_else(|| inner.strip_prefix('('));
    let (words, grouped) = match group.and_then(|g| g.strip_suffix(')')) {
        Some(words) => (words, true),
        None => (inner, false),
    };
    let is_fixed = |c: char| !r".*+?()[]{}\^$".contains(c);
    words.chars().all(is_fixed) && (grouped || !words.contains('|'))
}

/// How many bytes of `a.b['c'].d ...` belong to the chain.
fn chain_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let count = |at: usize, keep: &dyn Fn(&u8) -> bool| {
        let rest = bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|b| keep(b)).count()
    };
    let blanks = |at: usize| count(at, &u8::is_ascii_whitespace);
    let mut end = count(0, &is_name);
    loop {
        let at = blanks(end);
        let next = match bytes.get(at) {
            Some(b'.') => {
                let from = blanks(at + 1);
                let to = count(from, &is_name);
                // A call is none of the attribute's.
                if to == from || bytes.get(blanks(to)) == Some(&b'(') {
                    return end;
                }
                to
            }
            Some(b'[') => {
                let from = blanks(at + 1);
                let Some(quote @ (b'\'' | b'"')) = bytes.get(from) else {
                    return end;
                };
                let close = blanks(count(from + 1, &|b| b != quote) + 1);
                if bytes.get(close) != Some(&b']') {
                    return end;
                }
                close + 1
            }
            _ => return end,
        };
        end = next;
    }
}

/// Headers with few values, whoever sends them.
const SMALL_HEADERS: [&str; 4] = [
    ":method",
    ":scheme",
    "x-forwarded-proto",
    "x-envoy-attempt-count",
];
/// Headers that are new with each request.
const REQUEST_IDS: [&str; 6] = [
    "x-request-id",
    "traceparent",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-client-trace-id",
    "date",
];

/// The class of an attribute; `None` for one that is not known.
fn attribute(path: &[String], is_bounded: &dyn Fn(&str) -> bool) -> Option<Class> {
    use Class::{Configured, Constant, Large, PerRequest, Small, Unbounded};
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    Some(match names.as_slice() {
        ["filter_state" | "upstream_filter_state" | "wasm", rest @ ..]
            if matches!(rest, ["upstream_peer" | "downstream_peer", ..]) =>
        {
            peer(rest)?
        }
        ["upstream_peer" | "downstream_peer", ..] => peer(&names)?,
        ["upstream_peer_id" | "downstream_peer_id"] => Large,
        [
            "request",
            "path" | "url_path" | "query" | "useragent" | "referer",
        ] => Unbounded,
        [
            "request",
            "id" | "time" | "duration" | "size" | "total_size",
        ] => PerRequest,
        ["request", "host"] => Configured,
        ["request", "method" | "scheme" | "protocol"] => Small,
        ["request", "headers"] => Unbounded,
        ["request", "headers", name] => {
            let name = name.to_ascii_lowercase();
            let name = name.as_str();
            if is_bounded(name) || SMALL_HEADERS.contains(&name) {
                Small
            } else if name == ":authority" || name == "host" {
                Configured
            } else if REQUEST_IDS.contains(&name) {
                PerRequest
            } else {
                Unbounded
            }
        }
        ["request", "auth", "principal"] => Unbounded,
        ["request", "auth", "audiences" | "presenter"] => Configured,
        ["request", "auth", "claims", claim, ..] => claim_class(claim)?,
        ["metadata" | "dynamic_metadata", .., claim]
            if names
                .iter()
                .any(|n| n.contains("jwt") || n.contains("claims") || n.contains("authn")) =>
        {
            claim_class(claim)?
        }
        [
            "response",
            "code" | "flags" | "grpc_status" | "code_details",
        ] => Small,
        ["response", "size" | "total_size" | "backend_latency"] => PerRequest,
        ["response", "headers" | "trailers", name] => {
            let name = name.to_ascii_lowercase();
            match name.as_str() {
                "content-length" | "etag" | "last-modified" | "expires" | "location" => Unbounded,
                "set-cookie" | "age" => Unbounded,
                name if REQUEST_IDS.contains(&name) => PerRequest,
                // The server's own; few or many, nobody says.
                _ => return None,
            }
        }
        ["source", "address" | "port"] => PerRequest,
        ["destination" | "upstream", "address"] => Large,
        ["destination" | "upstream", "port"] => Configured,
        ["upstream", "local_address" | "cx_pool_ready_duration"] => PerRequest,
        ["upstream", "request_attempt_count"] => Small,
        ["upstream", "num_endpoints"] => Configured,
        ["source" | "destination", "labels", ..] => Configured,
        ["source" | "destination", "ip"] => Large,
        [
            "source" | "destination",
            "name" | "namespace" | "principal" | "service" | "workload" | "cluster" | "owner",
            ..,
        ] => Configured,
        ["connection", "id"] => PerRequest,
        ["connection" | "upstream", "mtls" | "tls_version"] => Small,
        ["connection", "requested_server_name"] => Configured,
        ["connection" | "upstream", "sha256_peer_certificate_digest"] => Unbounded,
        ["connection" | "upstream", name]
            if name.ends_with("_certificate") || name.contains("_san_") =>
        {
            Configured
        }
        ["node" | "local", "id"] | ["xds", "node", "id"] => Large,
        ["node" | "local", "metadata", key, ..] | ["xds", "node", "metadata", key, ..] => {
            match *key {
                "NAME" | "POD_NAME" | "INSTANCE_IPS" | "NODE_NAME" | "INSTANCE_NAME" => Large,
                _ => Constant,
            }
        }
        [
            "node" | "local",
            "cluster" | "locality" | "build_version",
            ..,
        ]
        | ["xds", "node", ..]
        | ["plugin_name" | "plugin_root_id" | "plugin_vm_id"] => Constant,
        ["xds", ..]
        | ["cluster_name" | "route_name" | "listener_direction" | "traffic_direction"]
        | [
            "cluster_metadata" | "route_metadata" | "listener_metadata",
            ..,
        ]
        | ["upstream_host_metadata", ..]
        | ["istio_operationId" | "istio_responseClass"] => Configured,
        _ => return None,
    })
}

/// What a proxy knows of the other side.
fn peer(names: &[&str]) -> Option<Class> {
    Some(match names {
        [_, "name" | "id" | "instance_ips" | "uid", ..] => Class::Large,
        [_, "labels", label, ..] if is_volatile(label) => Class::Large,
        [_, "labels", _, ..] => Class::Configured,
        [
            _,
            "namespace" | "workload" | "workload_name" | "workload_type" | "owner" | "cluster"
            | "cluster_id" | "canonical_name" | "canonical_revision" | "service" | "app"
            | "version" | "principal" | "mesh_id" | "locality" | "region" | "zone" | "identity"
            | "revision" | "type",
            ..,
        ] => Class::Configured,
        _ => return None,
    })
}

/// A claim of a token: who the caller is, or only who vouches for it.
fn claim_class(claim: &str) -> Option<Class> {
    Some(match claim {
        "iss" | "aud" | "azp" | "client_id" | "typ" => Class::Configured,
        "sub" | "email" | "sid" | "session_state" | "preferred_username" | "name" | "nickname"
        | "given_name" | "family_name" | "phone_number" | "upn" | "oid" | "uid" | "user_id"
        | "username" => Class::Unbounded,
        "jti" | "iat" | "exp" | "nbf" | "nonce" | "auth_time" => Class::PerRequest,
        _ => return None,
    })
}

/// Whether the name of a label, in any spelling, is of one that changes with each roll-out or each pod.
pub fn is_volatile(label: &str) -> bool {
    let plain: String = label
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let words: Vec<&str> = plain.split('_').filter(|w| !w.is_empty()).collect();
    let has = |all: &[&str]| all.iter().all(|word| words.contains(word));
    words.last() == Some(&"hash")
        || words.last() == Some(&"uid")
        || words.iter().any(|word| {
            matches!(
                *word,
                "commit"
                    | "sha"
                    | "sha1"
                    | "sha256"
                    | "timestamp"
                    | "checksum"
                    | "uuid"
                    | "restartedat"
            )
        })
        || has(&["statefulset", "pod", "name"])
        || has(&["apps", "pod", "index"])
        || has(&["pod", "template", "generation"])
        || has(&["build", "id"])
        || has(&["build", "number"])
        || has(&["git", "revision"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Option<Class> {
        classify(text, &|_| false).map(|r| r.class)
    }

    fn culprit(text: &str) -> String {
        let reading = classify(text, &|_| false).unwrap();
        let culprit = reading.culprit.unwrap();
        assert_eq!(
            text.get(culprit.span.clone()).unwrap().replace(' ', ""),
            culprit.attribute
        );
        culprit.attribute
    }

    #[test]
    fn what_callers_send_has_no_limit() {
        for text in [
            "request.path",
            "request.url_path",
            "request.headers['x-user-id']",
            "request.headers[':path']",
            "request.url_path.split('/')[1]",
            "'v1' + request.query",
            "string(request.useragent)",
            "request.auth.claims['sub']",
            "metadata.filter_metadata['envoy.filters.http.jwt_authn']['payload']['email']",
            "request.size / 1024",
        ] {
            assert_eq!(class(text), Some(Class::Unbounded), "{text}");
        }
        for text in [
            "request.id",
            "connection.id",
            "source.address",
            "string(source.port)",
            "request.time",
        ] {
            assert_eq!(class(text), Some(Class::PerRequest), "{text}");
        }
    }

    #[test]
    fn literals_fold_what_callers_send() {
        for text in [
            "request.path.startsWith('/api') ? 'api' : 'other'",
            "request.headers['x-canary'] == 'true'",
            "'x-canary' in request.headers ? 'yes' : 'no'",
            "request.path.matches('^/a/') ? 'a' : (request.path == '/b' ? 'b' : 'c')",
            "request.headers['x-tier'] in ['gold', 'free'] ? request.headers['x-tier'] : 'other'",
            "request.path != '/a' && request.path != '/b' ? 'other' : request.path",
            "request.path.matches('^(/a|/b)$') ? request.path : 'other'",
            "{'GET': 'read', 'POST': 'write'}[request.method]",
            "has(request.headers.x) ? 'yes' : 'no'",
        ] {
            assert_eq!(class(text), Some(Class::Literals), "{text}");
        }
    }

    #[test]
    fn a_condition_folds_only_what_it_compares() {
        for text in [
            "request.path == '/a' ? request.path : request.path",
            "request.path.matches('^/a/.*$') ? request.path : 'other'",
            "request.path == '/a' || request.method == 'GET' ? request.path : 'other'",
            "has(request.headers.x) ? request.headers.x : 'no'",
        ] {
            assert_eq!(class(text), Some(Class::Unbounded), "{text}");
        }
    }

    #[test]
    fn the_mesh_bounds_some() {
        assert_eq!(class("request.method"), Some(Class::Small));
        assert_eq!(class("response.code / 100"), Some(Class::Small));
        assert_eq!(class("request.size % 10"), Some(Class::Small));
        assert_eq!(class("request.host"), Some(Class::Configured));
        assert_eq!(class("string(destination.port)"), Some(Class::Configured));
        assert_eq!(
            class("upstream_peer.labels['app'].value"),
            Some(Class::Configured)
        );
        assert_eq!(
            class("upstream_peer.labels['pod-template-hash'].value"),
            Some(Class::Large)
        );
        assert_eq!(class("upstream.address"), Some(Class::Large));
        assert_eq!(class("node.metadata['CLUSTER_ID']"), Some(Class::Constant));
        assert_eq!(class("'west'"), Some(Class::Constant));
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        for text in [
            "request.path.frobnicate()",
            "my_function(request.path)",
            "request.pathh",
            "request.path +",
            "",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        for unit in [
            "(", "[", "f(", "a[", "a.", "a+", "a||", "!", "-", "a?b:", "{'a':",
        ] {
            for times in [20, 24, 200, 290, 590, 50_000] {
                let open = unit.repeat(times);
                let close = ["(", "[", "{"]
                    .iter()
                    .zip([")", "]", "}"])
                    .find(|(sign, _)| unit.contains(**sign))
                    .map_or(String::new(), |(_, close)| close.repeat(times));
                // That it returns is the test.
                classify(&format!("{open}a{close}"), &|_| false);
            }
        }
        let text = format!("{}request.path{}", "(".repeat(24), ")".repeat(24));
        assert_eq!(class(&text), Some(Class::Unbounded));
    }

    #[test]
    fn a_header_may_be_vouched_for() {
        let read = classify("request.headers['X-Tenant']", &|name| name == "x-tenant");
        assert_eq!(read.map(|r| r.class), Some(Class::Small));
    }

    #[test]
    fn the_culprit_is_shown_as_written() {
        assert_eq!(culprit("'a' + request.url_path"), "request.url_path");
        assert_eq!(
            culprit("'é' + request . headers [ 'x' ]"),
            "request.headers['x']"
        );
        assert_eq!(
            culprit("request.url_path.split('/')[1]"),
            "request.url_path"
        );
        assert_eq!(
            culprit("'x' in request.headers ? request.headers['x'] : 'none'"),
            "request.headers['x']"
        );
    }

    #[test]
    fn labels_that_change_with_a_roll_out() {
        for label in [
            "pod-template-hash",
            "controller-revision-hash",
            "rollouts-pod-template-hash",
            "statefulset.kubernetes.io/pod-name",
            "git-commit",
            "kubectl.kubernetes.io/restartedAt",
            "controller-uid",
        ] {
            assert!(is_volatile(label), "{label}");
        }
        for label in [
            "app",
            "version",
            "app.kubernetes.io/version",
            "pod",
            "team",
            "istio.io/rev",
            "hashicorp-vault",
        ] {
            assert!(!is_volatile(label), "{label}");
        }
    }
}
