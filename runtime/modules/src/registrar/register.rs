//! A REGISTER request, digested: what is asked for each contact.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val, ctx::Ctx as Context};
use kamjit_net::SocketId;
use kamjit_sip::{AddrEntry, Contacts, HeaderKind, NameAddr, text::parse_u32};

use super::{
    State,
    fields::{has_option, method_bits, param, q},
    params::OutboundMode,
    path::{self, PathVector},
    reply::Refusal,
    xavp,
};
use crate::{
    nathelper::rewritten_uri,
    usrloc::{self, ContactInfo},
};

/// Bits of the flags of `save()`.
pub(super) mod flags {
    /// No reply.
    pub(crate) const NO_REPLY: i64 = 0x02;
    /// One contact an address.
    pub(crate) const SINGLE: i64 = 0x04;
    /// Expiry is not varied.
    pub(crate) const NO_RANGE: i64 = 0x08;
    /// Headers of the reply are prepared although none is sent.
    pub(crate) const PREPARE: i64 = 0x10;
}

/// What is asked for one contact.
pub(super) struct Wanted<'m> {
    /// What is to be stored; the id is filled in by who stores it.
    pub(super) info: ContactInfo<'m>,
    /// It is to be removed.
    pub(super) remove: bool,
}

/// The contacts that a request names, in the order in which the real server takes them: header by header, within
/// a header from the last to the first (captured).
pub(super) enum Asked<'m> {
    /// None: the phone asks what is registered.
    Nothing,
    /// All contacts are to be removed.
    Star,
    /// These.
    Some(ArenaVec<'m, NameAddr<'m>>),
}

/// Reads the Contact headers and refuses what cannot be.
pub(super) fn asked<'m>(ctx: &Ctx<'m>, state: &State) -> Result<Asked<'m>, Refusal> {
    let msg = ctx.msg;
    let star = msg.value(HeaderKind::Contact).is_some_and(|value| value.first() == Some(&b'*'));
    if star {
        let zero = msg.value(HeaderKind::Expires).and_then(parse_u32) == Some(0);
        return match (zero, msg.headers_of(HeaderKind::Contact).count()) {
            (false, _) => Err(Refusal::StarNotZero),
            (true, 1) => Ok(Asked::Star),
            (true, _) => Err(Refusal::StarMixed),
        };
    }
    if msg.headers_of(HeaderKind::Contact).any(|h| h.value.is_empty()) {
        return Err(Refusal::ContactParse);
    }
    let list = match msg.contacts() {
        Ok(Contacts::List(list)) => list,
        Ok(Contacts::Star) => return Ok(Asked::Star),
        Err(_) => return Err(Refusal::ContactParse),
    };
    if list.is_empty() {
        return Ok(Asked::Nothing);
    }
    let mut contacts = ArenaVec::with_capacity_in(list.len(), ctx.arena);
    for header in list.chunk_by(|a, b| a.header == b.header) {
        contacts.extend(header.iter().rev().map(|entry: &AddrEntry<'m>| as_rewritten(ctx, entry.addr)));
    }
    for contact in &contacts {
        if contact.uri == b"*" {
            return Err(Refusal::StarMixed);
        }
        // An angle bracket that has no partner (captured).
        if contact.uri.iter().any(|byte| matches!(byte, b'<' | b'>')) {
            return Err(Refusal::ContactParse);
        }
        let received = param(contact, b"received").map_or(0, <[u8]>::len);
        if contact.uri.len() > state.contact_max_size || received > 255 {
            return Err(Refusal::ContactTooLong);
        }
    }
    Ok(Asked::Some(contacts))
}

/// A contact with the URI that `fix_nated_contact()` or `set_contact_alias()` gave it.
fn as_rewritten<'m>(ctx: &Ctx<'m>, contact: NameAddr<'m>) -> NameAddr<'m> {
    match rewritten_uri(ctx, contact.uri) {
        Some(uri) => NameAddr { uri, ..contact },
        None => contact,
    }
}

/// Whether phone, edge proxy and this server agree about outbound (RFC 5626).
pub(super) fn check_outbound(ctx: &Ctx<'_>, state: &State) -> Result<(), Refusal> {
    let msg = ctx.msg;
    if state.outbound == OutboundMode::Off {
        let required = has_option(msg, HeaderKind::Require, b"outbound");
        return if required { Err(Refusal::OutboundUnsupported) } else { Ok(()) };
    }
    if !uses_outbound(ctx) || msg.vias().len() < 2 {
        return Ok(());
    }
    let Ok(Contacts::List([contact, ..])) = msg.contacts() else { return Ok(()) };
    if param(contact, b"+sip.instance").is_none() || param(contact, b"reg-id").is_none() {
        return Ok(());
    }
    let edge = msg.paths().ok().and_then(|paths| paths.last()).and_then(|path| path.parse_uri().ok());
    if edge.is_some_and(|uri| uri.ob()) { Ok(()) } else { Err(Refusal::EdgeWithoutOutbound) }
}

/// Whether the phone says that it supports outbound.
pub(super) fn uses_outbound(ctx: &Ctx<'_>) -> bool {
    has_option(ctx.msg, HeaderKind::Supported, b"outbound")
        || has_option(ctx.msg, HeaderKind::Require, b"outbound")
}

/// What all contacts of one request share.
struct Common<'m> {
    call_id: &'m [u8],
    cseq: u32,
    user_agent: &'m [u8],
    methods: u32,
    received: Option<&'m [u8]>,
    path: PathVector<'m>,
    socket: Option<SocketId>,
    q: i32,
    now: i64,
}

