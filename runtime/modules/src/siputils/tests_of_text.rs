//! Tests of texts: numbers, URIs, names of headers.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{HeaderKind, Params, Uri, text::eq_nocase};

use super::STATE;

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map_or(b"", |arg| arg.text(ctx))
}

fn or(good: bool, code: i32) -> Ret {
    if good { Ret::TRUE } else { Ret(code) }
}

pub(super) fn is_numeric<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = text(ctx, args, 0);
    or(!value.is_empty() && value.iter().all(u8::is_ascii_digit), -2)
}

/// `is_alphanum(value)`, `is_alphanumex(value, more)`: -2 for an empty value, -3 for a byte that does not fit.
pub(super) fn is_alphanum<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = text(ctx, args, 0);
    let more = text(ctx, args, 1);
    if value.is_empty() {
        return Ret(-2);
    }
    or(value.iter().all(|b| b.is_ascii_alphanumeric() || more.contains(b)), -3)
}

pub(super) fn is_tel_number<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = text(ctx, args, 0);
    let digits = value.strip_prefix(b"+").unwrap_or(value);
    or(!digits.is_empty() && digits.iter().all(u8::is_ascii_digit), -2)
}

pub(super) fn is_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    Uri::parse(text(ctx, args, 0)).is_ok().into()
}

/// A plus and 2 to 15 digits (`e164_max_len`).
pub(super) fn e164(ctx: &Ctx<'_>, number: &[u8]) -> bool {
    let longest = STATE.get(ctx).map_or(16, |state| state.e164_max_len);
    (3..=longest).contains(&number.len())
        && number.strip_prefix(b"+").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

pub(super) fn is_e164<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(value) = args.first().map(|arg| arg.value(ctx)) else { return Ret::FALSE };
    value.as_bytes(ctx.arena).is_some_and(|number| e164(ctx, number)).into()
}

pub(super) fn is_uri_user_e164<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(value) = args.first().map(|arg| arg.value(ctx)) else { return Ret::FALSE };
    let uri = value.as_bytes(ctx.arena).and_then(|text| Uri::parse(text).ok());
    // Captured: the number of a tel URI does not count.
    uri.is_some_and(|uri| !uri.is_tel() && e164(ctx, uri.user)).into()
}

fn both<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(Uri<'m>, Uri<'m>)> {
    let (a, b) = (text(ctx, args, 0), text(ctx, args, 1));
    Uri::parse(a).ok().zip(Uri::parse(b).ok())
}

/// `cmp_uri(a, b)`: 1, -1, or -2 when one is no URI. Not quite RFC 3261: escapes are compared as written, headers
/// not at all, and a `transport` in one of them only does not matter.
pub(super) fn cmp_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((a, b)) = both(ctx, args) else { return Ret(-2) };
    let same = a.scheme == b.scheme
        && a.user == b.user
        && a.password == b.password
        && eq_nocase(a.host, b.host)
        && a.port == b.port
        && params_agree(&a, &b)
        && params_agree(&b, &a);
    same.into()
}

fn params_agree(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    Params::new(a.params_raw).all(|p| match b.param(p.name) {
        Some(other) => eq_nocase(other, p.value.unwrap_or_default()),
        None => ![&b"user"[..], b"ttl", b"method", b"maddr"].iter().any(|name| eq_nocase(name, p.name)),
    })
}

/// `cmp_aor(a, b)`: user, host and port (5060 if none is written) agree.
pub(super) fn cmp_aor<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((a, b)) = both(ctx, args) else { return Ret(-2) };
    let port = |uri: &Uri<'_>| uri.port.unwrap_or(5060);
    (a.user == b.user && eq_nocase(a.host, b.host) && port(&a) == port(&b)).into()
}

/// `cmp_hdr_name(a, b)`: they name the same header, also in its compact form.
pub(super) fn cmp_hdr_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (a, b) = (text(ctx, args, 0), text(ctx, args, 1));
    if a.is_empty() || b.is_empty() {
        return Ret(-2);
    }
    let kind = HeaderKind::from_name(a);
    let same_kind = kind != HeaderKind::Other && kind == HeaderKind::from_name(b);
    (same_kind || eq_nocase(a, b)).into()
}
