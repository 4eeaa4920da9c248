//! Where a message came from and where it goes: `$si $sp $su ...`, `$Ri $Rp ...`, `$proto`, `$fs`.

use std::net::IpAddr;

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    core::sending::SocketSpec,
    identity::SocketName,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only, read_write},
};
use kamjit_sip::Proto;

pub(super) const PVS: &[PvDef] = &[
    read_only("si", |ctx, _| Val::Str(ctx.source_ip())),
    read_only("src_ip", |ctx, _| Val::Str(ctx.source_ip())),
    read_only("siz", |ctx, _| Val::Str(bracketed(ctx))),
    read_only("sp", |ctx, _| Val::Int(i64::from(ctx.rcv.src.port()))),
    read_only("sid", |ctx, _| Val::Int(ctx.program.globals.int("server_id"))),
    read_only("conid", |ctx, _| ctx.rcv.conn.map_or(Val::Null, |conn| Val::Int(conn.0 as i64))),
    read_only("su", |ctx, _| source_uri(ctx, false)),
    read_only("sut", |ctx, _| source_uri(ctx, true)),
    read_only("sas", source_socket),
    read_only("proto", |ctx, _| Val::Str(ctx.rcv.proto.name().as_bytes())),
    read_only("pr", |ctx, _| Val::Str(ctx.rcv.proto.name().as_bytes())),
    read_only("prid", |ctx, _| Val::Int(ctx.rcv.proto as i64)),
    read_only("Ri", |ctx, _| of_socket(ctx, |s| Val::Str(bare(&s.address)))),
    read_only("Rp", |ctx, _| of_socket(ctx, |s| Val::Int(i64::from(s.bound_port)))),
    read_only("Rn", |ctx, _| socket_label(ctx, Some(ctx.rcv.socket))),
    read_only("Ru", |ctx, _| received_uri(ctx, false, false)),
    read_only("Rut", |ctx, _| received_uri(ctx, false, true)),
    read_only("RAi", |ctx, _| of_socket(ctx, |s| Val::Str(bare(&s.host)))),
    read_only("RAp", |ctx, _| of_socket(ctx, |s| Val::Int(i64::from(s.port)))),
    read_only("RAu", |ctx, _| received_uri(ctx, true, false)),
    read_only("RAut", |ctx, _| received_uri(ctx, true, true)),
    read_only("Ras", |ctx, _| of_socket_text(ctx, |ctx, s| socket_text(ctx, s, true))),
    named("af", InnerName::Static, family, Some(parse_family)),
    read_write("fs", forced_socket, set_forced_socket),
    read_write("fsn", |ctx, _| socket_label(ctx, ctx.main.send_socket), set_forced_socket_name),
    read_only("fsp", |ctx, _| forced(ctx).map_or(Val::Int(0), |s| Val::Int(i64::from(s.bound_port)))),
    named("rcv", InnerName::Static, received, Some(check_received)),
    named("recv", InnerName::Static, received, Some(check_received)),
];

fn bare(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
}

/// The source address, an IPv6 one in brackets.
fn bracketed<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    match ctx.rcv.src.ip() {
        IpAddr::V4(_) => ctx.source_ip(),
        IpAddr::V6(ip) => ctx.format(format_args!("[{ip}]")),
    }
}

fn source_uri<'m>(ctx: &Ctx<'m>, with_transport: bool) -> Val<'m> {
    let (src, proto) = (ctx.rcv.src, ctx.rcv.proto);
    let text = if with_transport || proto != Proto::Udp {
        ctx.format(format_args!("sip:{src};transport={proto}"))
    } else {
        ctx.format(format_args!("sip:{src}"))
    };
    Val::Str(text)
}

fn source_socket<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    let text = ctx.format(format_args!("{}:{}", ctx.rcv.proto, ctx.rcv.src));
    Val::Str(text)
}

fn of_socket<'m>(ctx: &Ctx<'m>, read: impl Fn(&'m SocketName) -> Val<'m>) -> Val<'m> {
    ctx.engine().identity.socket(ctx.rcv.socket).map_or(Val::Null, read)
}

