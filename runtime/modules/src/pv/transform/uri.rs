//! `{uri.user}`, `{uri.host}`, `{uri.param,name}`, ... and `{urialias.encode}`.

use kamjit_engine::{
    Ctx, Val,
    core::uri::split_user,
    pv::{TrArg, TrCode, TrDef},
};
use kamjit_sip::{Proto, Uri, text::eq_nocase};

use super::{on_text, op, param::List, text_arg, with_args};

macro_rules! part {
    ($name:literal, |$uri:ident| $body:expr) => {
        op(
            "uri",
            $name,
            "",
            on_text!(|ctx, text, _args| {
                match ctx.uri(text) {
                    Some($uri) => Val::Str($body),
                    None => Val::Null,
                }
            }),
        )
    };
}

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    part!("user", |uri| split_user(uri).0),
    part!("host", |uri| uri.host),
    part!("domain", |uri| uri.host),
    TrDef {
        class: "uri",
        op: "port",
        args: "",
        code: TrCode { run: port, prepare: None, text: Some(port_text) },
    },
    part!("passwd", |uri| uri.password),
    part!("params", |uri| own_params(uri)),
    part!("headers", |uri| uri.headers_raw),
    part!("scheme", |uri| scheme(uri)),
    part!("transport", |uri| last_value(uri, b"transport")),
    part!("ttl", |uri| last_value(uri, b"ttl")),
    part!("uparam", |uri| last_value(uri, b"user")),
    part!("maddr", |uri| last_value(uri, b"maddr")),
    part!("method", |uri| last_value(uri, b"method")),
    part!("lr", |uri| last_value(uri, b"lr")),
    part!("r2", |uri| last_value(uri, b"r2")),
    op("uri", "param", "s", with_args!(param)),
    op("uri", "rmparam", "s", with_args!(remove_param)),
    op("uri", "saor", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, true, false))),
    op("uri", "suri", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, true, true))),
    op("uri", "duri", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, false, true))),
    op("uri", "tosocket", "", on_text!(|ctx, text, _args| to_socket(ctx, text))),
    op("urialias", "encode", "", on_text!(|ctx, text, _args| alias_encode(ctx, text))),
    op("urialias", "decode", "", on_text!(|ctx, text, _args| alias_decode(ctx, text))),
];

/// The port; captured: 0 without one, while its text is empty then.
fn port<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    let uri = value.as_bytes(ctx.arena).and_then(|text| ctx.uri(text));
    uri.map_or(Val::Null, |uri| Val::Int(uri.port.map_or(0, i64::from)))
}

fn port_text<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    let uri = value.as_bytes(ctx.arena).and_then(|text| ctx.uri(text));
    uri.map_or(Val::Null, |uri| Val::Str(uri.port_raw))
}

/// The scheme as written.
fn scheme<'m>(uri: &Uri<'m>) -> &'m [u8] {
    uri.raw.split(|&b| b == b':').next().unwrap_or_default()
}

/// Captured: those of a number belong to the number.
fn own_params<'m>(uri: &Uri<'m>) -> &'m [u8] {
    if uri.is_tel() { b"" } else { uri.params_raw }
}

/// The value of the last parameter of a name that has one (captured).
fn last_value<'m>(uri: &Uri<'m>, name: &[u8]) -> &'m [u8] {
    let named = uri.params().filter(|param| eq_nocase(param.name, name));
    named.filter_map(|param| param.value).last().unwrap_or_default()
}

/// The parameters are read as `{param.value}` reads a list.
fn param<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let params = own_params(ctx.uri(text)?);
    if params.is_empty() {
        return Some(Val::Str(b""));
    }
    let name = text_arg(ctx, args, 0)?;
    Some(Val::Str(List::read(params, b';')?.value(name)))
}

