//! Which transaction a message belongs to (RFC 3261 section 17.2.3; before it: the fields of RFC 2543).

use std::sync::Arc;

use kamjit_engine::Ctx;
use kamjit_sip::{
    Method,
    branch::{characteristic, message_hash, parse_branch},
};

use super::{table::table, transaction::Transaction};

/// The transaction that a request of `method` with the same branch made: for the request itself, and for the INVITE
/// of a CANCEL or of the ACK to a negative reply.
pub(super) fn request(ctx: &Ctx<'_>, method: Method) -> Option<Arc<Transaction>> {
    let hash = message_hash(ctx.msg);
    if !table().has_hash(hash) {
        return None;
    }
    let md5 = characteristic(ctx.msg);
    table().find(hash, |tx| !tx.local && tx.method == method && tx.md5 == md5)
}

/// The transaction and branch that a reply answers, by the branch that we wrote into our Via.
pub(super) fn reply(ctx: &Ctx<'_>) -> Option<(Arc<Transaction>, usize)> {
    let (hash, md5, number) = parse_branch(ctx.msg.via(0)?.branch?)?;
    let method = ctx.msg.cseq().method;
    let tx = table().find(hash, |tx| {
        *md5 == tx.md5 && (tx.method == method || (method == Method::CANCEL && tx.method == Method::INVITE))
    })?;
    let number = number as usize;
    let known = number < tx.inner().uacs.len();
    known.then_some((tx, number))
}

/// An INVITE transaction to whose final reply this is the end-to-end ACK: its branch is another, the dialog the
/// same.
pub(super) fn end_to_end_ack(ctx: &Ctx<'_>) -> Option<Arc<Transaction>> {
    let hash = message_hash(ctx.msg);
    let call_id = ctx.msg.call_id();
    let from_tag = ctx.msg.from().ok()?.tag?;
    table().find(hash, |tx| {
        let inner = tx.inner();
        let Some(request) = inner.request.as_ref().filter(|_| tx.is_invite()) else { return false };
        (200..300).contains(&inner.uas.status)
            && memchr::memmem::find(&request.bytes, call_id).is_some()
            && memchr::memmem::find(&request.bytes, from_tag).is_some()
    })
}

/// The INVITE transaction with a Call-ID and CSeq number (`t_cancel_callid`, `tm.cancel`).
pub(super) fn by_call_id(call_id: &[u8], cseq: &[u8]) -> Option<Arc<Transaction>> {
    let hash = kamjit_sip::branch::hash(call_id, cseq);
    table().find(hash, |tx| {
        let inner = tx.inner();
        let sent = inner.uacs.first().map(|u| &*u.sent).unwrap_or_default();
        let bytes = inner.request.as_ref().map_or(sent, |r| &r.bytes);
        matches!(tx.method, Method::INVITE) && memchr::memmem::find(bytes, call_id).is_some()
    })
}

/// The transaction with hash and label.
pub(super) fn by_label(hash: u32, label: u32) -> Option<Arc<Transaction>> {
    table().find(hash, |tx| tx.label == label)
}
