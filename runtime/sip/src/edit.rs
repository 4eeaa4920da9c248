//! Edits of a message ("lumps"): recorded while the script runs, applied in one pass when the message is written.
//!
//! An edit hangs on an *anchor*: an offset of the received bytes, perhaps with bytes to delete. Texts hang before or
//! after an anchor. Anchors are applied by offset; those at one offset in the order in which they were made. Of
//! several texts before one anchor the last one added comes out first; the same holds for texts after it.

mod apply;
mod owned;

pub use apply::apply;
pub(crate) use apply::{Builtin, write_edited};
pub use owned::OwnedEdits;

use std::cell::{Ref, RefCell};

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use crate::message::Message;
use crate::proto::Proto;

/// A socket as it is written into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketText<'a> {
    /// Advertised or bound address; IPv6 with brackets.
    pub host: &'a [u8],
    /// Advertised or bound port.
    pub port: u16,
    /// Transport.
    pub proto: Proto,
    /// Name of the listener (`listen=... name "x"`), or empty.
    pub name: &'a [u8],
}

/// The sockets that a message came in on and goes out from; known only when it is written.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// Received on.
    pub received_on: SocketText<'a>,
    /// Sent from.
    pub sent_from: SocketText<'a>,
}

/// Part of an inserted text that is filled in when the message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes.
    Text(&'a [u8]),
    /// Host of the socket that received the message.
    ReceivedHost,
    /// Port of the socket that received the message.
    ReceivedPort,
    /// `host[:port][;transport=tcp]` of the socket that received it.
    ReceivedAll,
    /// Host of the socket that sends the message.
    SentHost,
    /// Port of the socket that sends the message.
    SentPort,
    /// `host[:port][;transport=tcp]` of the socket that sends it.
    SentAll,
    /// `;sn=NAME` of the socket that received the message, when it has a name.
    ReceivedName,
    /// `;sn=NAME` of the socket that sends it, when it has a name.
    SentName,
    /// Transport of the socket that received the message, lower case.
    ReceivedProto,
    /// Transport of the socket that sends it, lower case.
    SentProto,
    /// `;transport=` with that of the socket that received the message: always (true), or only when the transports
    /// differ.
    ReceivedTransport(bool),
    /// Only when the transports differ: these bytes.
    IfProtosDiffer(&'a [u8]),
    /// Only when both sockets differ: these bytes.
    IfSocketsDiffer(&'a [u8]),
}

/// Condition of an inserted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum When {
    /// Always written.
    #[default]
    Always,
    /// Written when receiving and sending socket differ (address, port or transport).
    SocketsDiffer,
    /// Written when the transports of receiving and sending socket differ.
    ProtosDiffer,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'m> {
    Plain(&'m [u8]),
    Pieces(&'m [Piece<'m>]),
}

/// Tags of anchors: by them one module finds again what it or another one recorded, also after `freeze` and `thaw`.
pub mod tag {
    /// A Record-Route header up to where parameters are added.
    pub const RECORD_ROUTE: u8 = 1;
    /// The end of a Record-Route header.
    pub const RECORD_ROUTE_END: u8 = 2;
}

/// Names an anchor of one `Edits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchorId(u32);

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    pub(crate) offset: u32,
    pub(crate) delete: u32,
    tag: u8,
    before: u32,
    after: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Insert<'m> {
    text: Text<'m>,
    when: When,
    next: u32,
}

/// What a line for locally made replies is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyPart {
    /// Header lines with their line ends.
    Header,
    /// The body.
    Body,
}

/// An addition to replies that are made from the request.
#[derive(Clone, Copy, Debug)]
pub struct ReplyLump<'m> {
    /// Header lines or body.
    pub part: ReplyPart,
    /// The bytes.
    pub text: &'m [u8],
}

#[derive(Debug)]
struct State<'m> {
    anchors: BumpVec<'m, Anchor>,
    inserts: BumpVec<'m, Insert<'m>>,
    replies: BumpVec<'m, ReplyLump<'m>>,
}

/// How far an `Edits` had got; see [`Edits::rollback`].
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    anchors: usize,
    inserts: usize,
    replies: usize,
}

/// The edits of one message.
#[derive(Debug)]
pub struct Edits<'m> {
    arena: &'m Bump,
    state: RefCell<State<'m>>,
}

