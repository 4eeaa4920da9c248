//! Streams: `m=` lines by their kind and transport.

use kamjit_engine::{Arg, Ctx, Ret, Val};
use kamjit_sip::{
    sdp::{Media, attributes},
    text::eq_nocase,
};

use super::read::{has_body, sdp};

/// The streams differ in transport.
const MIXED: Ret = Ret(-2);

fn any<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], test: fn(&Media<'_>, &[u8]) -> bool) -> Ret {
    let Some(wanted) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    sdp(ctx).is_some_and(|sdp| sdp.media().any(|media| test(&media, wanted))).into()
}

/// `sdp_with_media(kind)`.
pub(super) fn has<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    any(ctx, args, |media, kind| eq_nocase(media.kind, kind))
}

/// `sdp_with_transport(transport)`.
pub(super) fn has_transport<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    any(ctx, args, |media, transport| eq_nocase(media.transport, transport))
}

/// `sdp_with_transport_like(text)`: the text in its spelling (captured).
pub(super) fn has_transport_like<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    any(ctx, args, |media, text| memchr::memmem::find(media.transport, text).is_some())
}

/// `sdp_with_active_media(kind)`: with a port, and not inactive.
pub(super) fn has_active<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    any(ctx, args, |media, kind| {
        eq_nocase(media.kind, kind)
            && media.port != b"0"
            && attributes(media.raw, b"inactive").next().is_none()
    })
}

/// `sdp_transport(variable)`: the transport that all streams have. Without body nothing is assigned (captured).
pub(super) fn transport<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if !has_body(ctx) {
        return Ret::TRUE;
    }
    let (Some(target), Some(sdp)) = (args.first().and_then(Arg::pv), sdp(ctx)) else { return Ret::FALSE };
    let mut all = sdp.media().map(|media| media.transport);
    let Some(first) = all.next() else { return Ret::FALSE };
    if all.any(|other| !eq_nocase(other, first)) {
        return MIXED;
    }
    target.set(ctx, Val::Str(first)).into()
}

fn remove_where<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], test: fn(&Media<'_>, &[u8]) -> bool) -> Ret {
    let Some(wanted) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(sdp) = sdp(ctx) else { return Ret::FALSE };
    let mut found = false;
    for media in sdp.media().filter(|media| test(media, wanted)) {
        if let Some(at) = ctx.msg.offset_of(media.raw) {
            ctx.edits.delete(at, media.raw.len());
            found = true;
        }
    }
    found.into()
}

/// `sdp_remove_media(kind)`.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_where(ctx, args, |media, kind| eq_nocase(media.kind, kind))
}

/// `sdp_remove_transport(transport)`.
pub(super) fn remove_transport<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_where(ctx, args, |media, transport| eq_nocase(media.transport, transport))
}
