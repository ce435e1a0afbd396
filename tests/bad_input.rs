//! Bad input is normal input: whatever stands in a file, the program ends by itself, says what is wrong and where, and
//! still finds what is wrong in the documents and files around.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use meshlint::finding::Finding;
use meshlint::rules::book::Page;
use meshlint::yaml::File;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// Two clusters that disagree on DNS capture, which is found at this place whatever else there is.
const KNOWN: (&str, &str) = ("east/istio.yaml:8:34", "dns/capture-mismatch");

/// A folder with the two clusters and nothing of the machine around it.
struct Folder(TempDir);

/// How a run ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new() -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("east/istio.yaml", istio("east", true));
        folder.write("west/istio.yaml", istio("west", false));
        folder
    }

    fn with(path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = Folder::new();
        folder.write(path, bytes);
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshlint"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .stdin(Stdio::null());
        // Windows finds its own libraries by these.
        for name in ["SystemRoot", "PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        let output = command.output().unwrap();
        Ended {
            // None after a signal, as a stack that overflows sends one.
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks both clusters, one line a finding, and asserts that what is known to be wrong is found.
    fn check(&self, args: &[&str]) -> Ended {
        let both = [
            "check",
            "--cluster=east=east",
            "--cluster=west=west",
            "--output=concise",
        ];
        let ended = self.run(&[&both, args].concat());
        ended.has(KNOWN.0, KNOWN.1);
        ended
    }
}

impl Ended {
    /// The lines of `--output concise` with this rule.
    fn of<'a>(&'a self, rule: &str) -> Vec<&'a str> {
        let tag = format!("[{rule}]");
        self.stdout
            .lines()
            .filter(|line| line.contains(&tag))
            .collect()
    }

    #[track_caller]
    fn has(&self, place: &str, rule: &str) {
        let found = self
            .of(rule)
            .iter()
            .any(|line| line.starts_with(&format!("{place}: ")));
        assert!(found, "no {rule} at {place}: {self:#?}");
    }

    #[track_caller]
    fn says(&self, place: &str, rule: &str, message: &str) {
        self.has(place, rule);
        let place = format!("{place}: ");
        let said = self
            .of(rule)
            .iter()
            .any(|l| l.starts_with(&place) && l.contains(message));
        assert!(
            said,
            "{rule} at {place} does not say `{message}`: {self:#?}"
        );
    }

    /// The exit code, and what stderr says besides the counts.
    #[track_caller]
    fn ends(&self, code: i32, errors: &[&str]) {
        let mut said: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: ") || line.starts_with("warning: "))
            .collect();
        said.sort_unstable();
        assert_eq!((self.code, said.as_slice()), (code, errors), "{self:#?}");
    }
}

fn istio(cluster: &str, capture: bool) -> String {
    format!(
        r#"apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |-
    defaultConfig:
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "{capture}"
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio-sidecar-injector, namespace: istio-system}}
data:
  values: |-
    {{"global": {{"meshID": "shop", "network": "net-{cluster}", "multiCluster": {{"clusterName": "{cluster}"}}}}}}
"#
    )
}

/// A document with something to find on its sixth line: a port without quotes.
fn planted(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  port: 8080\n")
}

const PLANTED: &str = "yaml/ambiguous-scalar";

#[test]
fn the_fleet_of_these_tests_has_one_finding_to_begin_with() {
    let ended = Folder::new().check(&["--select=dns"]);
    assert_eq!(
        (ended.code, ended.stdout.lines().count()),
        (0, 1),
        "{ended:#?}"
    );
}

#[test]
fn a_broken_document_costs_only_itself() {
    let text = format!(
        "{}---\nkind: Service\n  name: x\nspec: [\n---\n{}",
        planted("a"),
        planted("b")
    );
    let ended = Folder::with("east/apps.yaml", text).check(&[]);
    ended.ends(1, &[]);
    ended.has("east/apps.yaml:6:9", PLANTED);
    ended.has("east/apps.yaml:9:3", "yaml/syntax");
    ended.has("east/apps.yaml:17:9", PLANTED);
    assert_eq!(ended.of("yaml/syntax").len(), 1);
}

