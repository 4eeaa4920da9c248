//! ACK: taken in when it answers a final reply of a transaction here.

use std::sync::Arc;

use kamjit_engine::Ctx;
use kamjit_sip::{Method, build};

use super::{STATE, hooks, local_reply::local_tag, matching, transaction::Transaction};

/// Takes in the ACK of a context if it answers a negative reply of a transaction, or a 2xx that we made.
pub(super) fn absorb(ctx: &mut Ctx<'_>) -> bool {
    let tx = match matching::request(ctx, Method::INVITE) {
        Some(tx) if tx.status() >= 300 => tx,
        _ => match local_dialog(ctx) {
            Some(tx) => tx,
            None => return false,
        },
    };
    {
        let mut inner = tx.inner();
        tx.put_on_wait(ctx.worker, &mut inner);
        super::timer::arm(ctx.worker, &tx, &mut inner);
    }
    hooks::ack(ctx, &tx);
    true
}

/// The transaction whose 2xx we made ourselves: the ACK carries our To-tag.
fn local_dialog(ctx: &Ctx<'_>) -> Option<Arc<Transaction>> {
    let tag = ctx.msg.to().tag?;
    matching::end_to_end_ack(ctx).filter(|tx| *tag == local_tag(tx))
}

/// The ACK to the negative final reply of `ctx` on a branch, made from the request as it was sent. Empty if it can't
/// be made.
pub(super) fn for_reply(ctx: &Ctx<'_>, sent: &[u8]) -> Box<[u8]> {
    let bytes = ctx.arena.alloc_slice_copy(sent);
    let Ok(request) = kamjit_sip::Message::parse(ctx.arena, bytes) else { return Box::default() };
    let extra = STATE.get(ctx).map(|s| &*s.params.extra_headers).unwrap_or_default();
    let keep: Vec<&[u8]> = extra.iter().map(|h| &**h).collect();
    let mut out = Vec::with_capacity(request.headers_end());
    build::local_ack(request, ctx.msg, &keep, &mut out);
    out.into()
}
