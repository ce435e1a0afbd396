//! What holds for every input: the same findings in any order and on any number of threads, the same findings after a
//! change as from scratch, and the laws of the small parts that all rules stand on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use meshlint::finding::Finding;
use meshlint::fleet::setting::{Confidence, Effective};
use meshlint::fleet::vote::{Voter, vote};
use meshlint::fleet::{Cluster, ClusterId, Fleet, Given, Options, activity};
use meshlint::resource::{Kind, Labels, Manifest, Selector, host};
use meshlint::rules::book::Page;
use meshlint::rules::engine::{self, Enabled, Judged, Touched};
use meshlint::rules::selection::{Wishes, enabled};
use meshlint::yaml::{File, FileId, Limits, Place, Span};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use ustr::Ustr;

/// Numbers that look random and are the same on every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.roll(items.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.roll(at + 1));
        }
    }
}

/// A mesh of three clusters, an object a file, in which a number of things are wrong already.
fn mesh() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (at, cluster) in ["east", "north", "west"].into_iter().enumerate() {
        let odd = at == 2;
        let mut add = |name: &str, text: &str| {
            let text = text
                .replace("CLUSTER", cluster)
                .replace("VALUE", if odd { "false" } else { "true" })
                .replace("MODE", if odd { "PERMISSIVE" } else { "STRICT" });
            files.push((format!("{cluster}/{name}.yaml"), text));
        };
        add("mesh", MESH);
        add("injector", INJECTOR);
        add(
            "system",
            &namespace("istio-system", "topology.istio.io/network: net-CLUSTER"),
        );
        add("shop", &namespace("shop", "istio-injection: enabled"));
        add(
            "gateway",
            &gateway("{name: tls, port: 15443, targetPort: 15443}"),
        );
        add("gateway-pods", GATEWAY_PODS);
        add("cross-network", &cross_network("AUTO_PASSTHROUGH"));
        add("peers", &peer_authentication("istio-system", "MODE"));
        add("cart", CART);
        add("cart-pods", CART_PODS);
        add("cart-rule", &destination_rule("ISTIO_MUTUAL"));
        add("telemetry", &telemetry("request.url_path"));
        add("entry", &service_entry("api.example.com"));
    }
    files
}

const MESH: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    trustDomain: cluster.local
    defaultConfig:
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "VALUE"
"#;

const INJECTOR: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system}
data:
  values: |-
    {"global": {"meshID": "shop", "network": "net-CLUSTER", "multiCluster": {"clusterName": "CLUSTER"}}}
"#;

const GATEWAY_PODS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-eastwestgateway, namespace: istio-system}
spec:
  template:
    metadata: {labels: {istio: eastwestgateway, topology.istio.io/network: net-CLUSTER}}
    spec: {containers: [{name: istio-proxy, ports: [{containerPort: 15443, name: tls}]}]}
";

const CART: &str = "apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports: [{name: http, port: 80, targetPort: 8080}]
";

const CART_PODS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart, version: v1}}
    spec: {containers: [{name: cart, ports: [{containerPort: 8080}]}]}
";

fn namespace(name: &str, label: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    {label}\n")
}

fn gateway(ports: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: istio-eastwestgateway\n  namespace: istio-system\n  labels:\n    \
         istio: eastwestgateway\n    topology.istio.io/network: net-CLUSTER\nspec:\n  type: LoadBalancer\n  selector: {{istio: \
         eastwestgateway}}\n  ports: [{ports}]\n"
    )
}

fn cross_network(mode: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: cross-network-gateway, namespace: \
         istio-system}}\nspec:\n  selector: {{istio: eastwestgateway}}\n  servers:\n  - port: {{number: 15443, name: tls, \
         protocol: TLS}}\n    tls: {{mode: {mode}}}\n    hosts: [\"*.local\"]\n"
    )
}

fn peer_authentication(namespace: &str, mode: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: \
         {namespace}\nspec:\n  mtls:\n    mode: {mode}\n"
    )
}

fn destination_rule(mode: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: cart, namespace: shop}}\nspec:\n  host: \
         cart.shop.svc.cluster.local\n  trafficPolicy:\n    tls:\n      mode: {mode}\n"
    )
}

fn telemetry(attribute: &str) -> String {
    format!(
        "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {{name: metrics, namespace: shop}}\nspec:\n  metrics:\n  \
         - providers: [{{name: prometheus}}]\n    overrides:\n    - tagOverrides:\n        host: {{value: {attribute}}}\n"
    )
}

