//! Replies from branches.

use std::sync::Arc;

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Ended, catalog::Routes, hooks::ReplyVerdict, onsend};
use kamjit_sip::{FirstLine, Method, build};

use super::{
    STATE, ack, cancel, current, failure, hooks, local_reply, matching, stats,
    timer::{self, now},
    transaction::{CancelState, Inner, Transaction},
};

/// Takes a reply that belongs to a transaction; the others are forwarded without one.
pub(super) fn on_reply(ctx: &mut Ctx<'_>) -> ReplyVerdict {
    let Some((tx, n)) = matching::reply(ctx) else { return ReplyVerdict::Pass };
    let code = ctx.msg.status().unwrap_or_default();
    if ctx.msg.cseq().method == Method::CANCEL && tx.method != Method::CANCEL {
        cancel::on_reply(&tx, n, code);
        return ReplyVerdict::Handled;
    }
    stats::count(&stats::STATS.replies_received);
    let cur = current::of(ctx);
    cur.tx = Some(Arc::clone(&tx));
    cur.branch = Some(n);
    current::exclusive(ctx, &tx, |ctx| received(ctx, &tx, n, code)).unwrap_or(ReplyVerdict::Handled)
}

fn received(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, n: usize, code: u16) -> ReplyVerdict {
    let invite = tx.is_invite();
    let late;
    {
        let mut inner = tx.inner();
        let Some(uac) = inner.uacs.get_mut(n) else { return ReplyVerdict::Handled };
        uac.repeat_at = 0;
        if invite && code >= 300 {
            if uac.ack.is_empty() {
                uac.ack = ack::for_reply(ctx, &uac.sent);
            }
            if let Some(dest) = &uac.dest {
                ctx.worker.send(dest, &uac.ack);
            }
        }
        if uac.status >= 200 && code >= 300 {
            return ReplyVerdict::Handled;
        }
        uac.replied = true;
        late = uac.status >= 200 && (code < 200 || !invite);
    }
    if tx.local {
        return super::uac::on_reply(ctx, tx, n, code);
    }
    hooks::edit_reply(ctx, tx);
    let ended = run_reply_route(ctx, tx, n);
    // Captured: a reply after the final one runs the route, but goes nowhere.
    if late || ended == Ended::Cancelled || (ended == Ended::Drop && code < 200) {
        return ReplyVerdict::Handled;
    }
    if code < 200 {
        provisional(ctx, tx, n, code);
    } else if code < 300 {
        positive(ctx, tx, n, code);
    } else {
        failure::branch_failed(ctx.scope(), ctx.worker, tx, n, code, Some(ctx));
    }
    ReplyVerdict::Handled
}

/// Runs onreply_route on the reply, with the transaction's variables and flags.
fn run_reply_route(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, n: usize) -> Ended {
    let route = {
        let mut inner = tx.inner();
        let Some(route) = inner.uacs.get(n).and_then(|u| u.on_reply).or(inner.armed.reply) else {
            return Ended::Normal;
        };
        ctx.flags = inner.flags;
        ctx.avps = std::mem::take(&mut inner.avps);
        ctx.xavps = std::mem::take(&mut inner.xavps);
        ctx.main.flags = inner.uacs.get(n).map_or(0, |u| u.target.flags);
        route
    };
    crate::pv::set_script_flags(ctx, 0);
    let ended = ctx.run_route_as(route, Routes::TM_ONREPLY);
    let mut inner = tx.inner();
    inner.flags = ctx.flags;
    inner.avps = std::mem::take(&mut ctx.avps);
    inner.xavps = std::mem::take(&mut ctx.xavps);
    if let Some(uac) = inner.uacs.get_mut(n) {
        uac.target.flags = ctx.main.flags;
    }
    ended
}

fn provisional(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, n: usize, code: u16) {
    let Some(state) = STATE.get(ctx) else { return };
    let relays = {
        let mut inner = tx.inner();
        let (now, timers) = (now(ctx.worker), inner.timers);
        let Some(uac) = inner.uacs.get_mut(n) else { return };
        let first = uac.status == 0;
        uac.status = code;
        if tx.is_invite() {
            if first || state.params.restart_fr_on_each_reply.get() != 0 {
                uac.give_up_at = now + timers.fr_inv.max(1);
            }
        } else if uac.dest.is_some_and(|d| d.proto.is_unreliable()) {
            // RFC 3261 section 17.1.2.2: a non-INVITE is repeated every T2 while it waits for its final reply.
            uac.repeat_step = timers.retr2;
            uac.repeat_at = now + u64::from(timers.retr2);
        }
        // A branch that is no longer wanted is not heard of upstream, and reminded of its CANCEL (captured).
        let unwanted = uac.cancel != CancelState::None && tx.is_invite();
        match (uac.cancel, &uac.dest) {
            (CancelState::Wanted, _) if unwanted => cancel::send(ctx.scope(), ctx.worker, tx, &mut inner, n),
            (CancelState::Sent, Some(dest)) if uac.cancel_until != 0 => {
                ctx.worker.send(dest, &uac.cancel_sent);
            }
            _ => {}
        }
        timer::arm(ctx.worker, tx, &mut inner);
        !unwanted && inner.uas.status < 200 && (code > 100 || state.params.relay_100.get() != 0)
    };
    if relays {
        send_on(ctx, tx, code);
    }
}

fn positive(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, n: usize, code: u16) {
    let (relays, pending) = {
        let mut inner = tx.inner();
        let Some(uac) = inner.uacs.get_mut(n) else { return };
        uac.status = code;
        uac.stop_timers();
        let relays = inner.uas.status < 200 || tx.is_invite();
        (relays, inner.uacs.iter().any(|u| u.is_pending()))
    };
    if !relays {
        return;
    }
    send_on(ctx, tx, code);
    if pending && tx.is_invite() {
        let reason = cancel::reason_of_code(ctx, 200);
        cancel::all_pending(ctx.scope(), ctx.worker, tx, &reason);
    }
}

/// Sends the reply of a context upstream as the transaction's.
pub(super) fn send_on(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, code: u16) {
    let msg = ctx.msg;
    let Some(dest) = tx.inner().uas.dest else { return };
    let hop = ctx.hop(dest.socket);
    let mut out = ArenaVec::with_capacity_in(msg.buf().len() + 128, ctx.arena);
    build::reply_forward(msg, &ctx.edits, hop.as_ref(), &mut out);
    if onsend::passes_reply(ctx, &dest, &out) {
        ctx.worker.send(&dest, &out);
    }
    let first = {
        let mut inner = tx.inner();
        let first = inner.uas.status < 200;
        note_sent(ctx, tx, &mut inner, code, &out);
        first
    };
    stats::sent(code, false);
    if !first {
        // A repeated or late answer is passed on, and nobody is told (captured: acc writes one line).
        return;
    }
    let reason = match msg.first_line() {
        FirstLine::Reply(line) => line.reason,
        FirstLine::Request(_) => b"",
    };
    hooks::reply_out(ctx, tx, code, reason, Some(msg));
}

fn note_sent(ctx: &Ctx<'_>, tx: &Arc<Transaction>, inner: &mut Inner, code: u16, bytes: &[u8]) {
    if inner.uas.status >= 200 {
        return;
    }
    inner.uas.status = code;
    inner.uas.reply.clear();
    inner.uas.reply.extend_from_slice(bytes);
    if code >= 200 {
        local_reply::final_sent(ctx.worker, tx, inner, false);
    }
}
