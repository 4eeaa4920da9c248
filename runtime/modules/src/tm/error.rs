//! Numbers of failures, and what is answered for them (captured: `478 Unresolvable destination (478/TM)`).

use kamjit_engine::{Ctx, dest::NoDestination};

use super::current::Current;

/// The next hop has no address.
pub(super) const UNRESOLVED: i32 = 478;
/// Sending failed.
pub(super) const SEND: i32 = 477;
/// All branches were dropped by the branch route.
pub(super) const NO_DESTINATION: i32 = 6;
/// Anything else.
pub(super) const UNSPECIFIED: i32 = 1;

/// Code and phrase for a failure.
pub(super) fn reply(error: i32) -> (u16, &'static str) {
    match error {
        SEND => (477, "Unfortunately error on sending to next hop occurred"),
        UNRESOLVED => (478, "Unresolvable destination"),
        _ => (500, "I'm terribly sorry, server error occurred"),
    }
}

/// The number for a destination that can't be reached.
pub(super) fn of_destination(why: NoDestination) -> i32 {
    match why {
        NoDestination::BadUri | NoDestination::Unresolved => UNRESOLVED,
        NoDestination::NoSocket => SEND,
        NoDestination::Cancelled => UNSPECIFIED,
    }
}

/// The last failure of tm in this run.
pub fn last_error(ctx: &Ctx<'_>) -> Option<(i32, u16, &'static str)> {
    let error = ctx.ext.get::<Current>()?.error?;
    let (code, reason) = reply(error);
    Some((error, code, reason))
}
