//! Names of rules and tokens for people.

use crate::parse::grammar::Rule;
use crate::parse::scan::{Kind, Token};

/// A token as shown in a message; long strings are cut.
pub(super) fn show(token: &Token<'_>) -> String {
    let mut text: String = token.text.chars().take(30).collect();
    if text.len() < token.text.len() {
        text.push('…');
    }
    match token.kind {
        Kind::Str => format!("string {}", text.replace('\n', " ")),
        _ => format!("`{text}`"),
    }
}

/// What a rule is called; `None` for those that would only confuse.
pub(super) fn rule(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::string | Rule::dq | Rule::sq => "a string",
        Rule::number | Rule::intno => "a number",
        Rule::expr | Rule::tight => "a value",
        Rule::pv | Rule::lval => "a variable",
        Rule::ident => "a name",
        Rule::route_name => "a route name",
        Rule::event_id => "`module:event`",
        Rule::block | Rule::r_block => "`{`",
        Rule::body => "a statement or `{`",
        Rule::proto => "a protocol",
        Rule::ip | Rule::ipv4 | Rule::ip_sock => "an address",
        Rule::host | Rule::hostname | Rule::socket => "an address or host name",
        Rule::port => "a port",
        Rule::kw_desc => "`desc`",
        Rule::op_eq | Rule::op_ne | Rule::op_add | Rule::op_and | Rule::op_or => "an operator",
        Rule::semi => "`;`",
        Rule::EOI => "the end",
        _ => return None,
    })
}

/// Keywords that begin statements and items, for wrong case.
pub(super) const KEYWORDS: &[&str] = &[
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
    "loadmodule",
    "modparam",
    "request_route",
    "reply_route",
    "onreply_route",
    "failure_route",
    "branch_route",
    "onsend_route",
    "event_route",
    "listen",
    "alias",
    "flags",
    "myself",
    "include_file",
    "import_file",
];

/// The keyword that `word` is but for the case of its letters.
pub(super) fn miscased(word: &str) -> Option<&'static str> {
    KEYWORDS.iter().copied().find(|k| *k != word && k.eq_ignore_ascii_case(word))
}

/// The keyword of `candidates` that `word` is but for one typing slip.
pub(super) fn misspelled(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if word.len() < 4 {
        return None;
    }
    candidates.iter().copied().find(|k| *k != word && distance_is_one(word, k))
}

/// One letter added, left out, changed, or two neighbours swapped.
fn distance_is_one(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = |x: &[u8], from: usize| x.get(from..).unwrap_or(b"").to_vec();
    match a.len() as i64 - b.len() as i64 {
        0 => {
            let swapped = a.get(same) == b.get(same + 1) && a.get(same + 1) == b.get(same);
            tail(a, same + 1) == tail(b, same + 1) || (swapped && tail(a, same + 2) == tail(b, same + 2))
        }
        1 => tail(a, same + 1) == tail(b, same),
        -1 => tail(a, same) == tail(b, same + 1),
        _ => false,
    }
}

/// Words of other languages and of OpenSIPS that stand where a statement begins, and what to write here.
pub(super) fn foreign_statement(word: &str) -> Option<&'static str> {
    Some(match word {
        "continue" => "there is no `continue`; put the rest of the loop into an `if`",
        "for" | "foreach" | "do" => "the only loop is `while (condition) { ... }`",
        "elif" | "elsif" | "elseif" => "write `else if`",
        "async" | "launch" => "this is OpenSIPS; use t_suspend()/t_continue() or the async module",
        "function" | "def" | "sub" => {
            "write a route: `route[NAME] { ... }` at the top level, called by `route(NAME);`"
        }
        _ => return None,
    })
}

/// Top-level words of OpenSIPS and of older servers.
pub(super) fn foreign_item(word: &str) -> Option<&'static str> {
    Some(match word {
        "startup_route" => {
            "this is OpenSIPS; use event_route[htable:mod-init] or event_route[core:worker-one-init]"
        }
        "timer_route" => "this is OpenSIPS; use the rtimer module and a `route[NAME]`",
        "local_route" => "this is OpenSIPS; use event_route[tm:local-request]",
        "error_route" => "use event_route[core:receive-parse-error]",
        "udp_workers" => "this is OpenSIPS; use `children=N`",
        "tcp_workers" => "this is OpenSIPS; use `tcp_children=N`",
        "log_level" => "this is OpenSIPS; use `debug=N`",
        "stderror_enabled" => "this is OpenSIPS; use `log_stderror=yes`",
        "syslog_enabled" | "syslog_facility" => "this is OpenSIPS; use `log_facility=LOG_LOCAL0`",
        "socket_tag" => "this is OpenSIPS; use `listen=... name \"x\"`",
        _ => return None,
    })
}