#[test]
fn a_template_is_left_to_its_renderer() {
    let folder = Folder::with(
        "east/templates/apps.yaml",
        "{{- if .Values.on }}\nkind: ConfigMap\ndata: {a: {{ .Values.a }}}\n{{- end }}\n",
    );
    folder.write("east/values-like.yaml", "host: {{ .Values.host }}\n");
    folder.write("east/apps.yaml", planted("a"));
    let ended = folder.check(&[]);
    assert_eq!(ended.of("yaml/syntax"), [""; 0], "{ended:#?}");
    ended.has("east/apps.yaml:6:9", PLANTED);
    let files = folder.run(&["files", "."]);
    for path in ["east/templates/apps.yaml", "east/values-like.yaml"] {
        let line = files
            .stdout
            .lines()
            .find(|line| line.contains(path))
            .unwrap();
        assert!(line.starts_with("templated"), "{line}");
    }
}

#[test]
fn tabs_are_named() {
    let text = format!("kind: Service\nmetadata:\n\tname: x\n---\n{}", planted("a"));
    let ended = Folder::with("east/apps.yaml", text).check(&[]);
    ended.ends(1, &[]);
    ended.says("east/apps.yaml:3:1", "yaml/syntax", "tab");
    ended.has("east/apps.yaml:10:9", PLANTED);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_change_nothing() {
    for text in [
        format!("\u{feff}{}", planted("a")),
        planted("a").replace('\n', "\r\n"),
        format!("\u{feff}---\r\n{}", planted("a").replace('\n', "\r\n")).replacen("---\r\n", "", 1),
    ] {
        let ended = Folder::with("east/apps.yaml", text).check(&[]);
        ended.has("east/apps.yaml:6:9", PLANTED);
        assert_eq!(ended.of("yaml/syntax"), [""; 0]);
    }
}

#[test]
fn one_byte_that_is_not_utf8_costs_nothing_else() {
    let mut bytes = format!("# caf_\n{}", planted("a")).into_bytes();
    bytes[5] = 0xe9;
    let ended = Folder::with("east/apps.yaml", bytes).check(&[]);
    ended.has("east/apps.yaml:1:6", "yaml/not-utf8");
    ended.has("east/apps.yaml:7:9", PLANTED);
}

#[test]
fn what_is_no_text_is_told_apart() {
    let folder = Folder::with(
        "east/logo.yaml",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06",
    );
    folder.write("east/nul.yaml", format!("{}\0", planted("a")));
    folder.write("east/utf16.yaml", b"\xff\xfek\0i\0n\0d\0");
    folder.write(
        "east/noise.json",
        (0..=250).rev().cycle().take(70_000).collect::<Vec<u8>>(),
    );
    folder.write("east/apps.yaml", planted("a"));
    let ended = folder.check(&[]);
    for path in ["logo.yaml", "nul.yaml", "utf16.yaml", "noise.json"] {
        ended.has(&format!("east/{path}:1:1"), "yaml/not-utf8");
    }
    ended.has("east/apps.yaml:6:9", PLANTED);
}

#[test]
fn nothing_in_a_file_is_nothing_to_say() {
    let clean = Folder::new().check(&[]);
    for text in [
        "",
        "\n",
        "# only a comment\n",
        "---\n---\n...\n",
        "\u{feff}",
        "null\n",
        "~",
        "{}",
        "[]",
        "text",
        "42\n",
    ] {
        let ended = Folder::with("east/apps.yaml", text).check(&[]);
        assert_eq!(
            (ended.stdout, ended.code),
            (clean.stdout.clone(), clean.code),
            "{text:?}"
        );
    }
}

#[test]
fn keys_that_are_repeated() {
    let text = format!(
        "{}data:\n  port: 9090\n  port: \"1\"\n---\n{}",
        planted("a"),
        planted("b")
    );
    let ended = Folder::with("east/apps.yaml", text).check(&[]);
    ended.has("east/apps.yaml:7:1", "yaml/duplicate-key");
    ended.has("east/apps.yaml:9:3", "yaml/duplicate-key");
    ended.has("east/apps.yaml:16:9", PLANTED);
    // The last one counts.
    assert_eq!(ended.of(PLANTED).len(), 1, "{ended:#?}");
}

#[test]
fn aliases_that_stand_for_too_much() {
    let mut text =
        "kind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for at in 1..12 {
        let parts = vec![format!("*a{}", at - 1); 9].join(", ");
        text.push_str(&format!("  a{at}: &a{at} [{parts}]\n"));
    }
    text.push_str(&format!(
        "---\n{}---\na: &a [*a]\n---\na: &a {{<<: *a, b: 1}}\n---\na: *nobody\n",
        planted("a")
    ));
    let ended = Folder::with("east/apps.yaml", text).check(&[]);
    assert_eq!(ended.of("yaml/alias-budget").len(), 3, "{ended:#?}");
    assert!(
        ended.of("yaml/alias-budget")[0].starts_with("east/apps.yaml:9:12:"),
        "{ended:#?}"
    );
    ended.has("east/apps.yaml:22:9", PLANTED);
    ended.has("east/apps.yaml:28:4", "yaml/syntax");
}