/// 6.x: the URI without the parameters of a name.
fn remove_param<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let uri = ctx.uri(text)?;
    let name = text_arg(ctx, args, 0)?;
    let Some(start) =
        kamjit_sip::text::offset_in(text, uri.params_raw).filter(|_| !uri.params_raw.is_empty())
    else {
        return Some(Val::Str(text));
    };
    let mut out = bumpalo::collections::Vec::with_capacity_in(text.len(), ctx.arena);
    out.extend_from_slice(text[..start].strip_suffix(b";").unwrap_or(&text[..start]));
    for part in uri.params_raw.split(|&b| b == b';') {
        let own = part.split(|&b| b == b'=').next().unwrap_or_default();
        if !eq_nocase(own, name) {
            out.push(b';');
            out.extend_from_slice(part);
        }
    }
    out.extend_from_slice(&text[start + uri.params_raw.len()..]);
    Some(Val::Str(out.into_bump_slice()))
}

/// The URI with scheme, perhaps user, host, and perhaps port and transport (README of pv; what 5.6.3 answers has
/// a stray byte in it).
fn rebuilt<'m>(ctx: &Ctx<'m>, text: &[u8], with_user: bool, with_port: bool) -> Val<'m> {
    let Ok(uri) = Uri::parse(text) else { return Val::Null };
    let mut out = bumpalo::collections::Vec::with_capacity_in(text.len(), ctx.arena);
    out.extend_from_slice(uri.scheme.name().as_bytes());
    out.push(b':');
    let (user, _) = split_user(&uri);
    if with_user && !user.is_empty() {
        out.extend_from_slice(user);
        if !uri.is_tel() {
            out.push(b'@');
        }
    }
    out.extend_from_slice(uri.host);
    if with_port {
        if !uri.port_raw.is_empty() {
            out.push(b':');
            out.extend_from_slice(uri.port_raw);
        }
        if let Some(transport) = uri.transport().filter(|t| !t.is_empty()) {
            out.extend_from_slice(b";transport=");
            out.extend_from_slice(transport);
        }
    }
    Val::Str(out.into_bump_slice())
}

/// The transports that a socket or an alias can name (captured: WSS is not among them).
fn transport(uri: &Uri<'_>) -> Option<Proto> {
    Proto::from_name(last_value(uri, b"transport")).filter(|&proto| proto != Proto::Wss)
}

/// `transport:host:port`; empty without a transport (captured).
fn to_socket<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    let Some(uri) = ctx.uri(text) else { return Val::Null };
    let Some(transport) = transport(uri) else { return Val::Str(b"") };
    let port = uri.port.filter(|&port| port != 0).unwrap_or(5060);
    let mut out = bumpalo::collections::Vec::with_capacity_in(uri.host.len() + 16, ctx.arena);
    out.extend_from_slice(transport.name().as_bytes());
    out.push(b':');
    out.extend_from_slice(uri.host);
    out.extend_from_slice(ctx.format(format_args!(":{port}")));
    Val::Str(out.into_bump_slice())
}

/// `host~port~transport number` (captured); empty for what is no URI.
fn alias_encode<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    if text.is_empty() {
        return Val::Null;
    }
    let Some(uri) = ctx.uri(text) else { return Val::Str(b"") };
    let proto = transport(uri).unwrap_or(Proto::Udp);
    let default = if proto == Proto::Tls { 5061 } else { 5060 };
    let port = uri.port.unwrap_or(default);
    let mut out = bumpalo::collections::Vec::with_capacity_in(uri.host.len() + 16, ctx.arena);
    out.extend_from_slice(uri.host);
    out.extend_from_slice(ctx.format(format_args!("~{port}~{}", proto as u8)));
    Val::Str(out.into_bump_slice())
}

/// The reverse: `sip:host:port;transport=...`. Captured: only one character of the transport counts; an unknown one gives
/// the empty text.
fn alias_decode<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    let mut parts = text.splitn(3, |&b| b == b'~');
    let (Some(host), Some(port), Some(proto)) = (parts.next(), parts.next(), parts.next()) else {
        return Val::Null;
    };
    let transport = match proto.first() {
        Some(b'0' | b'1') => &b""[..],
        Some(b'2') => b";transport=tcp",
        Some(b'3') => b";transport=tls",
        Some(b'4') => b";transport=sctp",
        Some(b'5' | b'6') => b";transport=ws",
        _ => return Val::Str(b""),
    };
    let mut out = bumpalo::collections::Vec::with_capacity_in(text.len() + 24, ctx.arena);
    for part in [b"sip:", host, b":", port, transport] {
        out.extend_from_slice(part);
    }
    Val::Str(out.into_bump_slice())
}
