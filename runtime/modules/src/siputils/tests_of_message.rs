//! Tests of the message as a whole.

use kamjit_engine::{Arg, Ctx, Ret};

/// `has_totag()`: the request belongs to a dialog.
pub(super) fn has_totag<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.msg.to().tag.is_some_and(|tag| !tag.is_empty()).into()
}

pub(super) fn is_request<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.msg.is_request().into()
}

pub(super) fn is_reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    (!ctx.msg.is_request()).into()
}

/// `is_first_hop([mode])`: nobody stands between the sender and us: one Via in a request, two in a reply (with mode
/// 1 the addresses must agree too).
pub(super) fn is_first_hop<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let mode = args.first().map_or(0, |arg| arg.int(ctx));
    let msg = ctx.msg;
    if msg.is_request() {
        let alone = msg.vias().len() == 1 && msg.record_routes().is_ok_and(<[_]>::is_empty);
        return alone.into();
    }
    let one_ours = msg.vias().len() == 2 && msg.record_routes().is_ok_and(|all| all.len() <= 1);
    let same = mode != 1 || msg.via(1).is_some_and(|via| via.host == ctx.source().ip);
    (one_ours && same).into()
}
