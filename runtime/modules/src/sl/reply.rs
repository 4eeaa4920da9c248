//! Sending replies from the request alone.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx,
    catalog::Routes,
    dest::Destination,
    forward,
    log::{self, Level},
};
use kamjit_sip::{
    Method,
    build::{self, ReplyOut},
};

use super::STATE;

/// Answers the request of a context without a transaction. False for an ACK (which is never answered), or if the
/// reply could not be sent.
pub fn stateless(ctx: &mut Ctx<'_>, code: i64, reason: &[u8]) -> bool {
    let msg = ctx.msg;
    if !msg.is_request() || msg.method() == Method::ACK {
        return false;
    }
    let Some(state) = STATE.get(ctx) else { return false };
    // A reply needs all headers: with one that cannot be read there is none (captured).
    if msg.is_broken() || matches!(msg.content_length(), Some(Err(_))) {
        state.stats.failures.inc();
        return false;
    }
    let code = u16::try_from(code.max(0)).unwrap_or(u16::MAX);
    let Some(dest) = destination(ctx) else {
        state.stats.failures.inc();
        return false;
    };
    // Only replies that can begin or end a dialog get a tag of ours (captured: 99 gets none, 183 and up do).
    let to_tag = (code >= 180 && msg.to().tag.is_none()).then(|| state.tags.make(msg));
    let mut contacts = ArenaVec::new_in(ctx.arena);
    if (300..400).contains(&code) {
        put_contacts(ctx, &mut contacts);
    }
    let how = ReplyOut {
        code,
        reason,
        to_tag,
        source: Some(ctx.source()),
        server: ctx.program.server_header.as_deref(),
        headers: &contacts,
    };
    let mut out = ArenaVec::with_capacity_in(msg.headers_end() + 256, ctx.arena);
    build::reply(msg, &ctx.edits, &how, &mut out);
    ctx.put_warning(&mut out);
    if !ctx.worker.send(&dest, &out) {
        state.stats.failures.inc();
        return false;
    }
    state.stats.count(code);
    if code >= 200 && msg.method() == Method::INVITE {
        state.tags.sent(ctx.engine().ticks.load(std::sync::atomic::Ordering::Relaxed));
    }
    local_response_event(ctx, &out);
    true
}

/// Answers with the transaction if there is one, else without.
pub fn stateful_or_stateless(ctx: &mut Ctx<'_>, code: i64, reason: &[u8]) -> bool {
    let bind_tm = STATE.get(ctx).is_some_and(|state| state.bind_tm);
    if bind_tm && let Some(sent) = super::stateful::reply_if_transaction(ctx, code, reason) {
        return sent;
    }
    stateless(ctx, code, reason)
}

/// Answers with what the last failure was, as `sl_reply_error()` does.
pub fn error_reply(ctx: &mut Ctx<'_>) -> bool {
    let (code, reason) =
        super::stateful::last_error(ctx).unwrap_or((500, "I'm terribly sorry, server error occurred"));
    let text = bumpalo::format!(in ctx.arena, "{} ({}/SL)", reason, super::stateful::error_number(ctx))
        .into_bump_str();
    let sent = stateless(ctx, i64::from(code), text.as_bytes());
    if sent && let Some(state) = STATE.get(ctx) {
        state.stats.sent_err_replies.inc();
    }
    if sent && log::enabled(Level::Err) {
        log::write(Level::Err, None, b"", "core", format!("stateless error reply used: {text}").as_bytes());
    }
    sent
}

fn destination(ctx: &mut Ctx<'_>) -> Option<Destination> {
    forward::request_source(ctx)
}

/// Drops ACKs to our own replies before the script (the real server filters them in the same way).
pub(super) fn filter_ack(ctx: &mut Ctx<'_>) -> bool {
    if ctx.msg.method() != Method::ACK {
        return true;
    }
    let Some(state) = STATE.get(ctx) else { return true };
    let ticks = ctx.engine().ticks.load(std::sync::atomic::Ordering::Relaxed);
    if !state.tags.is_ours(ctx.msg, ticks) {
        return true;
    }
    state.stats.received_acks.inc();
    if let Some(route) = state.on_filtered_ack {
        ctx.run_route_as(route, Routes::EVENT);
    }
    false
}

fn local_response_event(ctx: &mut Ctx<'_>, sent: &[u8]) {
    let Some(route) = STATE.get(ctx).and_then(|state| state.on_local_response) else { return };
    let bytes = ctx.keep(sent);
    let Ok(reply) = kamjit_sip::Message::parse(ctx.arena, bytes) else { return };
    let request = std::mem::replace(&mut ctx.msg, reply);
    ctx.run_route_as(route, Routes::EVENT);
    ctx.msg = request;
}

/// `Contact` with the destinations of the request, for a redirection.
pub fn put_contacts(ctx: &Ctx<'_>, out: &mut ArenaVec<'_, u8>) {
    if ctx.main.uri.is_none() && ctx.branches.is_empty() {
        return;
    }
    let all = std::iter::once((ctx.ruri(), ctx.main.q))
        .chain(ctx.branches.iter().filter_map(|b| Some((b.uri?, b.q))));
    for (n, (uri, q)) in all.enumerate() {
        out.extend_from_slice_copy(if n == 0 { b"Contact: <" } else { b", <" });
        out.extend_from_slice_copy(uri);
        out.extend_from_slice_copy(b">");
        if q >= 0 {
            let q = format!(";q={}", f64::from(q) / 1000.0);
            out.extend_from_slice_copy(q.as_bytes());
        }
    }
    out.extend_from_slice_copy(b"\r\n");
}
