//! What `tmx` and the remote commands do to transactions.

use std::{rc::Rc, sync::Arc};

use kamjit_engine::{
    Ctx, Val,
    branch::{Branch, OwnedBranch},
    catalog::Routes,
    fibre::Scope,
    pv::Pv,
    worker::Worker,
};
use kamjit_sip::Method;

use super::{cancel, current, local_reply, matching, script, transaction::Transaction};

pub(crate) use super::suspend::{resume, suspend};

/// The INVITE transaction with a Call-ID and CSeq number.
pub(crate) fn by_call_id(call_id: &[u8], cseq: &[u8]) -> Option<Arc<Transaction>> {
    matching::by_call_id(call_id, cseq)
}

/// Which branches to cancel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All.
    All,
    /// All but that of the reply.
    Others,
    /// That of the reply.
    This,
}

/// Cancels branches of the transaction of a reply.
pub(crate) fn cancel_branches(ctx: &mut Ctx<'_>, which: Which) -> bool {
    let Some(tx) = script::transaction(ctx).filter(|tx| tx.is_invite()) else { return false };
    let here = script::branch(ctx);
    cancel::some(ctx.scope(), ctx.worker, &tx, b"", |n| match which {
        Which::All => true,
        Which::Others => Some(n) != here,
        Which::This => Some(n) == here,
    });
    true
}

/// Cancels an INVITE by Call-ID and CSeq number, as a CANCEL of its sender would.
pub(crate) fn cancel(
    scope: &Scope,
    worker: &Rc<Worker>,
    call_id: &[u8],
    cseq: &[u8],
    flag: Option<u32>,
    code: u16,
) -> bool {
    let Some(tx) = by_call_id(call_id, cseq) else { return false };
    {
        let mut inner = tx.inner();
        inner.switches.canceled = true;
        if let Some(flag) = flag {
            inner.flags.message |= 1 << flag;
        }
    }
    cancel::all_pending(scope, worker, &tx, &cancel::reason_text(code, code > 0));
    true
}

/// Replies to the request of a transaction.
pub(crate) fn reply(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    code: u16,
    reason: &[u8],
) -> bool {
    local_reply::with_request(scope, worker, tx, Routes::REQUEST, |ctx| {
        local_reply::send(ctx, tx, code, reason)
    })
    .unwrap_or(false)
}

/// Makes the failed branch's destination the main one again.
pub(crate) fn reuse_branch(ctx: &mut Ctx<'_>) -> bool {
    let Some(target) = of_branch(ctx, |target| target.clone()) else { return false };
    ctx.main = target.thaw(ctx.arena);
    current::of(ctx).consumed = None;
    true
}

/// Copies the flags of the message into its transaction.
pub(crate) fn flush_flags(ctx: &mut Ctx<'_>) -> bool {
    let Some(tx) = current::current(ctx) else { return false };
    tx.inner().flags = ctx.flags;
    true
}

/// Ends the transaction without a reply.
pub(crate) fn drop_transaction(ctx: &mut Ctx<'_>, code: u16) -> bool {
    let Some(tx) = script::transaction(ctx) else { return false };
    let mut inner = tx.inner();
    inner.uas.status = code;
    tx.put_on_wait(ctx.worker, &mut inner);
    true
}

fn of_branch<T>(ctx: &mut Ctx<'_>, what: impl FnOnce(&OwnedBranch) -> T) -> Option<T> {
    let tx = script::transaction(ctx)?;
    let inner = tx.inner();
    Some(what(&inner.uacs.get(script::branch_or_failed(ctx)?)?.target))
}

/// Flags of the branch at hand.
pub(crate) fn branch_flags(ctx: &mut Ctx<'_>) -> Option<u32> {
    of_branch(ctx, |target| target.flags)
}

/// Unique id of the contact of the branch at hand.
pub(crate) fn branch_ruid(ctx: &mut Ctx<'_>) -> Option<Box<[u8]>> {
    of_branch(ctx, |target| target.ruid.clone()).flatten()
}

/// Request URI of the branch at hand.
pub(crate) fn branch_uri(ctx: &mut Ctx<'_>) -> Option<Box<[u8]>> {
    let n = script::branch_or_failed(ctx)?;
    let tx = script::transaction(ctx)?;
    let inner = tx.inner();
    let sent = &inner.uacs.get(n)?.sent;
    let mut words = sent.split(|b| *b == b' ');
    words.nth(1).map(Box::from)
}

/// The INVITE transaction of a CANCEL.
pub(crate) fn invite_of_cancel(ctx: &mut Ctx<'_>) -> Option<Arc<Transaction>> {
    if ctx.msg.is_request() && ctx.msg.method() == Method::CANCEL {
        return matching::request(ctx, Method::INVITE);
    }
    None
}

/// The value of a variable on the request of a transaction as it was received, copied for the run at hand.
pub(crate) fn value_on_request<'m>(ctx: &Ctx<'m>, tx: &Arc<Transaction>, pv: &Pv) -> Val<'m> {
    local_reply::with_request_and(ctx.scope(), ctx.worker, tx, Routes::REQUEST, pv, |request, pv| {
        request.main = Branch::new();
        match pv.get(request) {
            Val::Null => Val::Null,
            Val::Int(n) => Val::Int(n),
            Val::Str(text) => Val::Str(ctx.keep(text)),
        }
    })
    .unwrap_or(Val::Null)
}
