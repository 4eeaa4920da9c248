//! What a run found, for people.

use super::observe::{Seen, configuration};
use super::{Case, Difference, Outcome, Subject};
use crate::diff::diff;
use crate::server::Kind;
use std::fmt::Write;

/// One line of figures.
pub fn summary(subject: Subject, seed: u64, outcome: &Outcome) -> String {
    let mut out = format!(
        "{:16} seed {seed}: {} cases, {} refused by both, {} differences",
        subject.name(),
        outcome.cases,
        outcome.refused,
        outcome.differences.len()
    );
    for (rule, count) in &outcome.known {
        let _ = write!(out, "; {rule}: {count}");
    }
    out
}

/// A difference with everything that is needed to see it again.
pub fn difference(found: &Difference) -> String {
    let case = &found.case;
    let mut out = format!(
        "=== {} --seed {} --from {} --cases 1\n{}\n",
        case.subject.name(),
        case.seed,
        case.number,
        case.lines.join("\n")
    );
    for (name, text) in &case.files {
        let _ = write!(out, "--- file {name}\n{text}");
    }
    if !case.only_parsed() && case.message != super::messages::common(&case.id()).to_bytes() {
        let _ = writeln!(out, "--- message\n{}", crate::mask::visible(&case.message));
    }
    match (&found.reference, &found.candidate) {
        (Seen::Ran { log: a, caller: b, sink: c }, Seen::Ran { log: d, caller: e, sink: f }) => {
            for (name, left, right) in [("log", a, d), ("caller", b, e), ("sink", c, f)] {
                if let Some(text) = diff(left, right) {
                    let _ = write!(out, "--- {name}: - is kamailio, + is kamjit\n{text}");
                }
            }
        }
        (reference, candidate) => {
            let _ = writeln!(out, "--- kamailio: {}\n--- kamjit: {}", told(reference), told(candidate));
        }
    }
    out
}

/// A case and what the reference does with it.
pub fn case(case: &Case) -> String {
    let seen = super::alone(&Kind::Reference, case);
    format!(
        "=== {} {}\n{}\n--- kamailio {}\n",
        case.subject.name(),
        case.number,
        case.lines.join("\n"),
        told(&seen)
    )
}

/// The whole configuration of a case, to run by hand.
pub fn whole(found: &Difference) -> String {
    configuration(&[&found.case]).0
}

fn told(seen: &Seen) -> String {
    match seen {
        Seen::Accepted => "accepts it".into(),
        Seen::Refused(why) => format!("refuses it:\n{}", end(why, 12)),
        Seen::Crashed(why) => format!("ends or goes silent:\n{}", end(why, 12)),
        Seen::Ran { log, .. } => format!("runs it:\n{}", log.join("\n")),
    }
}

fn end(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|l| !l.contains("INFO:") && !l.contains("WARNING:")).collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}
