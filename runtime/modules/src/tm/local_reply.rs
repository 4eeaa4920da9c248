//! Replies that the transaction makes itself: `t_reply`, 100 trying, 408, 487.

use std::{rc::Rc, sync::Arc};

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, catalog::Routes, fibre::Scope, worker::Worker};
use kamjit_sip::{
    branch::{Md5Hex, md5_hex},
    build::{self, ReplyOut},
};

use super::{
    cancel, current, hooks, stats,
    timer::{self, now},
    transaction::{Inner, Transaction},
};

/// Length of a To-tag: 32 digits of the process, a dash, 8 digits of the transaction.
const TAG: usize = 41;

/// The To-tag of all replies of a transaction.
pub(super) fn local_tag(tx: &Transaction) -> [u8; TAG] {
    static PREFIX: std::sync::LazyLock<Md5Hex> =
        std::sync::LazyLock::new(|| md5_hex(&[b"tm", &rand::random::<[u8; 16]>()]));
    let mut tag = [b'-'; TAG];
    tag[..32].copy_from_slice(&*PREFIX);
    // From the characteristic, so that the CANCEL of an INVITE gets the same tag (captured).
    tag[33..].copy_from_slice(&tx.md5[..8]);
    tag
}

/// Sends a reply made from the request of `ctx`, which must be the transaction's. False after a final reply.
pub(super) fn send(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, code: u16, reason: &[u8]) -> bool {
    send_with(ctx, tx, code, reason, b"", None)
}

/// The same with more header lines and perhaps another To-tag.
pub(super) fn send_with(
    ctx: &mut Ctx<'_>,
    tx: &Arc<Transaction>,
    code: u16,
    reason: &[u8],
    headers: &[u8],
    to_tag: Option<&[u8]>,
) -> bool {
    let msg = ctx.msg;
    if !msg.is_request() {
        return with_request(ctx.scope(), ctx.worker, tx, Routes::REQUEST, |request| {
            send_with(request, tx, code, reason, headers, to_tag)
        })
        .unwrap_or(false);
    }
    let tag = local_tag(tx);
    let mut lines = ArenaVec::new_in(ctx.arena);
    lines.extend_from_slice_copy(headers);
    if (300..400).contains(&code) {
        crate::sl::put_contacts(ctx, &mut lines);
    }
    let how = ReplyOut {
        code,
        reason,
        to_tag: (code > 100).then_some(to_tag.unwrap_or(&tag)),
        source: Some(ctx.source()),
        server: ctx.program.server_header.as_deref(),
        headers: &lines,
    };
    let mut out = ArenaVec::with_capacity_in(msg.headers_end() + 256, ctx.arena);
    build::reply(msg, &ctx.edits, &how, &mut out);
    ctx.put_warning(&mut out);
    let pending = {
        let mut inner = tx.inner();
        if inner.uas.status >= 200 {
            return false;
        }
        inner.uas.status = code;
        inner.uas.reply.clear();
        inner.uas.reply.extend_from_slice(&out);
        if let Some(dest) = &inner.uas.dest {
            ctx.worker.send(dest, &out);
        }
        if code >= 200 {
            final_sent(ctx.worker, tx, &mut inner, true);
        }
        code >= 200 && inner.uacs.iter().any(|u| u.is_pending())
    };
    stats::sent(code, true);
    if pending {
        let reason = cancel::reason_of_code(ctx, code);
        cancel::all_pending(ctx.scope(), ctx.worker, tx, &reason);
    }
    hooks::reply_out(ctx, tx, code, reason, None);
    true
}

/// What follows a final reply: the wait for the ACK of an INVITE, else the end.
pub(super) fn final_sent(worker: &Worker, tx: &Arc<Transaction>, inner: &mut Inner, local: bool) {
    let waits_for_ack = tx.is_invite() && (local || inner.uas.status >= 300);
    inner.expires_at = 0;
    if waits_for_ack {
        let now = now(worker);
        inner.uas.ack_until = now + inner.timers.fr.max(1);
        if inner.uas.dest.is_some_and(|d| d.proto.is_unreliable()) {
            inner.uas.repeat_step = inner.timers.retr1;
            inner.uas.repeat_at = now + u64::from(inner.timers.retr1);
        }
    } else {
        tx.put_on_wait(worker, inner);
    }
    timer::arm(worker, tx, inner);
}

/// Runs `body` on the request that made a transaction, as it was when it was relayed.
pub(super) fn with_request<R>(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    routes: Routes,
    body: impl FnOnce(&mut Ctx<'_>) -> R,
) -> Option<R> {
    with_request_and(scope, worker, tx, routes, &(), |ctx, ()| body(ctx))
}

/// The same with something of the outer run, for as long as the inner one lasts.
pub(super) fn with_request_and<T, R>(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    routes: Routes,
    outer: &T,
    body: impl for<'x> FnOnce(&mut Ctx<'x>, &'x T) -> R,
) -> Option<R> {
    let (stored, flags) = {
        let inner = tx.inner();
        (inner.request.clone()?, inner.flags)
    };
    let mut ctx = stored.thaw(scope, worker, &tx.program, routes).ok()?;
    ctx.flags = flags;
    ctx.branches.clear();
    let cur = current::of(&mut ctx);
    cur.tx = Some(Arc::clone(tx));
    cur.locked = true;
    Some(body(&mut ctx, outer))
}
