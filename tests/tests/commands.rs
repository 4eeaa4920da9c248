//! `kamjit check` and `kamjit catalog`, as an editor or CI runs them.
#![allow(missing_docs)]

use kamjit_tests::server::candidate;
use kamjit_tests::tools::{Output, run};
use std::process::Command;

const STOCK: &str = "/etc/kamailio/kamailio.cfg";

fn kamjit(args: &[&str]) -> Output {
    run(Command::new(candidate()).args(args))
}

/// A file with this text, in a directory that goes when it is dropped.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let path = dir.path().join("site.cfg");
    std::fs::write(&path, text).expect("configuration");
    let path = path.to_string_lossy().into_owned();
    (dir, path)
}

#[test]
fn check_is_silent_about_a_good_file_and_says_so() {
    let output = kamjit(&["check", STOCK]);
    assert_eq!((output.status, output.text.trim()), (0, &*format!("{STOCK}: ok")));
    let output = kamjit(&["check", "--quiet", "--strict", STOCK]);
    assert_eq!((output.status, &*output.text), (0, ""));
}

#[test]
fn check_reports_all_errors_of_all_files() {
    let (_dir, path) =
        file("loadmodule \"xlog.so\"\nrequest_route {\n    route(NOWHERE);\n    xlgo(\"x\");\n}\n");
    let output = kamjit(&["check", STOCK, &path]);
    assert_eq!(output.status, 1, "{}", output.text);
    for wanted in ["site.cfg:3:", "site.cfg:4:", "NOWHERE", "xlgo", "site.cfg: 2 errors", "kamailio.cfg: ok"]
    {
        assert!(output.text.contains(wanted), "{wanted} is not in:\n{}", output.text);
    }
}

#[test]
fn check_takes_defines() {
    let (_dir, path) = file("request_route {\n#!ifdef WITH_FAULT\n    nonsense();\n#!endif\n    exit;\n}\n");
    assert_eq!(kamjit(&["check", &path]).status, 0);
    assert_eq!(kamjit(&["check", "-A", "WITH_FAULT", &path]).status, 1);
}

#[test]
fn a_file_that_cannot_be_read_is_not_an_error_in_it() {
    let output = kamjit(&["check", "/nonexistent/kamailio.cfg"]);
    assert_eq!(output.status, 2, "{}", output.text);
    assert!(output.text.contains("/nonexistent/kamailio.cfg"), "{}", output.text);
}

#[test]
fn catalog_lists_what_the_compiler_takes() {
    let output = kamjit(&["catalog", "--json"]);
    assert_eq!(output.status, 0, "{}", output.text);
    let all: serde_json::Value = serde_json::from_str(&output.text).expect("JSON");
    let names = |module: &str, kind: &str| -> Vec<String> {
        let list = all["modules"][module][kind].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|entry| Some(entry["name"].as_str()?.to_owned())).collect()
    };
    let has = |module: &str, kind: &str, name: &str| names(module, kind).iter().any(|n| n == name);
    assert!(has("tm", "functions", "t_relay"));
    assert!(has("tm", "parameters", "fr_timer"));
    assert!(has("tm", "rpc", "tm.stats"));
    assert!(has("pv", "variables", "ru"));
    assert!(has("pv", "transformations", "s.len") || has("core", "transformations", "s.len"));
    assert!(has("core", "globals", "children"));
    assert!(has("core", "functions", "setflag"));
}

#[test]
fn catalog_finds_a_word_and_what_is_missing() {
    let output = kamjit(&["catalog", "t_relay_to_udp"]);
    assert!(output.text.starts_with("tm\n") && output.text.contains("t_relay_to_udp"), "{}", output.text);
    let output = kamjit(&["catalog", "--missing", "maxfwd"]);
    assert_eq!((output.status, &*output.text), (0, ""), "maxfwd is complete");
}
