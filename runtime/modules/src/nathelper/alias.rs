//! Following an alias: `handle_ruri_alias`, `set_alias_to_pv`.

use std::ops::Range;

use kamjit_engine::{Arg, Ctx, Ret, Val};
use kamjit_sip::{Uri, text::offset_in};

use super::{
    STATE,
    contact::{concat, contact},
};

/// Return value of a URI without alias.
const NO_ALIAS: Ret = Ret(2);
/// A value that is shorter cannot name address, port and transport; it counts as no alias (captured).
const SHORTEST: usize = 4;

/// Where the parameters called `name` stand in a URI (captured: in the spelling of `alias_name`), each with its
/// semicolon.
fn all<'u>(uri: &Uri<'u>, name: &'u [u8]) -> impl Iterator<Item = Range<usize>> + use<'u> {
    let base = offset_in(uri.raw, uri.params_raw).unwrap_or_default();
    let (raw, text) = (uri.raw, uri.params_raw);
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        let found = base + at..base + at + end;
        at += end + 1;
        Some(found)
    })
    .filter(move |param| {
        raw.get(param.clone())
            .and_then(|p| p.strip_prefix(name))
            .is_some_and(|rest| rest.strip_prefix(b"=").is_some_and(|value| value.len() >= SHORTEST))
    })
    .map(|param| param.start.saturating_sub(1)..param.end)
}

/// The first alias of a URI.
pub(super) fn first<'u>(uri: &Uri<'u>, name: &'u [u8]) -> Option<Range<usize>> {
    all(uri, name).next()
}

/// Address, port and number of the transport, as written.
fn split(value: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = memchr::memchr(b'~', value)?;
    let (ip, rest) = (&value[..first], &value[first + 1..]);
    let second = memchr::memchr(b'~', rest)?;
    Some((ip, &rest[..second], &rest[second + 1..]))
}

/// The transport of a number as a URI names it; `ws` stands for secure WebSocket too (captured).
fn transport(number: u8) -> Option<&'static str> {
    Some(match number {
        b'1' => "udp",
        b'2' => "tcp",
        b'3' => "tls",
        b'4' => "sctp",
        b'5' | b'6' => "ws",
        _ => return None,
    })
}

/// `handle_ruri_alias([mode])`: the first alias (mode 1: the last one) becomes the next hop and leaves the request
/// URI. (With mode 1 the real server fails when nothing follows the alias, captured; the README is followed.)
pub(super) fn handle<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let last = args.first().map_or(0, |arg| arg.int(ctx)) != 0;
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some(uri) = ctx.parsed_ruri() else { return Ret::FALSE };
    let mut found = all(&uri, &state.alias_name);
    let Some(param) = (if last { found.last() } else { found.next() }) else { return NO_ALIAS };
    let value = uri.raw.get(param.start + state.alias_name.len() + 2..param.end).unwrap_or_default();
    let Some((ip, port, number)) = split(value) else { return Ret::FALSE };
    let ([number], true) = (number, !ip.is_empty()) else { return Ret::FALSE };
    let Some(transport) = transport(*number) else { return Ret::FALSE };
    let next: &[&[u8]] = match *number {
        b'1' => &[b"sip:", ip, b":", port],
        _ => &[b"sip:", ip, b":", port, b";transport=", transport.as_bytes()],
    };
    let next = concat(ctx, next);
    let without = concat(ctx, &[&uri.raw[..param.start], &uri.raw[param.end..]]);
    ctx.main.dst_uri = Some(next);
    ctx.set_ruri(without);
    Ret::TRUE
}

/// `set_alias_to_pv(variable)`: the alias of the Contact as a URI.
pub(super) fn to_variable<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(state), Some(target)) = (STATE.get(ctx), args.first().and_then(Arg::pv)) else {
        return Ret::FALSE;
    };
    let Some(contact) = contact(ctx) else { return Ret::FALSE };
    let key = concat(ctx, &[b";", &state.alias_name, b"="]);
    let Some(at) = memchr::memmem::find(contact.raw, key) else { return Ret::FALSE };
    let value = &contact.raw[at + key.len()..];
    let end = value.iter().position(|b| matches!(b, b';' | b'>' | b'?')).unwrap_or(value.len());
    let Some((ip, port, number)) = split(&value[..end]).filter(|(ip, ..)| !ip.is_empty()) else {
        return Ret::FALSE;
    };
    let digits = number.iter().take_while(|b| b.is_ascii_digit()).count();
    let name = match number.get(..digits) {
        Some([number]) => transport(*number).unwrap_or_default(),
        _ => "",
    };
    let uri = concat(ctx, &[b"sip:", ip, b":", port, b";transport=", name.as_bytes()]);
    target.set(ctx, Val::Str(uri)).into()
}
