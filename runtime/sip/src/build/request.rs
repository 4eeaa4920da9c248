//! The request that goes out when one is forwarded.

use bumpalo::collections::Vec as BumpVec;

use super::{Source, ViaFix};
use crate::edit::{Builtin, Edits, Hop, write_edited};
use crate::first_line::FirstLine;
use crate::header::HeaderKind;
use crate::message::Message;
use crate::proto::Proto;
use crate::sink::Sink;
use crate::text::decimal;
use crate::via::Via;

/// The Via that is put on top.
#[derive(Clone, Copy, Debug)]
pub struct ViaOut<'a> {
    /// Transport.
    pub proto: Proto,
    /// Host of sent-by; IPv6 with brackets.
    pub host: &'a [u8],
    /// Port of sent-by; left out when it is the default of the transport.
    pub port: u16,
    /// The whole branch (see [`crate::branch::put_branch`]).
    pub branch: &'a [u8],
    /// Further parameters with their semicolons (`;rport;i=1`), or nothing.
    pub params: &'a [u8],
}

/// How a request is forwarded.
#[derive(Clone, Copy, Debug)]
pub struct RequestOut<'a> {
    /// New request URI; `None` keeps the received one.
    pub uri: Option<&'a [u8]>,
    /// The new Via.
    pub via: ViaOut<'a>,
    /// Where the request came from: `received` and `rport` are noted in the old top Via. `None` leaves it alone.
    pub source: Option<Source<'a>>,
    /// A path vector, written as a Route header; empty for none.
    pub path: &'a [u8],
    /// Sockets for edits that depend on them.
    pub hop: Option<Hop<'a>>,
}

/// Writes the request.
pub fn request(msg: &Message<'_>, edits: &Edits<'_>, how: &RequestOut<'_>, out: &mut impl Sink) {
    let arena = msg.arena();
    out.room(msg.buf().len() + 512);
    let mut via_line = BumpVec::with_capacity_in(160, arena);
    put_via(&mut via_line, &how.via);
    if !how.path.is_empty() {
        via_line.put(b"Route: ");
        via_line.put(how.path);
        via_line.put(b"\r\n");
    }
    let mut fix_text = BumpVec::with_capacity_in(64, arena);
    let mut builtins = BumpVec::with_capacity_in(6, arena);
    let top = msg.header(HeaderKind::Via);
    if let Some(top) = top {
        builtins.push(Builtin { offset: top.offset as usize, delete: 0, text: &via_line });
    }
    if let (Some(via), Some(source)) = (msg.via(0), &how.source) {
        fix_via(msg, via, source, &mut fix_text, &mut builtins);
    }
    write_message(msg, edits, how.uri, how.hop.as_ref(), &builtins, how.via.proto.is_stream(), out);
}

/// The message with its edits and nothing else, for `msg_apply_changes`.
pub(crate) fn rewritten(
    msg: &Message<'_>,
    edits: &Edits<'_>,
    uri: Option<&[u8]>,
    hop: Option<&Hop<'_>>,
    out: &mut impl Sink,
) {
    write_message(msg, edits, uri, hop, &[], false, out);
}

/// Writes first line, headers and body with all edits; Content-Length is corrected when the body changes.
pub(crate) fn write_message(
    msg: &Message<'_>,
    edits: &Edits<'_>,
    uri: Option<&[u8]>,
    hop: Option<&Hop<'_>>,
    builtins: &[Builtin<'_>],
    need_length: bool,
    out: &mut impl Sink,
) {
    let buf = msg.buf();
    let arena = msg.arena();
    let mut body = BumpVec::with_capacity_in(msg.body().len() + 16, arena);
    write_edited(&mut body, buf, msg.body_offset()..buf.len(), edits, &[], hop);
    let mut digits = [0; 20];
    let length = decimal(body.len() as u64, &mut digits);
    let mut added = BumpVec::new_in(arena);
    let mut all = BumpVec::with_capacity_in(builtins.len() + 2, arena);
    all.extend_from_slice_copy(builtins);
    match msg.header(HeaderKind::ContentLength) {
        Some(h) if h.value != length => {
            if let Some(offset) = msg.offset_of(h.value) {
                all.push(Builtin { offset, delete: h.value.len(), text: length });
            }
        }
        None if need_length => {
            added.extend_from_slice_copy(b"Content-Length: ");
            added.extend_from_slice_copy(length);
            added.extend_from_slice_copy(b"\r\n");
            all.push(Builtin { offset: msg.headers_end(), delete: 0, text: &added });
        }
        _ => {}
    }
    let start = msg.start_offset();
    let mut from = start;
    if let (FirstLine::Request(line), Some(uri)) = (msg.first_line(), uri)
        && let Some(at) = msg.offset_of(line.uri)
    {
        out.put(&buf[start..at]);
        out.put(uri);
        from = at + line.uri.len();
    }
    write_edited(out, buf, from..msg.body_offset(), edits, &all, hop);
    if msg.body_offset() < buf.len() || !body.is_empty() {
        out.put(&body);
    }
}

/// `Via: SIP/2.0/UDP host:port;branch=...` with its line end.
pub(crate) fn put_via(out: &mut impl Sink, via: &ViaOut<'_>) {
    out.put(b"Via: SIP/2.0/");
    out.put(via.proto.via_name().as_bytes());
    out.put(b" ");
    out.put(via.host);
    if via.port != via.proto.default_port() {
        out.put(b":");
        out.put_num(u64::from(via.port));
    }
    out.put(b";branch=");
    out.put(via.branch);
    out.put(via.params);
    out.put(b"\r\n");
}

/// Notes where the request came from in its top Via.
fn fix_via<'b>(
    msg: &Message<'_>,
    via: &Via<'_>,
    source: &Source<'_>,
    text: &'b mut BumpVec<'_, u8>,
    builtins: &mut BumpVec<'_, Builtin<'b>>,
) {
    let fix = ViaFix::new(via, source);
    if !fix.received && !fix.rport {
        return;
    }
    put_fix(text, &fix, source);
    let (offset, delete) =
        match via.rport.filter(|_| fix.rport).and_then(|p| Some((msg.offset_of(p.raw)?, p.raw.len()))) {
            // The semicolon before it goes with it.
            Some((offset, len)) => (offset.saturating_sub(1), len + 1),
            None => match msg.offset_of(via.raw) {
                Some(offset) => (offset + via.raw.len(), 0),
                None => return,
            },
        };
    builtins.push(Builtin { offset, delete, text: &*text });
}

/// `;received=10.0.0.1;rport=5060`, as far as needed.
pub(crate) fn put_fix(out: &mut impl Sink, fix: &ViaFix, source: &Source<'_>) {
    if fix.received {
        out.put(b";received=");
        out.put(source.ip);
    }
    if fix.rport {
        out.put(b";rport=");
        out.put_num(u64::from(source.port));
    }
}
