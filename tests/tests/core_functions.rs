//! Core functions: every one of the catalogue takes the same forms of arguments in both servers, and they do the same.
#![allow(missing_docs)]

use kamjit_tests::tools::run;
use kamjit_tests::{Kind, Setup, World, compare_facts, scenario};
use std::process::Command;

/// Ways to write arguments.
const ARGUMENTS: [&str; 31] = [
    "()",
    "",
    "(\"abc\")",
    "(abc)",
    "(1)",
    "(-1)",
    "($var(x))",
    "(\"$var(x)\")",
    "(127.0.0.1)",
    "(TCP)",
    "(\"127.0.0.1:5070\")",
    "(udp:127.0.0.1:5060)",
    "(uri:host)",
    "(uri:host, uri:port)",
    "(\"a\", \"b\")",
    "(1, \"b\")",
    "(\"a\", 1)",
    "(abc, 1)",
    "(\"x\", f1)",
    "(\"x\", f9)",
    "(\"a\", 1, 2)",
    "(f1)",
    "(g1)",
    "($avp(x), f1)",
    "(\"127.0.0.1\", 5070)",
    "(127.0.0.1, 5070)",
    "(127.0.0.1, uri:port)",
    "(::1)",
    "([::1])",
    "(uri:port)",
    "(\"$rU\")",
];

/// What `kamailio -c` accepts and its start refuses: groups that nobody declares. kamjit finds it in `-c` already.
const FOUND_LATER: [&str; 2] = ["cfg_select", "cfg_reset"];

fn names() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../compiler/catalog/data/core-5.6.json");
    let text = std::fs::read_to_string(path).expect("catalogue");
    let facts: serde_json::Value = serde_json::from_str(&text).expect("catalogue is JSON");
    let mut names = Vec::new();
    for function in facts["core_functions"].as_array().expect("core_functions") {
        let synonyms = function["synonyms"].as_array().into_iter().flatten();
        let all = [&function["name"]].into_iter().chain(synonyms).filter_map(|n| n.as_str());
        names.extend(all.filter(|n| !FOUND_LATER.contains(n)).map(str::to_owned));
    }
    // What steers the script is in the tests of the language.
    names.retain(|n| !["route", "exit", "drop", "return", "break"].contains(&n.as_str()));
    names
}

fn verdict(kind: &Kind, call: &str) -> &'static str {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let cfg = dir.path().join("one.cfg");
    let text = format!(
        "auto_aliases=no\navpflags f1;\nflags g1:3;\nloadmodule \"pv.so\"\nrequest_route {{ {call}; }}\n"
    );
    std::fs::write(&cfg, text).expect("configuration");
    let (bin, own) = kind.program();
    let output = run(Command::new(bin).args(own).arg("-f").arg(&cfg).args(["-c", "-m", "16"]));
    if output.status == 0 { "accepted" } else { "refused" }
}

#[test]
fn every_function_takes_the_same_arguments() {
    let names = names();
    assert!(names.len() > 50, "the catalogue lists {} names", names.len());
    compare_facts("every_function_takes_the_same_arguments", |kind| {
        let lines = |names: &[String]| -> Vec<String> {
            let calls =
                names.iter().flat_map(|name| ARGUMENTS.iter().map(move |args| format!("{name}{args}")));
            // Where the name of a flag stands for a host, kamjit sees its number.
            let calls = calls.filter(|call| !(call.starts_with("forward") && call.ends_with("(g1)")));
            calls.map(|call| format!("{call}: {}", verdict(kind, &call))).collect()
        };
        std::thread::scope(|scope| {
            let parts: Vec<_> =
                names.chunks(names.len().div_ceil(4)).map(|part| scope.spawn(move || lines(part))).collect();
            parts.into_iter().flat_map(|part| part.join().expect("verdicts")).collect::<Vec<_>>().join("\n")
        })
    });
}

fn script(before: &str, body: &str) -> Setup {
    Setup::script(format!(
        "{before}\nrequest_route {{ route(FENCE);\n{body}\nsl_send_reply(\"404\", \"Nope\"); }}\n"
    ))
}

