//! Broken configurations: both servers refuse them with status 255; kamjit names every error of the file in one run,
//! each once, with file, line, column, a caret and words that help.
#![allow(missing_docs)]

use kamjit_tests::ports::Port;
use kamjit_tests::server::KAMAILIO;
use kamjit_tests::tools::{Output, run};
use kamjit_tests::{Kind, LogRule, Setup, scenario};
use regex::Regex;
use std::net::UdpSocket;
use std::process::Command;

/// One broken file and the lines on which an error must be reported.
struct Case {
    text: &'static str,
    lines: &'static [usize],
}

const MODULES: &str =
    "loadmodule \"pv.so\"\nloadmodule \"xlog.so\"\nloadmodule \"sl.so\"\nloadmodule \"tm.so\"\n";

/// Starts the server on the file and waits for its end; it must not have opened its port.
fn start(kind: &Kind, text: &str) -> Output {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let cfg = dir.path().join("broken.cfg");
    std::fs::write(&cfg, text).expect("configuration");
    let port = Port::reserve();
    let (bin, own) = kind.program();
    let mut command = Command::new(bin);
    command.args(own).arg("-f").arg(&cfg).args(["-DD", "-E", "-m", "32", "-w"]).arg(dir.path());
    let output =
        run(command.arg("-Y").arg(dir.path()).args(["-l", &format!("udp:127.0.0.1:{}", port.number)]));
    assert!(UdpSocket::bind(("127.0.0.1", port.number)).is_ok(), "something still holds the port");
    output
}

/// Positions of the errors in kamjit's report: `PATH:LINE:COLUMN: error[CODE]: ...`.
fn positions(report: &str) -> Vec<(usize, usize)> {
    let place = Regex::new(r"broken\.cfg:(\d+):(\d+): error\[\w+\]: ").expect("pattern");
    let number = |text: &str| text.parse().unwrap_or(0);
    place.captures_iter(report).map(|c| (number(&c[1]), number(&c[2]))).collect()
}

fn check(name: &str, case: &Case) {
    let text = format!("{MODULES}{}", case.text);
    let reference = start(&Kind::Reference, &text);
    assert_eq!(reference.status, 255, "{name}: kamailio accepts it:\n{}", reference.text);
    let candidate = start(&Kind::Candidate, &text);
    assert_eq!(candidate.status, 255, "{name}: kamjit accepts it:\n{}", candidate.text);
    if Kind::Candidate.program().0.as_os_str() == KAMAILIO {
        return;
    }
    let found = positions(&candidate.text);
    let mut once = found.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), found.len(), "{name}: an error is reported twice:\n{}", candidate.text);
    let mut lines: Vec<usize> = once.iter().map(|(line, _)| *line).collect();
    lines.dedup();
    let offset = MODULES.lines().count();
    let wanted: Vec<usize> = case.lines.iter().map(|l| l + offset).collect();
    assert_eq!(lines, wanted, "{name}: lines with errors; the report is\n{}", candidate.text);
    let carets = candidate.text.matches(['┬', '▲', '^']).count();
    assert!(carets >= found.len(), "{name}: no caret under each error:\n{}", candidate.text);
}

/// Declares one test per broken file; the first line of `text` is line 1.
macro_rules! broken {
    ($($name:ident: $lines:expr, $text:expr;)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), &Case { text: $text, lines: &$lines });
            }
        )*
    };
}

