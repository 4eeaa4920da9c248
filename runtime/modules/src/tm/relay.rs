//! `t_relay`: sends the request of a context to all its destinations.

use std::sync::Arc;

use kamjit_engine::{Ctx, Ret, branch::Branch, catalog::Routes, forward};
use kamjit_sip::Method;

use super::{
    STATE,
    branch::{self, Forced, NoBranch},
    cancel,
    create::{self, Created},
    current, error, hooks, local_reply,
    transaction::Transaction,
};

/// What `t_relay` returns for a request URI that can't be parsed (captured).
const BAD_URI: i32 = -400;

/// Relays the request of a context: with a transaction, an end-to-end ACK without one. `1` if it was sent.
pub(super) fn relay(ctx: &mut Ctx<'_>, forced: Option<&Forced>) -> Ret {
    if !ctx.msg.is_request() {
        return Ret::FALSE;
    }
    let had = current::current(ctx).is_some();
    match ctx.msg.method() {
        Method::ACK => return relay_ack(ctx, forced),
        Method::CANCEL if !had => {
            if let Some(done) = cancel::relay(ctx) {
                return done;
            }
            match STATE.get(ctx).map_or(0, |s| s.params.unmatched_cancel.get()) {
                0 => {}
                1 => return relay_stateless(ctx, forced),
                _ => return Ret::TRUE,
            }
        }
        _ => {}
    }
    let tx = match create::ensure(ctx) {
        Created::Ready(tx) => tx,
        Created::Absorbed => return Ret::EXIT,
        Created::Failed if ctx.parsed_ruri().is_none() => return Ret(BAD_URI),
        Created::Failed => return Ret::FALSE,
    };
    let in_request = ctx.routes.meets(Routes::REQUEST);
    if had && in_request {
        create::refresh(ctx, &tx);
    }
    match current::exclusive(ctx, &tx, |ctx| forward_all(ctx, &tx, forced)) {
        Ok(ret) => ret,
        Err(cancelled) => cancelled.into(),
    }
}

fn relay_ack(ctx: &mut Ctx<'_>, forced: Option<&Forced>) -> Ret {
    if super::ack::absorb(ctx) {
        return Ret::EXIT;
    }
    if let Some(tx) = super::matching::end_to_end_ack(ctx) {
        hooks::ack(ctx, &tx);
    }
    relay_stateless(ctx, forced)
}

fn relay_stateless(ctx: &mut Ctx<'_>, forced: Option<&Forced>) -> Ret {
    match branch::destination(ctx, forced) {
        Ok(dest) => Ret::from(forward::request(ctx, &dest)),
        Err(kamjit_engine::dest::NoDestination::Cancelled) => Ret::CANCELLED,
        Err(why) => {
            let number = error::of_destination(why);
            current::of(ctx).error = Some(number);
            Ret(-number)
        }
    }
}

/// Adds and sends all branches. The transaction's routes are locked.
pub(super) fn forward_all(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, forced: Option<&Forced>) -> Ret {
    let (first, route) = {
        let mut inner = tx.inner();
        if inner.switches.canceled || inner.uas.status >= 200 {
            return Ret::FALSE;
        }
        (inner.uacs.len(), inner.armed.branch.take())
    };
    if first == 0 {
        begin(ctx, tx);
    }
    let mut failure = None;
    for target in targets(ctx) {
        match branch::add(ctx, tx, target, route, forced) {
            Ok(()) => {}
            Err(NoBranch::Dropped) => failure = failure.or(Some(error::NO_DESTINATION)),
            Err(NoBranch::Failed(number)) => failure = Some(number),
            Err(NoBranch::Cancelled) => return Ret::CANCELLED,
        }
    }
    // Until here they show in branch_route (captured).
    ctx.branches.clear();
    let mode = STATE.get(ctx).map_or(3, |s| s.params.failure_reply_mode);
    {
        let mut inner = tx.inner();
        inner.flags = ctx.flags;
        if inner.uacs.len() == first {
            drop(inner);
            if failure.is_some() && exec_mode(ctx) {
                fail_later(ctx, tx);
                return Ret::TRUE;
            }
            let number = failure.unwrap_or(error::UNSPECIFIED);
            current::of(ctx).error = Some(number);
            return Ret(-number);
        }
        if first > 0 {
            keep_replies(&mut inner, first, mode);
        }
    }
    if branch::send(ctx, tx, first) == 0 {
        let cur = current::of(ctx);
        cur.error = Some(error::SEND);
        return Ret(-error::SEND);
    }
    let cur = current::of(ctx);
    cur.relayed = true;
    cur.error = None;
    Ret::TRUE
}

