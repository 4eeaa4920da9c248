//! Variables of the request URI and its relatives: `$ru $rU $rd ...`, `$ou ...`, `$du $dd ...`, `$nh(...)`.

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    core::uri::{Change, split_user},
    module::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only, read_write},
    value::format_int,
};
use kamjit_sip::{Uri, uri::Scheme};

pub(super) const PVS: &[PvDef] = &[
    read_write("ru", ruri, set_ruri),
    read_write("ruri", ruri, set_ruri),
    read_write("rU", |ctx, _| part(ctx.uri(ctx.ruri()), Part::User), set_user),
    read_write("ruri.user", |ctx, _| part(ctx.uri(ctx.ruri()), Part::User), set_user),
    read_only("rUl", |ctx, _| part(ctx.uri(ctx.ruri()), Part::UserLength)),
    read_only("rul", |ctx, _| ctx.parsed_ruri().map_or(Val::Null, |uri| Val::Int(uri.raw.len() as i64))),
    read_write("rd", |ctx, _| part(ctx.uri(ctx.ruri()), Part::Host), set_host),
    read_write("ruri.domain", |ctx, _| part(ctx.uri(ctx.ruri()), Part::Host), set_host),
    read_write("rp", |ctx, _| part(ctx.uri(ctx.ruri()), Part::Port), set_port),
    read_only("rP", |ctx, _| part(ctx.uri(ctx.ruri()), Part::Transport)),
    read_only("rz", scheme),
    read_only("ou", |ctx, _| original(ctx).map_or(Val::Null, |uri| Val::Str(uri.raw))),
    read_only("ouri", |ctx, _| original(ctx).map_or(Val::Null, |uri| Val::Str(uri.raw))),
    read_only("oU", |ctx, _| part(original(ctx), Part::User)),
    read_only("oUl", |ctx, _| part(original(ctx), Part::UserLength)),
    read_only("od", |ctx, _| part(original(ctx), Part::Host)),
    read_only("op", |ctx, _| part(original(ctx), Part::Port)),
    read_only("oP", |ctx, _| part(original(ctx), Part::Transport)),
    read_write("du", |ctx, _| Val::opt(ctx.main.dst_uri), set_dst_uri),
    read_write("duri", |ctx, _| Val::opt(ctx.main.dst_uri), set_dst_uri),
    read_only("dd", |ctx, _| part(destination(ctx), Part::Host)),
    read_only("dp", |ctx, _| part(destination(ctx), Part::Port)),
    read_only("dP", |ctx, _| part(destination(ctx), Part::Transport)),
    named("nh", InnerName::Static, next_hop, Some(parse_next_hop)),
];

/// The scheme; `tel` for a SIP URI with `user=phone`, unless `phone2tel=0` (captured).
fn scheme<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    let Some(uri) = ctx.uri(ctx.ruri()) else { return Val::Null };
    let phone = uri.scheme == Scheme::Sip && uri.is_user_phone();
    let tel = phone && ctx.program.globals.int("phone2tel") != 0;
    Val::Str(if tel { b"tel" } else { uri.scheme.name().as_bytes() })
}

/// A part of a URI.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Whole,
    User,
    UserLength,
    Host,
    Port,
    Transport,
    /// 4 or 6 if the host is an address, else 0.
    Family,
}

/// A part of a URI as the variables show it; undefined without URI.
pub(super) fn part<'m>(uri: Option<&Uri<'m>>, part: Part) -> Val<'m> {
    let Some(uri) = uri else { return Val::Null };
    match part {
        Part::Whole => Val::Str(uri.raw),
        Part::User => non_empty(split_user(uri).0),
        Part::UserLength => Val::Int(split_user(uri).0.len() as i64),
        Part::Host => non_empty(uri.host),
        // Captured: a string, and 5060 also for sips without a port.
        Part::Port if uri.port_raw.is_empty() => Val::Str(b"5060"),
        Part::Port => Val::Str(uri.port_raw),
        Part::Family => family(uri.host),
        Part::Transport => Val::Str(uri.transport().filter(|t| !t.is_empty()).unwrap_or(b"UDP")),
    }
}

