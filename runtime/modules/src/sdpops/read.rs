//! What a message carries: the description, its lines, its address family.

use kamjit_engine::{Arg, Ctx, Ret, Val, log, log::Level, pv::Pv};
use kamjit_sip::{
    mime,
    sdp::{self, Sdp, connection},
    text::{eq_nocase, without_line_end},
};

/// Return value of a message without body.
const NO_BODY: Ret = Ret(-2);

/// The description of a message.
pub(super) fn sdp<'m>(ctx: &Ctx<'m>) -> Option<Sdp<'m>> {
    sdp::usable_of_message(ctx.msg)
}

/// The text of a description. Captured: in a multipart body the line end before the next delimiter belongs to it.
pub(super) fn text<'m>(ctx: &Ctx<'m>, sdp: &Sdp<'m>) -> &'m [u8] {
    let longer = ctx.msg.offset_of(sdp.raw).and_then(|at| {
        let end = at + sdp.raw.len();
        (ctx.msg.buf().get(end..end + 2) == Some(b"\r\n")).then(|| ctx.msg.buf().get(at..end + 2)).flatten()
    });
    longer.unwrap_or(sdp.raw)
}

/// Whether there is a body at all.
pub(super) fn has_body(ctx: &Ctx<'_>) -> bool {
    !ctx.msg.body().is_empty()
}

/// The variable of an argument; only an AVP is taken (captured).
fn avp(arg: Option<&Arg>) -> Option<&Pv> {
    arg.and_then(Arg::pv).filter(|pv| pv.def.name == "avp")
}

/// `sdp_content([sloppy])`: with an argument only types are looked at.
pub(super) fn content<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if args.is_empty() {
        return sdp(ctx).is_some().into();
    }
    if !has_body(ctx) {
        return Ret::FALSE;
    }
    let Some(content_type) = ctx.msg.content_type() else { return Ret::TRUE };
    let own = mime::without_params(content_type);
    let named = || memchr::memmem::find(ctx.msg.body(), b"application/sdp").is_some();
    (eq_nocase(own, b"application/sdp") || (eq_nocase(own, b"multipart/mixed") && named())).into()
}

/// `sdp_get(avp)`.
pub(super) fn get<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(target) = avp(args.first()) else { return Ret::FALSE };
    if !has_body(ctx) {
        return NO_BODY;
    }
    let Some(sdp) = sdp(ctx) else { return Ret::FALSE };
    let text = text(ctx, &sdp);
    target.set(ctx, Val::Str(text)).into()
}

/// `sdp_get_line_startswith(avp, prefix)`: the first such line.
pub(super) fn line<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if !has_body(ctx) {
        return NO_BODY;
    }
    let Some(prefix) = args.get(1).map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let (Some(target), Some(sdp)) = (avp(args.first()), sdp(ctx)) else { return Ret::FALSE };
    let Some(line) = sdp::lines(sdp.raw).find(|line| line.starts_with(prefix)) else { return Ret::FALSE };
    target.set(ctx, Val::Str(without_line_end(line))).into()
}

/// `sdp_get_address_family()`: 4 or 6, of the session's address.
pub(super) fn address_family<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    match sdp(ctx).and_then(|sdp| connection(sdp.session)).map(|c| c.family) {
        Some(b"IP4") => Ret(4),
        Some(b"IP6") => Ret(6),
        _ => Ret::FALSE,
    }
}

/// `sdp_with_ice()`: there is a candidate, whatever the type of the body (captured).
pub(super) fn has_ice<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    sdp::lines(ctx.msg.body()).any(|line| line.starts_with(b"a=candidate")).into()
}

/// `sdp_print(level)`: the description goes to the log, one line for each of its own.
pub(super) fn print<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let level = Level::from_number(args.first().map_or(0, |arg| arg.int(ctx)));
    if log::enabled(level)
        && let Some(sdp) = sdp(ctx)
    {
        for line in sdp::lines(sdp.raw) {
            log::write(level, None, b"", "sdpops", without_line_end(line));
        }
    }
    Ret::TRUE
}
