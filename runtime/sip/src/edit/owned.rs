//! Edits that outlive their message: what a transaction keeps.

use bumpalo::Bump;

use super::{Anchor, Edits, Insert, Piece, ReplyLump, ReplyPart, Text, When};

/// A copy of an [`Edits`] that owns its bytes.
#[derive(Clone, Debug, Default)]
pub struct OwnedEdits {
    anchors: Vec<Anchor>,
    inserts: Vec<(OwnedText, When, u32)>,
    replies: Vec<(ReplyPart, Range)>,
    bytes: Vec<u8>,
}

/// Range of `OwnedEdits::bytes`.
#[derive(Clone, Copy, Debug)]
struct Range(u32, u32);

#[derive(Clone, Debug)]
enum OwnedText {
    Plain(Range),
    Pieces(Vec<OwnedPiece>),
}

#[derive(Clone, Debug)]
enum OwnedPiece {
    Text(Range),
    IfSocketsDiffer(Range),
    IfProtosDiffer(Range),
    Filled(Piece<'static>),
}

impl Edits<'_> {
    /// An owned copy.
    pub fn freeze(&self) -> OwnedEdits {
        let s = self.state.borrow();
        let mut owned = OwnedEdits { anchors: s.anchors.to_vec(), ..OwnedEdits::default() };
        for insert in &s.inserts {
            let text = owned.keep_text(insert.text);
            owned.inserts.push((text, insert.when, insert.next));
        }
        for reply in &s.replies {
            let range = owned.keep(reply.text);
            owned.replies.push((reply.part, range));
        }
        owned
    }
}

impl OwnedEdits {
    /// Whether nothing is edited and nothing added to replies.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty() && self.replies.is_empty()
    }

    /// The edits again, in the arena of another run over the same message bytes.
    pub fn thaw<'m>(&self, arena: &'m Bump) -> Edits<'m> {
        let edits = Edits::new(arena);
        {
            let mut s = edits.state.borrow_mut();
            s.anchors.extend_from_slice_copy(&self.anchors);
            for (text, when, next) in &self.inserts {
                s.inserts.push(Insert { text: self.thaw_text(text, arena), when: *when, next: *next });
            }
            for (part, range) in &self.replies {
                s.replies
                    .push(ReplyLump { part: *part, text: arena.alloc_slice_copy(self.bytes_of(*range)) });
            }
        }
        edits
    }

    fn keep(&mut self, bytes: &[u8]) -> Range {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Range(from as u32, self.bytes.len() as u32)
    }

    fn keep_text(&mut self, text: Text<'_>) -> OwnedText {
        match text {
            Text::Plain(bytes) => OwnedText::Plain(self.keep(bytes)),
            Text::Pieces(pieces) => OwnedText::Pieces(pieces.iter().map(|p| self.keep_piece(*p)).collect()),
        }
    }

    fn keep_piece(&mut self, piece: Piece<'_>) -> OwnedPiece {
        match piece {
            Piece::Text(t) => OwnedPiece::Text(self.keep(t)),
            Piece::IfSocketsDiffer(t) => OwnedPiece::IfSocketsDiffer(self.keep(t)),
            Piece::IfProtosDiffer(t) => OwnedPiece::IfProtosDiffer(self.keep(t)),
            Piece::ReceivedHost => OwnedPiece::Filled(Piece::ReceivedHost),
            Piece::ReceivedPort => OwnedPiece::Filled(Piece::ReceivedPort),
            Piece::ReceivedAll => OwnedPiece::Filled(Piece::ReceivedAll),
            Piece::ReceivedTransport(always) => OwnedPiece::Filled(Piece::ReceivedTransport(always)),
            Piece::ReceivedName => OwnedPiece::Filled(Piece::ReceivedName),
            Piece::ReceivedProto => OwnedPiece::Filled(Piece::ReceivedProto),
            Piece::SentHost => OwnedPiece::Filled(Piece::SentHost),
            Piece::SentPort => OwnedPiece::Filled(Piece::SentPort),
            Piece::SentAll => OwnedPiece::Filled(Piece::SentAll),
            Piece::SentName => OwnedPiece::Filled(Piece::SentName),
            Piece::SentProto => OwnedPiece::Filled(Piece::SentProto),
        }
    }

    fn bytes_of(&self, Range(from, to): Range) -> &[u8] {
        self.bytes.get(from as usize..to as usize).unwrap_or(&[])
    }

    fn thaw_text<'m>(&self, text: &OwnedText, arena: &'m Bump) -> Text<'m> {
        match text {
            OwnedText::Plain(range) => Text::Plain(arena.alloc_slice_copy(self.bytes_of(*range))),
            OwnedText::Pieces(pieces) => {
                Text::Pieces(arena.alloc_slice_fill_iter(pieces.iter().map(|p| match p {
                    OwnedPiece::Text(r) => Piece::Text(arena.alloc_slice_copy(self.bytes_of(*r))),
                    OwnedPiece::IfSocketsDiffer(r) => {
                        Piece::IfSocketsDiffer(arena.alloc_slice_copy(self.bytes_of(*r)))
                    }
                    OwnedPiece::IfProtosDiffer(r) => {
                        Piece::IfProtosDiffer(arena.alloc_slice_copy(self.bytes_of(*r)))
                    }
                    OwnedPiece::Filled(p) => *p,
                })))
            }
        }
    }
}