#[test]
fn nesting_without_end() {
    const DEEP: usize = 100_000;
    let block: String = (0..2_000)
        .map(|at| format!("{}a:\n", " ".repeat(at)))
        .collect();
    for (deep, place) in [
        ("[".repeat(DEEP), "1:"),
        ("[".repeat(DEEP) + &"]".repeat(DEEP), "1:256: "),
        ("{\"a\":".repeat(DEEP) + "1" + &"}".repeat(DEEP), "1:"),
        ("{a: ".repeat(DEEP), "1:"),
        ("- ".repeat(DEEP) + "x", "1:"),
        ("? ".repeat(DEEP), "1:"),
        ("- - ? ".repeat(DEEP / 3), "1:"),
        ("!!str ".repeat(DEEP), "1:"),
        ("&a ".repeat(DEEP), "1:"),
        (block, ""),
        ("'".repeat(DEEP), ""),
        ("\"\\".repeat(DEEP), "1:"),
        ("a: \"".repeat(DEEP), "1:"),
        (": ".repeat(DEEP), "1:"),
        ("a: ".repeat(DEEP), "1:"),
        ("%".repeat(DEEP), "1:"),
        ("*a ".repeat(DEEP), "1:"),
        ("{{".repeat(DEEP), ""),
    ] {
        let start: String = deep.chars().take(12).collect();
        let folder = Folder::with("east/apps.yaml", format!("{deep}\n---\n{}", planted("a")));
        let ended = folder.check(&[]);
        let found = ended.of("yaml/syntax");
        assert!(!found.is_empty() || place.is_empty(), "{start}: {ended:#?}");
        let once = found.len() < 3 || deep.starts_with(": ");
        assert!(once, "{start}: {} findings", found.len());
        let at = format!("east/apps.yaml:{place}");
        assert!(
            found.iter().all(|line| line.starts_with(&at)),
            "{start}: {found:?}"
        );
        // A directive belongs to the document behind it.
        if !start.starts_with(['%']) && !start.starts_with("{{") {
            assert_eq!(ended.of(PLANTED).len(), 1, "{start}: {ended:#?}");
        }
    }
}

