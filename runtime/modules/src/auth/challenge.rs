//! Challenges: `www_challenge()`, `proxy_challenge()`, `auth_challenge()`.

use kamjit_engine::{
    Arg, Ctx, Ret, Run, Val,
    catalog::{HostError, Place},
    module::{Prepare, RunFn},
};
use kamjit_sip::{Method, edit::ReplyPart};

use super::{STATE, State};
use crate::sl;

/// Bits of the functions' flags (README.auth section 4.3).
mod flags {
    pub(super) const AUTH: i64 = 1;
    pub(super) const AUTH_INT: i64 = 2;
    pub(super) const NO_500: i64 = 4;
    pub(super) const STALE: i64 = 16;
}

/// Which challenge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Www,
    Proxy,
}

/// A function whose constant realm must not be empty (captured: the real server does not start with one that is).
pub(super) const fn run(run: RunFn) -> Run {
    Run::prepared(realm_is_given, run)
}

fn realm_is_given(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let empty = match args.first() {
        Some(Arg::Str(text)) => text.is_empty(),
        Some(Arg::Format(format)) => format.as_constant().is_some_and(<[u8]>::is_empty),
        _ => false,
    };
    if empty { Err(HostError::new("the realm must not be empty").at(0)) } else { Ok(args) }
}

/// `www_challenge(realm, flags)`.
pub(super) fn www<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    challenge(ctx, args, Kind::Www)
}

/// `proxy_challenge(realm, flags)`.
pub(super) fn proxy<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    challenge(ctx, args, Kind::Proxy)
}

/// `auth_challenge(realm, flags)`: 401 for a REGISTER, 407 for the others.
pub(super) fn either<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let kind = if ctx.msg.method() == Method::REGISTER { Kind::Www } else { Kind::Proxy };
    challenge(ctx, args, kind)
}

fn challenge<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let [realm, flags, ..] = args else { return Ret(-1) };
    let (realm, flags) = (realm.text(ctx), flags.int(ctx));
    let Some(state) = STATE.get(ctx) else { return Ret(-1) };
    // A realm often comes from the message; a line end in it would begin a header of the reply.
    if realm.is_empty() || realm.iter().any(u8::is_ascii_control) {
        return Ret(if flags & flags::NO_500 != 0 { -1 } else { refuse(ctx) });
    }
    // Captured: the reply to an ACK fails.
    if ctx.msg.method() == Method::ACK {
        return Ret(-3);
    }
    let line = header(ctx, state, kind, realm, flags);
    ctx.edits.add_to_replies(ReplyPart::Header, &line);
    let (code, reason): (i64, &[u8]) = match kind {
        Kind::Www => (401, b"Unauthorized"),
        Kind::Proxy => (407, b"Proxy Authentication Required"),
    };
    let sent = if state.stateless {
        sl::stateless(ctx, code, reason)
    } else {
        sl::stateful_or_stateless(ctx, code, reason)
    };
    Ret(if sent { 1 } else { -3 })
}

fn refuse(ctx: &mut Ctx<'_>) -> i32 {
    sl::stateful_or_stateless(ctx, 500, b"Internal Server Error");
    -1
}

/// The header line of a challenge (order of its parts: captured).
fn header(ctx: &Ctx<'_>, state: &State, kind: Kind, realm: &[u8], bits: i64) -> Vec<u8> {
    let name = match kind {
        Kind::Www => &state.www_header,
        Kind::Proxy => &state.proxy_header,
    };
    let mut line = [name, &b": Digest realm=\""[..], realm, b"\", nonce=\""].concat();
    line.extend_from_slice(state.nonces.make(ctx).as_bytes());
    line.push(b'"');
    // Captured: the parameter `qop` is not looked at.
    line.extend_from_slice(if bits & flags::AUTH_INT != 0 {
        b", qop=\"auth-int\""
    } else if bits & flags::AUTH != 0 {
        b", qop=\"auth\""
    } else {
        b""
    });
    if bits & flags::STALE != 0 {
        line.extend_from_slice(b", stale=true");
    }
    if state.shows_algorithm {
        line.extend_from_slice(b", algorithm=");
        line.extend_from_slice(state.algorithm.name().as_bytes());
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// `auth_get_www_authenticate(realm, flags, pvdest)`: the header line in a variable.
pub(super) fn get_www<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [realm, flags, dest] = args else { return Ret(-1) };
    let (realm, flags) = (realm.text(ctx), flags.int(ctx));
    let (Some(state), Some(dest)) = (STATE.get(ctx), dest.pv()) else { return Ret(-1) };
    if realm.is_empty() || realm.iter().any(u8::is_ascii_control) {
        return Ret(-1);
    }
    let line = header(ctx, state, Kind::Www, realm, flags);
    let line = ctx.keep(&line);
    Ret::from(dest.set(ctx, Val::Str(line)))
}
