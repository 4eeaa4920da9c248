//! Changes of the request URI: `rewritehost()`, `strip()`, `prefix()`, ... and what `$rU = ...` and its kin do.
//!
//! What becomes of each part was captured from the real server for SIP, SIPS, tel and urn URIs; see the tests.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_sip::{
    Uri,
    text::{eq_nocase, offset_in, parse_u16},
    uri::Scheme,
};

use super::{NO_ARGS, ONE_INT, ONE_TEXT, plain};
use crate::{
    ctx::Ctx,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
};

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("rewritehost", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Host)),
    plain("sethost", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Host)),
    plain("seth", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Host)),
    plain("rewritehostport", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPort)),
    plain("sethostport", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPort)),
    plain("sethp", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPort)),
    plain("rewritehostporttrans", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPortTransport)),
    plain("sethostporttrans", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPortTransport)),
    plain("sethpt", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::HostPortTransport)),
    plain("rewriteport", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Port)),
    plain("setport", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Port)),
    plain("setp", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Port)),
    plain("rewriteuser", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::User)),
    plain("setuser", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::User)),
    plain("setu", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::User)),
    plain("rewriteuserpass", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::UserPassword)),
    plain("setuserpass", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::UserPassword)),
    plain("setup", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::UserPassword)),
    plain("prefix", &[ONE_TEXT], |ctx, args| change(ctx, args, Change::Prefix)),
    plain("rewriteuri", &[ONE_TEXT], set_uri),
    plain("seturi", &[ONE_TEXT], set_uri),
    plain("revert_uri", &[NO_ARGS], revert_uri),
    plain("strip", &[ONE_INT], strip),
    plain("strip_tail", &[ONE_INT], strip_tail),
    plain("userphone", &[NO_ARGS], user_phone),
];

/// One change of a URI.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// The host; the port stays.
    Host(&'a [u8]),
    /// Host and port; without a port in the text there is none afterwards.
    HostPort(&'a [u8]),
    /// Host, port and transport; a former `transport` parameter goes.
    HostPortTransport(&'a [u8]),
    /// The port; an empty text takes it away.
    Port(&'a [u8]),
    /// The user; an empty text takes user and password away.
    User(&'a [u8]),
    /// User and password (`user:password`).
    UserPassword(&'a [u8]),
    /// Text in front of the user.
    Prefix(&'a [u8]),
    /// That many bytes less at the front of the user.
    Strip(usize),
    /// That many bytes less at its end.
    StripTail(usize),
    /// `;user=phone`, if it is not there.
    UserPhone,
}

/// The user and its own parameters: `+49;ext=4` gives `+49` and `;ext=4`. Only a URI with `user=phone` has such
/// parameters (captured); elsewhere a semicolon belongs to the user.
pub fn split_user<'a>(uri: &Uri<'a>) -> (&'a [u8], &'a [u8]) {
    if uri.is_tel() || !uri.has_user {
        return (uri.user, b"");
    }
    let after = offset_in(uri.raw, uri.user).and_then(|at| uri.raw.get(at + uri.user.len()..));
    match after {
        Some(after @ [b';', ..]) => {
            let end = after.iter().position(|b| matches!(b, b':' | b'@')).unwrap_or(0);
            (uri.user, &after[..end])
        }
        _ => (uri.user, b""),
    }
}

impl<'m> Ctx<'m> {
    /// Applies a change to the current request URI. False if it cannot be done (logged).
    pub fn change_ruri(&mut self, change: Change<'_>) -> bool {
        let Some(uri) = self.parsed_ruri() else {
            log::core(
                Level::Err,
                format_args!("bad uri <{}>, it can't be changed", self.ruri().escape_ascii()),
            );
            return false;
        };
        match changed(self, &uri, change) {
            Some(text) => {
                self.set_ruri(text);
                true
            }
            None => false,
        }
    }
}

/// The parts that are written out again.
struct Parts<'a> {
    user: &'a [u8],
    password: &'a [u8],
    host: &'a [u8],
    port: &'a [u8],
    transport: Option<&'a [u8]>,
    drop_transport: bool,
    user_phone: bool,
    /// Written even without a user, which spoils the URI as it does in the real server.
    at_sign: bool,
    /// A tel URI that gets a host becomes a SIP URI.
    with_host: bool,
}

fn changed<'m>(ctx: &Ctx<'m>, uri: &Uri<'m>, change: Change<'_>) -> Option<&'m [u8]> {
    let (user, user_params) = split_user(uri);
    let mut prefixed = ArenaVec::new_in(ctx.arena);
    let mut parts = Parts {
        user,
        password: uri.password,
        host: uri.host,
        port: uri.port_raw,
        transport: None,
        drop_transport: false,
        user_phone: false,
        at_sign: false,
        with_host: !uri.is_tel(),
    };
    match change {
        Change::Host(host) => (parts.host, parts.with_host) = (host, true),
        Change::HostPort(text) => {
            (parts.host, parts.port) = split_port(text);
            parts.with_host = true;
        }
        Change::HostPortTransport(text) => {
            let (host_port, transport) = match text.iter().position(|&b| b == b';') {
                Some(at) => (&text[..at], Some(&text[at + 1..])),
                None => (text, None),
            };
            (parts.host, parts.port) = split_port(host_port);
            (parts.transport, parts.drop_transport, parts.with_host) = (transport, true, true);
        }
        Change::Port(_) if uri.is_tel() => {
            log::core(Level::Err, format_args!("port number of a tel: URI cannot be set"));
            return None;
        }
        Change::Port(port) => parts.port = port,
        Change::User(user) => parts.user = user,
        Change::UserPassword(text) => {
            (parts.user, parts.password) = match text.iter().position(|&b| b == b':') {
                Some(at) => (&text[..at], &text[at + 1..]),
                None => (text, &b""[..]),
            };
        }
        Change::Prefix(prefix) => {
            prefixed.extend_from_slice(prefix);
            prefixed.extend_from_slice(user);
            parts.user = &prefixed;
            parts.at_sign = true;
        }
        Change::Strip(n) => parts.user = user.get(n..).unwrap_or_else(|| too_long("strip", n, user)),
        Change::StripTail(n) => {
            parts.user = match user.len().checked_sub(n) {
                Some(rest) => &user[..rest],
                None => too_long("strip_tail", n, user),
            };
        }
        Change::UserPhone if uri.is_tel() => return Some(uri.raw),
        Change::UserPhone => parts.user_phone = uri.param(b"user").is_none(),
    }
    Some(written(ctx, uri, user_params, &parts))
}

fn too_long(function: &str, n: usize, user: &[u8]) -> &'static [u8] {
    log::core(
        Level::Warn,
        format_args!("too long {function} asked; deleting username: {n} of <{}>", user.escape_ascii()),
    );
    b""
}

/// `host:port`; an IPv6 address has its own colons in brackets.
fn split_port(text: &[u8]) -> (&[u8], &[u8]) {
    let from = text.iter().position(|&b| b == b']').unwrap_or(0);
    match text[from..].iter().position(|&b| b == b':') {
        Some(at) => (&text[..from + at], &text[from + at + 1..]),
        None => (text, b""),
    }
}

fn written<'m>(ctx: &Ctx<'m>, uri: &Uri<'_>, user_params: &[u8], parts: &Parts<'_>) -> &'m [u8] {
    let mut out = ArenaVec::with_capacity_in(uri.raw.len() + 64, ctx.arena);
    let tel = uri.is_tel();
    let scheme = match uri.scheme {
        Scheme::Tel | Scheme::Tels if parts.with_host => "sip",
        Scheme::Urn => "sip",
        scheme => scheme.name(),
    };
    out.extend_from_slice(scheme.as_bytes());
    out.push(b':');
    out.extend_from_slice(parts.user);
    if tel && !parts.with_host {
        put_tail(&mut out, uri, parts);
        return out.into_bump_slice();
    }
    let user_params = if tel { uri.params_raw } else { user_params };
    if !user_params.is_empty() {
        if tel {
            out.push(b';');
        }
        out.extend_from_slice(user_params);
    }
    if !parts.user.is_empty() && !parts.password.is_empty() {
        out.push(b':');
        out.extend_from_slice(parts.password);
    }
    if !parts.user.is_empty() || parts.at_sign {
        out.push(b'@');
    }
    out.extend_from_slice(parts.host);
    if !parts.port.is_empty() {
        out.push(b':');
        out.extend_from_slice(parts.port);
    }
    if let Some(transport) = parts.transport {
        out.push(b';');
        out.extend_from_slice(transport);
    }
    if tel {
        out.extend_from_slice(b";user=phone");
    } else {
        put_tail(&mut out, uri, parts);
    }
    out.into_bump_slice()
}

