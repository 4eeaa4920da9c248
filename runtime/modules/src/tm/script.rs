//! What script functions and variables ask of the transaction at hand.

use std::sync::Arc;

use kamjit_engine::{Cancelled, Ctx, Ret, catalog::Routes};
use kamjit_net::ReceiveInfo;
use kamjit_sip::Method;

use super::{
    ack,
    create::{self, Created},
    current, hooks, local_reply, matching,
    transaction::Transaction,
};

/// The reply that a failure route is about.
pub(crate) struct FailureView {
    /// Its code.
    pub(crate) code: u16,
    /// Its bytes; none for one made up here.
    pub(crate) reply: Option<(Box<[u8]>, ReceiveInfo)>,
}

/// The reply that the failure route of a context is about.
pub(crate) fn failure_view(ctx: &Ctx<'_>) -> Option<FailureView> {
    let failure = ctx.ext.get::<current::Current>()?.failure.as_ref()?;
    Some(FailureView { code: failure.code, reply: failure.reply.clone() })
}

/// Code of [`failure_view`] without a copy.
pub(crate) fn failure_code(ctx: &Ctx<'_>) -> Option<u16> {
    Some(ctx.ext.get::<current::Current>()?.failure.as_ref()?.code)
}

/// The branch at hand.
pub(crate) fn branch(ctx: &Ctx<'_>) -> Option<usize> {
    ctx.ext.get::<current::Current>()?.branch
}

/// The branch at hand, in a failure route that of the chosen reply.
pub(crate) fn branch_or_failed(ctx: &Ctx<'_>) -> Option<usize> {
    let cur = ctx.ext.get::<current::Current>()?;
    cur.failure.as_ref().map(|f| f.branch).or(cur.branch)
}

/// `$T_branch_idx`: the branch at hand; in a failure route the number of branches so far (captured).
pub(crate) fn branch_index(ctx: &Ctx<'_>) -> Option<i64> {
    if ctx.routes.meets(Routes::FAILURE) {
        return Some(current::current(ctx)?.inner().uacs.len() as i64);
    }
    // Captured: 0 in a request route, -1 when a request is sent and for a reply of no transaction.
    let sends = ctx.sending().is_some() && ctx.msg.is_request();
    if sends {
        return Some(-1);
    }
    let none = if ctx.msg.is_request() { 0 } else { -1 };
    Some(branch(ctx).map_or(none, |n| n as i64))
}

/// The transaction that the message belongs to: that of the run, or the one found by matching, which the run then
/// keeps.
pub(crate) fn transaction(ctx: &mut Ctx<'_>) -> Option<Arc<Transaction>> {
    if let Some(tx) = current::current(ctx) {
        return Some(tx);
    }
    if !ctx.msg.is_request() {
        let (tx, n) = matching::reply(ctx)?;
        let cur = current::of(ctx);
        cur.tx = Some(Arc::clone(&tx));
        cur.branch = Some(n);
        return Some(tx);
    }
    let tx = matching::request(ctx, ctx.msg.method())?;
    current::of(ctx).tx = Some(Arc::clone(&tx));
    Some(tx)
}

/// The transaction of the reply at hand. The run keeps it, but not the branch (captured: `$T_branch_idx` stays -1).
pub(crate) fn transaction_of_reply(ctx: &mut Ctx<'_>) -> Option<Arc<Transaction>> {
    if let Some(tx) = current::current(ctx) {
        return Some(tx);
    }
    let (tx, _) = matching::reply(ctx)?;
    current::of(ctx).tx = Some(Arc::clone(&tx));
    Some(tx)
}

/// `t_reply`.
pub(crate) fn reply(ctx: &mut Ctx<'_>, code: u16, reason: &[u8]) -> Ret {
    if ctx.msg.is_request() && ctx.msg.method() == Method::ACK {
        return Ret::FALSE;
    }
    let tx = match create::ensure(ctx) {
        Created::Ready(tx) => tx,
        Created::Absorbed => return Ret::EXIT,
        Created::Failed => return Ret::FALSE,
    };
    let done: Result<bool, Cancelled> =
        current::exclusive(ctx, &tx, |ctx| local_reply::send(ctx, &tx, code, reason));
    match done {
        Ok(true) => {
            let cur = current::of(ctx);
            cur.error = None;
            Ret::TRUE
        }
        Ok(false) => Ret::FALSE,
        Err(cancelled) => cancelled.into(),
    }
}

/// `t_check_trans` (README.tm): a retransmission is answered and ends the script, as does the ACK to a negative
/// reply; a CANCEL or reply is looked up.
pub(crate) fn check_trans(ctx: &mut Ctx<'_>) -> Ret {
    if !ctx.msg.is_request() {
        return Ret::from(matching::reply(ctx).is_some());
    }
    match ctx.msg.method() {
        Method::CANCEL => Ret::from(matching::request(ctx, Method::INVITE).is_some()),
        Method::ACK => {
            if ack::absorb(ctx) {
                return Ret::EXIT;
            }
            // Without a module that watches ACKs the real server does not keep what it would take to match them.
            Ret::from(matching::end_to_end_ack(ctx).is_some_and(|tx| hooks::wants_ack(ctx, &tx)))
        }
        method => match current::current(ctx).or_else(|| matching::request(ctx, method)) {
            Some(tx) => {
                create::retransmit(ctx, &tx);
                Ret::EXIT
            }
            None => Ret::FALSE,
        },
    }
}