const LONGEST_CALL_ID: usize = 255;
const LONGEST_USER_AGENT: usize = 255;

fn common<'m>(ctx: &mut Context<'m>, state: &'m State, now: i64) -> Result<Common<'m>, Refusal> {
    let msg = ctx.msg;
    if msg.call_id().len() > LONGEST_CALL_ID {
        return Err(Refusal::CallIdTooLong);
    }
    let path = match state.path_mode {
        Some(_) => path::of_message(ctx.arena, msg).ok_or(Refusal::PathParse)?,
        None => PathVector::default(),
    };
    let received = match state.received_avp.as_ref().map(|pv| pv.get(ctx)) {
        Some(Val::Str(uri)) if !uri.is_empty() => Some(uri),
        _ => None,
    };
    let user_agent = msg.user_agent().filter(|ua| !ua.is_empty() && ua.len() < LONGEST_USER_AGENT);
    let methods = match msg.header(HeaderKind::Allow) {
        Some(_) => msg.headers_of(HeaderKind::Allow).fold(0, |bits, h| bits | method_bits(h.value)),
        None => u32::MAX,
    };
    Ok(Common {
        call_id: msg.call_id(),
        cseq: msg.cseq().number,
        user_agent: user_agent.unwrap_or(b"n/a"),
        methods,
        received,
        path,
        socket: socket(ctx, state),
        q: xavp::number(ctx, state, b"q").unwrap_or(state.default_q.get()).clamp(-1, 1000) as i32,
        now,
    })
}

/// The socket that the contacts are bound to: the one that received the request, or one that the script or a
/// header names.
fn socket(ctx: &Ctx<'_>, state: &State) -> Option<SocketId> {
    let named = match xavp::text(ctx, state, b"socket") {
        Some(text) => Some(text),
        None if state.sock_flag & ctx.flags.message != 0 => state
            .sock_header
            .as_deref()
            .and_then(|name| ctx.msg.headers_named(name).next())
            .map(|header| header.value),
        None => None,
    };
    named.and_then(|text| usrloc::socket_named(ctx.engine(), text)).or(Some(ctx.rcv.socket))
}

/// Digests every contact; the first that is wrong refuses the request.
pub(super) fn digest<'m>(
    ctx: &mut Context<'m>,
    state: &'m State,
    contacts: &[NameAddr<'m>],
    save_flags: i64,
    now: i64,
) -> Result<ArenaVec<'m, Wanted<'m>>, Refusal> {
    let common = common(ctx, state, now)?;
    let mut wanted = ArenaVec::with_capacity_in(contacts.len(), ctx.arena);
    for contact in contacts {
        wanted.push(one(ctx, state, &common, contact, save_flags)?);
    }
    Ok(wanted)
}

