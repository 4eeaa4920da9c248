//! Hiding addresses in Contact: in the user part (`encode_contact()`) or in a parameter (`contact_param_encode()`).
//!
//! Captured: only the entries of the first Contact header are changed; `*` is left alone.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{AddrEntry, Contacts, HeaderKind, NameAddr, Uri, text::eq_nocase};

use super::{STATE, uri_param::without};

/// The entries of the first Contact header; `None` if there is no such header.
fn entries<'m>(ctx: &Ctx<'m>) -> Option<&'m [AddrEntry<'m>]> {
    ctx.msg.header(HeaderKind::Contact)?;
    match ctx.msg.contacts() {
        Ok(Contacts::List(all)) => {
            let first = all.first().map(|entry| entry.header);
            let count = all.iter().take_while(|entry| Some(entry.header) == first).count();
            Some(&all[..count])
        }
        Ok(Contacts::Star) => Some(&[]),
        Err(_) => None,
    }
}

/// Replaces the URI of an entry.
fn replace(ctx: &Ctx<'_>, old: &[u8], new: &[u8]) {
    if let Some(at) = ctx.msg.offset_of(old) {
        ctx.edits.replace(at, old.len(), new);
    }
}

fn concat<'m>(ctx: &Ctx<'m>, parts: &[&[u8]]) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(parts.iter().map(|p| p.len()).sum(), ctx.arena);
    parts.iter().for_each(|part| out.extend_from_slice_copy(part));
    out.into_bump_slice()
}

/// Changes the URI of every entry; `change` gives the new one, nothing, or an error code.
fn change_all<'m>(
    ctx: &mut Ctx<'m>,
    none: Ret,
    change: impl Fn(&Ctx<'m>, &NameAddr<'m>) -> Result<Option<&'m [u8]>, i32>,
) -> Ret {
    let Some(entries) = entries(ctx) else { return none };
    for entry in entries {
        match change(ctx, &entry.addr) {
            Ok(Some(uri)) => replace(ctx, entry.uri, uri),
            Ok(None) => {}
            Err(code) => return Ret(code),
        }
    }
    Ret::TRUE
}

fn separator(ctx: &Ctx<'_>) -> u8 {
    STATE.get(ctx).map_or(b'*', |state| state.separator)
}

/// `encode_contact(prefix, host)`: `sip:u:p@1.1.1.1:5;transport=tcp` becomes `sip:prefix*u*p*1.1.1.1*5*tcp@host`.
pub(super) fn encode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [prefix, host] = args else { return Ret::FALSE };
    let (prefix, host) = (prefix.text(ctx), host.text(ctx));
    let separator = [separator(ctx)];
    change_all(ctx, Ret::FALSE, |ctx, addr| {
        let uri = Uri::parse(addr.uri).map_err(|_| -4)?;
        let sep = &separator[..];
        let transport = uri.transport().unwrap_or_default();
        let parts = [
            uri.scheme.name().as_bytes(),
            b":",
            prefix,
            sep,
            uri.user,
            sep,
            uri.password,
            sep,
            uri.host,
            sep,
            uri.port_raw,
            sep,
            transport,
            b"@",
            host,
        ];
        Ok(Some(concat(ctx, &parts)))
    })
}

/// The URI behind an encoded one. Codes as captured: -23 no `@`, -26 too few fields, -2 no host.
fn decoded<'m>(ctx: &Ctx<'m>, uri: &'m [u8], separator: u8) -> Result<&'m [u8], i32> {
    let at = memchr::memchr(b'@', uri).ok_or(-23)?;
    let (head, tail) = (&uri[..at], &uri[at + 1..]);
    let (scheme, fields) = head.split_at(memchr::memchr(b':', head).ok_or(-23)? + 1);
    let mut fields = fields.split(|b| *b == separator).skip(1);
    let mut next = || fields.next().ok_or(-26);
    let (user, password, host, port, transport) = (next()?, next()?, next()?, next()?, next()?);
    if host.is_empty() {
        return Err(-2);
    }
    let params = tail.iter().position(|b| matches!(b, b';' | b'?')).map_or(&b""[..], |from| &tail[from..]);
    let prefixed = |sign: &'static [u8], text: &[u8]| if text.is_empty() { &b""[..] } else { sign };
    let parts = [
        scheme,
        user,
        prefixed(b":", password),
        password,
        prefixed(b"@", user),
        host,
        prefixed(b":", port),
        port,
        prefixed(b";transport=", transport),
        transport,
        params,
    ];
    Ok(concat(ctx, &parts))
}

