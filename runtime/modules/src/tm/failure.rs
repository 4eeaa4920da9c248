//! Branches that failed: the choice of a reply, failure_route, and what goes upstream at last.

use std::{rc::Rc, sync::Arc};

use kamjit_engine::{Ctx, catalog::Routes, fibre::Scope, worker::Worker};
use kamjit_sip::{FirstLine, HeaderKind, Message};

use super::{
    STATE, best_reply, branch_failure, cancel, current, hooks, local_reply,
    local_reply::with_request,
    relay, reply,
    transaction::{CancelState, StoredReply, Transaction},
};

/// Deals with the branches whose time is over, in a fibre.
pub(super) fn spawn_timeouts(worker: &Rc<Worker>, tx: Arc<Transaction>) {
    worker.spawn(move |scope, worker| {
        let guard = match tx.routes.try_lock() {
            Ok(guard) => guard,
            Err(_) => match scope.wait(tx.routes.lock()) {
                Ok(guard) => guard,
                Err(_) => return,
            },
        };
        while let Some((n, code)) = next_overdue(scope, worker, &tx) {
            if tx.local {
                super::uac::on_timeout(&tx, n, code);
            } else {
                tx.inner().switches.by_timer = true;
                branch_failed(scope, worker, &tx, n, code, None);
                tx.inner().switches.by_timer = false;
            }
        }
        drop(guard);
    });
}

/// The next branch that is overdue, with the code that stands for its reply. A ringing branch gets a CANCEL.
fn next_overdue(scope: &Scope, worker: &Worker, tx: &Transaction) -> Option<(usize, u16)> {
    let give_up = STATE.find(&tx.program).is_some_and(|s| s.params.cancel_b_method.get() == 0);
    let mut inner = tx.inner();
    let (n, uac) = inner.uacs.iter_mut().enumerate().find(|(_, u)| u.overdue && u.is_pending())?;
    uac.overdue = false;
    uac.timed_out = true;
    let rings = uac.status > 0 && uac.cancel == CancelState::None && tx.is_invite();
    let code = if give_up && uac.cancel == CancelState::Wanted { 487 } else { 408 };
    if rings {
        uac.cancel = CancelState::Wanted;
        cancel::send(scope, worker, tx, &mut inner, n);
    }
    inner.switches.any_timeout |= code == 408;
    Some((n, code))
}

/// A branch ended with a negative reply: `at_hand` if it was received, else one made up here. The transaction's
/// routes are locked.
pub(super) fn branch_failed(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    n: usize,
    code: u16,
    mut at_hand: Option<&mut Ctx<'_>>,
) {
    let cancels = {
        let mut inner = tx.inner();
        let Some(uac) = inner.uacs.get_mut(n) else { return };
        uac.status = code;
        uac.stop_timers();
        uac.faked = at_hand.is_none();
        let block = STATE.find(&tx.program).is_some_and(|s| s.params.disable_6xx_block.get() == 0);
        code >= 600 && block && !inner.switches.disable_6xx
    };
    if cancels {
        let wanted = STATE.find(&tx.program).is_some_and(|s| s.params.local_cancel_reason.get() != 0);
        cancel::all_pending(scope, worker, tx, &cancel::reason_text(code, wanted));
    }
    branch_failure::run(scope, worker, tx, n, code, at_hand.as_deref_mut());
    if !all_failed(tx) {
        keep(tx, n, at_hand.as_deref());
        return;
    }
    let Some(best) = choose(tx) else { return };
    if run_failure_route(scope, worker, tx, best, n, at_hand.as_deref_mut()) {
        if !all_failed(tx) {
            keep(tx, n, at_hand.as_deref());
            return;
        }
        let Some(best) = choose(tx) else { return };
        return send_best(scope, worker, tx, best, n, at_hand);
    }
    send_best(scope, worker, tx, best, n, at_hand);
}

fn choose(tx: &Transaction) -> Option<usize> {
    let priority = STATE.find(&tx.program).map_or(0, |s| s.params.faked_reply_prio);
    best_reply::choose(&tx.inner(), priority)
}

/// No branch waits for a reply any more, and nothing final was sent upstream.
fn all_failed(tx: &Transaction) -> bool {
    let inner = tx.inner();
    inner.uas.status < 200 && !inner.switches.suspended && inner.uacs.iter().all(|u| u.status >= 300)
}

/// Keeps the reply at hand for a later choice.
fn keep(tx: &Transaction, n: usize, at_hand: Option<&Ctx<'_>>) {
    let Some(ctx) = at_hand else { return };
    let stored = StoredReply { bytes: ctx.msg.buf().into(), edits: ctx.edits.freeze(), rcv: ctx.rcv };
    let mut inner = tx.inner();
    if n >= inner.first
        && inner.uas.status < 200
        && let Some(uac) = inner.uacs.get_mut(n)
    {
        uac.reply = Some(Box::new(stored));
    }
}