fn one<'m>(
    ctx: &Ctx<'m>,
    state: &State,
    common: &Common<'m>,
    contact: &NameAddr<'m>,
    save_flags: i64,
) -> Result<Wanted<'m>, Refusal> {
    let seconds = expires(ctx, state, contact, save_flags)?;
    let q = match param(contact, b"q").filter(|text| !text.is_empty()) {
        Some(_) if xavp::number(ctx, state, b"q").is_some() => common.q,
        Some(text) => q(text).ok_or(Refusal::BadQ)?,
        None => common.q,
    };
    let instance = param(contact, b"+sip.instance").unwrap_or_default();
    let reg_id = match param(contact, b"reg-id").filter(|_| !instance.is_empty()) {
        Some(text) => parse_u32(text).filter(|n| *n != 0).ok_or(Refusal::Quiet)?,
        None => 0,
    };
    let methods = param(contact, b"methods").filter(|m| !m.is_empty()).map_or(common.methods, method_bits);
    let by_path = common.path.received.filter(|_| state.path_use_received);
    let received = param(contact, b"received").filter(|r| !r.is_empty()).or(by_path).or(common.received);
    let nat = if by_path.is_some() { state.usrloc.nat_bflag } else { 0 };
    let cflags = ctx.main.flags | nat;
    let info = ContactInfo {
        uri: contact.uri,
        call_id: common.call_id,
        received: received.unwrap_or_default(),
        path: common.path.text,
        instance,
        ruid: b"",
        user_agent: common.user_agent,
        // 32 bit as in the real server: what is too large has expired already (captured).
        expires: common.now.wrapping_add(i64::from(seconds as i32)),
        cseq: common.cseq,
        q,
        flags: 0,
        cflags,
        methods,
        reg_id,
        socket: common.socket,
        conn: ctx.rcv.conn,
        keepalive: cflags & state.usrloc.nat_bflag != 0,
        modified: common.now,
    };
    Ok(Wanted { info, remove: seconds == 0 })
}

/// For how many seconds a contact is wanted; 0: it is to be removed. A value that is no number counts as none at
/// all, even if there is an Expires header (captured).
fn expires(ctx: &Ctx<'_>, state: &State, contact: &NameAddr<'_>, save_flags: i64) -> Result<u32, Refusal> {
    let vary = save_flags & flags::NO_RANGE == 0;
    let given = match param(contact, b"expires").filter(|text| !text.is_empty()) {
        Some(text) => parse_u32(text),
        None => ctx.msg.value(HeaderKind::Expires).and_then(wrapped_number),
    };
    let mut seconds = match (given, xavp::number(ctx, state, b"expires")) {
        (Some(0), _) => return Ok(0),
        (_, Some(forced)) => forced.clamp(0, i64::from(u32::MAX)) as u32,
        (Some(seconds), None) if vary => varied(seconds, state.expires_range.get()),
        (Some(seconds), None) => seconds,
        (None, None) => {
            let default = state.default_expires.get().clamp(0, i64::from(u32::MAX)) as u32;
            if vary { varied(default, state.default_expires_range.get()) } else { default }
        }
    };
    let (min, max) = (state.min_expires.get(), state.max_expires.get());
    if seconds != 0 && i64::from(seconds) < min {
        if state.min_expires_refuses {
            return Err(Refusal::TooBrief);
        }
        seconds = min.min(i64::from(u32::MAX)) as u32;
    }
    if max > 0 && i64::from(seconds) > max {
        seconds = max as u32;
    }
    Ok(seconds)
}

/// A number in 32 bits that wrap, as the real server reads the Expires header (captured: 4294967296 counts as 0).
fn wrapped_number(text: &[u8]) -> Option<u32> {
    let digits = kamjit_sip::text::trim(text);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |n, byte| {
        byte.is_ascii_digit().then(|| n.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')))
    })
}

/// A random value between `seconds` and `percent` less.
fn varied(seconds: u32, percent: i64) -> u32 {
    let most = u64::from(seconds) * percent.clamp(0, 100) as u64 / 100;
    if most == 0 {
        return seconds;
    }
    seconds - rand::Rng::random_range(&mut rand::rng(), 0..=most) as u32
}
