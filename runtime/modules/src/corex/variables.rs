//! `$cfg(line)` and the transformations `{sock.host}`, `{sock.port}`, `{sock.proto}`, `{sock.touri}`.

use kamjit_catalog::{HostError, InnerName, Place, Routes};
use kamjit_engine::{
    Ctx, Val,
    core::sending::SocketSpec,
    module::Prepare,
    pv::{Inner, PvDef, PvName, TrArg, TrCode, TrDef, TrRun, named},
};

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
    TrDef { class: "sock", op, args: "", code: TrCode { run, prepare: None } }
}

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("host", |ctx, value, _| split(ctx, value).map_or(Val::Null, |s| Val::Str(s.host))),
    op("port", |ctx, value, _| split(ctx, value).map_or(Val::Null, |s| Val::opt(s.port))),
    op("proto", |ctx, value, _| split(ctx, value).map_or(Val::Null, |s| Val::opt(s.proto))),
    op("touri", to_uri),
];

/// The parts of `proto:host:port` as written.
struct Socket<'m> {
    proto: Option<&'m [u8]>,
    host: &'m [u8],
    port: Option<&'m [u8]>,
}

fn split<'m>(ctx: &Ctx<'m>, value: Val<'m>) -> Option<Socket<'m>> {
    let text = value.as_bytes(ctx.arena)?;
    let spec = SocketSpec::parse(text)?;
    let proto = spec.proto.and_then(|_| text.split(|&b| b == b':').next());
    let rest = proto.map_or(text, |proto| &text[proto.len() + 1..]);
    let (host, port) = rest.split_at_checked(spec.host.len())?;
    Some(Socket { proto, host, port: port.strip_prefix(b":") })
}

fn to_uri<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    let Some(socket) = split(ctx, value) else { return Val::Null };
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
