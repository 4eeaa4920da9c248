//! What may differ: one rule each, with its reason. `docs/src/differences.md` has a line for every rule but those
//! about the reference itself.

use super::Difference;
use super::observe::{Seen, starts};
use crate::server::Kind;

/// The reference does not do the same twice: it reads memory that nobody has set, or what another message left.
pub const UNSTABLE: &str = "reference differs from itself";

/// A known difference.
struct Rule {
    name: &'static str,
    explains: fn(&Difference) -> bool,
}

const RULES: &[Rule] = &[
    // The real server dies of the case: nothing to compare with.
    Rule {
        name: "reference crashes",
        explains: |d| matches!(d.reference, Seen::Crashed(_)) && !matches!(d.candidate, Seen::Crashed(_)),
    },
    // `-c` of kamjit finds what Kamailio finds at start.
    Rule { name: "refused by kamailio at start", explains: refused_at_start },
    // The real server trips over a `default` that comes before texts, or that is alone.
    Rule {
        name: "switch with default first or alone",
        explains: |d| {
            accepted(&d.candidate)
                && refusal(&d.reference).is_some_and(|said| {
                    said.contains("fix_switch(): wrong case type") || said.contains("default only switch")
                })
        },
    },
    // An argument may be computed in every function.
    Rule {
        name: "computed argument",
        explains: |d| {
            accepted(&d.candidate)
                && refusal(&d.reference).is_some_and(|said| said.contains("is not constant"))
        },
    },
    // An error at its line until it is there.
    Rule {
        name: "not in this build",
        explains: |d| refusal(&d.candidate).is_some_and(|said| said.contains("this build does not have")),
    },
    // kamjit keeps `Content-Length` right where edits by pattern change the length of the body.
    Rule { name: "content length", explains: only_length },
    // A NUL ends a log line of the real server.
    Rule {
        name: "NUL in a log line",
        explains: |d| logs(d).is_some_and(|(_, candidate)| candidate.contains("\\u{0}")),
    },
];

fn accepted(seen: &Seen) -> bool {
    matches!(seen, Seen::Accepted | Seen::Ran { .. })
}

fn refusal(seen: &Seen) -> Option<&str> {
    match seen {
        Seen::Refused(said) => Some(said),
        _ => None,
    }
}

fn logs(d: &Difference) -> Option<(String, String)> {
    match (&d.reference, &d.candidate) {
        (Seen::Ran { log: a, .. }, Seen::Ran { log: b, .. }) => Some((a.join("\n"), b.join("\n"))),
        _ => None,
    }
}

fn refused_at_start(d: &Difference) -> bool {
    matches!((&d.reference, &d.candidate), (Seen::Accepted, Seen::Refused(_)))
        && !matches!(starts(&Kind::Reference, &d.case), Seen::Accepted)
}

fn only_length(d: &Difference) -> bool {
    let without = |lines: &[String]| -> Vec<String> {
        let length =
            |l: &&String| !l.to_ascii_lowercase().starts_with("content-length:") && !l.starts_with("l:");
        lines.iter().filter(length).cloned().collect()
    };
    match (&d.reference, &d.candidate) {
        (Seen::Ran { log: a, caller: b, sink: c }, Seen::Ran { log: d, caller: e, sink: f }) => {
            a == d && without(b) == without(e) && without(c) == without(f)
        }
        _ => false,
    }
}

/// The rule that explains a difference.
pub fn explains(difference: &Difference) -> Option<&'static str> {
    RULES.iter().find(|rule| (rule.explains)(difference)).map(|rule| rule.name)
}
