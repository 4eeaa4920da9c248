//! Substitutions: `subst`, `subst_body`, `subst_hf`, `subst_uri`, `subst_user`.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret, subst::Subst};
use kamjit_sip::Uri;

use super::search::chosen;

/// More matches than this are not replaced: an upper bound against hostile input.
const MAX_MATCHES: usize = 10_000;

fn expression(args: &[Arg], at: usize) -> Option<&Subst> {
    match args.get(at) {
        Some(Arg::Subst(subst)) => Some(subst),
        _ => None,
    }
}

/// `subst("/re/by/flags")`: headers and body.
pub(super) fn subst<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let range = ctx.msg.headers_offset()..ctx.msg.buf().len();
    in_message(ctx, args, range)
}

/// `subst_body("/re/by/flags")`.
pub(super) fn subst_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let range = ctx.msg.body_offset()..ctx.msg.buf().len();
    in_message(ctx, args, range)
}

fn in_message<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], range: std::ops::Range<usize>) -> Ret {
    let Some(subst) = expression(args, 0) else { return Ret::FALSE };
    let buf = ctx.msg.buf();
    let (mut at, mut count) = (range.start, 0);
    while let Some(text) = buf.get(at..range.end).filter(|_| count < MAX_MATCHES) {
        let line_start = at == range.start || buf.get(at - 1) == Some(&b'\n');
        let Some(groups) = subst.regex().find(text, !line_start) else { break };
        let Some((from, to)) = groups[0] else { break };
        let by = subst.replacement(ctx, text, &groups);
        ctx.edits.replace(at + from, to - from, by);
        count += 1;
        at += to.max(from + 1);
        if !subst.global() {
            break;
        }
    }
    Ret::from(count > 0)
}

/// `subst_hf(name, "/re/by/flags", flags)`: the values of headers.
pub(super) fn subst_hf<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(subst) = expression(args, 1) else { return Ret::FALSE };
    let mut changed = false;
    for header in chosen(ctx, args) {
        let (Some((value, _)), Some(offset)) =
            (subst.apply(ctx, header.value), ctx.msg.offset_of(header.value))
        else {
            continue;
        };
        ctx.edits.replace(offset, header.value.len(), value);
        changed = true;
    }
    changed.into()
}

/// `subst_uri("/re/by/flags")`: the request URI.
pub(super) fn subst_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = ctx.ruri();
    match expression(args, 0).and_then(|subst| subst.apply(ctx, uri)) {
        Some((uri, _)) => {
            ctx.set_ruri(uri);
            Ret::TRUE
        }
        None => Ret::FALSE,
    }
}

/// `subst_user("/re/by/flags")`: the user of the request URI.
pub(super) fn subst_user<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(uri), Some(subst)) = (ctx.parsed_ruri(), expression(args, 0)) else { return Ret::FALSE };
    let Some((user, _)) = subst.apply(ctx, uri.user) else { return Ret::FALSE };
    let changed = with_user(ctx, &uri, user);
    ctx.set_ruri(changed);
    Ret::TRUE
}

/// A URI with another user.
fn with_user<'m>(ctx: &Ctx<'m>, uri: &Uri<'m>, user: &[u8]) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(uri.raw.len() + user.len() + 1, ctx.arena);
    let scheme = memchr::memchr(b':', uri.raw).map_or(0, |colon| colon + 1);
    let end = if uri.has_user || uri.is_tel() { scheme + uri.user.len() } else { scheme };
    out.extend_from_slice(&uri.raw[..scheme]);
    out.extend_from_slice(user);
    if !uri.has_user && !uri.is_tel() {
        out.push(b'@');
    }
    out.extend_from_slice(uri.raw.get(end..).unwrap_or_default());
    out.into_bump_slice()
}
