//! How messages are sent: `force_rport()`, `set_reply_no_connect()`, `force_send_socket()` and their kin.

use kamjit_catalog::{HostError, Place};
use kamjit_net::SocketId;
use kamjit_sip::{Proto, text::parse_u16};

use super::{NO_ARGS, ONE_CUSTOM, ONE_INT, ONE_TEXT, plain, prepared};
use crate::{
    ctx::{Ctx, send_flags as bits},
    engine::Engine,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("force_rport", &[NO_ARGS], |ctx, _| mark(ctx, bits::FORCE_RPORT)),
    plain("add_rport", &[NO_ARGS], |ctx, _| mark(ctx, bits::FORCE_RPORT)),
    plain("add_local_rport", &[NO_ARGS], |ctx, _| mark(ctx, bits::ADD_LOCAL_RPORT)),
    plain("set_reply_no_connect", &[NO_ARGS], |ctx, _| mark(ctx, bits::REPLY_NO_CONNECT)),
    plain("set_reply_close", &[NO_ARGS], |ctx, _| mark(ctx, bits::REPLY_CLOSE)),
    plain("set_forward_no_connect", &[NO_ARGS], |ctx, _| mark(ctx, bits::FORWARD_NO_CONNECT)),
    plain("set_forward_close", &[NO_ARGS], |ctx, _| mark(ctx, bits::FORWARD_CLOSE)),
    plain("force_tcp_alias", &[NO_ARGS, ONE_INT], force_tcp_alias),
    plain("add_tcp_alias", &[NO_ARGS, ONE_INT], force_tcp_alias),
    prepared("force_send_socket", &[ONE_CUSTOM], digest_socket, force_send_socket),
    prepared("udp_mtu_try_proto", &[ONE_TEXT], digest_proto, udp_mtu_try_proto),
    prepared("set_advertised_address", &[ONE_CUSTOM], digest_host, set_advertised_address),
    plain("set_advertised_port", &[ONE_INT], set_advertised_port),
];

fn mark(ctx: &mut Ctx<'_>, bit: u32) -> Ret {
    ctx.flags.send |= bit;
    Ret::TRUE
}

/// Lets what goes to the Via's (or the given) port use the connection that the message came on. Nothing to do on UDP.
fn force_tcp_alias<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(conn) = ctx.rcv.conn else { return Ret::TRUE };
    let port = match args.first() {
        Some(Arg::Int(port)) => u16::try_from(*port).ok(),
        _ => ctx.msg.via(0).map(|via| via.port_or_default()),
    };
    let Some(port) = port else { return Ret::FALSE };
    ctx.flags.send |= bits::TCP_ALIAS;
    ctx.engine().tcp.add_alias(conn, port);
    Ret::TRUE
}

/// A socket as written in scripts: `[proto:]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketSpec {
    /// Transport, if written.
    pub proto: Option<Proto>,
    /// Host, brackets kept.
    pub host: Box<[u8]>,
    /// Port, if written.
    pub port: Option<u16>,
}

impl SocketSpec {
    /// Reads `udp:1.2.3.4:5060`, `1.2.3.4`, `[::1]:5060`.
    pub fn parse(text: &[u8]) -> Option<SocketSpec> {
        // An IPv6 address may stand without brackets.
        if let Ok(ip) = String::from_utf8_lossy(text).parse::<std::net::Ipv6Addr>() {
            let host = format!("[{ip}]").into_bytes().into();
            return Some(SocketSpec { proto: None, host, port: None });
        }
        let (proto, rest) = match text.iter().position(|&b| b == b':') {
            Some(at) => match Proto::from_name(&text[..at]) {
                Some(proto) => (Some(proto), &text[at + 1..]),
                None => (None, text),
            },
            None => (None, text),
        };
        let host_end = if rest.first() == Some(&b'[') {
            rest.iter().position(|&b| b == b']')? + 1
        } else {
            rest.iter().position(|&b| b == b':').unwrap_or(rest.len())
        };
        let (host, port) = rest.split_at(host_end);
        if host.is_empty() {
            return None;
        }
        let port = match port {
            [] => None,
            [b':', digits @ ..] => Some(parse_u16(digits)?),
            _ => return None,
        };
        Some(SocketSpec { proto, host: host.into(), port })
    }

