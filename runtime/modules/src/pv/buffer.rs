//! `$msgbuf(n)`: one byte of the message as received, read and changed in place.

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named_rw},
};
use kamjit_sip::Message;

pub(super) const PVS: &[PvDef] = &[named_rw("msgbuf", InnerName::Dynamic, get, set, Some(parse))];

fn parse(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let digits = text.strip_prefix(b"-").unwrap_or(text).iter().all(u8::is_ascii_digit);
    match kamjit_engine::value::parse_int(text).filter(|n| digits && i32::try_from(*n).is_ok()) {
        Some(n) => Ok(Inner::Number(n)),
        None => Err(HostError::new("$msgbuf takes a number or a variable")),
    }
}

fn index<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> i64 {
    match &name.inner {
        Inner::Number(n) => *n,
        Inner::Var(pv) => pv.get(ctx).to_int(),
        _ => i64::MAX,
    }
}

/// The place in the buffer; negative numbers count from its end.
fn place(ctx: &Ctx<'_>, index: i64) -> Option<usize> {
    let length = ctx.msg.buf().len();
    let at = match usize::try_from(index) {
        Ok(at) => at.checked_add(ctx.msg.start_offset())?,
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    (at < length).then_some(at)
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let index = index(ctx, name);
    match place(ctx, index).and_then(|at| ctx.msg.buf().get(at..=at)) {
        Some(byte) => Val::Str(byte),
        None => Val::Null,
    }
}

/// The first byte of a text. The message is read anew, so that variables show what the buffer says now.
fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    // Captured: negative numbers are for reading only.
    let index = index(ctx, name).max(-1);
    let Some(at) = place(ctx, index).filter(|_| index >= 0) else { return false };
    let Val::Str([byte, ..]) = value else { return false };
    let buffer = ctx.arena.alloc_slice_copy(ctx.msg.buf());
    let Some(slot) = buffer.get_mut(at) else { return false };
    *slot = *byte;
    // Edits name places, which stay where they are.
    match Message::parse(ctx.arena, buffer) {
        Ok(msg) => {
            ctx.msg = msg;
            true
        }
        Err(_) => false,
    }
}