/// Runs failure_route if one is armed. True if it ran.
fn run_failure_route(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    best: usize,
    n: usize,
    at_hand: Option<&mut Ctx<'_>>,
) -> bool {
    let (route, code) = {
        let mut inner = tx.inner();
        let code = inner.uacs.get(best).map_or(0, |u| u.status);
        (inner.armed.failure.take(), code)
    };
    let Some(route) = route else {
        return false;
    };
    let mut told = false;
    let timed_out = at_hand.is_none();
    let reply = match at_hand {
        Some(ctx) if best == n => {
            hooks::failure(ctx, tx, code, reason_of(ctx.msg), Some(ctx.msg));
            told = true;
            Some((Box::from(ctx.msg.buf()), ctx.rcv))
        }
        at_hand => {
            let kept =
                tx.inner().uacs.get(best).and_then(|u| u.reply.as_ref()).map(|r| (r.bytes.clone(), r.rcv));
            if let Some(ctx) = at_hand {
                tell_kept(ctx, tx, code, kept.as_ref().map(|(bytes, _): &(Box<[u8]>, _)| &**bytes));
                told = true;
            }
            kept
        }
    };
    with_request(scope, worker, tx, Routes::FAILURE, |ctx| {
        {
            let mut inner = tx.inner();
            ctx.avps = std::mem::take(&mut inner.avps);
            ctx.xavps = std::mem::take(&mut inner.xavps);
            ctx.main.flags = inner.uacs.get(best).map_or(ctx.main.flags, |u| u.target.flags);
        }
        relay::consume(ctx);
        if !told {
            tell_kept(ctx, tx, code, reply.as_ref().map(|(bytes, _): &(Box<[u8]>, _)| &**bytes));
        }
        let cur = current::of(ctx);
        cur.failure = Some(current::FailureReply { branch: best, code, reply });
        // A failure route that a received reply began has no branch of its own (captured with t_branch_replied).
        cur.branch = Some(best).filter(|_| timed_out);
        ctx.run_route_as(route, Routes::FAILURE);
        let mut inner = tx.inner();
        inner.flags = ctx.flags;
        inner.avps = std::mem::take(&mut ctx.avps);
        inner.xavps = std::mem::take(&mut ctx.xavps);
    })
    .is_some()
}

/// Tells who watches of a failure whose reply came before, or never.
fn tell_kept(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, code: u16, reply: Option<&[u8]>) {
    let reply = reply.and_then(|bytes| Message::parse(ctx.arena, ctx.keep(bytes)).ok());
    hooks::failure(ctx, tx, code, reply.map(reason_of).unwrap_or_default(), reply);
}

pub(super) fn reason_of<'m>(msg: &Message<'m>) -> &'m [u8] {
    match msg.first_line() {
        FirstLine::Reply(line) => line.reason,
        FirstLine::Request(_) => b"",
    }
}

/// Sends the best reply upstream.
fn send_best(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    best: usize,
    n: usize,
    at_hand: Option<&mut Ctx<'_>>,
) {
    let Some(state) = STATE.find(&tx.program) else { return };
    let params = &state.params;
    let (code, canceled, faked) = {
        let inner = tx.inner();
        let Some(uac) = inner.uacs.get(best) else { return };
        (uac.status, inner.switches.canceled, uac.faked)
    };
    let make = |code: u16, reason: &[u8]| {
        with_request(scope, worker, tx, Routes::REQUEST, |request| {
            local_reply::send(request, tx, code, reason);
        });
    };
    if faked {
        return match (code, canceled) {
            (408, false) => make(params.timeout_code, &params.timeout_reason),
            (408 | 487, _) => make(487, b"Request Terminated"),
            (code, _) => make(code, super::status_text(code)),
        };
    }
    if code == 503 && params.remap_503_500 {
        return make(500, super::status_text(503));
    }
    if matches!(code, 401 | 407)
        && params.aggregate_challenges.get() != 0
        && let Some(headers) = challenges(scope, tx, n, at_hand.as_deref())
    {
        with_request(scope, worker, tx, Routes::REQUEST, |request| {
            local_reply::send_with(request, tx, code, super::status_text(code), &headers, None);
        });
        return;
    }
    match at_hand {
        Some(ctx) if best == n => reply::send_on(ctx, tx, code),
        at_hand => {
            keep(tx, n, at_hand.as_deref());
            let Some(stored) = tx.inner().uacs.get_mut(best).and_then(|u| u.reply.take()) else {
                return make(code, super::status_text(code));
            };
            let arena = &scope.arena;
            let bytes = arena.alloc_slice_copy(&stored.bytes);
            let Ok(msg) = Message::parse(arena, bytes) else { return };
            let mut ctx = Ctx::new(scope, worker, &tx.program, msg, stored.rcv, Routes::TM_ONREPLY);
            ctx.edits = stored.edits.thaw(arena);
            reply::send_on(&mut ctx, tx, code);
        }
    }
}

/// The challenges of all branches that answered 401 or 407, as header lines; `None` unless there are several such
/// branches (captured: only then the reply is made anew).
fn challenges(scope: &Scope, tx: &Transaction, n: usize, at_hand: Option<&Ctx<'_>>) -> Option<Vec<u8>> {
    let inner = tx.inner();
    let mut out = Vec::new();
    let mut branches = 0;
    for (at, uac) in inner.uacs.iter().enumerate().skip(inner.first) {
        if !matches!(uac.status, 401 | 407) {
            continue;
        }
        match (at_hand, &uac.reply) {
            (Some(ctx), _) if at == n => put_challenges(ctx.msg, &mut out),
            (_, Some(stored)) => {
                let bytes = scope.arena.alloc_slice_copy(&stored.bytes);
                if let Ok(msg) = Message::parse(&scope.arena, bytes) {
                    put_challenges(msg, &mut out);
                }
            }
            _ => continue,
        }
        branches += 1;
    }
    (branches > 1).then_some(out)
}

fn put_challenges(msg: &Message<'_>, out: &mut Vec<u8>) {
    for header in msg.headers() {
        if matches!(header.kind, HeaderKind::WwwAuthenticate | HeaderKind::ProxyAuthenticate) {
            out.extend_from_slice(msg.buf().get(header.offset as usize..header.end()).unwrap_or_default());
        }
    }
}
