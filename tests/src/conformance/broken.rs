//! Damaged configurations: a case of another generator with one or two tokens dropped, doubled, swapped or replaced.

use super::generator::Gen;
use super::tokens::tokens;
use super::{Case, Subject, control_flow, edits, expressions, preprocessor, transformations, variables};

const STRAYS: &[&str] = &[
    ";",
    "{",
    "}",
    "(",
    ")",
    ",",
    "=",
    "==",
    "\"",
    "'",
    "$",
    "#",
    "!",
    "0",
    "-1",
    "99",
    "\"x\"",
    "foo",
    "$var(x)",
    "$foo",
    "$avp(",
    "if",
    "else",
    "while",
    "switch",
    "case",
    "default",
    "break",
    "exit",
    "drop",
    "return",
    "route",
    "xlog",
    "t_relay()",
    "[",
    "]",
    ":",
    ".",
    "&&",
    "+",
    "/",
    "mod",
    "defined",
    "(int)",
    "strlen",
    "\n",
    "t_reply(\"1\")",
    "no_such()",
    "sl_send_reply(\"200\", \"OK\")",
    "route[x] { exit; }",
    "failure_route[y] { t_drop_replies(); }",
    "onreply_route[z] { sl_send_reply(\"200\", \"x\"); }",
    "branch_route[q] { t_relay(); }",
    "event_route[a:b] { exit; }",
    "loadmodule \"nope.so\"",
    "modparam(\"tm\", \"nope\", 1)",
    "modparam(\"tm\", \"fr_timer\", \"x\")",
    "debug=5",
    "debug=\"x\"",
    "nope=1",
    "children=\"2\"",
    "#!ifdef X",
    "#!endif",
    "#!else",
    "#!define A",
    "$ci = 5;",
    "$ru = 5;",
    "append_hf(\"a\", \"b\", \"c\");",
    "append_hf();",
    "$(ru{s.len,1})",
    "$(ru{nope.nope})",
    "$(ru{s.substr,1})",
    "$(ru{s.select,1})",
    "$hdr()",
    "$hdr",
    "$avp",
    "$ru(x)",
    "setflag(99);",
    "setflag(\"x\");",
    "isflagset(32)",
    "@from.uri",
    "myself",
    "uri",
    "method",
    "status",
    "continue",
    "forward(1.2.3.4)",
    "return 5 6",
    "exit exit",
    "route(1)",
    "route()",
    "t_on_failure(\"x\")",
    "\\",
    "\u{e4}",
    "''",
    "\"\"",
    "%",
    "~",
    "1.2.3.4",
    "0x",
    "08",
    "1e5",
];

fn source(g: &mut Gen) -> Case {
    let subject = [
        Subject::Expressions,
        Subject::Transformations,
        Subject::Variables,
        Subject::ControlFlow,
        Subject::ControlFlow,
        Subject::Edits,
        Subject::Edits,
        Subject::Preprocessor,
    ][g.below(8)];
    let mut inner = g.other(subject);
    match subject {
        Subject::Expressions => expressions::generate(&mut inner),
        Subject::Transformations => transformations::generate(&mut inner),
        Subject::Variables => variables::generate(&mut inner),
        Subject::Edits => edits::generate(&mut inner),
        Subject::Preprocessor => preprocessor::generate(&mut inner),
        Subject::ControlFlow | Subject::Broken => control_flow::generate(&mut inner),
    }
}

/// Drops, doubles, swaps, replaces or inserts a token.
fn damage(g: &mut Gen, parts: &mut Vec<String>) {
    let solid: Vec<usize> = (0..parts.len()).filter(|n| !parts[*n].trim().is_empty()).collect();
    if solid.is_empty() {
        return;
    }
    let at = *g.choose(&solid);
    let other = *g.choose(&solid);
    match g.below(7) {
        0 | 1 => drop(parts.remove(at)),
        2 => parts.insert(at, parts[at].clone()),
        3 => parts.swap(at, other),
        4 => parts[at] = g.pick(STRAYS).into(),
        5 => parts.insert(at, format!(" {} ", g.pick(STRAYS))),
        _ => parts[at] = parts[other].clone(),
    }
}

/// One case.
pub fn generate(g: &mut Gen) -> Case {
    let whole = source(g);
    let mut text = whole.lines.join("\n");
    if g.percent(12) {
        let (from, to) = *g.choose(&[
            ("route[", "failure_route["),
            ("route[", "onreply_route["),
            ("route[", "branch_route["),
            ("route[", "event_route["),
            ("route[", "request_route["),
            ("route[", "onsend_route["),
            ("\");", "\", \"x\");"),
            ("(\"", "(\"x\", \""),
            ("$var(", "$vra("),
            ("xlog(", "xlgo("),
            ("(", "(5, "),
            ("\"", ""),
        ]);
        text = text.replacen(from, to, 1);
    } else {
        let mut parts = tokens(&text);
        for _ in 0..g.between(1, 2) {
            damage(g, &mut parts);
        }
        text = parts.concat();
    }
    let mut case = g.case(text.lines().map(str::to_owned).collect());
    case.files = whole.files;
    case
}