fn service_entry(host: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: api, namespace: shop}}\nspec:\n  hosts: \
         [{host}]\n  ports: [{{number: 443, name: https, protocol: TLS}}]\n  resolution: DNS\n"
    )
}

// Order and threads

#[test]
fn the_same_bytes_for_any_order_of_files_and_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (path, text) in mesh() {
        fs::create_dir_all(folder.path().join(&path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(&path), text).unwrap();
        paths.push(path);
    }
    fs::write(
        folder.path().join("east/broken.yaml"),
        "a: [\n---\nb: 1\nb: 2\n",
    )
    .unwrap();
    paths.push("east/broken.yaml".to_owned());
    let mut dice = Dice(1);
    for output in ["concise", "json", "human"] {
        let mut first: Option<Vec<u8>> = None;
        for threads in ["1", "4", "4", "3"] {
            dice.shuffle(&mut paths);
            let named = paths.iter().map(|path| {
                let cluster = path.split('/').next().unwrap();
                format!("--cluster={cluster}={path}")
            });
            let mut command = Command::new(env!("CARGO_BIN_EXE_meshlint"));
            command
                .args(["check", "--output", output, "--threads", threads])
                .args(named)
                .current_dir(folder.path())
                .env_clear()
                .env("HOME", folder.path())
                .stdin(Stdio::null());
            for name in ["SystemRoot", "PATH"] {
                command.envs(std::env::var_os(name).map(|value| (name, value)));
            }
            let ended = command.output().unwrap();
            assert_eq!(ended.status.code(), Some(1), "{ended:?}");
            let mut bytes = ended.stdout;
            if output == "human" {
                // Its last lines hold the time that it took.
                let text = String::from_utf8(bytes).unwrap();
                bytes = text.split("\nchecked ").next().unwrap().into();
            }
            assert!(bytes.len() > 300, "{output} is short");
            match &first {
                None => first = Some(bytes),
                Some(first) => assert_eq!(
                    String::from_utf8_lossy(first),
                    String::from_utf8_lossy(&bytes),
                    "{output} on {threads} threads, {paths:?}"
                ),
            }
        }
    }
}

// Overlays

/// The files as they would be read, those of a cluster in its folder.
fn assemble(texts: &[(String, String)]) -> Fleet {
    assemble_with(texts, &|folder| vec![folder])
}

/// The files as they would be read, those of a folder given to these clusters.
fn assemble_with(texts: &[(String, String)], clusters: &dyn Fn(Ustr) -> Vec<Ustr>) -> Fleet {
    let mut texts: Vec<&(String, String)> = texts.iter().collect();
    texts.sort();
    let paths: BTreeSet<&str> = texts.iter().map(|(path, _)| path.as_str()).collect();
    let given = texts
        .iter()
        .map(|(path, text)| Given {
            manifest: manifest(path, text),
            clusters: path
                .split_once('/')
                .map(|(folder, _)| clusters(Ustr::from(folder)))
                .unwrap_or_default(),
        })
        .collect();
    Fleet::assemble(given, Options::default(), &|path| paths.contains(path)).main
}

fn manifest(path: &str, text: &str) -> Arc<Manifest> {
    Arc::new(Manifest::read(
        path.to_owned(),
        text.as_bytes().to_vec(),
        &Limits::default(),
    ))
}

fn rules() -> Vec<Enabled> {
    enabled(&Wishes::default())
}

/// What was found, as it would be printed, sorted.
fn found(fleet: &Fleet, judged: &[Judged]) -> Vec<String> {
    let show = |finding: &Finding| {
        let places: Vec<String> = finding
            .locations
            .iter()
            .map(|location| {
                let file = fleet.files.get(location.place.file).unwrap();
                let at = file.position(location.place.span.start);
                format!(
                    "{}:{}:{} {}",
                    file.path(),
                    at.line,
                    at.column,
                    location.label
                )
            })
            .collect();
        format!(
            "{}: {}: {} {:?}",
            places.join(" | "),
            finding.rule,
            finding.message,
            finding.help
        )
    };
    let mut lines: Vec<String> = judged.iter().flat_map(|j| &j.findings).map(show).collect();
    lines.sort();
    lines
}