#[test]
fn embedded_text_is_as_bad_as_any() {
    let deep = "[".repeat(100_000);
    for text in [
        deep.as_str(),
        "a: [",
        "\tb: 1",
        "a: &a [*a]",
        "- x",
        "42",
        "",
        "a: 1\na: 2",
    ] {
        let istio = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio-canary", "namespace": "istio-system"},
            "data": {"mesh": text, "meshNetworks": text},
        });
        let injector = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"values": text},
            "metadata": {"name": "istio-sidecar-injector-canary", "namespace": "istio-system"},
        });
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "annotations": {"proxy.istio.io/config": text}, "labels": {"port": 8080}},
        });
        let ended =
            Folder::with("east/apps.json", format!("{istio}\n{injector}\n{pod}")).check(&[]);
        assert_eq!(ended.of(PLANTED).len(), 1, "{ended:#?}");
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let folder = Folder::with("east/apps.yaml", planted("a"));
    folder.write("east/large.yaml", planted("b").repeat(200));
    let ended = folder.check(&["--max-file-size=10kB"]);
    ended.ends(
        3,
        &["error: east/large.yaml: 13.6 KiB, larger than 9.7 KiB allowed"],
    );
    ended.has("east/apps.yaml:6:9", PLANTED);
    // A file with a hole takes no room.
    let sparse = fs::File::create(folder.path("east/large.yaml")).unwrap();
    sparse.set_len(100_000_000).unwrap();
    let ended = folder.check(&[]);
    ended.ends(
        3,
        &["error: east/large.yaml: 95.3 MiB, larger than 64 MiB allowed"],
    );
    ended.has("east/apps.yaml:6:9", PLANTED);
    let ended = folder.check(&["--max-file-size=200MB"]);
    ended.ends(1, &[]);
    ended.has("east/large.yaml:1:1", "yaml/not-utf8");
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_to_nowhere() {
    use std::os::unix::fs::symlink;
    let folder = Folder::with("east/apps.yaml", planted("a"));
    symlink("..", folder.path("east/up")).unwrap();
    symlink("loop.yaml", folder.path("east/loop.yaml")).unwrap();
    symlink("b.yaml", folder.path("east/a.yaml")).unwrap();
    symlink("a.yaml", folder.path("east/b.yaml")).unwrap();
    symlink("gone.yaml", folder.path("east/dangling.yaml")).unwrap();
    symlink("apps.yaml", folder.path("east/again.yaml")).unwrap();
    let ended = folder.check(&[]);
    assert_eq!(ended.code, 3, "{ended:#?}");
    for name in ["loop", "a", "b", "dangling"] {
        let start = format!("error: east/{name}.yaml: ");
        assert!(
            ended.stderr.lines().any(|line| line.starts_with(&start)),
            "{name}: {ended:#?}"
        );
    }
    assert_eq!(
        ended.of(PLANTED).len(),
        1,
        "read once, by one of its names: {ended:#?}"
    );
}

#[test]
fn a_folder_may_be_called_like_a_file() {
    let folder = Folder::with("east/x.yaml/apps.yaml", planted("a"));
    let ended = folder.check(&[]);
    ended.ends(0, &[]);
    ended.has("east/x.yaml/apps.yaml:6:9", PLANTED);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with("east/apps.yaml", planted("a"));
    folder.write("east/secret.yaml", planted("b"));
    let secret = folder.path("east/secret.yaml");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        // For the superuser there are no such files.
        return;
    }
    let ended = folder.check(&[]);
    ended.ends(3, &["error: east/secret.yaml: permission denied"]);
    ended.has("east/apps.yaml:6:9", PLANTED);
}

#[test]
fn a_path_that_is_not_there() {
    let folder = Folder::with("east/apps.yaml", planted("a"));
    let ended = folder.check(&["--cluster=north=north", "gone.yaml"]);
    ended.ends(
        3,
        &[
            "error: gone.yaml: no such file or directory",
            "error: north: no such file or directory",
        ],
    );
    ended.has("east/apps.yaml:6:9", PLANTED);
}

