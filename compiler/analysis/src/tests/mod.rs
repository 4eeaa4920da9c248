//! From text to IR and diagnostics, with a fake host.

mod host;

use std::io;
use std::path::Path;

use kamjit_catalog::Generation;
use kamjit_syntax::{FileLoader, Options, read};

use crate::{Analysed, analyse};
use host::FakeHost;

struct OneFile<'a>(&'a str);

impl FileLoader for OneFile<'_> {
    fn load(&self, _: &Path) -> io::Result<Vec<u8>> {
        Ok(self.0.into())
    }
}

fn analyse_text(text: &str) -> (String, Analysed, Vec<String>) {
    let options = Options { generation: kamjit_syntax::Generation::V5_6, ..Options::default() };
    let unit = read("x.cfg".as_ref(), &options, &OneFile(text));
    let mut host = FakeHost::new(Generation::V5_6);
    let analysed = analyse(&unit, &mut host);
    let mut report = String::new();
    for d in unit.diagnostics.iter().chain(&analysed.diagnostics) {
        let line = unit.map.resolve(d.primary.span).map_or(0, |l| l.line);
        report.push_str(&format!("{line}: {} {:?}: {}", d.code, d.severity, d.message));
        for also in &d.secondary {
            let line = unit.map.resolve(also.span).map_or(0, |l| l.line);
            report.push_str(&format!(" [{line}: {}]", also.text));
        }
        if let Some(help) = &d.help {
            report.push_str(&format!(" ({help})"));
        }
        report.push('\n');
    }
    (report, analysed, host.notes)
}

const MODULES: &str = "loadmodule \"tm.so\"\nloadmodule \"sl\"\nloadmodule \"textops.so\"\nloadmodule \"/usr/lib/xlog.so\"\nloadmodule \"pv.so\"\n";

/// The IR of statements in a request route.
fn ir(body: &str) -> String {
    let text = format!(
        "{MODULES}route[A] {{ return 5; }}\nfailure_route[F] {{ return; }}\nrequest_route {{\n{body}\n}}\n"
    );
    let (report, analysed, _) = analyse_text(&text);
    assert_eq!(report, "");
    let program = analysed.program.unwrap().to_string();
    let main = program.split("route 2 kind=1 name=\"\" {\n").nth(1).unwrap();
    main.trim_end().trim_end_matches('}').to_owned()
}

/// The findings for statements in a request route, lines counted from the first of them.
fn findings(body: &str) -> String {
    let text = format!(
        "{MODULES}route[A] {{ return 5; }} failure_route[F] {{ return; }} request_route {{ {body}\n}}\n"
    );
    let (report, analysed, _) = analyse_text(&text);
    assert!(!report.contains("Error") || analysed.program.is_none());
    report
        .lines()
        .map(|line| line.split_once(": ").map_or(line, |(_, rest)| rest).to_owned() + "\n")
        .collect()
}