fn message(world: &mut World) {
    let mut alice = world.udp("alice");
    let request = alice.request("MESSAGE", &world.uri("bob"));
    alice.send(&request);
    alice.wait_status(404);
}

scenario!(
    flags_of_avps,
    script(
        "avpflags f1, f2;",
        r#"$avp(x) = "1"; setavpflag("x", f1); if (isavpflagset("x", f1)) xlog("L|1 yes\n"); else xlog("L|1 no\n");
    $avp(x) = "2"; if (isavpflagset("x", f1)) xlog("L|2 yes\n"); else xlog("L|2 no\n");
    $avp(x) = $null; if (isavpflagset("x", f1)) xlog("L|3 yes\n"); else xlog("L|3 no\n");
    if (isavpflagset("x", f2)) xlog("L|4 yes\n"); else xlog("L|4 no\n");
    if (setavpflag("nope", f2)) xlog("L|5 yes\n"); else xlog("L|5 no\n");
    resetavpflag("x", f1); if (isavpflagset("x", f1)) xlog("L|6 yes\n"); else xlog("L|6 no\n");
    $(avp(x)[*]) = "3"; setavpflag("x", f2); $avp(x) = "5"; $avp(x) = $null;
    if (isavpflagset("x", f2)) xlog("L|7 yes\n"); else xlog("L|7 no\n");
    $avp(i:5) = 7; setavpflag("i:5", f2); if (isavpflagset("i:5", f2)) xlog("L|8 yes\n"); else xlog("L|8 no\n");
    setavpflag("$avp(x)", f1); if (isavpflagset("$avp(x)", f1)) xlog("L|9 yes\n"); else xlog("L|9 no\n");"#
    ),
    message
);

scenario!(
    error_and_exec,
    script(
        "",
        r#"error("480", "x"); xlog("L|$rc\n"); exec("touch made"); xlog("L|$rc\n");
    if (exec("false")) xlog("L|yes\n"); else xlog("L|no\n");
    if (error("a", "b")) xlog("L|yes\n"); else xlog("L|no\n");"#
    ),
    |world| {
        message(world);
        let made = world.server.run.path().join("made").exists();
        world.note("files", &format!("the command ran: {made}"));
        world.server.wait_log_quiet();
        let log = world.server.log();
        let logged = log.iter().any(|l| l.contains("NOTICE: <core>") && l.contains("error(\"480\", \"x\")"));
        world.note("log", &format!("error() logged: {logged}"));
    }
);

scenario!(
    reply_closes_its_connection,
    Setup::script(
        "request_route { route(FENCE); set_reply_close(); if (is_method(\"INFO\")) { t_newtran(); \
         t_reply(\"404\", \"Nope\"); exit; } sl_send_reply(\"404\", \"Nope\"); }"
    )
    .with_tcp(),
    |world| {
        for method in ["MESSAGE", "INFO"] {
            let mut alice = world.tcp(method);
            let request = alice.request(method, &world.uri("bob"));
            alice.send(&request);
            alice.wait_status(404);
            alice.wait_closed();
        }
    }
);

scenario!(
    forwarded_reply_closes_its_connection,
    Setup::script("request_route { route(FENCE); set_reply_close(); t_relay(); }").with_tcp(),
    |world| {
        let (mut alice, mut bob) = (world.tcp("alice"), world.udp("bob"));
        let request = alice.request("MESSAGE", &bob.uri());
        alice.send(&request);
        let received = bob.wait_request("MESSAGE");
        bob.reply(&received, 200, "OK");
        alice.wait_reply("MESSAGE", 200);
        alice.wait_closed();
    }
);

scenario!(
    forwarding_closes_its_connection,
    Setup::script(
        "request_route { route(FENCE); set_forward_close(); if (is_method(\"INFO\")) forward(); else t_relay(); }"
    )
    .with_tcp(),
    |world| {
        for method in ["MESSAGE", "INFO"] {
            let (mut alice, mut bob) = (world.udp("alice"), world.tcp(method));
            let request = alice.request(method, &bob.uri());
            alice.send(&request);
            bob.wait_request(method);
            bob.wait_closed();
        }
    }
);
