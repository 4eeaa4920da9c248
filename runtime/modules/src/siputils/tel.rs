//! tel URIs as SIP URIs (RFC 3261 section 19.1.6).

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret, Val};

/// `tel2sip(uri, host, result)`: 1 if it was a tel URI, 2 if there was nothing to do.
pub(super) fn tel2sip<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [uri, host, result] = args else { return Ret::FALSE };
    let (uri, host) = (uri.text(ctx), host.text(ctx));
    let number = match uri.split_first_chunk::<4>() {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case(b"tel:") => number,
        _ => return Ret(2),
    };
    let Some(result) = result.pv() else { return Ret::FALSE };
    let end = memchr::memchr(b';', number).unwrap_or(number.len());
    let (digits, params) = number.split_at(end);
    let mut out = ArenaVec::with_capacity_in(uri.len() + host.len() + 16, ctx.arena);
    out.extend_from_slice(b"sip:");
    out.extend(digits.iter().filter(|b| !matches!(b, b'-' | b'.' | b'(' | b')')));
    out.extend(params.iter().map(u8::to_ascii_lowercase));
    out.push(b'@');
    out.extend_from_slice(host);
    out.extend_from_slice(b";user=phone");
    result.set(ctx, Val::Str(out.into_bump_slice())).into()
}
