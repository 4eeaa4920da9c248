//! `{uri.user}`, `{uri.host}`, `{uri.param,name}`, ... and `{urialias.encode}`.

use kamjit_engine::{Ctx, Val, core::uri::split_user, pv::TrDef};
use kamjit_sip::{Proto, Uri};

use super::{on_text, op, text_arg};

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
    part!("port", |uri| uri.port_raw),
    part!("passwd", |uri| uri.password),
    part!("params", |uri| if uri.is_tel() { b"" } else { uri.params_raw }),
    part!("headers", |uri| uri.headers_raw),
    part!("scheme", |uri| uri.scheme.name().as_bytes()),
    part!("transport", |uri| uri.param(b"transport").unwrap_or_default()),
    part!("ttl", |uri| uri.param(b"ttl").unwrap_or_default()),
    part!("uparam", |uri| uri.param(b"user").unwrap_or_default()),
    part!("maddr", |uri| uri.param(b"maddr").unwrap_or_default()),
    part!("method", |uri| uri.param(b"method").unwrap_or_default()),
    part!("lr", |uri| uri.param(b"lr").unwrap_or_default()),
    part!("r2", |uri| uri.param(b"r2").unwrap_or_default()),
    op(
        "uri",
        "param",
        "s",
        on_text!(|ctx, text, args| {
            let name = text_arg(ctx, args, 0);
            Uri::parse(text).map_or(Val::Null, |uri| Val::Str(uri.param(name).unwrap_or_default()))
        }),
    ),
    op("uri", "saor", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, true, false))),
    op("uri", "suri", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, true, true))),
    op("uri", "duri", "", on_text!(|ctx, text, _args| rebuilt(ctx, text, false, true))),
    op("uri", "tosocket", "", on_text!(|ctx, text, _args| to_socket(ctx, text))),
    op("urialias", "encode", "", on_text!(|ctx, text, _args| alias_encode(ctx, text))),
    op("urialias", "decode", "", on_text!(|ctx, text, _args| alias_decode(ctx, text))),
];

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

/// `transport:host:port`; undefined without a transport (captured).
fn to_socket<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let Ok(uri) = Uri::parse(text) else { return Val::Null };
    let Some(transport) = uri.transport().filter(|t| !t.is_empty()) else { return Val::Null };
    let (transport, host) = (transport.escape_ascii(), uri.host.escape_ascii());
    Val::Str(ctx.format(format_args!("{transport}:{host}:{}", uri.port_or_default())))
}

/// `host~port~transport number` (captured).
fn alias_encode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let Ok(uri) = Uri::parse(text) else { return Val::Null };
    let proto = uri.transport().and_then(Proto::from_name).unwrap_or(Proto::Udp) as u8;
    let port = uri.port.unwrap_or(5060);
    Val::Str(ctx.format(format_args!("{}~{port}~{proto}", uri.host.escape_ascii())))
}

/// The reverse: `sip:host:port;transport=...`.
fn alias_decode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let mut parts = text.split(|&b| b == b'~');
    let (Some(host), Some(port), Some(proto), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Val::Null;
    };
    let name = match proto {
        b"1" => Proto::Udp,
        b"2" => Proto::Tcp,
        b"3" => Proto::Tls,
        b"4" => Proto::Sctp,
        b"5" => Proto::Ws,
        b"6" => Proto::Wss,
        _ => return Val::Null,
    };
    let (host, port) = (host.escape_ascii(), port.escape_ascii());
    Val::Str(match name {
        Proto::Udp => ctx.format(format_args!("sip:{host}:{port}")),
        other => ctx.format(format_args!("sip:{host}:{port};transport={other}")),
    })
}
