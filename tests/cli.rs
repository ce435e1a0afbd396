//! Runs the program as people do: what it prints, where, and how it ends.
//!
//! `testdata/<scenario>/cmd` lists cases, a line each: `name: arguments`, with ` < file` for standard input. A case runs in
//! a copy of the scenario and must print what `expected/<name>.stdout` and `.stderr` hold (missing when empty) and exit
//! with `expected/<name>.code`. `UPDATE=1 cargo test --test cli` writes these files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

/// A folder to run in, with nothing of the machine around it.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
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
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        self.end(self.command(args))
    }

    fn end(&self, mut command: Command) -> Ended {
        let output = command.output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            stdout: scrub(&String::from_utf8(output.stdout).unwrap()),
            stderr: scrub(&String::from_utf8(output.stderr).unwrap()),
        }
    }
}

/// Takes the time and the number of rules, which grows, out of the closing line.
fn scrub(text: &str) -> String {
    let mut scrubbed = String::new();
    for line in text.split_inclusive('\n') {
        match line
            .split_once(" in ")
            .filter(|(head, _)| head.starts_with("checked "))
        {
            Some((head, tail)) => {
                let rest = tail.split_once(": ").map_or(tail, |(_, rest)| rest);
                let head = head.split_once(" with ").map_or(head, |(head, _)| head);
                scrubbed.push_str(&format!("{head}: {rest}"));
            }
            None => scrubbed.push_str(line),
        }
    }
    scrubbed
}

/// What a cluster says of itself, with DNS capture on or off.
fn istio(cluster: &str, capture: bool) -> String {
    const ISTIO: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    trustDomain: cluster.local
    defaultConfig:
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "CAPTURE"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system}
data:
  values: |-
    {"global": {"meshID": "shop", "network": "net-NAME", "multiCluster": {"clusterName": "NAME"}}}
"#;
    ISTIO
        .replace("CAPTURE\"", &format!("{capture}\""))
        .replace("NAME", cluster)
}

/// Two clusters that disagree.
fn odd() -> Folder {
    Folder::new(&[
        ("east/istio.yaml", &istio("east", true)),
        ("west/istio.yaml", &istio("west", false)),
    ])
}

const BOTH: [&str; 6] = [
    "check",
    "--cluster",
    "east=east",
    "--cluster",
    "west=west",
    "--select=dns",
];

#[test]
fn scenarios() {
    let update = std::env::var_os("UPDATE").is_some();
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut wrong = Vec::new();
    let mut run = 0;
    for scenario in children(&all) {
        let Ok(cmd) = fs::read_to_string(scenario.join("cmd")) else {
            continue;
        };
        let expected = scenario.join("expected");
        if update {
            let _ = fs::remove_dir_all(&expected);
            fs::create_dir(&expected).unwrap();
        }
        let mut known = Vec::new();
        for line in cmd
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        {
            let (name, args) = line
                .split_once(':')
                .unwrap_or_else(|| panic!("{}: no name in `{line}`", scenario.display()));
            let ended = case(&scenario, args);
            run += 1;
            for (part, text) in [
                ("stdout", ended.stdout),
                ("stderr", ended.stderr),
                ("code", format!("{}\n", ended.code)),
            ] {
                let path = expected.join(format!("{name}.{part}"));
                if update && !text.is_empty() {
                    fs::write(&path, &text).unwrap();
                }
                let want = fs::read_to_string(&path)
                    .unwrap_or_default()
                    .replace("\r\n", "\n");
                if want != text {
                    wrong.push(format!(
                        "{}\n--- expected\n{want}--- got\n{text}",
                        path.display()
                    ));
                }
                known.push(path);
            }
        }
        let stale = children(&expected)
            .into_iter()
            .filter(|path| !known.contains(path));
        wrong.extend(stale.map(|path| format!("{} belongs to no case", path.display())));
    }
    assert!(run > 0, "no scenario in {}", all.display());
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE=1 cargo test --test cli writes what is got",
        wrong.join("\n\n")
    );
}

