//! Adding, removing and finding headers.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::edit::ReplyPart;

use super::header_name::HeaderName;

/// `append_hf(text[, header])`: behind the first header of that name, else behind the last header.
pub(super) fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|a| a.text(ctx)) else { return Ret::FALSE };
    let anchor = named(ctx, args.get(1)).map_or(ctx.msg.headers_end(), |h| h.end());
    ctx.edits.insert(anchor, text);
    Ret::TRUE
}

/// `insert_hf(text[, header])`: before the first header of that name, else before the first header.
pub(super) fn insert<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|a| a.text(ctx)) else { return Ret::FALSE };
    let anchor = named(ctx, args.get(1)).map_or(ctx.msg.headers_offset(), |h| h.offset as usize);
    ctx.edits.insert(anchor, text);
    Ret::TRUE
}

fn named<'m>(ctx: &Ctx<'m>, arg: Option<&Arg>) -> Option<&'m kamjit_sip::Header<'m>> {
    arg?.digested::<HeaderName>()?.find(ctx.msg).next()
}

/// `remove_hf(name)`: all headers of that name; true if there was one.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().and_then(Arg::digested::<HeaderName>) else { return Ret::FALSE };
    remove_where(ctx, |h| name.is(h))
}

/// `remove_hf_pv(name)`: the same with a name known at run time; true also if there was none (captured).
pub(super) fn remove_pv<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|a| HeaderName::new(a.text(ctx))) else { return Ret::FALSE };
    remove_where(ctx, |h| name.is(h));
    Ret::TRUE
}

pub(super) fn remove_where<'m>(
    ctx: &Ctx<'m>,
    mut unwanted: impl FnMut(&kamjit_sip::Header<'m>) -> bool,
) -> Ret {
    let mut found = false;
    for header in ctx.msg.headers().iter().filter(|h| unwanted(h)) {
        ctx.edits.remove_header(header);
        found = true;
    }
    found.into()
}

/// `is_present_hf(name)`.
pub(super) fn is_present<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = args.first().and_then(Arg::digested::<HeaderName>);
    name.is_some_and(|name| name.find(ctx.msg).next().is_some()).into()
}

/// `is_present_hf_pv(name)`.
pub(super) fn is_present_pv<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|a| HeaderName::new(a.text(ctx))) else { return Ret::FALSE };
    Ret::from(name.find(ctx.msg).next().is_some())
}

/// `append_to_reply(text)`: header lines for the replies that are made here.
pub(super) fn append_to_reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|a| a.text(ctx)) else { return Ret::FALSE };
    ctx.edits.add_to_replies(ReplyPart::Header, text);
    Ret::TRUE
}

/// `append_urihf(prefix, suffix)`: the request URI between two texts, behind the last header.
pub(super) fn append_urihf<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [prefix, suffix, ..] = args else { return Ret::FALSE };
    let line = [prefix.text(ctx), ctx.ruri(), suffix.text(ctx)].concat();
    ctx.edits.append_header(ctx.msg, &line);
    Ret::TRUE
}