#[test]
fn a_name_that_repeats_is_one_cluster() {
    let folder = Folder::with("more/apps.yaml", planted("a"));
    let ended = folder.check(&["--cluster=east=more"]);
    ended.has("more/apps.yaml:6:9", PLANTED);
    let fleet = folder.run(&[
        "fleet",
        "--cluster=east=east",
        "--cluster=east=more",
        "--output=json",
    ]);
    let fleet: Value = serde_json::from_str(&fleet.stdout).unwrap();
    let clusters = fleet["meshes"][0]["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 1, "{fleet:#}");
    assert_eq!(
        (&clusters[0]["name"], &clusters[0]["files"]),
        (&json!("east"), &json!(2))
    );
}

#[test]
fn folders_of_clusters_of_one_name_are_one_cluster() {
    let folder = Folder::new();
    folder.write("one/clusters/a/istio.yaml", istio("a", true));
    folder.write("one/clusters/b/istio.yaml", istio("b", false));
    folder.write("two/clusters/a/apps.yaml", planted("a"));
    let ended = folder.run(&["check", "one", "two", "--output=concise"]);
    ended.has("one/clusters/a/istio.yaml:8:34", KNOWN.1);
    ended.has("two/clusters/a/apps.yaml:6:9", PLANTED);
    let fleet = folder.run(&["fleet", "one", "two", "--output=json"]);
    let fleet: Value = serde_json::from_str(&fleet.stdout).unwrap();
    let clusters = fleet["meshes"][0]["clusters"].as_array().unwrap();
    let names: Vec<_> = clusters.iter().map(|c| (&c["name"], &c["files"])).collect();
    assert_eq!(
        names,
        [(&json!("a"), &json!(2)), (&json!("b"), &json!(1))],
        "{fleet:#}"
    );
}

#[test]
fn a_word_that_the_configuration_does_not_know() {
    let folder = Folder::with("meshlint.yaml", "complete: true\nfail_on: warning\n");
    let ended = folder.run(&["check"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:#?}");
    assert!(
        ended.stderr.contains("meshlint.yaml:2:1"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("did you mean `failOn`?"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("fail_on: warning\n   · ───────\n"),
        "{}",
        ended.stderr
    );
    for text in [
        "[",
        "- 1",
        "42",
        "clusters: 1",
        "rules: {a/b: []}",
        "\u{0}",
        "a: &a [*a]",
        "exclude: {}",
    ] {
        folder.write("meshlint.yaml", text);
        let ended = folder.run(&["check"]);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{text:?}: {ended:#?}"
        );
        assert!(
            ended.stderr.contains("meshlint.yaml"),
            "{text:?}: {ended:#?}"
        );
    }
    folder.write("meshlint.yaml", "[".repeat(100_000));
    assert_eq!(folder.run(&["check"]).code, 2);
}

#[test]
fn a_megabyte_on_one_line() {
    let item = |at: usize| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("c{at}")}, "data": {"port": at},
        })
    };
    let items: Vec<Value> = (0..12_000).map(item).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    assert!(list.len() > 1_000_000 && !list.contains('\n'));
    let folder = Folder::with("east/apps.json", list);
    let ended = folder.check(&[]);
    assert_eq!(ended.of(PLANTED).len(), 12_000);
    assert!(
        ended
            .of(PLANTED)
            .iter()
            .all(|line| line.starts_with("east/apps.json:1:"))
    );
    // The line is cut where it is drawn.
    let human = folder.run(&["check", "east", "--select", PLANTED]);
    let longest = human
        .stdout
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap();
    assert!(longest < 400, "{longest}");
}

#[test]
fn kustomizations_in_a_circle() {
    let folder = Folder::with("east/apps.yaml", planted("a"));
    folder.write(
        "east/kustomization.yaml",
        "resources: [apps.yaml, istio.yaml, ../ring, .]\n",
    );
    folder.write(
        "ring/kustomization.yaml",
        "resources: [../east, ../ring, ring.yaml]\nnamespace: ring\n",
    );
    folder.write("ring/ring.yaml", planted("b"));
    let ended = folder.check(&[]);
    ended.ends(0, &[]);
    ended.has("east/apps.yaml:6:9", PLANTED);
    ended.has("ring/ring.yaml:6:9", PLANTED);
}

#[test]
fn kustomizations_that_look_outside() {
    let folder = Folder::with("repo/east/apps.yaml", planted("a"));
    folder.write("outside/apps.yaml", planted("b"));
    folder.write(
        "repo/east/kustomization.yaml",
        "resources:\n- apps.yaml\n- ../../outside/apps.yaml\n- ../../../../../../../../../../../../gone\n- /gone\n\
         - https://example.com/x.yaml\n- {a: map}\n- [x]\n- null\n- ''\n- \"a\\0b\"\n- 42\n",
    );
    let ended = folder.run(&["check", "repo", "--output=concise"]);
    assert_eq!(ended.code, 1, "{ended:#?}");
    ended.has("repo/east/apps.yaml:6:9", PLANTED);
    ended.has("outside/apps.yaml:6:9", PLANTED);
    let missing = ended.of("kustomize/missing-entry");
    assert_eq!(missing.len(), 5, "{ended:#?}");
}

#[test]
fn lists_in_lists() {
    let list = |depth: usize, inner: &str| {
        let open = r#"{"apiVersion":"v1","kind":"List","items":["#;
        format!("{}{inner}{}", open.repeat(depth), "]}".repeat(depth))
    };
    let object =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"port":8080}}"#;
    let ended = Folder::with("east/apps.json", list(100, object)).check(&[]);
    assert_eq!(ended.of(PLANTED).len(), 1, "{ended:#?}");
    let ended = Folder::with(
        "east/apps.json",
        format!("{}\n{object}", list(10_000, object)),
    )
    .check(&[]);
    ended.says(
        "east/apps.json:1:5376",
        "yaml/syntax",
        "nested deeper than 255",
    );
    assert_eq!(ended.of(PLANTED).len(), 1, "{ended:#?}");
}

