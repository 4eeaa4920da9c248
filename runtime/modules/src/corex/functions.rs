//! Branches, sockets and extended flags.

use kamjit_catalog::{
    ArgKind::{IntVar, StrVar},
    Form, HostError, Place, Routes,
};
use kamjit_engine::{
    Ctx,
    branch::Q_UNSPECIFIED,
    core::sending::SocketSpec,
    forward,
    module::{Arg, FunctionDef, Prepare, Ret, Run, RunFn},
};
use kamjit_net::SocketId;
use kamjit_sip::Q;

const REQUESTS: Routes = Routes::REQUEST.or(Routes::FAILURE);
const BRANCH: &[Form] = &[
    Form { args: &[], routes: REQUESTS },
    Form { args: &[StrVar], routes: REQUESTS },
    Form { args: &[StrVar, StrVar], routes: REQUESTS },
];
const NONE: &[Form] = &[Form { args: &[], routes: Routes::ANY }];
const REPLY: &[Form] = &[Form { args: &[], routes: Routes::CORE_ONREPLY }];
const TEXT: &[Form] = &[Form { args: &[StrVar], routes: Routes::ANY }];
const INT: &[Form] = &[Form { args: &[IntVar], routes: Routes::ANY }];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn refused(name: &'static str) -> FunctionDef {
    FunctionDef { name, forms: INT, run: Run::prepared(refuse, |_, _| Ret::FALSE) }
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("append_branch", BRANCH, append_branch),
    plain("forward_reply", REPLY, |ctx, _| Ret::from(forward::reply(ctx))),
    // Captured: false for a request from the network, too.
    plain("is_incoming", NONE, |_, _| Ret::FALSE),
    plain("is_faked_msg", NONE, |ctx, _| {
        Ret::from(ctx.routes.meets(Routes::FAILURE.or(Routes::BRANCH_FAILURE)))
    }),
    plain("is_socket_name", TEXT, |ctx, args| Ret::from(named_socket(ctx, args).is_some())),
    plain("set_send_socket", TEXT, |ctx, args| set_send_socket(ctx, args, socket)),
    plain("set_send_socket_name", TEXT, |ctx, args| set_send_socket(ctx, args, named_socket)),
    plain("set_recv_socket", TEXT, |ctx, args| set_received_socket(ctx, args, socket)),
    plain("set_recv_socket_name", TEXT, |ctx, args| set_received_socket(ctx, args, named_socket)),
    plain("set_source_address", TEXT, set_source_address),
    plain("setxflag", INT, |ctx, args| extended_flag(ctx, args, |flags, bit| (flags | bit, true))),
    plain("resetxflag", INT, |ctx, args| extended_flag(ctx, args, |flags, bit| (flags & !bit, true))),
    plain("isxflagset", INT, |ctx, args| extended_flag(ctx, args, |flags, bit| (flags, flags & bit != 0))),
    plain("msg_iflag_set", TEXT, |ctx, args| internal_flag(ctx, args, Change::Set)),
    plain("msg_iflag_reset", TEXT, |ctx, args| internal_flag(ctx, args, Change::Reset)),
    plain("msg_iflag_is_set", TEXT, |ctx, args| internal_flag(ctx, args, Change::Ask)),
    refused("via_add_srvid"),
    refused("via_add_xavp_params"),
    refused("via_use_xavp_fields"),
];

fn refuse(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("changes of our own Via are not supported yet"))
}

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> Option<&'m [u8]> {
    args.get(at).map(|arg| arg.text(ctx))
}

fn append_branch<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = text(ctx, args, 0).filter(|uri| !uri.is_empty());
    let q = match text(ctx, args, 1) {
        None => Q_UNSPECIFIED,
        Some(text) => match Q::parse(text) {
            Some(q) => i32::from(q.thousandths()),
            None => {
                tracing::error!("append_branch: '{}' is no q value", text.escape_ascii());
                return Ret::FALSE;
            }
        },
    };
    Ret::from(ctx.append_branch(uri, q))
}

/// The socket that the first argument describes.
fn socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<SocketId> {
    let text = text(ctx, args, 0)?;
    SocketSpec::parse(text)?.find(ctx.engine())
}

/// The socket that `listen=... name "x"` calls so.
fn named_socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<SocketId> {
    let name = text(ctx, args, 0)?;
    ctx.engine().sockets.by_name(name).map(|info| info.id)
}

type Find = for<'m> fn(&mut Ctx<'m>, &'m [Arg]) -> Option<SocketId>;

/// Captured: true even if there is no such socket; it is only logged.
fn set_send_socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], find: Find) -> Ret {
    match find(ctx, args) {
        Some(id) => ctx.main.send_socket = Some(id),
        None => warn_no_socket(ctx, args),
    }
    Ret::TRUE
}

fn set_received_socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], find: Find) -> Ret {
    let found = find(ctx, args).and_then(|id| ctx.engine().sockets.get(id));
    match found {
        Some(info) => {
            ctx.rcv.socket = info.id;
            ctx.rcv.dst = info.addr;
            ctx.rcv.proto = info.proto;
        }
        None => warn_no_socket(ctx, args),
    }
    Ret::TRUE
}

fn warn_no_socket<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) {
    let text = text(ctx, args, 0).unwrap_or_default();
    tracing::warn!("no socket found to match [{}]", text.escape_ascii());
}

/// `[proto:]ip[:port]`; without a port it is 5060.
fn set_source_address<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(spec) = text(ctx, args, 0).and_then(SocketSpec::parse) else { return Ret::FALSE };
    let host = spec.host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(&spec.host);
    let Some(ip) = std::str::from_utf8(host).ok().and_then(|host| host.parse().ok()) else {
        return Ret::FALSE;
    };
    ctx.rcv.src = std::net::SocketAddr::new(ip, spec.port.unwrap_or(5060));
    if let Some(proto) = spec.proto {
        ctx.rcv.proto = proto;
    }
    Ret::TRUE
}

/// Flags 0 to 63 beyond those of `setflag()`.
fn extended_flag<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: fn(u32, u32) -> (u32, bool)) -> Ret {
    let number = args.first().map_or(-1, |arg| arg.int(ctx));
    let Some(number) = u32::try_from(number).ok().filter(|n| *n < 64) else { return Ret::FALSE };
    let Some(word) = ctx.flags.extended.get_mut(number as usize / 32) else { return Ret::FALSE };
    let (flags, answer) = change(*word, 1 << (number % 32));
    *word = flags;
    Ret::from(answer)
}

#[derive(Clone, Copy)]
enum Change {
    Set,
    Reset,
    Ask,
}

/// The names that the real server knows, by their bit.
const INTERNAL: [&[u8]; 4] = [b"USE_UAC_FROM", b"USE_UAC_TO", b"UAC_AUTH", b"TM_LOCAL"];

/// Flags of `msg_iflag_set()`.
#[derive(Default)]
struct InternalFlags(u32);

/// Captured: a flag that is not set answers -2, an unknown one -1.
fn internal_flag<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: Change) -> Ret {
    let Some(name) = text(ctx, args, 0) else { return Ret::FALSE };
    let Some(at) = INTERNAL.iter().position(|known| *known == name) else { return Ret::FALSE };
    let bit = 1 << at;
    let flags = &mut ctx.ext.or_default::<InternalFlags>().0;
    match change {
        Change::Set => *flags |= bit,
        Change::Reset => *flags &= !bit,
        Change::Ask if *flags & bit == 0 => return Ret(-2),
        Change::Ask => {}
    }
    Ret::TRUE
}
