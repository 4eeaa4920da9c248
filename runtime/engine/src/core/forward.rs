//! `forward()` and its kin: stateless forwarding of the request.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};
use kamjit_sip::{Proto, Uri, text::parse_u16};

use super::prepared;
use crate::{
    ctx::{Ctx, send_flags},
    dest::{Asked, Destination, NoDestination},
    forward,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const NONE: Form = Form { args: &[], routes: Routes::ANY };
const HOST: Form = Form { args: &[ArgKind::Custom], routes: Routes::ANY };
const HOST_PORT: Form = Form { args: &[ArgKind::Custom, ArgKind::Custom], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    prepared("forward", &[NONE, HOST, HOST_PORT], digest, |ctx, args| run(ctx, args, None)),
    prepared("forward_udp", &[HOST, HOST_PORT], digest, |ctx, args| run(ctx, args, Some(Proto::Udp))),
    prepared("forward_tcp", &[HOST, HOST_PORT], digest, |ctx, args| run(ctx, args, Some(Proto::Tcp))),
    prepared("forward_tls", &[HOST, HOST_PORT], digest, |ctx, args| run(ctx, args, Some(Proto::Tls))),
    prepared("forward_sctp", &[HOST, HOST_PORT], digest, |ctx, args| run(ctx, args, Some(Proto::Sctp))),
];

/// Where `forward` goes.
struct Target {
    /// `None`: the host of the URI.
    host: Option<Box<[u8]>>,
    /// `None`: the port of the URI, or the default.
    port: Option<u16>,
}

/// `forward(uri:host, uri:port)`, `forward("10.0.0.1")`, `forward(10.0.0.1, 5070)`, `forward("10.0.0.1:5070")`.
fn digest(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut target = Target { host: None, port: None };
    match args.first() {
        None => {}
        Some(Arg::Str(host)) if **host == *b"uri:host" => {}
        Some(Arg::Str(host)) => {
            let spec = super::sending::SocketSpec::parse(host)
                .filter(|spec| spec.proto.is_none() && is_host(&spec.host))
                .ok_or_else(|| HostError::new(format!("'{}' is no host", host.escape_ascii())).at(0))?;
            (target.host, target.port) = (Some(spec.host), spec.port);
        }
        Some(_) => return Err(HostError::new("a host is expected, not a variable").at(0)),
    }
    if target.host.is_some() && matches!(args.get(1), Some(Arg::Str(port)) if **port == *b"uri:port") {
        return Err(HostError::new("uri:port goes with uri:host only").at(1));
    }
    if let Some(Arg::Str(port)) = args.get(1)
        && **port != *b"uri:port"
    {
        let number = parse_u16(port)
            .ok_or_else(|| HostError::new(format!("'{}' is no port", port.escape_ascii())).at(1))?;
        target.port = Some(number);
    }
    Ok(vec![Prepare::digested(target)])
}

/// A name or an address: no bare number and no transport.
pub(super) fn is_host(text: &[u8]) -> bool {
    !text.iter().all(|b| b.is_ascii_digit() || *b == b'-') && Proto::from_name(text).is_none()
}

fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], proto: Option<Proto>) -> Ret {
    let Some(target) = args.first().and_then(|arg| arg.digested::<Target>()) else { return Ret::FALSE };
    match destination(ctx, target, proto) {
        Ok(dest) => Ret::from(forward::request(ctx, &dest)),
        Err(NoDestination::Cancelled) => Ret::CANCELLED,
        Err(why) => {
            log::core(Level::Err, format_args!("forward: no destination: {why:?}"));
            Ret::FALSE
        }
    }
}

fn destination<'m>(
    ctx: &mut Ctx<'m>,
    target: &'m Target,
    proto: Option<Proto>,
) -> Result<Destination, NoDestination> {
    let connect = ctx.flags.send & send_flags::FORWARD_NO_CONNECT == 0;
    let forced = ctx.send_socket();
    let uri = match (target.host.as_deref(), ctx.main.dst_uri) {
        (None, Some(next)) => Uri::parse(next).map_err(|_| NoDestination::BadUri)?,
        _ => ctx.parsed_ruri().ok_or(NoDestination::BadUri)?,
    };
    let of_uri = Asked::from_uri(&uri);
    let host = match (target.host.as_deref(), of_uri) {
        (Some(host), _) => host,
        (None, Some(asked)) => asked.host,
        (None, None) => return Err(NoDestination::BadUri),
    };
    let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
    let port = match target.host {
        Some(_) => target.port,
        None => target.port.or(of_uri.and_then(|asked| asked.port)),
    };
    let of_uri_proto = if target.host.is_none() { of_uri.and_then(|asked| asked.proto) } else { None };
    let asked = Asked { host, port, proto: proto.or(of_uri_proto), sips: uri.is_secure() };
    ctx.resolve_asked(&asked, forced, connect)
}