#[test]
fn ten_thousand_documents() {
    let documents: String = (0..10_000)
        .map(|at| format!("---\n{}", planted(&format!("c{at}"))))
        .collect();
    let ended = Folder::with("east/apps.yaml", documents).check(&[]);
    assert_eq!(ended.of(PLANTED).len(), 10_000);
    ended.has("east/apps.yaml:70000:9", PLANTED);
    // All of one name and no two alike.
    let documents: String = (0..5_000)
        .map(|at| format!("---\n{}  key: k{at}\n", planted("same")))
        .collect();
    let ended = Folder::with("east/apps.yaml", documents).check(&[]);
    assert_eq!(ended.of("layout/ambiguous-object").len(), 1);
}

#[test]
fn an_object_with_very_many_keys_twice() {
    let data: String = (0..50_000)
        .map(|at| format!("  k{at}: \"{at}\"\n"))
        .collect();
    let folder = Folder::with("east/a.yaml", planted("big") + &data);
    folder.write("east/b.yaml", planted("big") + &data);
    let ended = folder.check(&[]);
    assert_eq!(ended.of("layout/ambiguous-object"), [""; 0]);
    assert_eq!(
        ended.of(PLANTED).len(),
        1,
        "equal definitions are one object: {ended:#?}"
    );
}

#[test]
fn names_and_keys_of_the_wrong_kind() {
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {{a: map}}, namespace: [x]}}\n---\n\
         apiVersion: {{v: 1}}\nkind: Service\nmetadata: {{name: x}}\n---\n\
         apiVersion: v1\nkind: [Service]\nmetadata: {{name: x}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  ? {{a: map}}\n  : 1\n  ? [a, list]\n  : x\n  ? - b\n  : {{}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata:\n  name: 99999999999999999999999999\n  labels: {{a: 0x7fffffffffffffffffffffff, b: -1e999}}\n\
         spec: {{ports: [{{port: 18446744073709551616, targetPort: -9223372036854775809}}]}}\n---\n{}",
        planted("a")
    );
    let ended = Folder::with("east/apps.yaml", text).check(&[]);
    ended.has("east/apps.yaml:36:9", PLANTED);
    assert_eq!(ended.of("yaml/syntax"), [""; 0], "{ended:#?}");
}

#[test]
fn names_in_any_script() {
    let name = "\u{628}\u{62d}\u{631}-\u{1f6a2}-e\u{301}-\u{5b57}";
    let folder = Folder::with(&format!("{name}/{name}.yaml"), planted(name));
    folder.write(&format!("{name}/istio.yaml"), istio(name, false));
    let ended = folder.check(&[&format!("--cluster={name}={name}")]);
    ended.says(&format!("{name}/{name}.yaml:6:9"), PLANTED, name);
}