fn case(scenario: &Path, line: &str) -> Ended {
    let folder = Folder::new(&[]);
    copy(scenario, folder.0.path());
    let (args, stdin) = line
        .split_once(" < ")
        .map_or((line, None), |(args, file)| (args, Some(file.trim())));
    let mut command = folder.command(&args.split_whitespace().collect::<Vec<_>>());
    if let Some(file) = stdin {
        command.stdin(fs::File::open(folder.0.path().join(file)).unwrap());
    }
    folder.end(command)
}

/// Everything but what belongs to the test itself.
fn copy(from: &Path, to: &Path) {
    for path in children(from) {
        let name = path.file_name().unwrap();
        if name == "cmd" || name == "expected" {
            continue;
        }
        if path.is_dir() {
            fs::create_dir(to.join(name)).unwrap();
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
}

#[test]
fn help_and_version_are_results() {
    let folder = Folder::new(&[]);
    let help = folder.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for command in ["check", "files", "fleet", "explain", "rules"] {
        assert!(
            help.stdout.contains(&format!("\n  {command} ")),
            "{command} in {}",
            help.stdout
        );
        assert_eq!(folder.run(&[command, "--help"]).code, 0, "{command}");
    }
    let check = folder.run(&["check", "--help"]).stdout;
    for heading in ["Input:", "Rules:", "Output:", "Global:", "Exit codes:"] {
        assert!(
            check.contains(&format!("\n{heading}\n")),
            "{heading} in {check}"
        );
    }
    assert_eq!(folder.run(&["lint", "--help"]).code, 0);
    let version = folder.run(&["--version"]);
    assert_eq!(
        (version.code, version.stdout),
        (0, format!("meshlint {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn wrong_usage_is_2_and_nothing_on_stdout() {
    let folder = Folder::new(&[("a.yaml", "")]);
    for (args, expected) in [
        (&[][..], "Usage: meshlint"),
        (&["chek"], "'check'"),
        (&["check", "--context", "east"], "--context"),
        (&["check", "--cluster", "east"], "NAME=PATH"),
        (
            &["check", "--cluster", "=east"],
            "the name of the cluster is missing",
        ),
        (&["check", "--output", "xml"], "human, concise, json"),
        (&["check", "--output", "json="], "the file is missing"),
        (
            &["check", "--output", "json", "--output", "human"],
            "two reports into standard output",
        ),
        (
            &["check", "--output", "json=a", "--output", "human=a"],
            "two reports into a",
        ),
        (
            &["check", "--select", "dns/capture-mismach"],
            "did you mean `dns/capture-mismatch`?",
        ),
        (
            &["check", "--ignore", "yaml,nothing-like-it"],
            "unknown rule `nothing-like-it`",
        ),
        (&["check", "--fail-on", "fatal"], "never"),
        (&["check", "--max-file-size", "lots"], "64MiB"),
        (&["check", "--exclude", "a["], "`a[` is not a pattern"),
        (&["check", "--threads", "0"], "--threads"),
        (
            &["check", "--config", "nowhere.yaml"],
            "cannot read nowhere.yaml: no such file or directory",
        ),
        (&["check", "--config", "a", "--no-config"], "--no-config"),
        (
            &["explain", "dns/capture-mismach"],
            "did you mean `dns/capture-mismatch`?",
        ),
    ] {
        let ended = folder.run(args);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{args:?}: {ended:?}"
        );
        assert!(
            ended.stderr.contains(expected),
            "{args:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn exit_codes_say_what_was_found() {
    let folder = odd();
    let code = |more: &[&str]| folder.run(&[&BOTH[..], more].concat()).code;
    assert_eq!(code(&[]), 0, "a warning is no error");
    assert_eq!(code(&["--fail-on", "warning"]), 1);
    assert_eq!(
        code(&["--fail-on", "info", "--output", "json"]),
        1,
        "whatever the format"
    );
    assert_eq!(code(&["--fail-on", "never"]), 0);
    assert_eq!(
        code(&["--fail-on", "warning", "--min-severity", "error"]),
        0,
        "what is hidden does not count"
    );
    assert_eq!(code(&["--fail-on", "warning", "nowhere"]), 3, "3 beats 1");
}

#[test]
fn a_missing_path_is_3_and_the_rest_is_checked() {
    let ended = odd().run(&[&BOTH[..], &["nowhere", "--output", "concise"]].concat());
    assert_eq!(ended.code, 3);
    assert!(
        ended
            .stderr
            .contains("error: nowhere: no such file or directory\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("warning[dns/capture-mismatch]"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_file_that_is_too_large_is_3_and_not_read() {
    let folder = Folder::new(&[
        ("large.yaml", &"a: 1 # filler\n".repeat(200)),
        ("small.yaml", "a: 1\n"),
    ]);
    let ended = folder.run(&["check", "--max-file-size", "1KiB"]);
    assert_eq!(ended.code, 3);
    assert!(
        ended
            .stderr
            .contains("error: large.yaml: 2.7 KiB, larger than 1 KiB allowed\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("\nchecked 1 file "),
        "{}",
        ended.stdout
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_or_back() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[("a/x.yaml", "a: 1\n")]);
    symlink("..", folder.0.path().join("a/up")).unwrap();
    let ended = folder.run(&["check"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(
        ended.stderr.lines().next(),
        Some("warning: a/up: links back to ., which contains it; not followed")
    );
    symlink("gone.yaml", folder.0.path().join("b.yaml")).unwrap();
    let ended = folder.run(&["check"]);
    assert_eq!(ended.code, 3);
    assert!(
        ended
            .stderr
            .contains("error: b.yaml: links to gone.yaml, which does not exist\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_mistake_in_the_configuration_is_2_and_drawn() {
    let folder = Folder::new(&[(
        "meshlint.yaml",
        "complete: true\nrules:\n  dns: {severty: off}\n",
    )]);
    let ended = folder.run(&["check"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let drawn = [
        "error: unknown field `severty` in `rules.dns`",
        "   ╭─[meshlint.yaml:3:9]",
        " 2 │ rules:",
        " 3 │   dns: {severty: off}",
        "   ·         ───────",
        "   ╰────",
        "  help: did you mean `severity`?",
    ];
    assert_eq!(ended.stderr.lines().collect::<Vec<_>>(), drawn);
    assert_eq!(folder.run(&["check", "--no-config"]).code, 0);
}

#[test]
fn the_configuration_is_found_above_and_obeyed() {
    let folder = odd();
    folder.write(".git/HEAD", "");
    folder.write(
        "meshlint.yaml",
        "rules: {dns/capture-mismatch: {severity: error}}\nselect: [dns]\nexclude: [gen/]\nclusters:\n  \
         left: {paths: [east/]}\n  right: {paths: [west/]}\n",
    );
    folder.write("gen/x.yaml", "a: [\n");
    let ended = folder.run(&["check", "--output", "concise"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stdout.contains("error[dns/capture-mismatch]"),
        "{}",
        ended.stdout
    );
    let fleet = folder.run(&["fleet"]).stdout;
    assert!(
        fleet.contains(" left ") && fleet.contains(" right\n"),
        "{fleet}"
    );
    assert_eq!(
        folder.run(&["check", "--no-config"]).code,
        1,
        "the broken file in gen/"
    );
    assert_eq!(folder.run(&["check", "--ignore", "dns"]).code, 0);
    assert_eq!(folder.run(&["check", "--fail-on", "never"]).code, 0);

    let mut below = folder.command(&["check", "--output", "concise", "..", "../gen"]);
    below.current_dir(folder.0.path().join("west"));
    let ended = folder.end(below);
    assert!(ended.stdout.contains("../east/istio.yaml:"), "{ended:?}");
    assert!(
        ended.stdout.contains("error[dns/capture-mismatch]"),
        "{ended:?}"
    );

    let files = folder.run(&["files"]).stdout;
    assert!(
        files.contains("ignored    meshlint.yaml  the configuration\n"),
        "{files}"
    );

    folder.write(
        "meshlint.yaml",
        "ignores:\n- {rule: dns, cluster: west, reason: being migrated}\nselect: [dns]\n",
    );
    let ended = folder.run(&[&BOTH[..], &["--fail-on", "warning"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("suppressed"), "{}", ended.stdout);
}

#[test]
fn a_cluster_that_only_the_configuration_knows_is_told() {
    let folder = odd();
    folder.write("meshlint.yaml", "clusters:\n  east: {paths: [east/]}\n  wets: {paths: [west/]}\n  north: {complete: true}\nmeshes: {all: [east, west]}\n");
    let told = [
        "warning: `clusters` in meshlint.yaml names `north`, but no file belongs to such a cluster",
        "warning: `meshes.all` in meshlint.yaml names `west`, but no file belongs to such a cluster",
        "help: did you mean `wets`?",
    ];
    assert_eq!(
        folder.run(&["fleet"]).stderr.lines().collect::<Vec<_>>(),
        told
    );
    assert_eq!(
        folder.run(&["fleet", "east"]).stderr,
        "",
        "a part of the files cannot tell"
    );
}

#[test]
fn what_is_not_read_is_listed_with_the_reason() {
    let folder = Folder::new(&[
        (".gitignore", "build/\n"),
        (".meshlintignore", "old.yaml\n"),
        ("build/a.yaml", ""),
        ("old.yaml", ""),
        ("gen.yaml", ""),
        (".hidden.yaml", ""),
        ("notes.md", ""),
        ("kept.yaml", "a: 1\n"),
    ]);
    let ended = folder.run(&[
        "files",
        "--exclude",
        "gen.yaml",
        "--exclude",
        "idle",
        "nowhere",
        ".",
    ]);
    assert_eq!(ended.code, 3);
    let lines: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| !line.contains("kept.yaml"))
        .collect();
    assert_eq!(
        lines,
        [
            "ignored    .hidden.yaml  hidden",
            "ignored    build  `build/` in .gitignore",
            "ignored    gen.yaml  `gen.yaml` in --exclude",
            "failed     nowhere  no such file or directory",
            "ignored    old.yaml  `old.yaml` in .meshlintignore",
            "6 listed, 3 neither YAML nor JSON by name"
        ]
    );
    let warning = "warning: `idle` in --exclude excludes nothing\n";
    assert_eq!(
        ended.stderr,
        format!("{warning}error: nowhere: no such file or directory\n")
    );
}

#[test]
fn standard_input_is_a_file_like_any() {
    let folder = odd();
    let stdin = |args: &[&str]| {
        let mut command = folder.command(args);
        command.stdin(fs::File::open(folder.0.path().join("west/istio.yaml")).unwrap());
        folder.end(command)
    };
    let args = [
        "check",
        "--cluster",
        "east=east",
        "--cluster",
        "west=-",
        "--select=dns",
        "--output=json",
    ];
    let ended = stdin(&args);
    assert!(ended.stdout.contains("\"file\": \"<stdin>\""), "{ended:?}");
    let ended = stdin(&[&args[..], &["--stdin-filename", "west/istio.yaml"]].concat());
    assert!(
        ended.stdout.contains("\"file\": \"west/istio.yaml\""),
        "{ended:?}"
    );
}

#[test]
fn reports_go_where_they_are_sent() {
    let folder = odd();
    let reports = [
        "--output",
        "json=report.json",
        "--output",
        "concise=-",
        "--output",
        "human=report.txt",
    ];
    let ended = folder.run(&[&BOTH[..], &reports].concat());
    assert_eq!(ended.code, 0);
    assert!(!ended.stdout.is_empty());
    assert!(
        ended
            .stdout
            .lines()
            .all(|line| line.contains("warning[dns/capture-mismatch]")),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.starts_with("checked 2 files "),
        "{}",
        ended.stderr
    );
    assert!(folder.read("report.json").starts_with("{\n"));
    assert!(folder.read("report.txt").contains("checked 2 files "));

    let ended = folder.run(
        &[
            &BOTH[..],
            &["--output", "json=nowhere/report.json", "--output", "human"],
        ]
        .concat(),
    );
    assert_eq!(ended.code, 2);
    let error = "error: cannot write nowhere/report.json: no such file or directory\n";
    assert!(ended.stderr.ends_with(error), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("checked 2 files "),
        "the other report is written: {}",
        ended.stdout
    );
}

#[test]
fn json_on_stdout_is_nothing_but_json() {
    let ended = odd().run(&[&BOTH[..], &["--output", "json", "--color", "always"]].concat());
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["diagnostics"][0]["rule"], "dns/capture-mismatch");
    assert_eq!(ended.stderr, "");
}

#[test]
fn colour_is_for_who_wants_it() {
    let folder = odd();
    let colored = |args: &[&str], envs: &[(&str, &str)]| {
        let mut command = folder.command(&[&BOTH[..], args].concat());
        command.envs(envs.iter().copied());
        folder.end(command).stdout.contains('\x1b')
    };
    assert!(!colored(&[], &[]), "not for a pipe");
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(
        colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]),
        "an empty NO_COLOR says nothing"
    );
    assert!(
        colored(&["--color", "always"], &[("NO_COLOR", "1")]),
        "the option has the last word"
    );
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn the_output_is_the_same_on_any_number_of_threads() {
    let folder = Folder::new(&[]);
    for number in 0..40 {
        folder.write(
            &format!("clusters/c{number}/istio.yaml"),
            &istio(&format!("c{number}"), number % 3 == 0),
        );
        folder.write(&format!("clusters/c{number}/broken.yaml"), "a: [\n");
    }
    let one = folder.run(&["check", "--threads", "1"]);
    let many = folder.run(&["check", "--threads", "8"]);
    assert_eq!(one.code, 1);
    assert!(one.stdout.contains("dns/capture-mismatch") && one.stdout.contains("yaml/syntax"));
    assert!(
        one.stdout == many.stdout,
        "{}\n--- but\n{}",
        one.stdout,
        many.stdout
    );
}

#[test]
fn a_closed_pipe_is_a_normal_end() {
    let folder = odd();
    for args in [
        &BOTH[..],
        &["files"],
        &["fleet"],
        &["rules"],
        &["explain", "dns/capture-mismatch"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder
            .command(args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = odd();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = folder.command(&BOTH);
    let output = command
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("error: cannot write: no space left"),
        "{output:?}"
    );
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_cannot_command_the_terminal() {
    let folder = Folder::new(&[("a\x1b[31m.yaml", "a: [\n")]);
    for args in [
        &["files"][..],
        &["check"],
        &["check", "--output", "concise"],
        &["check", "no\x1b[31m.yaml"],
    ] {
        let ended = folder.run(args);
        assert!(
            !ended.stdout.contains('\x1b') && !ended.stderr.contains('\x1b'),
            "{args:?}: {ended:?}"
        );
    }
}

/// The README shows the first finding and the closing lines of its example. `UPDATE=1` writes them there.
#[test]
fn the_readme_shows_real_output() {
    const MARKS: [&str; 2] = ["<!-- example:begin -->\n", "<!-- example:end -->"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let output = root.join("testdata/boutique/expected/check.stdout");
    let output = fs::read_to_string(output).unwrap();
    let paragraphs: Vec<&str> = output.trim_end().split("\n\n").collect();
    let [first, .., closing] = paragraphs.as_slice() else {
        panic!("the example has no findings");
    };
    let (before, rest) = readme.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    let shown = format!(
        "{before}{}```text\n{first}\n\n…\n\n{closing}\n```\n{}{after}",
        MARKS[0], MARKS[1]
    );
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, shown).unwrap();
    } else {
        assert_eq!(readme, shown, "UPDATE=1 cargo test --test cli");
    }
}
