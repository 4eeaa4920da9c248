//! `add_path` and `add_path_received`: the order of parameters is as captured.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{
    HeaderKind, Proto,
    edit::{Piece, When},
    escape,
};

use super::{STATE, State};
use crate::nathelper::alias_of_source;

pub(super) fn plain<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    add(ctx, args, false)
}

pub(super) fn with_received<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    add(ctx, args, true)
}

/// Adds the header before the first Path, or behind the last header.
fn add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], received: bool) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let mut texts = [&b""[..]; 2];
    for (text, arg) in texts.iter_mut().zip(args) {
        *text = arg.text(ctx);
    }
    let [user, params] = texts;
    let received = if received { received_value(ctx, state) } else { b"" };
    let at = ctx
        .msg
        .header(HeaderKind::Path)
        .map_or_else(|| ctx.msg.headers_end(), |header| header.offset as usize);
    let put = |socket: Piece<'_>, name: Piece<'_>| {
        let mut line = ArenaVec::with_capacity_in(16, ctx.arena);
        line.extend([Piece::Text(b"Path: <sip:"), Piece::Text(user)]);
        line.push(Piece::Text(if user.is_empty() { b"" } else { b"@" }));
        line.push(socket);
        line.extend(state.with_socket_name.then_some(name));
        line.push(Piece::Text(b";lr"));
        if !received.is_empty() {
            line.extend([b";", &state.received_name[..], b"=", received].map(Piece::Text));
        }
        if !params.is_empty() {
            line.extend([b";", params].map(Piece::Text));
        }
        line.extend(state.double.then_some(Piece::Text(b";r2=on")));
        line.push(Piece::Text(b">\r\n"));
        ctx.edits.insert_pieces_before(ctx.edits.anchor(at), &line, When::Always);
    };
    put(Piece::SentAll, Piece::SentName);
    if state.double {
        put(Piece::ReceivedAll, Piece::ReceivedName);
    }
    Ret::TRUE
}

/// Where the request came from: an escaped URI, or an alias.
fn received_value<'m>(ctx: &Ctx<'m>, state: &State) -> &'m [u8] {
    if state.as_alias {
        return alias_of_source(ctx);
    }
    let ip = ctx.rcv.src.ip();
    let (open, close) = if ip.is_ipv6() { ("[", "]") } else { ("", "") };
    let port = ctx.rcv.src.port();
    let uri = match ctx.rcv.proto {
        Proto::Udp => ctx.format(format_args!("sip:{open}{ip}{close}:{port}")),
        proto => ctx.format(format_args!("sip:{open}{ip}{close}:{port};transport={}", proto.name())),
    };
    escape::escape(ctx.arena, uri, |b| b != b'=' && escape::is_param_char(b))
}