pub(super) fn decode<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let separator = separator(ctx);
    change_all(ctx, Ret::FALSE, |ctx, addr| {
        Uri::parse(addr.uri).map_err(|_| -4)?;
        decoded(ctx, addr.uri, separator).map(Some)
    })
}

/// `decode_contact()`: the request URI.
pub(super) fn decode_ruri<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let uri = ctx.ruri();
    match decoded(ctx, uri, separator(ctx)) {
        Ok(uri) => {
            ctx.set_ruri(uri);
            Ret::TRUE
        }
        Err(code) => Ret(code),
    }
}

/// `contact_param_encode(name, address)`: the URI becomes `address;name=` with the old one in Base64URL.
pub(super) fn param_encode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [name, address] = args else { return Ret::FALSE };
    let (name, address) = (name.text(ctx), address.text(ctx));
    change_all(ctx, Ret::TRUE, |ctx, addr| {
        Uri::parse(addr.uri).map_err(|_| -4)?;
        let hidden = base64url(ctx, addr.uri);
        let (open, close): (&[u8], &[u8]) = if addr.bracketed { (b"", b"") } else { (b"<", b">") };
        Ok(Some(concat(ctx, &[open, address, b";", name, b"=", hidden, close])))
    })
}

/// The URI hidden in a parameter.
fn hidden<'m>(ctx: &Ctx<'m>, uri: &Uri<'m>, name: &[u8]) -> Option<&'m [u8]> {
    from_base64url(ctx, uri.param(name).filter(|v| !v.is_empty())?)
}

pub(super) fn param_decode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    change_all(ctx, Ret::TRUE, |ctx, addr| {
        Ok(Uri::parse(addr.uri).ok().and_then(|uri| hidden(ctx, &uri, name)))
    })
}

pub(super) fn param_decode_ruri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(uri) = ctx.parsed_ruri() else { return Ret::FALSE };
    if let Some(uri) = hidden(ctx, &uri, name) {
        ctx.set_ruri(uri);
    }
    Ret::TRUE
}

/// `contact_param_rm(name)`.
pub(super) fn param_remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    change_all(ctx, Ret::TRUE, |ctx, addr| {
        let param = Uri::parse(addr.uri).ok().and_then(|uri| uri.params().get(name));
        Ok(param.and_then(|p| without(ctx, addr.uri, p.raw)))
    })
}

/// `contact_param_check(name)`: a Contact has it.
pub(super) fn param_check<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let has = |entry: &AddrEntry<'_>| {
        Uri::parse(entry.uri).is_ok_and(|uri| uri.params().any(|p| eq_nocase(p.name, name)))
    };
    entries(ctx).is_some_and(|all| all.iter().any(has)).into()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64URL without padding (RFC 4648 section 5).
fn base64url<'m>(ctx: &Ctx<'m>, bytes: &[u8]) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(bytes.len() * 4 / 3 + 3, ctx.arena);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        out.extend((0..=chunk.len()).map(|n| DIGITS[(word >> (18 - 6 * n) & 63) as usize]));
    }
    out.into_bump_slice()
}

/// The reverse; `None` for a byte that is no digit. Padding is ignored.
fn from_base64url<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Option<&'m [u8]> {
    let mut out = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let (mut word, mut bits) = (0u32, 0);
    for b in text.iter().filter(|b| **b != b'=') {
        word = word << 6 | DIGITS.iter().position(|digit| digit == b)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Some(out.into_bump_slice())
}
