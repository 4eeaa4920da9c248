//! The one pass that writes a message with its edits.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use super::{Edits, Hop, Insert, NONE, Piece, SocketText, Text, When};
use crate::message::{Message, ParseError};
use crate::sink::Sink;

/// An edit of the writers themselves (Via, Content-Length, ...); it comes behind the script's at the same offset.
#[derive(Clone, Copy)]
pub(crate) struct Builtin<'b> {
    pub(crate) offset: usize,
    pub(crate) delete: usize,
    pub(crate) text: &'b [u8],
}

#[derive(Clone, Copy)]
enum Source {
    Script(u32),
    Builtin(u32),
}

/// Writes `buf[range]` (cut to the message) with the edits whose offsets are in the range.
pub(crate) fn write_edited(
    out: &mut impl Sink,
    buf: &[u8],
    range: std::ops::Range<usize>,
    edits: &Edits<'_>,
    builtins: &[Builtin<'_>],
    hop: Option<&Hop<'_>>,
) {
    let state = edits.state.borrow();
    let mut order: BumpVec<'_, (u32, Source)> =
        BumpVec::with_capacity_in(state.anchors.len() + builtins.len(), edits.arena);
    let inside = |offset: usize| range.contains(&offset);
    let end = range.end.min(buf.len());
    for (at, a) in state.anchors.iter().enumerate() {
        if inside(a.offset as usize) {
            order.push((a.offset, Source::Script(at as u32)));
        }
    }
    for (at, b) in builtins.iter().enumerate() {
        if inside(b.offset) {
            order.push((b.offset as u32, Source::Builtin(at as u32)));
        }
    }
    order.sort_unstable_by_key(|(offset, source)| match source {
        Source::Script(at) => (*offset, 0, *at),
        Source::Builtin(at) => (*offset, 1, *at),
    });
    let mut done = range.start;
    for (offset, source) in order {
        let offset = (offset as usize).min(end);
        if let Some(kept) = buf.get(done..offset) {
            out.put(kept);
            done = offset;
        }
        match source {
            Source::Builtin(at) => {
                let Some(b) = builtins.get(at as usize) else { continue };
                out.put(b.text);
                done = done.max(offset.saturating_add(b.delete));
            }
            Source::Script(at) => {
                let Some(a) = state.anchors.get(at as usize) else { continue };
                put_chain(out, &state.inserts, a.before, hop);
                done = done.max(offset.saturating_add(a.delete as usize));
                put_chain(out, &state.inserts, a.after, hop);
            }
        }
    }
    out.put(buf.get(done..end).unwrap_or(&[]));
}

fn put_chain(out: &mut impl Sink, inserts: &[Insert<'_>], mut at: u32, hop: Option<&Hop<'_>>) {
    while at != NONE {
        let Some(insert) = inserts.get(at as usize) else { return };
        let wanted = match insert.when {
            When::Always => true,
            When::SocketsDiffer => hop.is_some_and(differ),
            When::ProtosDiffer => hop.is_some_and(protos_differ),
        };
        if wanted {
            put_text(out, insert.text, hop);
        }
        at = insert.next;
    }
}

fn differ(hop: &Hop<'_>) -> bool {
    hop.received_on != hop.sent_from
}

fn protos_differ(hop: &Hop<'_>) -> bool {
    hop.received_on.proto != hop.sent_from.proto
}

fn put_text(out: &mut impl Sink, text: Text<'_>, hop: Option<&Hop<'_>>) {
    match text {
        Text::Plain(bytes) => out.put(bytes),
        Text::Pieces(pieces) => pieces.iter().for_each(|p| put_piece(out, *p, hop)),
    }
}

fn put_piece(out: &mut impl Sink, piece: Piece<'_>, hop: Option<&Hop<'_>>) {
    let Some(hop) = hop else {
        if let Piece::Text(t) = piece {
            out.put(t);
        }
        return;
    };
    match piece {
        Piece::Text(t) => out.put(t),
        Piece::ReceivedHost => out.put(hop.received_on.host),
        Piece::ReceivedPort => out.put_num(u64::from(hop.received_on.port)),
        Piece::ReceivedAll => put_socket(out, &hop.received_on),
        Piece::SentHost => out.put(hop.sent_from.host),
        Piece::SentPort => out.put_num(u64::from(hop.sent_from.port)),
        Piece::SentAll => put_socket(out, &hop.sent_from),
        Piece::ReceivedName => put_name(out, &hop.received_on),
        Piece::SentName => put_name(out, &hop.sent_from),
        Piece::ReceivedProto => out.put(hop.received_on.proto.name().as_bytes()),
        Piece::SentProto => out.put(hop.sent_from.proto.name().as_bytes()),
        Piece::ReceivedTransport(always) => {
            if always || protos_differ(hop) {
                out.put(b";transport=");
                out.put(hop.received_on.proto.name().as_bytes());
            }
        }
        Piece::IfProtosDiffer(t) => {
            if protos_differ(hop) {
                out.put(t);
            }
        }
        Piece::IfSocketsDiffer(t) => {
            if differ(hop) {
                out.put(t);
            }
        }
    }
}

/// `host[:port][;transport=x]` as a URI needs it; the default port and UDP are left out.
fn put_socket(out: &mut impl Sink, socket: &SocketText<'_>) {
    out.put(socket.host);
    if socket.port != socket.proto.default_port() {
        out.put(b":");
        out.put_num(u64::from(socket.port));
    }
    if socket.proto != crate::Proto::Udp {
        out.put(b";transport=");
        out.put(socket.proto.name().as_bytes());
    }
}

fn put_name(out: &mut impl Sink, socket: &SocketText<'_>) {
    if !socket.name.is_empty() {
        out.put(b";sn=");
        out.put(socket.name);
    }
}

/// The message with its edits done, parsed anew (`msg_apply_changes`). `uri` is the new request URI, if any.
pub fn apply<'m>(
    msg: &Message<'m>,
    edits: &Edits<'_>,
    uri: Option<&[u8]>,
    hop: Option<&Hop<'_>>,
    arena: &'m Bump,
) -> Result<&'m Message<'m>, ParseError> {
    let mut out = BumpVec::with_capacity_in(msg.buf().len() + 256, arena);
    crate::build::rewritten(msg, edits, uri, hop, &mut out);
    Message::parse(arena, out.into_bump_slice())
}
