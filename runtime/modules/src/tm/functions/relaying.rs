//! `t_relay` and its kin, `t_newtran`, `t_reply`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    branch::Branch,
    catalog::{HostError, Place},
    core::sending::SocketSpec,
    log::{self, Level},
    module::Prepare,
};
use kamjit_sip::{Method, Proto, text::parse_u16};

use super::super::{
    branch::Forced,
    cancel,
    create::{self, Created},
    current, relay as relaying, script, uac,
};

type Digested = Result<Vec<Arg>, HostError>;

fn digest(args: &[Arg], proto: Option<Proto>) -> Digested {
    let mut forced = Forced { proto, ..Forced::default() };
    if let Some(Arg::Str(host)) = args.first() {
        let spec = SocketSpec::parse(host)
            .ok_or_else(|| HostError::new(format!("'{}' is no host", host.escape_ascii())).at(0))?;
        forced = Forced { host: Some(spec.host), port: spec.port, proto: spec.proto.or(proto) };
    }
    if let Some(Arg::Str(port)) = args.get(1) {
        forced.port = Some(
            parse_u16(port)
                .ok_or_else(|| HostError::new(format!("'{}' is no port", port.escape_ascii())).at(1))?,
        )
        .filter(|p| *p != 0);
    }
    if args.is_empty() && proto.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Prepare::digested(forced)])
}

pub(super) fn digest_host(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(&args, None)
}

pub(super) fn digest_udp(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(&args, Some(Proto::Udp))
}

pub(super) fn digest_tcp(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(&args, Some(Proto::Tcp))
}

pub(super) fn digest_tls(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(&args, Some(Proto::Tls))
}

pub(super) fn digest_sctp(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(&args, Some(Proto::Sctp))
}

/// `t_relay_to("udp:1.2.3.4:5060", flags)`, `t_relay_to(flags)`; flags: 1 no 100, 2 no error reply, 4 no failover.
pub(super) fn digest_relay_to(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    let mut flags = 0;
    let mut proxy = None;
    for (at, arg) in args.iter().enumerate() {
        let Arg::Str(text) = arg else { continue };
        match kamjit_engine::value::parse_int(text) {
            Some(n) => flags = n,
            None => {
                proxy = Some(SocketSpec::parse(text).ok_or_else(|| {
                    HostError::new(format!("'{}' is no host and no flags", text.escape_ascii())).at(at)
                })?);
            }
        }
    }
    let mut digested = vec![Arg::Int(flags)];
    if let Some(spec) = proxy {
        digested.push(Prepare::digested(Forced {
            host: Some(spec.host),
            port: spec.port,
            proto: spec.proto,
        }));
    }
    Ok(digested)
}

pub(super) fn relay<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    relaying::relay(ctx, args.first().and_then(|arg| arg.digested::<Forced>()))
}

pub(super) fn relay_to<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if let Some(Arg::Int(flags)) = args.first() {
        let (no_100, quiet) = (flags & 1 != 0, flags & 2 != 0);
        super::timers::both(ctx, |switches| {
            switches.no_auto_100 |= no_100;
            switches.no_internal_reply |= quiet;
        });
    }
    relaying::relay(ctx, args.get(1).and_then(|arg| arg.digested::<Forced>()))
}

/// `t_relay_to_avp("udp", "$avp(x)")`.
pub(super) fn relay_to_avp<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [proto, target] = args else { return Ret::FALSE };
    let proto = Proto::from_name(proto.text(ctx));
    let Some(spec) = SocketSpec::parse(target.text(ctx)) else { return Ret::FALSE };
    let forced = Forced { host: Some(spec.host), port: spec.port, proto: proto.or(spec.proto) };
    relaying::relay(ctx, Some(&forced))
}

/// Takes the CANCEL of an INVITE that is here; all others go on in the script with `-1` (README.tm: true if relayed
/// or the INVITE is unknown).
pub(super) fn relay_cancel<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    if ctx.msg.method() != Method::CANCEL {
        return Ret::TRUE;
    }
    match cancel::relay(ctx) {
        Some(Ret::TRUE) => Ret::EXIT,
        Some(other) => other,
        None => Ret::TRUE,
    }
}

