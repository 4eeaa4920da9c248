//! `$cfg(line)` and the transformations `{sock.host}`, `{sock.port}`, `{sock.proto}`, `{sock.touri}`.

use kamjit_catalog::{HostError, InnerName, Place, Routes};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, TrArg, TrCode, TrDef, TrRun, named},
};
use kamjit_sip::Proto;

use super::lsock;

pub(super) const PVS: &[PvDef] = &[
    named("cfg", InnerName::Static, place, Some(parse)),
    named("lsock", InnerName::Static, lsock::get, Some(lsock::parse)),
    // Only tkv events have keys and values, and none is raised here.
    named("atkv", InnerName::Static, |_, _| Val::Null, None),
];

/// Where the call stands is known when it is prepared.
fn parse(prepare: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let place = prepare.place();
    Ok(match name {
        b"line" => Inner::Number(place.map_or(0, |place| i64::from(place.line))),
        b"name" => Inner::Text(place.map_or(&b""[..], |place| place.file.as_bytes()).into()),
        b"route" => Inner::Text(place.map_or(&b""[..], route_name).into()),
        _ => return Err(HostError::new(format!("$cfg has no part '{}'", name.escape_ascii()))),
    })
}

/// The name of the block; those without a name have names of old (captured).
fn route_name(place: &Place) -> &[u8] {
    match place.route.as_bytes() {
        b"" if place.routes.meets(Routes::REQUEST) => b"DEFAULT_ROUTE",
        b"" if place.routes.meets(Routes::CORE_ONREPLY) => b"DEFAULT_ONREPLY",
        name => name,
    }
}

fn place<'m>(_: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match &name.inner {
        Inner::Number(line) => Val::Int(*line),
        Inner::Text(text) if !text.is_empty() => Val::Str(text),
        _ => Val::Null,
    }
}

const fn op(op: &'static str, run: TrRun) -> TrDef {
    TrDef { class: "sock", op, args: "", code: TrCode { run, prepare: None, text: None } }
}

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("host", |ctx, value, _| split(ctx, value).map_or(Val::Null, |s| Val::Str(s.host))),
    op("port", |ctx, value, _| split(ctx, value).map_or(Val::Null, |s| Val::Str(s.port.unwrap_or_default()))),
    op("proto", |ctx, value, _| {
        split(ctx, value).map_or(Val::Null, |s| Val::Str(s.proto.unwrap_or_default()))
    }),
    op("touri", to_uri),
];

/// The parts of `proto:host:port` as written.
struct Socket<'m> {
    proto: Option<&'m [u8]>,
    host: &'m [u8],
    port: Option<&'m [u8]>,
}

fn split<'m>(ctx: &Ctx<'m>, value: Val<'m>) -> Option<Socket<'m>> {
    parts(value.as_bytes(ctx.arena)?, |proto| match Proto::from_name(proto) {
        Some(Proto::Udp | Proto::Tcp) => true,
        Some(Proto::Ws | Proto::Wss) | None => false,
        // Captured: these only where the server has them.
        Some(other) => ctx.engine().sockets.infos().iter().any(|socket| socket.proto == other),
    })
}

/// Captured: colons part protocol, host and port, except in brackets, which need not be closed; no other text is refused
/// in a host, but a bracket that closes nothing or stands in brackets. The port is digits, with a plus sign perhaps; only a host may be missing,
/// and only before a port.
fn parts(text: &[u8], known: impl Fn(&[u8]) -> bool) -> Option<Socket<'_>> {
    let first = text.iter().position(|&b| b == b':').filter(|&at| known(&text[..at]));
    let (proto, rest) = match first {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    if rest.is_empty() || rest.ends_with(b":") {
        return None;
    }
    let mut bracket = false;
    let mut colon = None;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'[' if std::mem::replace(&mut bracket, true) => return None,
            b'[' => {}
            b']' if !std::mem::take(&mut bracket) => return None,
            b':' if !bracket => {
                colon = Some(at);
                break;
            }
            _ => {}
        }
    }
    let (host, port) = match colon {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let number = port.map(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok());
    (number != Some(None)).then_some(Socket { proto, host, port })
}

fn to_uri<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    let Some(socket) = split(ctx, value) else { return Val::Null };
    if socket.host.is_empty() {
        return Val::Str(b"");
    }
    let mut out = bumpalo::collections::Vec::new_in(ctx.arena);
    out.extend_from_slice(b"sip:");
    out.extend_from_slice(socket.host);
    if let Some(port) = socket.port {
        out.push(b':');
        out.extend_from_slice(port);
    }
    if let Some(proto) = socket.proto {
        out.extend_from_slice(b";transport=");
        out.extend_from_slice(proto);
    }
    Val::Str(out.into_bump_slice())
}