    /// Our socket of that name: address or advertised host, port and transport as far as written.
    pub fn find(&self, engine: &Engine) -> Option<SocketId> {
        fn bare(host: &[u8]) -> &[u8] {
            host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
        }
        engine.sockets.infos().iter().map(|info| info.id).find(|&id| {
            engine.identity.socket(id).is_some_and(|name| {
                let same_host = bare(&name.address).eq_ignore_ascii_case(bare(&self.host))
                    || bare(&name.host).eq_ignore_ascii_case(bare(&self.host));
                let same_port = self.port.is_none_or(|p| p == name.bound_port || p == name.port);
                same_host && same_port && self.proto.is_none_or(|p| p == name.proto)
            })
        })
    }
}

fn digest_socket(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let Some(Arg::Str(text)) = args.first() else {
        return Err(HostError::new("a socket is written [proto:]host[:port]").at(0));
    };
    let spec = SocketSpec::parse(text)
        .filter(|spec| !spec.host.starts_with(b"-") && Proto::from_name(&spec.host).is_none())
        .ok_or_else(|| HostError::new(format!("'{}' is no socket", text.escape_ascii())).at(0))?;
    Ok(vec![Prepare::digested(spec)])
}

fn force_send_socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(spec) = args.first().and_then(|arg| arg.digested::<SocketSpec>()) else { return Ret::FALSE };
    match spec.find(ctx.engine()) {
        Some(socket) => {
            ctx.main.send_socket = Some(socket);
            Ret::TRUE
        }
        None => {
            log::core(
                Level::Warn,
                format_args!("could not force the send socket: {} is none of ours", spec.host.escape_ascii()),
            );
            Ret::FALSE
        }
    }
}

fn digest_proto(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let proto = match args.first() {
        Some(Arg::Str(name)) => Proto::from_name(name),
        _ => None,
    };
    let bit = match proto {
        Some(Proto::Udp) => bits::MTU_UDP,
        Some(Proto::Tcp) => bits::MTU_TCP,
        Some(Proto::Tls) => bits::MTU_TLS,
        Some(Proto::Sctp) => bits::MTU_SCTP,
        _ => return Err(HostError::new("a transport is expected: udp, tcp, tls or sctp").at(0)),
    };
    Ok(vec![Arg::Int(bit.into())])
}

/// Overrides the global parameter of that name for this message.
fn udp_mtu_try_proto<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Int(bit)) = args.first() else { return Ret::FALSE };
    ctx.flags.send &= !(bits::MTU_UDP | bits::MTU_TCP | bits::MTU_TLS | bits::MTU_SCTP);
    mark(ctx, *bit as u32)
}

/// One host without transport and port.
fn digest_host(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.first() {
        Some(Arg::Str(text)) if !text.starts_with(b"-") && !text.starts_with(b"uri:") => {
            let proto = text.split(|b| *b == b':').next().and_then(Proto::from_name);
            if proto.is_none() { Ok(args) } else { Err(HostError::new("a host is expected").at(0)) }
        }
        _ => Err(HostError::new("a host is expected, not a variable").at(0)),
    }
}

fn set_advertised_address<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Str(host)) = args.first() else { return Ret::FALSE };
    ctx.advertised.host = Some(host);
    Ret::TRUE
}

fn set_advertised_port<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    match args.first() {
        Some(Arg::Int(port)) => {
            ctx.advertised.port = u16::try_from(*port).ok();
            Ret::from(ctx.advertised.port.is_some())
        }
        _ => Ret::FALSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_read_in_all_spellings() {
        let spec = |text: &str| SocketSpec::parse(text.as_bytes());
        let made = |proto, host: &str, port| Some(SocketSpec { proto, host: host.as_bytes().into(), port });
        assert_eq!(spec("udp:1.2.3.4:5060"), made(Some(Proto::Udp), "1.2.3.4", Some(5060)));
        assert_eq!(spec("1.2.3.4"), made(None, "1.2.3.4", None));
        assert_eq!(spec("tcp:[::1]:5062"), made(Some(Proto::Tcp), "[::1]", Some(5062)));
        assert_eq!(spec("udp:1.2.3.4:x"), None);
        assert_eq!(spec(""), None);
    }
}
