//! CANCEL and ACK for a request that was sent.

use crate::first_line::FirstLine;
use crate::header::{Header, HeaderKind};
use crate::message::Message;
use crate::sink::Sink;

fn put_header(out: &mut impl Sink, msg: &Message<'_>, h: &Header<'_>) {
    out.put(msg.buf().get(h.offset as usize..h.end()).unwrap_or(&[]));
}

fn put_start(out: &mut impl Sink, sent: &Message<'_>, method: &[u8]) {
    out.room(sent.headers_end() + 128);
    out.put(method);
    out.put(b" ");
    if let FirstLine::Request(line) = sent.first_line() {
        out.put(line.uri);
    }
    out.put(b" SIP/2.0\r\nVia: ");
    if let Some(via) = sent.via(0) {
        out.put(via.raw);
    }
    out.put(b"\r\n");
}

fn put_end(out: &mut impl Sink, sent: &Message<'_>, method: &[u8], extra: &[u8], user_agent: Option<&[u8]>) {
    out.put(b"CSeq: ");
    out.put(sent.cseq().number_raw);
    out.put(b" ");
    out.put(method);
    out.put(b"\r\nMax-Forwards: 70\r\n");
    for h in sent.headers_of(HeaderKind::Route) {
        put_header(out, sent, h);
    }
    out.put(extra);
    if let Some(ua) = user_agent {
        out.put(ua);
        out.put(b"\r\n");
    }
    out.put(b"Content-Length: 0\r\n\r\n");
}

/// The CANCEL for the request `sent` (as it went out). `extra`: more header lines (Reason) with line ends;
/// `user_agent`: the whole User-Agent line without line end.
pub fn local_cancel(sent: &Message<'_>, extra: &[u8], user_agent: Option<&[u8]>, out: &mut impl Sink) {
    put_start(out, sent, b"CANCEL");
    for kind in [HeaderKind::From, HeaderKind::CallId, HeaderKind::To] {
        if let Some(h) = sent.header(kind) {
            put_header(out, sent, h);
        }
    }
    put_end(out, sent, b"CANCEL", extra, user_agent);
}

/// The ACK for a negative final reply to the INVITE `sent`: To comes from the reply.
pub fn local_ack(sent: &Message<'_>, reply: &Message<'_>, user_agent: Option<&[u8]>, out: &mut impl Sink) {
    put_start(out, sent, b"ACK");
    for kind in [HeaderKind::From, HeaderKind::CallId] {
        if let Some(h) = sent.header(kind) {
            put_header(out, sent, h);
        }
    }
    if let Some(h) = reply.header(HeaderKind::To) {
        put_header(out, reply, h);
    }
    put_end(out, sent, b"ACK", b"", user_agent);
}

/// The same as [`local_ack`], from the bytes that went out and the bytes of the reply.
pub fn ack_hop(sent: &Message<'_>, reply: &Message<'_>, user_agent: Option<&[u8]>, out: &mut impl Sink) {
    local_ack(sent, reply, user_agent, out);
}
