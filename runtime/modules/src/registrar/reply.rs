//! Replies to registrations: texts and the order of headers as captured from the real server.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};
use kamjit_sip::{HeaderKind, Sink, edit::ReplyPart};

use super::{
    STATE, State,
    fields::has_option,
    params::{OutboundMode, PathMode},
    path,
    register::uses_outbound,
};
use crate::{
    sl,
    usrloc::{Record, ruid::put_reversed_hex},
};

/// Why a registration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    ContactParse,
    StarNotZero,
    StarMixed,
    ContactTooLong,
    CallIdTooLong,
    BadQ,
    OldCSeq,
    PathParse,
    TooBrief,
    TooMany,
    AorTooLong,
    AorEscape,
    OutboundUnsupported,
    EdgeWithoutOutbound,
    CannotStore,
    /// The real server fails and yet answers 200 (captured: a To that is no SIP URI, a reg-id of 0).
    Quiet,
}

impl Refusal {
    /// Code, phrase and the text of `P-Registrar-Error`.
    fn reply(self) -> (u16, &'static str, &'static str) {
        const BAD: &str = "Bad Request";
        match self {
            Refusal::ContactParse => (400, BAD, "Contact parse error"),
            Refusal::StarNotZero => (400, BAD, "* used in contact and expires is not zero"),
            Refusal::StarMixed => (400, BAD, "* used in contact and more than 1 contact"),
            Refusal::ContactTooLong => (400, BAD, "Contact/received too long"),
            Refusal::CallIdTooLong => (400, BAD, "Callid too long"),
            Refusal::BadQ => (400, BAD, "Invalid q param in contact"),
            Refusal::OldCSeq => (400, BAD, "Invalid CSeq number"),
            Refusal::PathParse => (400, BAD, "Path parse error"),
            Refusal::TooBrief => (423, "Interval Too Brief", "Interval too brief"),
            Refusal::TooMany => (503, "Service Unavailable", "Too many registered contacts"),
            Refusal::AorTooLong => (500, "Server Internal Error", "Address Of Record too long"),
            Refusal::AorEscape => (400, BAD, "Error while unescaping username"),
            Refusal::OutboundUnsupported => (420, "Bad Extension", "No support for Outbound on server"),
            Refusal::EdgeWithoutOutbound => {
                (439, "First Hop Lacks Outbound Support", "No support for Outbound on edge proxy")
            }
            Refusal::CannotStore => (500, "Server Internal Error", "Error while inserting contact"),
            Refusal::Quiet => (200, "OK", ""),
        }
    }

    /// What `save()` returns.
    pub(super) fn ret(self) -> Ret {
        if self == Refusal::TooMany { Ret(-2) } else { Ret::FALSE }
    }

    /// Notes the refusal in the log.
    pub(super) fn log(self, aor: &[u8]) {
        let level = match self {
            Refusal::TooMany => Level::Info,
            Refusal::StarNotZero | Refusal::StarMixed | Refusal::ContactTooLong => Level::Warn,
            Refusal::OutboundUnsupported | Refusal::EdgeWithoutOutbound => Level::Warn,
            Refusal::TooBrief => Level::Debug,
            _ => Level::Err,
        };
        if log::enabled(level) {
            let (_, _, text) = self.reply();
            let text = if text.is_empty() { "registration not understood" } else { text };
            let line = format!("{text} (address of record <{}>)", aor.escape_ascii());
            log::write(level, None, b"", "registrar", line.as_bytes());
        }
    }
}

/// A reply that is ready to be sent.
pub(super) struct Prepared<H> {
    code: u16,
    phrase: &'static str,
    headers: H,
    /// The headers are among the reply's additions already.
    added: bool,
}

/// One that waits for `reg_send_reply()`.
type Kept = Prepared<Box<[u8]>>;

/// Whom GRUUs are made for; none if the phone does not want any.
#[derive(Clone, Copy)]
pub(super) struct Gruu<'m> {
    pub(super) user: &'m [u8],
    pub(super) host: &'m [u8],
}