broken! {
    unknown_function: [2], "request_route {\n    no_such_function(\"x\");\n}\n";
    unknown_functions: [2, 3, 5], "request_route {\n    foo();\n    bar(1);\n    exit;\n    baz();\n}\n";
    wrong_number_of_arguments: [2], "request_route {\n    sl_send_reply(\"200\");\n}\n";
    unknown_variable: [2], "request_route {\n    $nonsense(x) = 1;\n}\n";
    unknown_transformation: [2], "request_route {\n    $var(x) = $(ru{s.nonsense});\n}\n";
    unknown_variable_in_a_string: [2], "request_route {\n    xlog(\"$nonsense(x)\\n\");\n}\n";
    assignment_to_a_constant: [2], "request_route {\n    $si = \"x\";\n}\n";
    missing_expression: [2], "request_route {\n    $var(x) = ;\n}\n";
    missing_semicolon: [2], "request_route {\n    xlog(\"a\\n\")\n    xlog(\"b\\n\");\n}\n";
    missing_brace: [1], "request_route {\n    exit;\n";
    unterminated_string: [2], "request_route {\n    xlog(\"abc);\n}\n";
    unknown_route: [2], "request_route {\n    route(NOWHERE);\n}\n";
    unknown_routes: [2, 4], "request_route {\n    route(NOWHERE);\n    exit;\n    route(NEITHER);\n}\n";
    doubled_route: [2], "route[A] { exit; }\nroute[A] { exit; }\nrequest_route { route(A); }\n";
    empty_block: [2], "request_route {\n    if ($rU == \"x\") { }\n}\n";
    unknown_module: [1], "loadmodule \"nosuch.so\"\nrequest_route { exit; }\n";
    unknown_parameter: [1], "modparam(\"tm\", \"nosuch\", 1)\nrequest_route { exit; }\n";
    parameter_of_a_missing_module: [1], "modparam(\"nosuch\", \"x\", 1)\nrequest_route { exit; }\n";
    text_for_a_number: [1], "modparam(\"tm\", \"fr_timer\", \"abc\")\nrequest_route { exit; }\n";
    unknown_global: [1], "nosuch_global=1\nrequest_route { exit; }\n";
    bad_regex: [2], "request_route {\n    if ($rU =~ \"(\") exit;\n}\n";
    type_mismatch: [2], "request_route {\n    $var(x) = 1 + \"2\";\n}\n";
    unclosed_ifdef: [1], "#!ifdef X\nrequest_route { exit; }\n";
    stray_endif: [1], "#!endif\nrequest_route { exit; }\n";
    redefined: [2], "#!define A 1\n#!define A 2\nrequest_route { exit; }\n";
    define_with_a_dash: [1], "#!define a-b 1\nrequest_route { exit; }\n";
    define_without_value_as_operand: [2], "#!define A\nrequest_route { $var(x) = A; }\n";
    name_of_a_module_taken: [2], "#!define MOD_textops\nloadmodule \"textops.so\"\nrequest_route { exit; }\n";
    text_behind_endif: [1], "#!ifdef X\n#!endif X\nrequest_route { exit; }\n";
    ifdef_without_name: [2], "#!ifdef\n#!endif\nrequest_route { exit; }\n";
    substitution_without_end: [1], "#!subst \"/a/b\"\nrequest_route { exit; }\n";
    substitution_with_a_bad_flag: [1], "#!subst \"/a/b/x\"\nrequest_route { exit; }\n";
    substitution_with_a_bad_pattern: [1], "#!subst \"/a(/b/\"\nrequest_route { exit; }\n";
    substitution_in_a_route: [2], "request_route {\n    #!subst \"/a/b/\"\n    exit;\n}\n";
    substitution_of_a_taken_name: [2], "#!define A 1\n#!substdef \"/A/2/\"\nrequest_route { exit; }\n";
    missing_variable_of_the_environment: [1], "#!defenv KAMJIT_TESTS_NOPE\nrequest_route { exit; }\n";
    semicolon_behind_an_include: [1], "include_file \"nosuch.cfg\";\nrequest_route { exit; }\n";
    file_that_includes_itself: [1], "include_file \"broken.cfg\"\nrequest_route { exit; }\n";
    missing_include: [1], "include_file \"nosuch.cfg\"\nrequest_route { exit; }\n";
    two_defaults: [4], "request_route {\n    switch ($rU) {\n        default: exit;\n        default: exit;\n    }\n}\n";
    errors_of_many_kinds: [1, 3, 4, 5, 8],
        "modparam(\"tm\", \"nosuch\", 1)\nrequest_route {\n    foo();\n    $var(x) = $nonsense(y);\n    route(NOWHERE);\n    exit;\n}\nfailure_route[X] { bar(); }\n";
    table_in_a_database: [3], "loadmodule \"htable.so\"\nmodparam(\"htable\", \"htable\", \"a=>size=4;\")\n\
        modparam(\"htable\", \"db_url\", \"mysql://u:p@127.0.0.1/d\")\nrequest_route { exit; }\n";
    table_with_a_slip: [3], "loadmodule \"htable.so\"\nmodparam(\"htable\", \"htable\", \"a=>size=4;\")\n\
        modparam(\"htable\", \"htable\", \"b=>siz=4;\")\nrequest_route { exit; }\n";
    avps_in_a_database: [3], "loadmodule \"avpops.so\"\nrequest_route {\n    avp_db_load(\"$ru\", \"$avp(s:x)\");\n}\n";
    unknown_operator: [3], "loadmodule \"avpops.so\"\nrequest_route {\n    avp_check(\"$avp(a)\", \"zz/i:1\");\n}\n";
    timer_without_a_name: [2], "loadmodule \"rtimer.so\"\nmodparam(\"rtimer\", \"exec\", \"timer=a;route=X\")\n\
        route[X] { exit; }\nrequest_route { exit; }\n";
    flag_out_of_range: [3], "loadmodule \"cfgutils.so\"\nrequest_route {\n    set_gflag(\"32\");\n}\n";
    two_syntax_errors: [2, 5], "request_route {\n    $var(x) = ;\n}\nroute[A] {\n    if ( { exit; }\n}\n";
}

#[test]
fn the_include_chain_is_named() {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    std::fs::write(dir.path().join("inner.cfg"), "route[A] {\n    foo();\n}\n").expect("file");
    std::fs::write(dir.path().join("outer.cfg"), "include_file \"inner.cfg\"\nrequest_route { route(A); }\n")
        .expect("file");
    let (bin, own) = Kind::Candidate.program();
    let mut command = Command::new(bin);
    command.args(own).arg("-f").arg(dir.path().join("outer.cfg")).args(["-DD", "-E", "-w"]).arg(dir.path());
    let output = run(command.args(["-l", "udp:127.0.0.1:5999"]));
    assert_eq!(output.status, 255);
    if Kind::Candidate.program().0.as_os_str() != KAMAILIO {
        assert!(output.text.contains("inner.cfg:2:5: error["), "{}", output.text);
    }
}

// What looks wrong but is accepted by the real server must be accepted.
scenario!(
    odd_but_accepted,
    Setup::script(
        "#!nonsense directive\nchildren=1 debug=2\nimport_file \"nosuch.cfg\"\n\
         route[1] { return 1; }\nevent_route[no:such] { exit; }\n\
         request_route { route(FENCE); ; if (1) { ; } t_on_failure(\"NOWHERE\"); switch (1) { } xlog(\"L|one\\n\"); }\r\n\
         request_route { xlog(\"L|two\\n\"); sl_send_reply(\"200\", \"OK\"); exit 5; }"
    )
    .log(LogRule::Ordered),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("OPTIONS", &world.domain());
        alice.send(&request);
        alice.wait_status(200);
    }
);