fn of_socket_text<'m>(ctx: &Ctx<'m>, read: impl Fn(&Ctx<'m>, &'m SocketName) -> &'m [u8]) -> Val<'m> {
    of_socket(ctx, |socket| Val::Str(read(ctx, socket)))
}

fn received_uri<'m>(ctx: &Ctx<'m>, advertised: bool, with_transport: bool) -> Val<'m> {
    of_socket_text(ctx, |ctx, socket| {
        let (host, port) =
            if advertised { (&socket.host, socket.port) } else { (&socket.address, socket.bound_port) };
        let host = host.escape_ascii();

        (if with_transport || socket.proto != Proto::Udp {
            ctx.format(format_args!("sip:{host}:{port};transport={}", socket.proto))
        } else {
            ctx.format(format_args!("sip:{host}:{port}"))
        }) as _
    })
}

/// `udp:1.2.3.4:5060`.
fn socket_text<'m>(ctx: &Ctx<'m>, socket: &SocketName, advertised: bool) -> &'m [u8] {
    let (host, port) =
        if advertised { (&socket.host, socket.port) } else { (&socket.address, socket.bound_port) };

    (ctx.format(format_args!("{}:{}:{port}", socket.proto, host.escape_ascii()))) as _
}

/// The name that `listen=... name "x"` gives a socket.
fn socket_label<'m>(ctx: &Ctx<'m>, socket: Option<kamjit_net::SocketId>) -> Val<'m> {
    let info = socket.and_then(|id| ctx.engine().sockets.get(id));
    Val::opt(info.and_then(|info| info.name.as_deref()).map(str::as_bytes))
}

fn parse_family(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"id" => Ok(Inner::Number(0)),
        b"name" => Ok(Inner::None),
        _ => Err(HostError::new(format!("$af has no part '{}'", name.escape_ascii())).help("id or name")),
    }
}

fn family<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let v4 = ctx.rcv.src.is_ipv4();
    match name.inner {
        Inner::Number(_) => Val::Int(i64::from(if v4 { libc::AF_INET } else { libc::AF_INET6 })),
        _ => Val::Str(if v4 { b"IPv4" } else { b"IPv6" }),
    }
}

fn forced<'m>(ctx: &Ctx<'m>) -> Option<&'m SocketName> {
    ctx.engine().identity.socket(ctx.main.send_socket?)
}

fn forced_socket<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    forced(ctx).map_or(Val::Null, |socket| Val::Str(socket_text(ctx, socket, false)))
}

/// `$fs = "udp:1.2.3.4:5060"`; undefined takes it away; a socket that is not ours changes nothing (captured).
fn set_forced_socket<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Null => ctx.main.send_socket = None,
        Val::Str(b"") => return false,
        Val::Str(text) => {
            let found = SocketSpec::parse(text).and_then(|spec| spec.find(ctx.engine()));
            if found.is_none() {
                tracing::warn!("no socket found to match [{}]", text.escape_ascii());
                return true;
            }
            ctx.main.send_socket = found;
        }
        Val::Int(_) => return false,
    }
    true
}

fn set_forced_socket_name<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    match value {
        Val::Null => ctx.main.send_socket = None,
        Val::Str(b"") => return false,
        Val::Str(name) => match ctx.engine().sockets.by_name(name) {
            Some(info) => ctx.main.send_socket = Some(info.id),
            None => tracing::warn!("no socket found to match name [{}]", name.escape_ascii()),
        },
        Val::Int(_) => return false,
    }
    true
}

/// `$rcv(...)` describes what the `network_io` event gives; elsewhere it is undefined.
fn check_received(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    const NAMES: [&[u8]; 9] =
        [b"buf", b"len", b"proto", b"srcip", b"rcvip", b"srcport", b"rcvport", b"af", b"sproto"];
    if NAMES.contains(&name) {
        return Ok(Inner::Text(name.into()));
    }
    Err(HostError::new(format!("$rcv has no part '{}'", name.escape_ascii())))
}

fn received<'m>(_: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::Null
}