/// An object changes in one cluster. Checks what it touches anew, and asserts that this finds what checking everything
/// finds. Returns the calls that it took.
fn change(
    fleet: &Fleet,
    before: &[Judged],
    rules: &[Enabled],
    cluster: ClusterId,
    file: Arc<Manifest>,
) -> (Fleet, Vec<Judged>, usize) {
    let touched: Vec<Touched> = file
        .objects
        .iter()
        .map(|header| Touched {
            cluster,
            kind: header.kind,
            namespace: header.namespace,
            name: header.name,
        })
        .collect();
    let changed = fleet.overlay(cluster, file);
    let (judged, calls) = engine::recheck(before, &changed, rules, &touched);
    (changed, judged, calls)
}

/// How many calls checking everything takes: what a control plane's change costs.
fn all_calls(fleet: &Fleet, rules: &[Enabled]) -> usize {
    let everything = Touched {
        cluster: fleet.clusters[0].id,
        kind: Kind::IstioOperator,
        namespace: Ustr::from("istio-system"),
        name: Ustr::from("any"),
    };
    engine::recheck(&[], fleet, rules, &[everything]).1
}

#[test]
fn an_overlay_finds_what_reading_everything_finds() {
    let rules = rules();
    let texts = mesh();
    let fleet = assemble(&texts);
    let before = engine::check(&fleet, &rules);
    assert!(before.len() > 2, "{:?}", found(&fleet, &before));
    // The file that the object is in, or a new one behind all others.
    let changes = [
        (
            "west",
            "peers",
            peer_authentication("istio-system", "STRICT"),
        ),
        (
            "east",
            "peers",
            peer_authentication("istio-system", "DISABLE"),
        ),
        ("east", "zz", peer_authentication("shop", "DISABLE")),
        ("north", "zz", peer_authentication("shop", "STRICT")),
        (
            "north",
            "zz",
            peer_authentication("shop", "PERMISSIVE")
                .replace("spec:", "spec:\n  selector: {matchLabels: {app: cart}}"),
        ),
        ("east", "cart-rule", destination_rule("DISABLE")),
        ("north", "cart-rule", destination_rule("SIMPLE")),
        (
            "west",
            "zz",
            destination_rule("DISABLE")
                .replace("name: cart,", "name: all,")
                .replace("cart.shop", "\"*.shop")
                .replace("local\n", "local\"\n"),
        ),
        ("east", "gateway", gateway("{name: http, port: 80}")),
        ("west", "gateway", gateway("")),
        (
            "west",
            "gateway",
            gateway("{name: tls, port: 15443}").replace("net-CLUSTER", "net-east"),
        ),
        (
            "west",
            "gateway-pods",
            GATEWAY_PODS.replace("net-CLUSTER", "net-elsewhere"),
        ),
        (
            "north",
            "system",
            namespace("istio-system", "topology.istio.io/network: net-elsewhere"),
        ),
        (
            "north",
            "shop",
            namespace("shop", "istio-injection: disabled"),
        ),
        ("north", "zz", namespace("extra", "istio.io/rev: canary")),
        ("west", "mesh", MESH.replace("VALUE", "true")),
        (
            "east",
            "mesh",
            MESH.replace("VALUE", "")
                .replace("cluster.local", "elsewhere.local"),
        ),
        (
            "east",
            "injector",
            INJECTOR
                .replace("net-CLUSTER", "net-west")
                .replace("CLUSTER", "west"),
        ),
        (
            "east",
            "telemetry",
            telemetry("\"request.headers['x-request-id']\""),
        ),
        ("north", "telemetry", telemetry("response.code")),
        ("west", "entry", service_entry("\"*\"")),
        (
            "west",
            "entry",
            service_entry("cart.shop.svc.cluster.local"),
        ),
        ("east", "cross-network", cross_network("SIMPLE")),
        (
            "west",
            "cross-network",
            cross_network("AUTO_PASSTHROUGH").replace("eastwestgateway", "nobody"),
        ),
        ("north", "cart", CART.replace("app: cart", "app: other")),
        (
            "north",
            "cart-pods",
            CART_PODS.replace("app: cart", "app: other"),
        ),
        ("west", "zz", CART.replace("cart", "basket")),
        (
            "east",
            "zz",
            "kind: Service\nmetadata: {name: x}\nspec: [".to_owned(),
        ),
        ("east", "zz", "a: 1\na: 2\n".to_owned()),
    ];
    for (name, file, text) in changes {
        let text = text.replace("CLUSTER", name);
        let path = format!("{name}/{file}.yaml");
        let cluster = fleet.named(name).unwrap().id;
        let manifest = manifest(&path, &text);
        let is_plane = manifest.objects.iter().any(|o| o.kind == Kind::ConfigMap);
        let (changed, judged, calls) = change(&fleet, &before, &rules, cluster, manifest);
        let mut texts = texts.clone();
        texts.retain(|(other, _)| *other != path);
        texts.push((path.clone(), text.clone()));
        let fresh = assemble(&texts);
        let wanted = found(&fresh, &engine::check(&fresh, &rules));
        assert_eq!(found(&changed, &judged), wanted, "{path}:\n{text}");
        let all = all_calls(&changed, &rules);
        assert!(
            calls < all || (is_plane && calls == all),
            "{calls} of {all} calls for {path}:\n{text}"
        );
    }
}

