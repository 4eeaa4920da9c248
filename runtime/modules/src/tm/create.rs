//! Making a transaction for a received request, and what happens to it when the script has ended.

use std::sync::Arc;

use kamjit_engine::{
    Ctx, forward,
    log::{self, Level},
    stored::StoredRequest,
};
use kamjit_sip::{
    Method,
    branch::{characteristic, message_hash},
};

use super::{
    STATE, ack, current, hooks, local_reply, stats,
    table::table,
    timer::{self, now},
    transaction::{Inner, Transaction, Uas},
};

/// What came of it.
pub(super) enum Created {
    /// There is a new one, or this run had one.
    Ready(Arc<Transaction>),
    /// The request was seen before; its last reply was sent again (an ACK was taken in).
    Absorbed,
    /// It could not be made.
    Failed,
}

/// The transaction of the run, made if there is none.
pub(super) fn ensure(ctx: &mut Ctx<'_>) -> Created {
    if let Some(tx) = current::current(ctx) {
        return Created::Ready(tx);
    }
    let msg = ctx.msg;
    if !msg.is_request() {
        return Created::Failed;
    }
    let method = msg.method();
    if method == Method::ACK {
        return if ack::absorb(ctx) { Created::Absorbed } else { Created::Failed };
    }
    if ctx.parsed_ruri().is_none() {
        return Created::Failed;
    }
    let program = ctx.engine().program();
    let Some(state) = STATE.get(ctx) else { return Created::Failed };
    if !std::ptr::eq(Arc::as_ptr(&program), ctx.program) {
        // A reload came between; the caller repeats the request, and then runs the new program.
        return Created::Failed;
    }
    let hash = message_hash(msg);
    let md5 = characteristic(msg);
    let Some(dest) = forward::request_source(ctx) else { return Created::Failed };
    let stored = Arc::new(StoredRequest::freeze(ctx));
    let flags = ctx.flags;
    let mut timers = state.params.timers(method == Method::INVITE);
    let born = now(ctx.worker);
    let cur = current::of(ctx);
    timers.fr = cur.fr.unwrap_or(timers.fr);
    timers.fr_inv = cur.fr_inv.unwrap_or(timers.fr_inv);
    timers.lifetime = cur.lifetime.unwrap_or(timers.lifetime);
    if let Some((t1, t2)) = cur.retr {
        (timers.retr1, timers.retr2) = (t1.max(1) as u32, t2.max(1) as u32);
    }
    let inner = Inner {
        request: Some(stored),
        flags,
        armed: cur.armed,
        switches: cur.switches,
        timers,
        contacts: std::mem::take(&mut cur.contacts),
        uas: Uas { dest: Some(dest), ..Uas::default() },
        born,
        ..Inner::default()
    };
    let tx = Transaction::new(hash, md5, method, program, false, inner);
    match table().insert(Arc::clone(&tx), |other| !other.local && other.method == method && other.md5 == md5)
    {
        Ok(()) => {}
        Err(Some(first)) => {
            retransmit(ctx, &first);
            return Created::Absorbed;
        }
        Err(None) => {
            log::core(Level::Err, format_args!("no room for another transaction"));
            return Created::Failed;
        }
    }
    stats::began(false);
    let cur = current::of(ctx);
    cur.tx = Some(Arc::clone(&tx));
    cur.created = true;
    hooks::request_in(ctx, &tx);
    Created::Ready(tx)
}

/// Sends the last reply of a transaction again. False if there was none yet.
pub(super) fn retransmit(ctx: &Ctx<'_>, tx: &Transaction) -> bool {
    let inner = tx.inner();
    match &inner.uas.dest {
        Some(dest) if !inner.uas.reply.is_empty() => ctx.worker.send(dest, &inner.uas.reply),
        _ => false,
    }
}

/// Takes into the transaction what the script did to the request since it was made; the request URI and `$du` stay
/// those of `t_newtran()` (captured).
pub(super) fn refresh(ctx: &Ctx<'_>, tx: &Transaction) {
    let mut inner = tx.inner();
    inner.flags = ctx.flags;
    let Some(stored) = inner.request.as_mut() else { return };
    match Arc::get_mut(stored) {
        Some(stored) => {
            if *stored.bytes != *ctx.msg.buf() {
                stored.bytes = ctx.msg.buf().into();
            }
            stored.edits = ctx.edits.freeze();
            stored.branches = ctx.branches.iter().map(|b| b.freeze()).collect();
            stored.flags = ctx.flags;
        }
        None => {
            let main = stored.main.clone();
            *stored = Arc::new(StoredRequest { main, ..StoredRequest::freeze(ctx) });
        }
    }
}

/// After the script: the transaction takes the variables over; one that the script left undecided ends.
pub(super) fn after_script(ctx: &mut Ctx<'_>) {
    let Some(cur) = ctx.ext.get::<current::Current>().filter(|c| c.created) else { return };
    let Some(tx) = cur.tx.clone() else { return };
    let (relayed, error) = (cur.relayed, cur.error);
    let undecided = {
        let mut inner = tx.inner();
        inner.avps = std::mem::take(&mut ctx.avps);
        inner.xavps = std::mem::take(&mut ctx.xavps);
        let quiet = inner.switches.no_internal_reply;
        let undecided = !relayed && inner.uas.status < 200 && !inner.switches.suspended;
        if undecided && (error.is_none() || quiet) {
            tx.put_on_wait(ctx.worker, &mut inner);
        }
        if inner.timer_due == 0 {
            timer::arm(ctx.worker, &tx, &mut inner);
        }
        undecided && !quiet
    };
    if let Some(error) = error.filter(|_| undecided) {
        let (code, reason) = super::error::reply(error);
        let text = bumpalo::format!(in ctx.arena, "{} ({}/TM)", reason, error).into_bump_str();
        local_reply::send(ctx, &tx, code, text.as_bytes());
    }
}