/// Writes the values of the Contact header: all that is valid now.
pub(super) fn put_contacts(
    out: &mut impl Sink,
    state: &State,
    record: &Record,
    now: i64,
    gruu: Option<&Gruu<'_>>,
) {
    for (at, contact) in record.valid(now).enumerate() {
        out.put(if at == 0 { b"<" } else { b", <" });
        out.put(contact.uri());
        out.put(b">");
        if contact.q() >= 0 {
            out.put(b";q=");
            put_q(out, contact.q());
        }
        out.put(b";expires=");
        out.put_num(contact.expires.saturating_sub(now).max(0) as u64);
        if !contact.received().is_empty() && !state.received_param.is_empty() {
            out.put(b";");
            out.put(&state.received_param);
            out.put(b"=\"");
            out.put(contact.received());
            out.put(b"\"");
        }
        if contact.instance().is_empty() {
            continue;
        }
        if let Some(gruu) = gruu {
            put_gruus(out, gruu, contact.instance(), contact.ruid(), record.hash);
        }
        out.put(b";+sip.instance=\"");
        out.put(contact.instance());
        out.put(b"\"");
        if contact.reg_id() != 0 {
            out.put(b";reg-id=");
            out.put_num(u64::from(contact.reg_id()));
        }
    }
}

fn put_q(out: &mut impl Sink, q: i32) {
    if q == 0 || q >= 1000 {
        return out.put(if q == 0 { b"0" } else { b"1" });
    }
    let digits = [b'0' + (q / 100) as u8, b'0' + (q / 10 % 10) as u8, b'0' + (q % 10) as u8];
    let used = digits.iter().rposition(|d| *d != b'0').map_or(1, |last| last + 1);
    out.put(b"0.");
    out.put(&digits[..used]);
}

/// Public and temporary GRUU (RFC 5627). The temporary one carries the id and the hash of the address, least
/// hexadecimal digit first (captured).
fn put_gruus(out: &mut impl Sink, gruu: &Gruu<'_>, instance: &[u8], ruid: &[u8], hash: u32) {
    let urn = instance.strip_prefix(b"<").and_then(|i| i.strip_suffix(b">")).unwrap_or(instance);
    out.put(b";pub-gruu=\"sip:");
    out.put(gruu.user);
    out.put(b"@");
    out.put(gruu.host);
    out.put(b";gr=");
    out.put(urn);
    out.put(b"\";temp-gruu=\"sip:");
    out.put(ruid);
    out.put(b"-");
    put_reversed_hex(hash, out);
    out.put(b"@");
    out.put(gruu.host);
    out.put(b";gr\"");
}

/// Makes the reply. `contacts`: the values of its Contact header; empty for none.
pub(super) fn prepare<'m>(
    ctx: &Ctx<'m>,
    state: &State,
    refusal: Option<Refusal>,
    contacts: &[u8],
) -> Prepared<ArenaVec<'m, u8>> {
    let (mut code, mut phrase, mut error) = refusal.map_or((200, "OK", ""), Refusal::reply);
    let mut headers = ArenaVec::with_capacity_in(contacts.len() + 64, ctx.arena);
    if !contacts.is_empty() {
        headers.put(b"Contact: ");
        headers.put(contacts);
        headers.put(b"\r\n");
    }
    if code == 200 && path_is_unsupported(ctx, state) {
        (code, phrase, error) = (420, "Bad Extension", "No support for found Path indicated");
        headers.put(b"Unsupported: path\r\n");
        put_path(ctx, &mut headers);
    } else if code == 200 {
        put_path_if_shown(ctx, state, &mut headers);
        put_outbound(ctx, state, &mut headers);
    }
    match refusal {
        Some(Refusal::TooBrief) => {
            headers.put(b"Min-Expires: ");
            headers.put_num(state.min_expires.get().max(0) as u64);
            headers.put(b"\r\n");
        }
        Some(Refusal::OutboundUnsupported) => headers.put(b"Unsupported: outbound\r\n"),
        _ => {}
    }
    if !error.is_empty() {
        headers.put(b"P-Registrar-Error: ");
        headers.put(error.as_bytes());
        headers.put(b"\r\n");
    }
    if code >= 500 && state.retry_after.get() > 0 {
        headers.put(b"Retry-After: ");
        headers.put_num(state.retry_after.get() as u64);
        headers.put(b"\r\n");
    }
    if code < 300 && refusal.is_none() {
        state.accepted.inc()
    } else {
        state.rejected.inc()
    }
    Prepared { code, phrase, headers, added: false }
}