/// `failure_exec_mode`: a destination that can't be reached is a failed branch, not a failed `t_relay`.
fn exec_mode(ctx: &Ctx<'_>) -> bool {
    STATE.get(ctx).is_some_and(|s| s.params.failure_exec_mode)
}

/// Adds a branch that times out at the next tick.
fn fail_later(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    current::of(ctx).relayed = true;
    let mut inner = tx.inner();
    let give_up_at = super::timer::now(ctx.worker) + 1;
    inner.uacs.push(super::transaction::Uac { give_up_at, ..Default::default() });
    super::timer::arm(ctx.worker, tx, &mut inner);
}

/// Which replies of earlier branches may still be chosen once a new leg begins (`failure_reply_mode`).
fn keep_replies(inner: &mut super::transaction::Inner, first: usize, mode: i64) {
    let mode = inner.switches.keep_replies.take().unwrap_or(mode);
    if mode == 1 || mode == 3 || (mode == 2 && inner.first < first) {
        let from = if mode == 2 { inner.first } else { 0 };
        for uac in &mut inner.uacs[from..first] {
            uac.reply = None;
        }
        inner.first = first;
    }
}

/// What happens once, before the first branch.
fn begin(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    let Some(state) = STATE.get(ctx) else { return };
    let (fr, fr_inv) = (&state.params.fr_timer_avp, &state.params.fr_inv_timer_avp);
    for (pv, inv) in [(fr, false), (fr_inv, true)] {
        let Some(pv) = pv else { continue };
        let value = pv.get(ctx).to_int();
        if value > 0 {
            let ticks = super::timer::ticks(value.saturating_mul(1000));
            let mut inner = tx.inner();
            if inv { inner.timers.fr_inv = ticks } else { inner.timers.fr = ticks }
        }
    }
    let wants_100 =
        tx.is_invite() && state.params.auto_inv_100.get() != 0 && ctx.routes.meets(Routes::REQUEST) && {
            let inner = tx.inner();
            inner.uas.status == 0 && !inner.switches.no_auto_100
        };
    if wants_100 {
        let reason = state.params.auto_inv_100_reason.get();
        local_reply::send(ctx, tx, 100, &reason);
    }
    hooks::request_out(ctx, tx);
}

/// The destinations: the main one unless it was used already, and the further branches.
fn targets<'m>(ctx: &mut Ctx<'m>) -> Vec<Branch<'m>> {
    let address = |bytes: Option<&[u8]>| bytes.map_or(0, |b| b.as_ptr() as usize);
    let here = (address(ctx.main.uri), address(ctx.main.dst_uri));
    let mut all = Vec::with_capacity(1 + ctx.branches.len());
    if current::of(ctx).consumed != Some(here) {
        all.push(ctx.main);
        current::of(ctx).consumed = Some(here);
    }
    all.extend_from_slice(&ctx.branches);
    all
}

/// Marks the main destination as used, so that `t_relay` takes it only after it was changed.
pub(super) fn consume(ctx: &mut Ctx<'_>) {
    let address = |bytes: Option<&[u8]>| bytes.map_or(0, |b| b.as_ptr() as usize);
    let here = (address(ctx.main.uri), address(ctx.main.dst_uri));
    current::of(ctx).consumed = Some(here);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tm::transaction::{Inner, Uac};

    fn after(mode: i64, legs: &[usize]) -> Vec<usize> {
        let mut inner = Inner::default();
        let mut firsts = Vec::new();
        for &branches in legs {
            let first = inner.uacs.len();
            inner.uacs.extend((0..branches).map(|_| Uac::default()));
            if first > 0 {
                keep_replies(&mut inner, first, mode);
            }
            firsts.push(inner.first);
        }
        firsts
    }

    #[test]
    fn replies_of_earlier_legs_take_part_as_the_mode_says() {
        assert_eq!(after(0, &[2, 1, 1]), [0, 0, 0]);
        assert_eq!(after(3, &[2, 1, 1]), [0, 2, 3]);
        assert_eq!(after(1, &[1, 1]), [0, 1]);
    }
}