/// Parameters and headers.
fn put_tail(out: &mut ArenaVec<'_, u8>, uri: &Uri<'_>, parts: &Parts<'_>) {
    if parts.drop_transport && uri.has_param(b"transport") {
        for param in uri.params().filter(|p| !eq_nocase(p.name, b"transport")) {
            out.push(b';');
            out.extend_from_slice(param.raw);
        }
    } else if !uri.params_raw.is_empty() {
        out.push(b';');
        out.extend_from_slice(uri.params_raw);
    }
    if parts.user_phone {
        out.extend_from_slice(b";user=phone");
    }
    if !uri.headers_raw.is_empty() {
        out.push(b'?');
        out.extend_from_slice(uri.headers_raw);
    }
}

fn change<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], how: fn(&'m [u8]) -> Change<'m>) -> Ret {
    let Some(Arg::Str(text)) = args.first() else { return Ret::FALSE };
    Ret::from(ctx.change_ruri(how(text)))
}

fn set_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Str(text)) = args.first() else { return Ret::FALSE };
    ctx.set_ruri(text);
    Ret::TRUE
}

fn revert_uri<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.main.uri = None;
    Ret::TRUE
}

fn count(args: &[Arg]) -> usize {
    match args.first() {
        Some(Arg::Int(n)) => usize::try_from(*n).unwrap_or(0),
        _ => 0,
    }
}

fn strip<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    Ret::from(ctx.change_ruri(Change::Strip(count(args))))
}

fn strip_tail<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    Ret::from(ctx.change_ruri(Change::StripTail(count(args))))
}

fn user_phone<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(ctx.change_ruri(Change::UserPhone))
}

/// A port as a URI may hold it.
pub fn valid_port(text: &[u8]) -> bool {
    parse_u16(text).is_some()
}