fn supports_path(ctx: &Ctx<'_>) -> bool {
    has_option(ctx.msg, HeaderKind::Supported, b"path")
}

/// A Path that the phone does not support, where that is needed. The contact is stored all the same (captured).
fn path_is_unsupported(ctx: &Ctx<'_>, state: &State) -> bool {
    state.path_mode == Some(PathMode::Strict)
        && ctx.msg.header(HeaderKind::Path).is_some()
        && !supports_path(ctx)
}

fn put_path_if_shown(ctx: &Ctx<'_>, state: &State, out: &mut impl Sink) {
    if matches!(state.path_mode, Some(PathMode::Lazy | PathMode::Strict))
        && ctx.msg.header(HeaderKind::Path).is_some()
        && supports_path(ctx)
    {
        put_path(ctx, out);
    }
}

fn put_path(ctx: &Ctx<'_>, out: &mut impl Sink) {
    if let Some(vector) = path::of_message(ctx.arena, ctx.msg) {
        out.put(b"Path: ");
        out.put(vector.text);
        out.put(b"\r\n");
    }
}

fn put_outbound<O: Sink>(ctx: &Ctx<'_>, state: &State, out: &mut O) {
    let flow_timer = |out: &mut O| {
        if state.flow_timer > 0 {
            out.put(b"Flow-Timer: ");
            out.put_num(state.flow_timer as u64);
            out.put(b"\r\n");
        }
    };
    match state.outbound {
        OutboundMode::Off => {}
        OutboundMode::Supported => {
            out.put(b"Supported: outbound\r\n");
            if uses_outbound(ctx) {
                out.put(b"Require: outbound\r\n");
                flow_timer(out);
            }
        }
        OutboundMode::Required => {
            out.put(b"Require: outbound\r\nSupported: outbound\r\n");
            flow_timer(out);
        }
    }
}

/// Sends a reply, with its headers among the additions to replies: later replies to the same request carry them too.
pub(super) fn send<H: AsRef<[u8]>>(ctx: &mut Ctx<'_>, mut prepared: Prepared<H>) -> bool {
    add_headers(ctx, &mut prepared);
    sl::stateful_or_stateless(ctx, i64::from(prepared.code), prepared.phrase.as_bytes())
}

/// Puts the headers of a reply among the additions to replies.
pub(super) fn add_headers<H: AsRef<[u8]>>(ctx: &Ctx<'_>, prepared: &mut Prepared<H>) {
    let headers = prepared.headers.as_ref();
    if !prepared.added && !headers.is_empty() {
        ctx.edits.add_to_replies(ReplyPart::Header, headers);
    }
    prepared.added = true;
}

/// Keeps a reply for `reg_send_reply()`.
pub(super) fn keep(ctx: &mut Ctx<'_>, prepared: Prepared<ArenaVec<'_, u8>>) {
    let Prepared { code, phrase, headers, added } = prepared;
    ctx.ext.set(Kept { code, phrase, headers: headers.as_slice().into(), added });
}

/// `reg_send_reply()`: sends what `save()` prepared.
pub(super) fn send_prepared<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let prepared = match ctx.ext.take::<Kept>() {
        Some(prepared) => prepared,
        None if STATE.get(ctx).is_some() => {
            Kept { code: 200, phrase: "OK", headers: Box::default(), added: true }
        }
        None => return Ret::FALSE,
    };
    send(ctx, prepared).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_has_no_trailing_zeros() {
        for (q, text) in [(0, "0"), (1000, "1"), (500, "0.5"), (123, "0.123"), (250, "0.25"), (5, "0.005")] {
            let mut out = Vec::new();
            put_q(&mut out, q);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn gruus_are_those_of_the_real_server() {
        let mut out = Vec::new();
        let gruu = Gruu { user: b"bob", host: b"127.0.0.1" };
        put_gruus(&mut out, &gruu, b"<urn:uuid:1>", b"uloc-1-2-3", 7_222_211);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            ";pub-gruu=\"sip:bob@127.0.0.1;gr=urn:uuid:1\";temp-gruu=\"sip:uloc-1-2-3-3c33e6@127.0.0.1;gr\""
        );
    }
}