#[test]
fn statements_become_ir() {
    insta::assert_snapshot!(ir(r#"
        $var(a) = $var(a) + 1 - 2 * 3;
        $var(b) = "u" + 5 + "-" + $fU + "x" + "y";
        if (is_method("INVITE") && !($ru =~ "^sip:a") || $rU == $null) { exit; } else if ($var(a)) { drop; } else return -1;
        $avp(x) = route(A);
        $avp(x) = route(A) + 3;
        while ($var(a) < 10) { $var(a) = $var(a) + 1; if ($var(a) == 5) break; }
        switch ($var(a)) { case 1: case 1+1: route(A); break; default: t_relay(); }
        switch ($rU) { case "x": exit; case /"^y": return; }
        xlog("L_INFO", "a $var(a)\n");
        xlog("v" + $var(a));
        route("A");
        route("R" + $var(a));
        $du = @ruri.host;
        if (strempty($du) || strlen($ru) > 5 || defined $avp(x)) { forward(); }
        exit xlog("bye\n");
    "#));
}

#[test]
fn constants_are_folded() {
    insta::assert_snapshot!(ir(r#"
        $var(a) = 2147483647 + 1;
        $var(a) = 010 + 0x10;
        $var(a) = 2 & 3 == 3;
        $var(a) = !1 == 0;
        $var(a) = "a" + "b" == "ab";
        $var(a) = 1 << 33;
        $var(a) = $var(b) && 1;
        $var(a) = $var(b) && 5;
        $var(a) = 0 || $var(b);
        $var(a) = 5 / 0;
        $var(a) = $var(b) == "";
        $var(a) = $var(b) != "";
        $var(a) = "12" == 12;
        $var(a) = (int)"0x1f" + 5;
    "#));
}

#[test]
fn conditions_on_bare_words() {
    insta::assert_snapshot!(ir(r#"
        if (uri == myself && from_uri != myself) { exit; }
        if (method == "INVITE" || method == REGISTER || method =~ "^a") { exit; }
        if (src_ip == 10.0.0.0/8 || src_ip != 127.0.0.1 || dst_ip == "192.168.0.0/255.255.0.0" || src_ip == $si) { exit; }
        if (proto == UDP || proto == $var(p) || af == INET6 || src_port > 1024 || msg:len >= 100) { exit; }
        if (status =~ "[12][0-9][0-9]") { exit; }
    "#));
}

#[test]
fn types_are_checked_as_the_server_does() {
    for (body, expected) in [
        (
            "$var(a) = \"x\" - 1;",
            "KC012 Error: a number is needed here, this is a string (convert it with (int))\n",
        ),
        (
            "$var(a) = 1 + \"2\";",
            "KC012 Error: a number is needed here, this is a string (convert it with (int))\n",
        ),
        (
            "if (5 == \"5\") exit;",
            "KC012 Error: a number is needed here, this is a string (convert it with (int))\n",
        ),
        ("if (\"5\" == 5) exit;", "KC029 Warning: the condition of this if is always the same\n"),
        ("if ($si eq \"5\") exit;", ""),
        (
            "$var(a) = strlen(5);",
            "KC012 Error: a string is needed here, this is a number (convert it with (str))\n",
        ),
        (
            "$var(a) = !\"x\";",
            "KC012 Error: a number is needed here, this is a string (convert it with (int))\n",
        ),
        ("return \"x\";", "KC012 Error: a number is needed here, this is a string (convert it with (int))\n"),
        ("$si = 1;", "KC042 Error: $si cannot be assigned\n"),
        ("$rc = 1;", "KC042 Error: $rc cannot be assigned\n"),
        ("$var(a) = $frob;", "KC043 Error: there is no pseudo-variable $frob\n"),
        (
            "if ($ru =~ \"(\") exit;",
            "KC012 Error: the regular expression does not compile: a parenthesis is open\n",
        ),
        (
            "switch ($rU) { case 1: exit; case \"a\": exit; }",
            "KC012 Error: numbers and strings cannot be mixed in the cases of one switch\n",
        ),
        ("switch ($rU) { case $var(a): exit; }", "KC012 Error: the label of a case must be a constant\n"),
        ("if (snd_ip == 1.2.3.4) exit;", "KC044 Error: snd_ip exists in onsend_route only\n"),
    ] {
        assert_eq!(findings(body), expected, "{body}");
    }
}

#[test]
fn calls_are_checked() {
    for (body, expected) in [
        ("t_rleay();", "KC008 Error: there is no function t_rleay() (did you mean t_relay()?)\n"),
        (
            "record_route();",
            "KC009 Error: record_route() is a function of the module rr, which is not loaded (add loadmodule \"rr.so\")\n",
        ),
        ("t_relay(\"a\", \"b\", \"c\");", "KC010 Error: t_relay() takes 0, 1 or 2 arguments, 3 given\n"),
        ("is_method();", "KC010 Error: is_method() takes 1 argument, 0 given\n"),
        ("xlog(\"L_INFO\", \"$?\");", "KC012 Error: there is no pseudo-variable $?\n"),
        ("t_on_failure(\"F\");", ""),
        ("t_on_failure(\"G\");", "KC003 Warning: there is no failure_route[G]\n"),
        ("t_on_failure(\"A\");", "KC004 Warning: there is no failure_route[A] [6: this is a route]\n"),
        ("route(B);", "KC002 Error: there is no route[B] (declare route[B] { ... })\n"),
        (
            "route(F);",
            "KC002 Error: there is no route[F] [6: this is a failure_route, which route() cannot call] (declare route[F] or call another one)\n",
        ),
        (
            "if (route(NOWHERE)) exit;",
            "KC002 Error: there is no route[NOWHERE] (declare route[NOWHERE] { ... })\n",
        ),
    ] {
        assert_eq!(findings(body), expected, "{body}");
    }
}

#[test]
fn places_of_calls_are_checked_by_block_and_warned_of_by_call() {
    let (report, ..) = analyse_text(&format!(
        "{MODULES}reply_route {{ sl_send_reply(\"200\", \"x\"); route(A); }}\nroute[A] {{\n sl_send_reply(\"200\", \"x\");\n if (is_method(\"X\")) {{ sl_send_reply(\"200\", \"x\"); }}\n}}\nrequest_route {{ route(A); }}\n"
    ));
    assert_eq!(
        report,
        "6: KC011 Error: sl_send_reply() cannot be used in a reply_route\n\
         8: KC011 Warning: sl_send_reply() fails where this route is called from reply_route (test is_request() or is_reply() before it, or call it in the block itself)\n"
    );
}

#[test]
fn modules_and_parameters() {
    let (report, ..) = analyse_text(
        "loadmodule \"tm.so\"\nloadmodule \"tm.so\"\nloadmodule \"nathelper.so\"\nloadmodule \"frob.so\"\n\
         modparam(\"tm\", \"fr_timre\", 5)\nmodparam(\"tm\", \"fr_timer\", \"5\")\nmodparam(\"rr\", \"enable_full_lr\", 1)\n\
         modparam(\"nathelper\", \"natping_interval\", 30)\nmodparam(\"nathelper|tm\", \"fr_timer\", 1)\n\
         request_route { fix_nated_register(); t_relay(); }\ndebgu=3\ndebug=\"x\"\nmemlog=1\n",
    );
    insta::assert_snapshot!(report);
}

#[test]
fn globals_reach_the_host_in_order() {
    let (report, _, notes) = analyse_text(
        "debug=-1\nalias=a.com b.com:5060\nchildren=8\nlisten=udp:127.0.0.1:5060 advertise 1.2.3.4:5070\nlisten=tcp:[::1]:5060\nchildren=8\n\
         pstn.gw_ip = \"\" desc \"gateway\"\nflags FLT_A:3, FLT_B\nrequest_route { setflag(FLT_A); setflag(5); forward(); }\n",
    );
    insta::assert_snapshot!(format!("{report}{}", notes.join("\n")));
}

#[test]
fn routes_declared_twice() {
    let (report, ..) = analyse_text(
        "route[A] { return; }\nfailure_route[A] { return; }\nroute[A] { return; }\nrequest_route { route(A); }\nrequest_route { exit; }\n",
    );
    assert_eq!(
        report,
        "3: KC006 Error: route[A] is declared twice [1: first declared here] (rename one of them)\n"
    );
}

#[test]
fn all_errors_of_a_file_in_one_run() {
    let found = findings("t_rleay(); route(NOWHERE);\n$si = \"x\";\nif ($frob == 1) { return \"a\"; }");
    assert_eq!(found.lines().count(), 5, "{found}");
}

#[test]
fn two_main_blocks_run_one_after_the_other() {
    let (_, analysed, _) = analyse_text(
        "request_route { $var(a) = 1; }\nloadmodule \"pv.so\"\nrequest_route { $var(b) = 2; }\n",
    );
    let text = analysed.program.unwrap().to_string();
    assert!(text.starts_with("route 0 kind=1 name=\"\" {\n  var0 = 1\n  var1 = 2\n}"), "{text}");
}

#[test]
fn a_variable_in_a_string_is_pointed_at() {
    let (report, analysed, _) = analyse_text(&format!("{MODULES}request_route {{ xlog(\"a $? b\"); }}\n"));
    assert!(report.contains("KC012"), "{report}");
    let span = analysed.diagnostics[0].primary.span;
    assert_eq!(span.len(), "\"a $? b\"".len(), "a name that is no word: the whole argument");
}

#[test]
fn core_functions_are_marked() {
    let text = format!("{MODULES}request_route {{ setflag(1); is_method(\"X\"); }}\n");
    let program = analyse_text(&text).1.program.unwrap();
    let core: Vec<bool> = program.routes[0]
        .body
        .iter()
        .map(|s| matches!(&s.kind, crate::ir::StmtKind::Run(crate::ir::Expr::Call(call)) if call.core))
        .collect();
    assert_eq!(core, [true, false]);
}