impl<'m> Edits<'m> {
    /// No edits.
    pub fn new(arena: &'m Bump) -> Edits<'m> {
        let state = State {
            anchors: BumpVec::new_in(arena),
            inserts: BumpVec::new_in(arena),
            replies: BumpVec::new_in(arena),
        };
        Edits { arena, state: RefCell::new(state) }
    }

    /// Whether nothing of the message itself is edited (additions to replies do not count).
    pub fn is_empty(&self) -> bool {
        self.state.borrow().anchors.is_empty()
    }

    /// Whether an edit lies at or behind `offset`.
    pub(crate) fn reach(&self, offset: usize) -> bool {
        self.state.borrow().anchors.iter().any(|a| a.offset as usize >= offset)
    }

    /// Drops everything.
    pub fn clear(&self) {
        let mut s = self.state.borrow_mut();
        s.anchors.clear();
        s.inserts.clear();
        s.replies.clear();
    }

    /// Drops the edits of the message, keeps the additions to replies.
    pub fn clear_message_edits(&self) {
        let mut s = self.state.borrow_mut();
        s.anchors.clear();
        s.inserts.clear();
    }

    /// Remembers this state, so that the edits of one branch can be taken back.
    pub fn mark(&self) -> Mark {
        let s = self.state.borrow();
        Mark { anchors: s.anchors.len(), inserts: s.inserts.len(), replies: s.replies.len() }
    }

    /// Takes back everything since `mark`, also what was hung on older anchors.
    pub fn rollback(&self, mark: Mark) {
        let s = &mut *self.state.borrow_mut();
        s.anchors.truncate(mark.anchors);
        s.replies.truncate(mark.replies);
        let first_gone = mark.inserts.min(s.inserts.len()) as u32;
        for anchor in &mut s.anchors {
            for head in [&mut anchor.before, &mut anchor.after] {
                // New texts stand at the front or at the end of a chain.
                while *head != NONE && *head >= first_gone {
                    *head = s.inserts.get(*head as usize).map_or(NONE, |i| i.next);
                }
            }
        }
        s.inserts.truncate(mark.inserts);
        for insert in &mut s.inserts {
            if insert.next != NONE && insert.next >= first_gone {
                insert.next = NONE;
            }
        }
    }

    /// Gives an anchor a tag (see [`tag`]).
    pub fn set_tag(&self, AnchorId(id): AnchorId, tag: u8) {
        if let Some(anchor) = self.state.borrow_mut().anchors.get_mut(id as usize) {
            anchor.tag = tag;
        }
    }

    /// Whether an anchor has this tag.
    pub fn has_tag(&self, tag: u8) -> bool {
        self.state.borrow().anchors.iter().any(|a| a.tag == tag)
    }

    /// Adds a text at the end of what hangs after each anchor with this tag, under the condition of the text there.
    /// False if there is none.
    pub fn append_to_tagged(&self, tag: u8, text: &[u8]) -> bool {
        let s = &mut *self.state.borrow_mut();
        let text = Text::Plain(self.arena.alloc_slice_copy(text));
        let mut found = false;
        for anchor in s.anchors.iter_mut().filter(|a| a.tag == tag) {
            let new = s.inserts.len() as u32;
            let (mut last, mut at) = (NONE, anchor.after);
            while let Some(insert) = s.inserts.get(at as usize) {
                (last, at) = (at, insert.next);
            }
            let when = s.inserts.get(last as usize).map_or(When::Always, |i| i.when);
            match s.inserts.get_mut(last as usize) {
                Some(insert) => insert.next = new,
                None => anchor.after = new,
            }
            s.inserts.push(Insert { text, when, next: NONE });
            found = true;
        }
        found
    }

    /// Makes the anchors with this tag do nothing. False if there was none.
    pub fn remove_tagged(&self, tag: u8) -> bool {
        let mut found = false;
        for anchor in self.state.borrow_mut().anchors.iter_mut().filter(|a| a.tag == tag) {
            (anchor.tag, anchor.delete, anchor.before, anchor.after) = (0, 0, NONE, NONE);
            found = true;
        }
        found
    }

    /// Makes an anchor at `offset` of the message.
    pub fn anchor(&self, offset: usize) -> AnchorId {
        self.push(offset, 0)
    }

    /// Deletes `len` bytes at `offset`; texts may be hung on the anchor.
    pub fn delete(&self, offset: usize, len: usize) -> AnchorId {
        self.push(offset, len)
    }

    fn push(&self, offset: usize, len: usize) -> AnchorId {
        let mut s = self.state.borrow_mut();
        let id = s.anchors.len() as u32;
        s.anchors.push(Anchor {
            offset: offset as u32,
            delete: len as u32,
            tag: 0,
            before: NONE,
            after: NONE,
        });
        AnchorId(id)
    }

    /// Hangs a text before an anchor, in front of those already there.
    pub fn insert_before(&self, anchor: AnchorId, text: &[u8]) {
        self.hang(anchor, Text::Plain(self.arena.alloc_slice_copy(text)), When::Always, true);
    }

    /// Hangs a text after an anchor (and its deleted bytes), in front of those already there.
    pub fn insert_after(&self, anchor: AnchorId, text: &[u8]) {
        self.hang(anchor, Text::Plain(self.arena.alloc_slice_copy(text)), When::Always, false);
    }

    /// Like [`Edits::insert_before`] for a text that depends on the sockets.
    pub fn insert_pieces_before(&self, anchor: AnchorId, pieces: &[Piece<'_>], when: When) {
        let text = Text::Pieces(self.copy_pieces(pieces));
        self.hang(anchor, text, when, true);
    }

    /// Like [`Edits::insert_after`] for a text that depends on the sockets.
    pub fn insert_pieces_after(&self, anchor: AnchorId, pieces: &[Piece<'_>], when: When) {
        let text = Text::Pieces(self.copy_pieces(pieces));
        self.hang(anchor, text, when, false);
    }

    fn copy_pieces(&self, pieces: &[Piece<'_>]) -> &'m [Piece<'m>] {
        self.arena.alloc_slice_fill_iter(pieces.iter().map(|p| p.copy_to(self.arena)))
    }

    fn hang(&self, AnchorId(id): AnchorId, text: Text<'m>, when: When, before: bool) {
        let mut s = self.state.borrow_mut();
        let new = s.inserts.len() as u32;
        let Some(anchor) = s.anchors.get_mut(id as usize) else { return };
        let head = if before { &mut anchor.before } else { &mut anchor.after };
        let next = std::mem::replace(head, new);
        s.inserts.push(Insert { text, when, next });
    }

    /// Takes away what hangs after an anchor and hangs this text there.
    pub fn amend(&self, anchor: AnchorId, text: &[u8]) {
        if let Some(anchor) = self.state.borrow_mut().anchors.get_mut(anchor.0 as usize) {
            anchor.after = NONE;
        }
        self.insert_after(anchor, text);
    }

    /// Inserts a text at `offset`, behind what was inserted there before.
    pub fn insert(&self, offset: usize, text: &[u8]) {
        self.insert_before(self.anchor(offset), text);
    }

    /// Replaces `len` bytes at `offset`.
    pub fn replace(&self, offset: usize, len: usize, text: &[u8]) {
        self.insert_after(self.delete(offset, len), text);
    }

    /// Adds a header line (with its line end) behind the last header.
    pub fn append_header(&self, msg: &Message<'_>, line: &[u8]) {
        self.insert(msg.headers_end(), line);
    }

    /// Adds a header line (with its line end) before the first header.
    pub fn prepend_header(&self, msg: &Message<'_>, line: &[u8]) {
        self.insert(msg.headers_offset(), line);
    }

    /// Deletes a header.
    pub fn remove_header(&self, header: &crate::Header<'_>) -> AnchorId {
        self.delete(header.offset as usize, header.len as usize)
    }

    /// Adds header lines or a body to the replies that are made from this request.
    pub fn add_to_replies(&self, part: ReplyPart, text: &[u8]) {
        let text = self.arena.alloc_slice_copy(text);
        self.state.borrow_mut().replies.push(ReplyLump { part, text });
    }

    /// Takes the additions to replies away.
    pub fn clear_replies(&self) {
        self.state.borrow_mut().replies.clear();
    }

    /// The additions to replies, in order.
    pub fn replies(&self) -> Ref<'_, [ReplyLump<'m>]> {
        Ref::map(self.state.borrow(), |s| s.replies.as_slice())
    }

    /// Whether an anchor at exactly this range deletes bytes already.
    pub fn deletes(&self, offset: usize, len: usize) -> bool {
        self.state
            .borrow()
            .anchors
            .iter()
            .any(|a| a.offset as usize == offset && a.delete as usize == len && len > 0)
    }
}

impl<'a> Piece<'a> {
    fn copy_to<'m>(&self, arena: &'m Bump) -> Piece<'m> {
        match self {
            Piece::Text(t) => Piece::Text(arena.alloc_slice_copy(t)),
            Piece::IfSocketsDiffer(t) => Piece::IfSocketsDiffer(arena.alloc_slice_copy(t)),
            Piece::IfProtosDiffer(t) => Piece::IfProtosDiffer(arena.alloc_slice_copy(t)),
            Piece::ReceivedTransport(always) => Piece::ReceivedTransport(*always),
            Piece::ReceivedName => Piece::ReceivedName,
            Piece::SentName => Piece::SentName,
            Piece::ReceivedProto => Piece::ReceivedProto,
            Piece::SentProto => Piece::SentProto,
            Piece::ReceivedHost => Piece::ReceivedHost,
            Piece::ReceivedPort => Piece::ReceivedPort,
            Piece::ReceivedAll => Piece::ReceivedAll,
            Piece::SentHost => Piece::SentHost,
            Piece::SentPort => Piece::SentPort,
            Piece::SentAll => Piece::SentAll,
        }
    }
}