/// Captured: 4, 6, or 0 for a name.
fn family(host: &[u8]) -> Val<'static> {
    let bare = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
    let address = std::str::from_utf8(bare).ok().and_then(|text| text.parse::<std::net::IpAddr>().ok());
    Val::Int(match address {
        Some(ip) if ip.is_ipv4() => 4,
        Some(_) => 6,
        None => 0,
    })
}

fn non_empty(text: &[u8]) -> Val<'_> {
    if text.is_empty() { Val::Null } else { Val::Str(text) }
}

/// The request URI as received.
fn original<'m>(ctx: &Ctx<'m>) -> Option<&'m Uri<'m>> {
    ctx.uri(ctx.msg.request_uri()?)
}

fn destination<'m>(ctx: &Ctx<'m>) -> Option<&'m Uri<'m>> {
    ctx.uri(ctx.main.dst_uri?)
}

fn ruri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    ctx.parsed_ruri().map_or(Val::Null, |uri| Val::Str(uri.raw))
}

fn set_ruri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Str(uri) if ctx.msg.is_request() => {
            ctx.set_ruri(uri);
            true
        }
        _ => false,
    }
}

fn set_user<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Null => ctx.change_ruri(Change::User(b"")),
        Val::Str(user) => ctx.change_ruri(Change::User(user)),
        Val::Int(_) => false,
    }
}

fn set_host<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Str(host) => ctx.change_ruri(Change::Host(host)),
        _ => false,
    }
}

fn set_port<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Null => ctx.change_ruri(Change::Port(b"")),
        Val::Str(port) => ctx.change_ruri(Change::Port(port)),
        Val::Int(port) => {
            let digits = format_int(ctx.arena, port);
            ctx.change_ruri(Change::Port(digits))
        }
    }
}

/// Undefined and the empty string take the destination away.
fn set_dst_uri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Null | Val::Str(b"") => ctx.main.dst_uri = None,
        Val::Str(uri) => ctx.main.dst_uri = Some(uri),
        Val::Int(_) => return false,
    }
    true
}

fn parse_next_hop(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let part = match name {
        b"u" => Part::Whole,
        b"U" => Part::User,
        b"d" => Part::Host,
        b"p" => Part::Port,
        b"P" => Part::Transport,
        b"i" => Part::Family,
        _ => return Err(HostError::new(format!("$nh has no part '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(part)))
}

/// Of a request: `$du` or the request URI; of a reply: the Via that it goes to.
fn next_hop<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(&wanted) = name.digested::<Part>() else { return Val::Null };
    if !ctx.msg.is_request() {
        return reply_hop(ctx, wanted);
    }
    let uri = ctx.main.dst_uri.unwrap_or_else(|| ctx.ruri());
    match wanted {
        Part::Whole => non_empty(uri),
        other => part(ctx.uri(uri), other),
    }
}

fn reply_hop<'m>(ctx: &Ctx<'m>, wanted: Part) -> Val<'m> {
    let Some(via) = ctx.msg.via(1) else { return Val::Null };
    let host = via.received.unwrap_or(via.host);
    let port = reply_port(ctx);
    let proto = via.proto.map_or("udp", kamjit_sip::Proto::name);
    match wanted {
        Part::Whole => Val::Str(reply_uri(ctx).unwrap_or_default()),
        Part::Host => Val::Str(host),
        Part::Family => family(host),
        Part::Port => Val::Int(i64::from(port)),
        Part::Transport => Val::Str(proto.as_bytes()),
        Part::User | Part::UserLength => Val::Null,
    }
}

fn reply_port(ctx: &Ctx<'_>) -> u16 {
    let Some(via) = ctx.msg.via(1) else { return 0 };
    via.rport.and_then(|p| kamjit_sip::text::parse_u16(p.value?)).unwrap_or_else(|| via.port_or_default())
}

/// Where a reply goes, as a URI (`$nh(u)`, `$rpl(duri)`).
pub(super) fn reply_uri<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    let via = ctx.msg.via(1)?;
    let host = via.received.unwrap_or(via.host).escape_ascii();
    let proto = via.proto.map_or("udp", kamjit_sip::Proto::name);
    let port = reply_port(ctx);
    let text = ctx.format(format_args!("sip:{host}:{port};transport={proto}"));
    Some(text)
}