pub(super) fn digest_replicate(prepare: &mut Prepare<'_>, args: Vec<Arg>, place: &Place) -> Digested {
    if args.len() == 2 { digest_host(prepare, args, place) } else { Ok(args) }
}

/// Sends the request on like `t_relay`; its replies go nowhere.
pub(super) fn replicate<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let forced = args.first().and_then(|arg| arg.digested::<Forced>());
    let to = match args.first() {
        Some(arg) if forced.is_none() => Some(arg.text(ctx)),
        _ => None,
    };
    let method = ctx.msg.method();
    if method == Method::ACK || method == Method::CANCEL {
        return relaying::relay(ctx, forced);
    }
    if let Some(uri) = to {
        ctx.main = Branch { dst_uri: Some(uri), ..ctx.main };
    }
    let ret = relaying::relay(ctx, forced);
    if let Some(tx) = current::current(ctx) {
        // No reply of the copy reaches the sender; the script answers itself.
        tx.inner().uas.dest = None;
    }
    ret
}

/// What `t_newtran` returns when there is a transaction already (captured).
const TWICE: i32 = -10;

pub(super) fn newtran<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    if current::current(ctx).is_some() {
        return Ret(TWICE);
    }
    match create::ensure(ctx) {
        Created::Ready(_) => Ret::TRUE,
        Created::Absorbed => Ret::EXIT,
        Created::Failed if ctx.msg.method() == Method::ACK => Ret::TRUE,
        Created::Failed => Ret::FALSE,
    }
}

/// A code or phrase is a variable or plain text; variables within a text are not expanded (captured).
pub(super) fn digest_reply(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    let digest = |prepare: &mut Prepare<'_>, arg: Arg| match arg {
        Arg::Str(text) if text.first() == Some(&b'$') => match prepare.pv_text(&text) {
            Ok(pv) => Arg::Pv(pv),
            Err(_) => Arg::Str(text),
        },
        other => other,
    };
    Ok(args.into_iter().map(|arg| digest(prepare, arg)).collect())
}

pub(super) fn reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [code, reason] = args else { return Ret::FALSE };
    let code = code.int(ctx);
    let reason = reason.text(ctx);
    let Ok(code) = u16::try_from(code) else { return Ret::FALSE };
    if !(100..1000).contains(&code) {
        return Ret::FALSE;
    }
    if current::current(ctx).is_none() {
        log::core(
            Level::Err,
            format_args!("t_reply() without a transaction: call t_newtran() or t_relay() before"),
        );
        return Ret::FALSE;
    }
    script::reply(ctx, code, reason)
}

pub(super) fn release<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    let mut inner = tx.inner();
    if inner.uacs.is_empty() && inner.uas.status < 200 {
        tx.put_on_wait(ctx.worker, &mut inner);
    }
    Ret::TRUE
}

pub(super) fn retransmit_reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    match script::transaction(ctx) {
        Some(tx) => Ret::from(create::retransmit(ctx, &tx)),
        None => Ret::FALSE,
    }
}

/// `t_uac_send(method, ruri, nexthop, socket, headers, body)`.
pub(super) fn uac_send<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [method, uri, next_hop, socket, headers, body] = args else { return Ret::FALSE };
    let mut request = uac::Request {
        method: method.text(ctx).to_vec(),
        uri: uri.text(ctx).to_vec(),
        next_hop: next_hop.text(ctx).to_vec(),
        body: body.text(ctx).to_vec(),
        ..uac::Request::default()
    };
    let socket = socket.text(ctx);
    if !matches!(socket, b"" | b".") {
        request.socket = SocketSpec::parse(socket).and_then(|spec| spec.find(ctx.engine()));
    }
    if request.next_hop == b"." {
        request.next_hop.clear();
    }
    uac::take_headers(&mut request, headers.text(ctx));
    match uac::start(ctx.scope(), ctx.worker, &request, None) {
        Ok(_) => Ret::TRUE,
        Err(why) => {
            tracing::error!("t_uac_send: {why}");
            Ret::FALSE
        }
    }
}