#[test]
fn half_a_fleet() {
    let folder = Folder::with("north/apps.yaml", planted("a"));
    let ended = folder.check(&["--cluster=north=north"]);
    ended.has("north/apps.yaml:6:9", PLANTED);
    // No control plane at all.
    let ended = folder.run(&["check", "--cluster=a=north", "--output=concise"]);
    ended.has("north/apps.yaml:6:9", PLANTED);
}

/// Whatever a manifest holds, it cannot command the terminal that a report is printed on.
#[test]
fn control_characters_stay_in_their_file() {
    let evil = r"\e[2J\e]0;owned\a\x9b31m\r\b\u202e\x7f";
    let object = |kind: &str, name: &str| {
        format!(
            "---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: \"{name}\"\n  namespace: \"{name}\"\n  labels: {{\"{name}\": 1, a: 2}}\n\
             data: {{\"{name}\": 3}}\n"
        )
    };
    let raw =
        "---\nkind: ConfigMap\nmetadata: {name: x\u{9b}31m}\n# \u{202e}\ndata: {a: 1}\n".to_owned();
    let istio = istio("east", true)
        .replace(
            "ISTIO_META_DNS_CAPTURE: \"true\"",
            &format!("ISTIO_META_DNS_CAPTURE: \"{evil}\""),
        )
        .replace("net-east", r"net\u001b[31m");
    let folder = Folder::with("east/istio.yaml", istio);
    folder.write(
        "east/apps.yaml",
        [object("ConfigMap", evil), object("Service", evil), raw].concat(),
    );
    folder.write(
        "east/kustomize/kustomization.yaml",
        format!("resources: [\"gone{evil}\"]\n"),
    );
    folder.write("east/broken.yaml", "a: \"\u{1b}[31m\n\u{7}: [\u{9b}\n");
    folder.write("east/twice.yaml", format!("\"{evil}\": 1\n\"{evil}\": 2\n"));
    let commands: [&[&str]; 8] = [
        &["check"],
        &["check", "--output=concise"],
        &["check", "--output=json"],
        &["check", "--color=never", "--complete"],
        &["files"],
        &["fleet"],
        &["fleet", "--output=json"],
        &[
            "check",
            "--cluster=e\x1b[31m=east",
            "--cluster=w\r\x1b[31m=west",
        ],
    ];
    for args in commands {
        let ended = folder.run(args);
        assert!(ended.code < 3, "{args:?}: {ended:#?}");
        for text in [&ended.stdout, &ended.stderr] {
            let raw = text.chars().find(|c| match c {
                '\n' => false,
                c => c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'),
            });
            assert_eq!(raw, None, "{args:?}: {text}");
        }
    }
    let ended = folder.run(&["check", "--output=concise"]);
    assert!(ended.of(PLANTED).len() > 3, "{ended:#?}");
}

// Wrong types wherever a rule looks

/// What stands in for every value of every example of the rule book.
fn wrong() -> [Option<Value>; 9] {
    [
        // The value is not there.
        None,
        Some(Value::Null),
        Some(json!("")),
        Some(json!(42)),
        Some(json!([])),
        Some(json!({})),
        Some(json!(true)),
        Some(json!([[["x"], {"name": []}]])),
        Some(json!({"name": {"mode": {}}, "x": [null]})),
    ]
}

/// A file of an example as values; texts that hold YAML themselves are read too.
#[derive(Clone)]
struct Tree {
    path: String,
    documents: Vec<Value>,
}

/// A step from a value to one inside of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Item(usize),
    /// Into the YAML that a text holds.
    Text,
}

fn parse(text: &str) -> Option<Vec<Value>> {
    use serde::Deserialize;
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).ok())
        .collect()
}

/// The value that a text holds, if that is a mapping.
fn inside(value: &Value) -> Option<Value> {
    let mut documents = parse(value.as_str()?)?;
    documents.truncate(1);
    documents.pop().filter(Value::is_object)
}

fn steps(value: &Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if !at.is_empty() {
        found.push(at.clone());
    }
    let children: Vec<(Step, Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (Step::Key(k.clone()), v.clone()))
            .collect(),
        Value::Array(items) => items
            .iter()
            .cloned()
            .enumerate()
            .map(|(i, v)| (Step::Item(i), v))
            .collect(),
        text => inside(text).map(|v| (Step::Text, v)).into_iter().collect(),
    };
    for (step, child) in children {
        at.push(step);
        steps(&child, at, found);
        at.pop();
    }
}

