//! Changing the Contact: `fix_nated_contact`, `add_contact_alias`, `set_contact_alias`.
//!
//! Captured: what is changed is the last contact of the first Contact header, and only once.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{Contacts, HeaderKind, NameAddr, Proto, Uri, text::parse_u16};

use super::{
    STATE, alias,
    received::alias_of_source,
    rewritten::{self, rewritten_uri},
};

/// The contact that counts: the last one of the first Contact header.
pub(super) fn contact<'m>(ctx: &Ctx<'m>) -> Option<NameAddr<'m>> {
    ctx.msg.header(HeaderKind::Contact)?;
    let Ok(Contacts::List(all)) = ctx.msg.contacts() else { return None };
    let first = all.first()?.header;
    all.iter().take_while(|entry| entry.header == first).last().map(|entry| entry.addr)
}

/// The contact with its URI, which names a host.
pub(super) fn with_uri<'m>(ctx: &Ctx<'m>) -> Option<(NameAddr<'m>, Uri<'m>)> {
    let contact = contact(ctx)?;
    let uri = Uri::parse(contact.uri).ok()?;
    (!uri.host.is_empty()).then_some((contact, uri))
}

/// Joins texts in the arena.
pub(super) fn concat<'m>(ctx: &Ctx<'m>, parts: &[&[u8]]) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(parts.iter().map(|p| p.len()).sum(), ctx.arena);
    parts.iter().for_each(|part| out.extend_from_slice_copy(part));
    out.into_bump_slice()
}

/// The source address as a URI names it: IPv6 in brackets.
pub(super) fn source_host<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    let ip = ctx.source_ip();
    if ctx.rcv.src.is_ipv6() { concat(ctx, &[b"[", ip, b"]"]) } else { ip }
}

/// Where host and port stand in a URI's text.
fn host_port<'m>(uri: &Uri<'m>) -> Option<(&'m [u8], usize, usize)> {
    let start = kamjit_sip::text::offset_in(uri.raw, uri.host)?;
    let end = match uri.port_raw {
        [] => start + uri.host.len(),
        port => kamjit_sip::text::offset_in(uri.raw, port)? + port.len(),
    };
    Some((uri.raw, start, end))
}

/// `fix_nated_contact()`: host and port become those of the source.
pub(super) fn fix<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some((contact, uri)) = with_uri(ctx) else { return Ret::FALSE };
    let Some((text, start, end)) = host_port(&uri) else { return Ret::FALSE };
    let Some(at) = ctx.msg.offset_of(&text[start..end]) else { return Ret::FALSE };
    if rewritten_uri(ctx, contact.uri).is_some() {
        return Ret::FALSE;
    }
    let source = ctx.format(format_args!(":{}", ctx.rcv.src.port()));
    let source = concat(ctx, &[source_host(ctx), source]);
    ctx.edits.replace(at, end - start, source);
    let new = concat(ctx, &[&text[..start], source, &text[end..]]);
    rewritten::note(ctx, contact.uri, new);
    Ret::TRUE
}

/// Whether host, port and transport of a URI are those of the source (captured: the transport must be written).
fn names_source(ctx: &Ctx<'_>, uri: &Uri<'_>) -> bool {
    let transport = uri.transport().and_then(Proto::from_name);
    let host = std::str::from_utf8(uri.host_bare()).ok().and_then(|host| host.parse().ok());
    transport == Some(ctx.rcv.proto)
        && host == Some(ctx.rcv.src.ip())
        && uri.port_or_default() == ctx.rcv.src.port()
}

/// `add_contact_alias([ip, port, transport])`: 2 if there is no contact, or it names the source already.
pub(super) fn add_alias<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    const NOTHING: Ret = Ret(2);
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    if ctx.msg.header(HeaderKind::Contact).is_none() {
        return NOTHING;
    }
    let given = match args {
        [ip, port, proto] => {
            let (ip, port, proto) = (ip.text(ctx), port.text(ctx), proto.text(ctx));
            let Some(given) = given_alias(ctx, ip, port, proto) else { return Ret::FALSE };
            Some(given)
        }
        _ => None,
    };
    let Some((contact, uri)) = with_uri(ctx) else { return Ret::FALSE };
    if given.is_none() && names_source(ctx, &uri) {
        return NOTHING;
    }
    if rewritten_uri(ctx, contact.uri).is_some() {
        return Ret::FALSE;
    }
    let value = given.unwrap_or_else(|| alias_of_source(ctx));
    let (Some(start), Some((_, _, end))) = (ctx.msg.offset_of(contact.uri), host_port(&uri)) else {
        return Ret::FALSE;
    };
    let param = concat(ctx, &[b";", &state.alias_name, b"=", value]);
    if contact.bracketed {
        ctx.edits.insert(start + end, param);
    } else {
        ctx.edits.insert(start, b"<");
        ctx.edits.insert(start + end, concat(ctx, &[param, b">"]));
    }
    Ret::TRUE
}

/// `ip~port~number of the transport`, if that is what the arguments say (captured: the address is not looked at).
fn given_alias<'m>(ctx: &Ctx<'m>, ip: &[u8], port: &[u8], proto: &[u8]) -> Option<&'m [u8]> {
    let port = parse_u16(port).filter(|port| *port != 0)?;
    let proto = Proto::from_name(proto).filter(|proto| *proto != Proto::Sctp)?;
    let tail = ctx.format(format_args!("~{port}~{}", proto as u8));
    Some(concat(ctx, &[ip, tail]))
}

/// `set_contact_alias([trim])`: at the end of the URI; other modules see the new one.
pub(super) fn set_alias<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let trim = args.first().map_or(0, |arg| arg.int(ctx)) != 0;
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some((contact, uri)) = with_uri(ctx) else { return Ret::FALSE };
    let Some(at) = ctx.msg.offset_of(contact.uri) else { return Ret::FALSE };
    if rewritten_uri(ctx, contact.uri).is_some() {
        return Ret::FALSE;
    }
    let gone = if trim { alias::first(&uri, &state.alias_name) } else { None };
    let (head, tail) = match gone {
        Some(param) => (&uri.raw[..param.start], &uri.raw[param.end..]),
        None => (uri.raw, &b""[..]),
    };
    let new = concat(ctx, &[head, tail, b";", &state.alias_name, b"=", alias_of_source(ctx)]);
    let text = if contact.bracketed { new } else { concat(ctx, &[b"<", new, b">"]) };
    ctx.edits.replace(at, contact.uri.len(), text);
    rewritten::note(ctx, contact.uri, new);
    Ret::TRUE
}