/// What a check of what a change touches finds otherwise than a check of everything.
fn complaints_of(
    fleet: &Fleet,
    before: &[Judged],
    rules: &[Enabled],
    cluster: &Cluster,
    text: &str,
) -> Option<String> {
    let file = manifest(&format!("{}/zz.yaml", cluster.name), text);
    let (changed, judged, _) = change(fleet, before, rules, cluster.id, file);
    let got = found(&changed, &judged);
    let wanted = found(&changed, &engine::check(&changed, rules));
    let lost = wanted.iter().filter(|line| !got.contains(line));
    let kept = got.iter().filter(|line| !wanted.contains(line));
    let lines: String = lost
        .map(|line| format!("lost {line}\n"))
        .chain(kept.map(|line| format!("kept {line}\n")))
        .collect();
    (got != wanted).then(|| format!("into {}:\n{text}\n{lines}", cluster.name))
}

/// Every object of every example of the rule book is put into every cluster of its mesh, with parts of it taken out.
#[test]
fn what_a_change_touches_is_checked_again_whatever_the_rule() {
    let rules = rules();
    let mut meshes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for rule in meshlint::rules::ALL {
        for example in Page::parse(rule.id, rule.page).unwrap().examples {
            let texts = example
                .files
                .iter()
                .map(|f| (f.path.clone(), f.text.clone()))
                .collect();
            meshes.push((format!("{}: {}", rule.id, example.title), texts));
        }
    }
    let (changes, complaints): (Vec<usize>, Vec<String>) = meshes
        .par_iter()
        .enumerate()
        .map(|(seed, (title, texts))| {
            let mut dice = Dice(seed as u64);
            let mut changes = 0;
            let mut complaints = String::new();
            let folders: BTreeSet<&str> = texts
                .iter()
                .filter_map(|(path, _)| Some(path.split_once('/')?.0))
                .collect();
            // Once as it is, and once with what the first cluster runs in all others and in one more.
            let shared = |folder: Ustr| match folders.first() {
                Some(first) if folder == *first => folders
                    .iter()
                    .chain([&"more"])
                    .map(|f| Ustr::from(f))
                    .collect(),
                _ => vec![folder],
            };
            let fleets = [assemble(texts), assemble_with(texts, &shared)];
            for fleet in &fleets {
                let before = engine::check(fleet, &rules);
                for document in texts.iter().flat_map(|(_, text)| text.split("\n---\n")) {
                    let lines: Vec<&str> = document.lines().collect();
                    for cluster in &fleet.clusters {
                        let gone = dice.roll(lines.len());
                        let rest = lines.iter().enumerate().filter(|(at, _)| *at != gone);
                        let rest: String = rest.map(|(_, line)| format!("{line}\n")).collect();
                        for text in [document, &rest] {
                            let wrong = complaints_of(fleet, &before, &rules, cluster, text);
                            complaints.extend(wrong.map(|wrong| format!("{title}, {wrong}\n")));
                            changes += 1;
                        }
                    }
                }
            }
            (changes, complaints)
        })
        .unzip();
    assert!(complaints.concat().is_empty(), "{}", complaints.concat());
    assert!(changes.iter().sum::<usize>() > 500, "{changes:?}");
}

// Laws

/// All words over an alphabet up to a length.
fn words(alphabet: &[&str], length: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut from = 0;
    for _ in 0..length {
        let to = words.len();
        for at in from..to {
            for letter in alphabet {
                words.push(format!("{}{letter}", words[at]));
            }
        }
        from = to;
    }
    words
}

