//! The request that goes out when one is forwarded.

use bumpalo::collections::Vec as BumpVec;

use super::{Source, ViaFix};
use crate::edit::{Builtin, Edits, Hop, write_edited};
use crate::first_line::FirstLine;
use crate::header::HeaderKind;
use crate::message::Message;
use crate::proto::Proto;
use crate::sink::Sink;
use crate::text::{decimal, parse_u32, trim_end};
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

/// Writes the request. Captured: our Via goes above the old one, a path vector above the first Route (or below our
/// Via), edits of the script at the same place come first.
pub fn request(msg: &Message<'_>, edits: &Edits<'_>, how: &RequestOut<'_>, out: &mut impl Sink) {
    let arena = msg.arena();
    out.room(msg.buf().len() + 512);
    let mut via_line = BumpVec::with_capacity_in(160, arena);
    put_via(&mut via_line, &how.via);
    let mut builtins = BumpVec::with_capacity_in(6, arena);
    if let Some(top) = msg.header(HeaderKind::Via) {
        builtins.push(Builtin { offset: top.offset as usize, delete: 0, text: via_line.into_bump_slice() });
    }
    if !how.path.is_empty()
        && let Some(before) = msg.header(HeaderKind::Route).or(msg.header(HeaderKind::Via))
    {
        let mut line = BumpVec::with_capacity_in(how.path.len() + 16, arena);
        line.put(b"Route: ");
        line.put(how.path);
        line.put(b"\r\n");
        builtins.push(Builtin { offset: before.offset as usize, delete: 0, text: line.into_bump_slice() });
    }
    if let (Some(via), Some(source)) = (msg.via(0), &how.source) {
        fix_via(msg, via, source, &mut builtins);
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

/// Writes first line, headers and body with all edits, from the first byte (leading line ends go along).
/// Content-Length is corrected or added when the body is edited or `need_length`; else a wrong one stays.
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
    let body_at = if msg.has_empty_line() { msg.body_offset() } else { buf.len() + 1 };
    let edited = edits.reach(body_at);
    let body = if edited {
        let mut body = BumpVec::with_capacity_in(msg.body().len() + 64, arena);
        write_edited(&mut body, buf, body_at..usize::MAX, edits, &[], hop);
        body.into_bump_slice()
    } else {
        msg.body()
    };
    let mut digits = [0; 20];
    let length = decimal(body.len() as u64, &mut digits);
    let mut added = BumpVec::new_in(arena);
    let mut all = BumpVec::with_capacity_in(builtins.len() + 2, arena);
    all.extend_from_slice_copy(builtins);
    match msg.header(HeaderKind::ContentLength) {
        Some(h) if (need_length || edited) && parse_u32(trim_end(h.value)) != Some(body.len() as u32) => {
            if let Some(offset) = msg.offset_of(h.value) {
                all.push(Builtin { offset, delete: trim_end(h.value).len(), text: length });
            }
        }
        None if need_length || edited => {
            added.extend_from_slice_copy(b"Content-Length: ");
            added.extend_from_slice_copy(length);
            added.extend_from_slice_copy(b"\r\n");
            all.push(Builtin { offset: msg.headers_end(), delete: 0, text: &added });
        }
        _ => {}
    }
    let mut from = 0;
    if let (FirstLine::Request(line), Some(uri)) = (msg.first_line(), uri)
        && let Some(at) = msg.offset_of(line.uri)
    {
        out.put(&buf[..at]);
        out.put(uri);
        from = at + line.uri.len();
    }
    write_edited(out, buf, from..body_at, edits, &all, hop);
    out.put(body);
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

/// Notes where the request came from in its top Via. What is there already is replaced in place; what is new goes
/// before the first parameter, `rport` first.
fn fix_via<'m>(
    msg: &Message<'m>,
    via: &Via<'m>,
    source: &Source<'_>,
    builtins: &mut BumpVec<'_, Builtin<'m>>,
) {
    let fix = ViaFix::new(via, source);
    let new_at = match via.params_raw {
        [] => msg.offset_of(via.sent_by).map(|at| at + via.sent_by.len()),
        params => msg.offset_of(params).map(|at| at.saturating_sub(1)),
    };
    let Some(new_at) = new_at else { return };
    let mut put =
        |span: Option<&[u8]>, text: &'m [u8]| match span.and_then(|s| Some((msg.offset_of(s)?, s.len()))) {
            Some((offset, delete)) => builtins.push(Builtin { offset, delete, text }),
            None => builtins.push(Builtin { offset: new_at, delete: 0, text }),
        };
    let mut rport = BumpVec::new_in(msg.arena());
    let mut received = BumpVec::new_in(msg.arena());
    if fix.rport {
        put_rport(&mut rport, source);
    }
    if fix.received {
        put_received(&mut received, source);
    }
    let (rport, received) = (rport.into_bump_slice(), received.into_bump_slice());
    if via.rport_span.is_none() && fix.rport {
        put(None, rport);
    }
    if fix.received {
        put(via.received_span, received);
    }
    if via.rport_span.is_some() && fix.rport {
        put(via.rport_span, rport);
    }
}

/// `;received=10.0.0.1`
pub(crate) fn put_received(out: &mut impl Sink, source: &Source<'_>) {
    out.put(b";received=");
    out.put(source.ip);
}

/// `;rport=5060`
pub(crate) fn put_rport(out: &mut impl Sink, source: &Source<'_>) {
    out.put(b";rport=");
    out.put_num(u64::from(source.port));
}
