//! Replies: made here from a request, or received and sent on.

use super::{Source, ViaFix};
use crate::edit::{Builtin, Edits, Hop, ReplyPart};
use crate::first_line::FirstLine;
use crate::header::{Header, HeaderKind};
use crate::message::Message;
use crate::sink::Sink;
use crate::text::without_line_end;

use super::request::{put_received, put_rport, write_message};

/// A reply that is made here.
#[derive(Clone, Copy, Debug)]
pub struct ReplyOut<'a> {
    /// The code.
    pub code: u16,
    /// The phrase.
    pub reason: &'a [u8],
    /// The tag that To gets when it has none; `None` adds none.
    pub to_tag: Option<&'a [u8]>,
    /// Where the request came from, for `received` and `rport`.
    pub source: Option<Source<'a>>,
    /// The whole Server header line without line end; `None` for none.
    pub server: Option<&'a [u8]>,
    /// More header lines, each with its line end, written behind those of the edits (captured for redirections).
    pub headers: &'a [u8],
}

/// Writes a reply to the request `msg` with the reply additions of `edits`.
pub fn reply(msg: &Message<'_>, edits: &Edits<'_>, how: &ReplyOut<'_>, out: &mut impl Sink) {
    out.room(msg.headers_end() + 256);
    // The version as the request spells it (captured).
    out.put(match msg.first_line() {
        FirstLine::Request(line) => line.version,
        FirstLine::Reply(line) => line.version,
    });
    // Always three digits, the last ones (captured: 99 is written 099, 1000 is written 000).
    let digit = |n: u16| b'0' + (how.code / n % 10) as u8;
    out.put(&[b' ', digit(100), digit(10), digit(1), b' ']);
    out.put(how.reason);
    out.put(b"\r\n");
    let dialog_forming = (180..300).contains(&how.code);
    let mut first_via = true;
    for h in msg.headers() {
        match h.kind {
            HeaderKind::Via => {
                put_via(out, msg, h, how.source.as_ref().filter(|_| first_via));
                first_via = false;
            }
            HeaderKind::RecordRoute if dialog_forming => put_header(out, msg, h),
            HeaderKind::To => put_to(out, msg, h, how.to_tag),
            HeaderKind::From | HeaderKind::CallId | HeaderKind::CSeq => put_header(out, msg, h),
            _ => {}
        }
    }
    let replies = edits.replies();
    for lump in replies.iter().filter(|l| l.part == ReplyPart::Header) {
        out.put(lump.text);
    }
    out.put(how.headers);
    if let Some(server) = how.server {
        out.put(server);
        out.put(b"\r\n");
    }
    let body = replies.iter().rev().find(|l| l.part == ReplyPart::Body).map_or(&b""[..], |l| l.text);
    out.put(b"Content-Length: ");
    out.put_num(body.len() as u64);
    out.put(b"\r\n\r\n");
    out.put(body);
}

fn put_header(out: &mut impl Sink, msg: &Message<'_>, h: &Header<'_>) {
    out.put(msg.buf().get(h.offset as usize..h.end()).unwrap_or(&[]));
}

/// A Via header. In the first one a `rport` is filled in where it stands (the last, if there are several); what is
/// missing is added at the end of the whole header, `rport` before `received` (captured; also behind further values).
fn put_via(out: &mut impl Sink, msg: &Message<'_>, h: &Header<'_>, source: Option<&Source<'_>>) {
    let buf = msg.buf();
    let line = buf.get(h.offset as usize..h.end()).unwrap_or(&[]);
    let end = h.offset as usize + without_line_end(line).len();
    let mut from = h.offset as usize;
    let first = msg.via(0).zip(source);
    if let Some((via, source)) = first
        && let Some((span, at)) = via.rport_span.and_then(|s| Some((s, msg.offset_of(s)?)))
    {
        out.put(buf.get(from..at).unwrap_or(&[]));
        put_rport(out, source);
        from = at + span.len();
    }
    out.put(buf.get(from..end).unwrap_or(&[]));
    if let Some((via, source)) = first {
        let fix = ViaFix::new(via, source);
        if fix.rport && via.rport_span.is_none() {
            put_rport(out, source);
        }
        if fix.received {
            put_received(out, source);
        }
    }
    // Whatever ends the line of the request.
    out.put(b"\r\n");
}

/// To, with a tag at its very end when it has none (also behind trailing blanks; captured).
fn put_to(out: &mut impl Sink, msg: &Message<'_>, h: &Header<'_>, tag: Option<&[u8]>) {
    let has_tag = msg.to().tag.is_some_and(|t| !t.is_empty());
    let Some(tag) = tag.filter(|_| !has_tag) else { return put_header(out, msg, h) };
    let line = msg.buf().get(h.offset as usize..h.end()).unwrap_or(&[]);
    let text = without_line_end(line);
    out.put(text);
    out.put(b";tag=");
    out.put(tag);
    out.put(&line[text.len()..]);
}

/// Writes a received reply as it goes on: without our Via on top, with the edits.
pub fn reply_forward(msg: &Message<'_>, edits: &Edits<'_>, hop: Option<&Hop<'_>>, out: &mut impl Sink) {
    out.room(msg.buf().len() + 64);
    let remove = match (msg.via(0), msg.via(1)) {
        (Some(top), Some(second)) if second.header == top.header => {
            msg.offset_of(top.raw).zip(msg.offset_of(second.raw)).map(|(a, b)| (a, b.saturating_sub(a)))
        }
        (Some(_), _) => msg.header(HeaderKind::Via).map(|h| (h.offset as usize, h.len as usize)),
        _ => None,
    };
    match remove {
        Some((offset, delete)) => {
            write_message(msg, edits, None, hop, &[Builtin { offset, delete, text: b"" }], false, out);
        }
        None => write_message(msg, edits, None, hop, &[], false, out),
    }
}
