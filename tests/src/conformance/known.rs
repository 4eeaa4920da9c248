//! What may differ: one rule each, with its reason. `docs/src/differences.md` has a line for every rule but the two
//! about the reference itself.

use super::Difference;
use super::observe::{Seen, starts};
use crate::server::Kind;

/// The reference does not do the same twice (it reads memory that nobody has set).
pub const UNSTABLE: &str = "reference differs from itself";

/// A known difference.
struct Rule {
    name: &'static str,
    explains: fn(&Difference) -> bool,
}

const RULES: &[Rule] = &[
    // The real server dies of the case; nothing to compare with.
    Rule {
        name: "reference crashes",
        explains: |d| matches!(d.reference, Seen::Crashed(_)) && !matches!(d.candidate, Seen::Crashed(_)),
    },
    // `-c` of kamjit finds what Kamailio finds at start.
    Rule { name: "refused by kamailio at start", explains: refused_at_start },
];

fn refused_at_start(d: &Difference) -> bool {
    matches!((&d.reference, &d.candidate), (Seen::Accepted, Seen::Refused(_)))
        && !matches!(starts(&Kind::Reference, &d.case), Seen::Accepted)
}

/// The rule that explains a difference.
pub fn explains(difference: &Difference) -> Option<&'static str> {
    RULES.iter().find(|rule| (rule.explains)(difference)).map(|rule| rule.name)
}
