//! Remote-Party-ID from what authentication or the script left in a variable.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::Uri;

use super::{STATE, tests_of_text::e164};

fn value<'m>(ctx: &mut Ctx<'m>) -> Option<&'m [u8]> {
    let pv = STATE.get(ctx)?.rpid.as_ref()?;
    pv.get(ctx).as_bytes(ctx.arena).filter(|v| !v.is_empty())
}

/// `append_rpid_hf([prefix, suffix])`.
pub(super) fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(value), Some(state)) = (value(ctx), STATE.get(ctx)) else { return Ret::FALSE };
    let (prefix, suffix) = match args {
        [prefix, suffix] => (prefix.text(ctx), suffix.text(ctx)),
        _ => (state.rpid_prefix.as_slice(), state.rpid_suffix.as_slice()),
    };
    let mut line = ArenaVec::new_in(ctx.arena);
    for part in [b"Remote-Party-ID: ", prefix, value, suffix, b"\r\n"] {
        line.extend_from_slice_copy(part);
    }
    ctx.edits.append_header(ctx.msg, &line);
    Ret::TRUE
}

pub(super) fn is_e164<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    value(ctx).and_then(|v| Uri::parse(v).ok()).is_some_and(|uri| e164(ctx, uri.user)).into()
}