fn replace(value: &mut Value, path: &[Step], with: &Option<Value>) {
    match (path, value) {
        ([Step::Key(key)], Value::Object(map)) if with.is_none() => drop(map.shift_remove(key)),
        ([Step::Item(at)], Value::Array(items)) if with.is_none() => drop(items.remove(*at)),
        ([], value) => *value = with.clone().unwrap_or_default(),
        ([Step::Key(key), rest @ ..], Value::Object(map)) => replace(&mut map[key], rest, with),
        ([Step::Item(at), rest @ ..], Value::Array(items)) => replace(&mut items[*at], rest, with),
        ([Step::Text, rest @ ..], text) => {
            let mut value = inside(text).unwrap();
            replace(&mut value, rest, with);
            *text = Value::String(value.to_string());
        }
        (path, value) => panic!("{path:?} is not in {value}"),
    }
}

fn render(files: &[Arc<File>], findings: &[Finding]) -> Vec<String> {
    let place = |finding: &Finding| {
        let place = finding.primary().unwrap().place;
        let file = &files[place.file.0 as usize];
        let at = file.position(place.span.start);
        format!(
            "{}:{}:{}: {}: {}",
            file.path(),
            at.line,
            at.column,
            finding.rule,
            finding.message
        )
    };
    findings.iter().map(place).collect()
}

#[test]
fn wrong_types_wherever_a_rule_looks() {
    let mut tasks: Vec<(Vec<Tree>, usize, usize, Vec<Step>)> = Vec::new();
    // A list is as good at its first item as at any other, and a field as good in one example of a page as in the next.
    let mut seen = BTreeSet::new();
    for rule in meshlint::rules::ALL {
        let page = Page::parse(rule.id, rule.page).unwrap();
        for example in page.examples {
            let trees: Vec<Tree> = example
                .files
                .iter()
                .filter_map(|file| {
                    Some(Tree {
                        path: file.path.clone(),
                        documents: parse(&file.text)?,
                    })
                })
                .collect();
            for (file, tree) in trees.iter().enumerate() {
                for (at, document) in tree.documents.iter().enumerate() {
                    let mut paths = Vec::new();
                    steps(document, &mut Vec::new(), &mut paths);
                    for path in paths {
                        let field: Vec<Step> = path
                            .iter()
                            .map(|step| match step {
                                Step::Item(_) => Step::Item(0),
                                step => step.clone(),
                            })
                            .collect();
                        if seen.insert((rule.id, document["kind"].to_string(), field)) {
                            tasks.push((trees.clone(), file, at, path));
                        }
                    }
                }
            }
        }
    }
    assert!(
        tasks.len() > 500,
        "{} places to put something wrong",
        tasks.len()
    );
    // The next field of the same rule sees the other half of what is wrong, and so does the next rule here.
    let tasks = tasks.into_par_iter().enumerate();
    tasks.for_each(|(number, (trees, file, at, path))| {
        let values = wrong().into_iter().enumerate();
        for (_, value) in values.filter(|(nth, _)| nth % 2 == number % 2) {
            let mut trees = trees.clone();
            replace(&mut trees[file].documents[at], &path, &value);
            let text = |tree: &Tree| {
                let documents: Vec<String> = tree.documents.iter().map(Value::to_string).collect();
                (tree.path.clone(), documents.join("\n").into_bytes())
            };
            let mut texts: Vec<(String, Vec<u8>)> = trees.iter().map(text).collect();
            let check = |texts: Vec<(String, Vec<u8>)>| {
                let (files, findings) = meshlint::check_texts(texts, false);
                render(&files, &findings)
            };
            let found = check(texts.clone());
            if number % 8 == 0 {
                texts.reverse();
                assert_eq!(
                    found,
                    check(texts),
                    "{path:?} := {value:?} in {}",
                    trees[file].path
                );
            }
        }
    });
}
