//! Parameters and parts of URIs.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret, Val};
use kamjit_sip::{Param, Uri, text::eq_nocase};

/// The last parameter of the request URI whose name fits; of several the real server takes the last.
fn find<'m>(ctx: &mut Ctx<'m>, name: &[u8], any_case: bool) -> Option<Param<'m>> {
    let uri = ctx.parsed_ruri()?;
    uri.params().filter(|p| if any_case { eq_nocase(p.name, name) } else { p.name == name }).last()
}

fn concat<'m>(ctx: &Ctx<'m>, parts: &[&[u8]]) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(parts.iter().map(|p| p.len()).sum(), ctx.arena);
    parts.iter().for_each(|part| out.extend_from_slice_copy(part));
    out.into_bump_slice()
}

/// `uri_param(name)`: it is there without value. `uri_param(name, value)`: it has this value.
pub(super) fn uri_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let wanted = args.get(1).map_or(&b""[..], |arg| arg.text(ctx));
    find(ctx, name, false).is_some_and(|p| p.unquoted() == wanted).into()
}

pub(super) fn uri_param_any<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    find(ctx, name, true).is_some().into()
}

/// `uri_param_rm(name)`: true also when there is none; false only for a broken request URI.
pub(super) fn uri_param_rm<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(uri) = ctx.parsed_ruri() else { return Ret::FALSE };
    if let Some(shorter) = find(ctx, name, true).and_then(|p| without(ctx, uri.raw, p.raw)) {
        ctx.set_ruri(shorter);
    }
    Ret::TRUE
}

/// `uri` without the parameter `raw` and the semicolon before it.
pub(super) fn without<'m>(ctx: &Ctx<'m>, uri: &[u8], raw: &[u8]) -> Option<&'m [u8]> {
    let at = kamjit_sip::text::offset_in(uri, raw)?;
    let head = uri.get(..at)?;
    let head = head.get(..head.iter().rposition(|b| *b == b';')?)?;
    Some(concat(ctx, &[head, uri.get(at + raw.len()..)?]))
}

/// `add_uri_param("name=value")`: behind the last parameter.
pub(super) fn add_uri_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let param = args.first().map_or(&b""[..], |arg| arg.text(ctx));
    if param.is_empty() {
        return Ret::TRUE;
    }
    let Some(uri) = ctx.parsed_ruri() else { return Ret::FALSE };
    let headers = if uri.headers_raw.is_empty() { 0 } else { uri.headers_raw.len() + 1 };
    let (head, tail) = uri.raw.split_at(uri.raw.len().saturating_sub(headers));
    let changed = concat(ctx, &[head, b";", param, tail]);
    ctx.set_ruri(changed);
    Ret::TRUE
}

/// `get_uri_param(name, variable)`.
pub(super) fn get_uri_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [name, out] = args else { return Ret::FALSE };
    let name = name.text(ctx);
    let (Some(param), Some(out)) = (find(ctx, name, false), out.pv()) else { return Ret::FALSE };
    out.set(ctx, Val::Str(param.unquoted())).into()
}

/// `is_gruu([uri])`: 1 for a public one, 2 for a temporary one (without a value).
pub(super) fn is_gruu<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = match args.first() {
        Some(arg) => Uri::parse(arg.text(ctx)).ok(),
        None => ctx.parsed_ruri(),
    };
    match uri.and_then(|uri| uri.gr()) {
        Some(b"") => Ret(2),
        Some(_) => Ret::TRUE,
        None => Ret::FALSE,
    }
}

/// Variable to change and value of `set_uri_user()` and `set_uri_host()`.
fn operands<'m>(
    ctx: &mut Ctx<'m>,
    args: &'m [Arg],
) -> Option<(&'m kamjit_engine::pv::Pv, &'m [u8], &'m [u8])> {
    let [target, value] = args else { return None };
    let target = target.pv()?;
    let uri = target.get(ctx).as_bytes(ctx.arena)?;
    let value = value.value(ctx).as_bytes(ctx.arena)?;
    Some((target, uri, value))
}

/// `set_uri_user(uri, user)`: works on any text with a colon; a password goes with the old user.
pub(super) fn set_uri_user<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, uri, user)) = operands(ctx, args) else { return Ret::FALSE };
    let Some(colon) = memchr::memchr(b':', uri) else { return Ret::FALSE };
    let (scheme, rest) = uri.split_at(colon + 1);
    let host = memchr::memchr(b'@', rest).map_or(rest, |at| &rest[at + 1..]);
    let at: &[u8] = if user.is_empty() { b"" } else { b"@" };
    let changed = concat(ctx, &[scheme, user, at, host]);
    target.set(ctx, Val::Str(changed)).into()
}

/// `set_uri_host(uri, host)`: the host ends at a colon, a semicolon, a question mark or the end.
pub(super) fn set_uri_host<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, uri, host)) = operands(ctx, args) else { return Ret::FALSE };
    let Some(colon) = memchr::memchr(b':', uri).filter(|_| !host.is_empty()) else { return Ret::FALSE };
    let from = memchr::memchr(b'@', uri).unwrap_or(colon) + 1;
    let rest = &uri[from..];
    let end = rest.iter().position(|b| matches!(b, b':' | b';' | b'?')).unwrap_or(rest.len());
    let changed = concat(ctx, &[&uri[..from], host, &rest[end..]]);
    target.set(ctx, Val::Str(changed)).into()
}
