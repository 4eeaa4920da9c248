//! What tm knows about the message that runs: its transaction, routes armed before there is one, the last error.

use std::sync::Arc;

use kamjit_engine::{Cancelled, Ctx, branch::OwnedBranch};

use super::transaction::{Armed, Switches, Transaction};

/// The attachment of a run.
#[derive(Default)]
pub(super) struct Current {
    pub(super) tx: Option<Arc<Transaction>>,
    /// The transaction was made by this run.
    pub(super) created: bool,
    /// This run holds the transaction's lock of routes.
    pub(super) locked: bool,
    /// Branch of the reply, branch route or failure route.
    pub(super) branch: Option<usize>,
    /// Armed before there was a transaction.
    pub(super) armed: Armed,
    /// `t_on_reply` in a branch route.
    pub(super) branch_on_reply: Option<kamjit_engine::program::RouteIndex>,
    pub(super) switches: Switches,
    /// Ticks set by `t_set_fr`, `t_set_retr`, `t_set_max_lifetime`.
    pub(super) fr: Option<u64>,
    pub(super) fr_inv: Option<u64>,
    pub(super) retr: Option<(u64, u64)>,
    pub(super) lifetime: Option<u64>,
    /// The request URI was used by `t_relay` (address of its text and of `$du`'s).
    pub(super) consumed: Option<(usize, usize)>,
    /// The last failure, as the real server numbers it (478: destination not resolved).
    pub(super) error: Option<i32>,
    /// The reply that the failure route is about.
    pub(super) failure: Option<FailureReply>,
    pub(super) contacts: Vec<Vec<OwnedBranch>>,
    pub(super) relayed: bool,
}

/// What `$T_reply_code`, `$T_rpl(..)` mean in a failure route.
pub(super) struct FailureReply {
    /// Branch of the chosen reply.
    pub(super) branch: usize,
    pub(super) code: u16,
    /// A received reply; none for one made up here.
    pub(super) reply: Option<(Box<[u8]>, kamjit_net::ReceiveInfo)>,
}

pub(super) fn of<'c>(ctx: &'c mut Ctx<'_>) -> &'c mut Current {
    ctx.ext.or_default::<Current>()
}

/// The transaction of a run, if it has one.
pub fn current(ctx: &Ctx<'_>) -> Option<Arc<Transaction>> {
    ctx.ext.get::<Current>()?.tx.clone()
}

pub(super) fn is_locked(ctx: &Ctx<'_>) -> bool {
    ctx.ext.get::<Current>().is_some_and(|c| c.locked)
}

/// Runs `body` while no other route of the transaction runs. Does not wait when this run holds the lock already.
pub(super) fn exclusive<'m, T>(
    ctx: &mut Ctx<'m>,
    tx: &Arc<Transaction>,
    body: impl FnOnce(&mut Ctx<'m>) -> T,
) -> Result<T, Cancelled> {
    if is_locked(ctx) {
        return Ok(body(ctx));
    }
    let guard = match tx.routes.try_lock() {
        Ok(guard) => guard,
        Err(_) => ctx.wait(tx.routes.lock())?,
    };
    of(ctx).locked = true;
    let result = body(ctx);
    of(ctx).locked = false;
    drop(guard);
    Ok(result)
}