#[test]
fn a_host_covers_another_if_it_stands_for_all_that_the_other_stands_for() {
    let names: Vec<String> = words(&["a", "b", "."], 5);
    let stands_for = |pattern: &str| -> Vec<bool> {
        names
            .iter()
            .map(|name| match pattern.strip_prefix('*') {
                Some(end) => name.ends_with(end),
                None => name == pattern,
            })
            .collect()
    };
    let patterns: Vec<(String, Vec<bool>)> = words(&["a", "b", "."], 3)
        .into_iter()
        .flat_map(|word| [format!("*{word}"), word])
        .map(|pattern| (pattern.clone(), stands_for(&pattern)))
        .collect();
    for (one, by_one) in &patterns {
        for (other, by_other) in &patterns {
            let within = by_other
                .iter()
                .zip(by_one)
                .all(|(other, one)| *one || !other);
            assert_eq!(host::covers(one, other), within, "{one} over {other}");
        }
    }
}

fn selector(text: &str) -> Selector {
    let file = File::read(
        "selector".to_owned(),
        text.as_bytes().to_vec(),
        &Limits::default(),
    );
    assert!(file.problems().is_empty(), "{text}: {:?}", file.problems());
    Selector::read(
        file.documents()
            .first()
            .and_then(|d| d.root)
            .map(|root| file.view(root)),
    )
}

#[test]
fn the_laws_of_selectors() {
    let mut dice = Dice(7);
    let (keys, values) = (["a", "b", "c"], ["x", "y", "z"]);
    let labels = |dice: &mut Dice| -> Labels {
        (0..dice.roll(4))
            .map(|_| (Ustr::from(dice.pick(&keys)), Ustr::from(dice.pick(&values))))
            .collect()
    };
    let expression = |dice: &mut Dice| {
        let (key, operator) = (
            dice.pick(&keys),
            dice.pick(&["In", "NotIn", "Exists", "DoesNotExist", "Sometimes"]),
        );
        let values: Vec<&str> = (0..dice.roll(3)).map(|_| dice.pick(&values)).collect();
        (key, operator, values)
    };
    let show = |(key, operator, values): &(&str, &str, Vec<&str>)| {
        format!("{{key: {key}, operator: {operator}, values: {values:?}}}")
    };
    for _ in 0..5_000 {
        let (pod, wanted) = (labels(&mut dice), labels(&mut dice));
        let mut expressions: Vec<_> = (0..dice.roll(3)).map(|_| expression(&mut dice)).collect();
        let text = |wanted: &Labels, expressions: &[(&str, &str, Vec<&str>)]| {
            let expressions: Vec<String> = expressions.iter().map(show).collect();
            format!(
                "{{matchLabels: {{{wanted}}}, matchExpressions: [{}]}}",
                expressions.join(", ")
            )
        };
        let whole = selector(&text(&wanted, &expressions));
        assert_eq!(
            whole.is_empty(),
            wanted.is_empty() && expressions.is_empty()
        );
        assert!(
            !whole.is_empty() || whole.matches(&pod),
            "an empty selector selects everything"
        );
        // A selector is the conjunction of its parts, in any order.
        let parts = wanted.are_within(&pod)
            && expressions.iter().all(|one| {
                selector(&text(&Labels::default(), std::slice::from_ref(one))).matches(&pod)
            });
        assert_eq!(
            whole.matches(&pod),
            parts,
            "{} on {pod}",
            text(&wanted, &expressions)
        );
        dice.shuffle(&mut expressions);
        assert_eq!(
            whole.matches(&pod),
            selector(&text(&wanted, &expressions)).matches(&pod)
        );
        // What `matchLabels` asks for is `In` with one value.
        let spelled: Vec<(&str, &str, Vec<&str>)> = wanted
            .iter()
            .map(|(k, v)| (k.as_str(), "In", vec![v.as_str()]))
            .collect();
        assert_eq!(
            wanted.are_within(&pod),
            selector(&text(&Labels::default(), &spelled)).matches(&pod)
        );
        // Opposites.
        let (key, _, values) = expression(&mut dice);
        let says = |operator| {
            selector(&text(
                &Labels::default(),
                &[(key, operator, values.clone())],
            ))
            .matches(&pod)
        };
        assert_ne!(says("In"), says("NotIn"));
        assert_ne!(says("Exists"), says("DoesNotExist"));
        assert!(!says("Sometimes"), "an unknown operator selects nothing");
        // An order: each within itself, and what is within a part is within the whole.
        let other = labels(&mut dice);
        assert!(pod.are_within(&pod) && Labels::default().are_within(&pod));
        assert!(!(wanted.are_within(&pod) && pod.are_within(&other)) || wanted.are_within(&other));
        assert!(!(wanted.are_within(&pod) && pod.are_within(&wanted)) || wanted == pod);
    }
}

