//! What other modules (acc, dialog) may watch of transactions.
//!
//! A module registers a [`Watcher`] in its `init` (it must name `tm` in `needs` or `after`):
//! `init.state(&tm::STATE)` gives the state, [`super::State::watch`] adds the watcher. `wants` is asked first, on
//! every event, and must be cheap (a test of flags); only then the request is brought back and `run` called with
//! a context on it. Both run while no other route of the transaction does.

use std::sync::Arc;

use kamjit_engine::{Ctx, catalog::Routes, program::Program};
use kamjit_sip::Message;

use super::{STATE, local_reply::with_request, transaction::Transaction};

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A transaction was made for a request.
    RequestIn,
    /// The request is about to be relayed for the first time.
    RequestOut,
    /// A reply was sent upstream.
    ReplyOut,
    /// All branches failed; before failure_route runs.
    Failure,
    /// The ACK to a negative final reply, or the end-to-end ACK to a positive one.
    Ack,
    /// A CANCEL for the transaction.
    Cancel,
}

/// An event.
#[derive(Clone, Copy)]
pub struct Event<'e, 'm> {
    /// Its kind.
    pub kind: Kind,
    /// Code of the reply (`ReplyOut`, `Failure`), else 0.
    pub code: u16,
    /// Its phrase.
    pub reason: &'e [u8],
    /// The reply that was received; `None` for one made here.
    pub reply: Option<&'e Message<'m>>,
    /// To-tag: that of the reply, or the transaction's own.
    pub to_tag: &'e [u8],
    /// The branch that the reply came on.
    pub branch: Option<usize>,
    /// `log_prefix` as the message that caused the event shows it.
    pub log_prefix: &'e [u8],
}

/// A module that watches.
#[derive(Clone, Copy)]
pub struct Watcher {
    /// Whether the event concerns it. Called very often, with flags of the request.
    pub wants: fn(&Program, &Transaction, Kind, u32) -> bool,
    /// Takes the event; the context is on the transaction's request.
    pub run: for<'m> fn(&mut Ctx<'m>, &Arc<Transaction>, &Event<'_, '_>),
}

/// Edits a received reply before its reply route runs; the context is on the reply, and no other route of the
/// transaction runs.
pub type ReplyEditor = for<'m> fn(&mut Ctx<'m>, &Transaction);

/// Lets the editors see a reply.
pub(super) fn edit_reply(ctx: &mut Ctx<'_>, tx: &Transaction) {
    let Some(state) = STATE.get(ctx) else { return };
    for n in 0.. {
        let editor = state.editors.read().unwrap_or_else(|broken| broken.into_inner()).get(n).copied();
        let Some(editor) = editor else { return };
        editor(ctx, tx);
    }
}

fn watchers(ctx: &Ctx<'_>, tx: &Transaction, kind: Kind) -> Vec<Watcher> {
    let Some(state) = STATE.get(ctx) else { return Vec::new() };
    let all = state.watchers.read().unwrap_or_else(|broken| broken.into_inner());
    if all.is_empty() {
        return Vec::new();
    }
    let flags = tx.inner().flags.message;
    all.iter().filter(|w| (w.wants)(ctx.program, tx, kind, flags)).copied().collect()
}

/// Whether a module wants the end-to-end ACKs of a transaction.
pub(super) fn wants_ack(ctx: &Ctx<'_>, tx: &Transaction) -> bool {
    !watchers(ctx, tx, Kind::Ack).is_empty()
}

fn tell(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, event: &Event<'_, '_>) {
    let found = watchers(ctx, tx, event.kind);
    if found.is_empty() {
        return;
    }
    let by_timer = tx.inner().switches.by_timer;
    let branch = event.reply.and_then(|_| super::current::of(ctx).branch);
    let event = &Event { branch, log_prefix: if by_timer { b"" } else { ctx.log_prefix() }, ..*event };
    let of_request = ctx.msg.is_request()
        && super::current::of(ctx).tx.as_ref().is_some_and(|t| Arc::ptr_eq(t, tx))
        && ctx.msg.method() == tx.method;
    if of_request {
        // A context made for a reply of our own comes without the pairs of the transaction.
        let lent = ctx.avps.is_empty().then(|| std::mem::take(&mut tx.inner().avps));
        let before = lent.map(|avps| std::mem::replace(&mut ctx.avps, avps));
        found.iter().for_each(|w| (w.run)(ctx, tx, event));
        if let Some(before) = before {
            tx.inner().avps = std::mem::replace(&mut ctx.avps, before);
        }
    } else {
        with_request(ctx.scope(), ctx.worker, tx, Routes::REQUEST, |request| {
            let mut taken = {
                let mut inner = tx.inner();
                (std::mem::take(&mut inner.avps), std::mem::take(&mut inner.xavps))
            };
            std::mem::swap(&mut request.avps, &mut taken.0);
            std::mem::swap(&mut request.xavps, &mut taken.1);
            found.iter().for_each(|w| (w.run)(request, tx, event));
            let mut inner = tx.inner();
            inner.avps = std::mem::take(&mut request.avps);
            inner.xavps = std::mem::take(&mut request.xavps);
        });
    }
}

fn plain(kind: Kind) -> Event<'static, 'static> {
    Event { kind, code: 0, reason: b"", reply: None, to_tag: b"", branch: None, log_prefix: b"" }
}

pub(super) fn request_in(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    tell(ctx, tx, &plain(Kind::RequestIn));
}

pub(super) fn request_out(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    tell(ctx, tx, &plain(Kind::RequestOut));
}

pub(super) fn ack(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    let to_tag = ctx.msg.to().tag.unwrap_or_default();
    tell(ctx, tx, &Event { to_tag, ..plain(Kind::Ack) });
}

pub(super) fn cancel(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>) {
    tell(ctx, tx, &plain(Kind::Cancel));
}

/// A reply went upstream: `reply` is the received one, `None` for one made here.
pub(super) fn reply_out(
    ctx: &mut Ctx<'_>,
    tx: &Arc<Transaction>,
    code: u16,
    reason: &[u8],
    reply: Option<&Message<'_>>,
) {
    reply_event(ctx, tx, Kind::ReplyOut, code, reason, reply);
}

/// All branches failed.
pub(super) fn failure(
    ctx: &mut Ctx<'_>,
    tx: &Arc<Transaction>,
    code: u16,
    reason: &[u8],
    reply: Option<&Message<'_>>,
) {
    reply_event(ctx, tx, Kind::Failure, code, reason, reply);
}

fn reply_event(
    ctx: &mut Ctx<'_>,
    tx: &Arc<Transaction>,
    kind: Kind,
    code: u16,
    reason: &[u8],
    reply: Option<&Message<'_>>,
) {
    let local = super::local_reply::local_tag(tx);
    let to_tag = match reply {
        Some(reply) => reply.to().tag.unwrap_or_default(),
        None => &local,
    };
    tell(ctx, tx, &Event { kind, code, reason, reply, to_tag, branch: None, log_prefix: b"" });
}
