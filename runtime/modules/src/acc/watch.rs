//! What acc makes of a transaction's events.

use std::sync::Arc;

use kamjit_engine::{Ctx, program::Program};
use kamjit_sip::{FirstLine, HeaderKind, Message, Method};

use super::{
    STATE,
    line::{self, Entry},
    params::State,
};
use crate::tm::{
    self,
    hooks::{Event, Kind, Watcher},
    transaction::Transaction,
};

pub(super) const WATCHER: Watcher = Watcher { wants, run };

fn wants(program: &Program, tx: &Transaction, kind: Kind, flags: u32) -> bool {
    let Some(state) = STATE.find(program) else { return false };
    match kind {
        Kind::ReplyOut => flags & (state.log_flag | state.missed_flag) != 0,
        Kind::Failure => tx.is_invite() && flags & state.missed_flag != 0,
        Kind::Ack => state.report_ack && flags & state.log_flag != 0 && (200..300).contains(&tx.status()),
        Kind::RequestIn | Kind::RequestOut | Kind::Cancel => false,
    }
}

fn run<'m>(ctx: &mut Ctx<'m>, tx: &Arc<Transaction>, event: &Event<'_, '_>) {
    let Some(state) = STATE.get(ctx) else { return };
    let uri = ctx.main.uri;
    // An answer shows the branch that it came on, a missed call the last one that was tried (captured).
    let branch = event.branch.filter(|_| event.kind == Kind::ReplyOut);
    if let Some(target) = tx.target(branch) {
        ctx.main.uri = Some(ctx.keep(&target));
    }
    account(ctx, state, tx, event);
    ctx.main.uri = uri;
}

fn account<'m>(ctx: &mut Ctx<'m>, state: &'m State, tx: &Arc<Transaction>, event: &Event<'_, '_>) {
    match event.kind {
        Kind::Failure => missed(ctx, state, tx, event),
        Kind::ReplyOut => reply(ctx, state, tx, event),
        Kind::Ack => {
            let answered = Event { code: tx.status(), ..*event };
            write(ctx, state, "request acknowledged", b"ACK", &answered, None);
        }
        Kind::RequestIn | Kind::RequestOut | Kind::Cancel => {}
    }
}

/// A reply went to the caller.
fn reply<'m>(ctx: &mut Ctx<'m>, state: &'m State, tx: &Arc<Transaction>, event: &Event<'_, '_>) {
    // A call that fails without a failure_route is missed here.
    if tx.is_invite() && event.code >= 300 && tx.flags().message & state.missed_flag != 0 {
        missed(ctx, state, tx, event);
    }
    if tx.flags().message & state.log_flag == 0 || !is_wanted(state, tx, event) {
        return;
    }
    // What was made of another reply (500 of a 503) counts as made here (captured).
    let reply = event.reply.filter(|reply| reply.status() == Some(event.code));
    let method = ctx.msg.method_raw();
    write(ctx, state, "transaction answered", method, event, reply);
}

/// Whether a reply is one that is accounted.
fn is_wanted(state: &State, tx: &Transaction, event: &Event<'_, '_>) -> bool {
    if tx.method == Method::CANCEL && !state.report_cancels {
        return false;
    }
    match event.code {
        0..200 => state.early_media && event.reply.is_some_and(|reply| !reply.body().is_empty()),
        200..300 => true,
        code => tx.flags().message & state.failed_flag != 0 && !state.failed_filter.contains(&code),
    }
}

/// A call failed; the flag is used up, so that each attempt has to be marked anew.
fn missed<'m>(ctx: &mut Ctx<'m>, state: &'m State, tx: &Arc<Transaction>, event: &Event<'_, '_>) {
    let original = event.reply.and_then(Message::status).unwrap_or(event.code);
    let event = Event { code: original, ..*event };
    let method = ctx.msg.method_raw();
    let to_tag = event.reply.and_then(|reply| reply.to().tag).unwrap_or(event.to_tag);
    write(ctx, state, "call missed", method, &Event { to_tag, ..event }, event.reply);
    tx.clear_flags(state.missed_flag);
    ctx.flags.message &= !state.missed_flag;
}

fn write<'m>(
    ctx: &mut Ctx<'m>,
    state: &'m State,
    what: &'static str,
    method: &[u8],
    event: &Event<'_, '_>,
    reply: Option<&Message<'_>>,
) {
    let reason = match reply {
        Some(reply) => reason(state, reply),
        // Of a reply made here the usual phrase of its code is written, whatever was sent (captured).
        None => tm::status_text(event.code),
    };
    let code = event.code.to_string();
    line::write(
        ctx,
        state,
        &Entry {
            what,
            method,
            to_tag: event.to_tag,
            code: code.as_bytes(),
            reason,
            log_prefix: event.log_prefix,
        },
    );
}

/// The phrase of a reply, or its Reason header with `reason_from_hf`.
fn reason<'r>(state: &State, reply: &Message<'r>) -> &'r [u8] {
    let header = reply.value(HeaderKind::Reason).filter(|_| state.reason_from_header);
    match (header, reply.first_line()) {
        (Some(text), _) => text,
        (None, FirstLine::Reply(line)) => line.reason,
        (None, FirstLine::Request(_)) => b"",
    }
}