#[test]
fn the_laws_of_joining_paths() {
    let mut dice = Dice(11);
    let parts = ["", ".", "..", "a", "b", "..."];
    let path = |dice: &mut Dice, parts: &[&str]| {
        let parts: Vec<&str> = (0..dice.roll(6)).map(|_| dice.pick(parts)).collect();
        parts.join("/").trim_start_matches('/').to_owned()
    };
    let join = |folder: &str, path: &str| activity::join(folder, path).unwrap();
    for _ in 0..20_000 {
        let (one, two) = (path(&mut dice, &parts), path(&mut dice, &parts));
        let folder = join("", &path(&mut dice, &parts));
        let joined = join(&folder, &one);
        let steps: Vec<&str> = joined.split('/').collect();
        assert!(
            joined.is_empty() || !steps.iter().any(|s| matches!(*s, "" | ".")),
            "{joined}"
        );
        let up = steps.iter().take_while(|s| **s == "..").count();
        assert!(!steps[up..].contains(&".."), "{joined}");
        assert_eq!(join("", &joined), joined, "joined twice");
        assert_eq!(join(&joined, "."), joined);
        assert_eq!(
            join(&joined, &two),
            join(&folder, &format!("./{one}/{two}")),
            "{folder} {one} {two}"
        );
        // Down and up again.
        let down = path(&mut dice, &["a", "b", "..."]);
        let steps = down.split('/').filter(|s| !s.is_empty()).count();
        assert_eq!(
            join(&join(&folder, &down), &"../".repeat(steps)),
            folder,
            "{folder} {down}"
        );
        // From the root it does not matter where one is.
        assert_eq!(
            join(&folder, &format!("/{down}")),
            join("", &format!("/{down}"))
        );
    }
}

#[test]
fn a_vote_does_not_hang_on_its_order() {
    let mut dice = Dice(13);
    let place = Place {
        file: FileId(0),
        span: Span::new(0, 0),
    };
    let mut decided = 0;
    for _ in 0..5_000 {
        let settings: Vec<Effective> = (0..1 + dice.roll(7))
            .map(|_| Effective {
                value: Ustr::from(dice.pick(&["a", "b", "c"])),
                confidence: dice.pick(&[
                    Confidence::Exact,
                    Confidence::Derived,
                    Confidence::Default,
                    Confidence::Unknown,
                ]),
                place,
                rendered: Vec::new(),
                intent: Vec::new(),
            })
            .collect();
        let mut voters: Vec<Voter<'_>> = settings
            .iter()
            .enumerate()
            .map(|(at, setting)| Voter {
                cluster: ClusterId(at as u32),
                setting,
            })
            .collect();
        let count = |voters: Vec<Voter<'_>>| {
            let ids = |voters: &[Voter<'_>]| {
                voters
                    .iter()
                    .map(|v| v.cluster.0)
                    .collect::<BTreeSet<u32>>()
            };
            vote(voters).map(|o| {
                (
                    ids(&o.odd),
                    ids(&o.even),
                    o.example.map(|e| (e.setting.value, e.setting.is_stated())),
                )
            })
        };
        let first = count(voters.clone());
        dice.shuffle(&mut voters);
        assert_eq!(first, count(voters.clone()), "{voters:?}");
        let values: BTreeMap<&str, usize> = settings
            .iter()
            .filter(|s| s.is_known())
            .map(|s| (s.value.as_str(), 0))
            .collect();
        assert_eq!(first.is_some(), values.len() > 1);
        let Some((odd, even, example)) = first else {
            continue;
        };
        decided += usize::from(example.is_some());
        // Everybody whose value is known is on one side; there is an example exactly where there is a majority.
        let known: BTreeSet<u32> = (0..)
            .zip(&settings)
            .filter(|(_, s)| s.is_known())
            .map(|(at, _)| at)
            .collect();
        assert_eq!(odd.union(&even).copied().collect::<BTreeSet<u32>>(), known);
        assert!(odd.is_disjoint(&even) && !odd.is_empty());
        assert_eq!(example.is_some(), !even.is_empty());
    }
    assert!(decided > 1_000, "{decided}");
}
