//! Byte ranges: how every node, token and message says where it stands.

use std::fmt;

/// Offsets from this one on do not point into the expanded text but straight into a source file, see
/// [`SourceMap::source_span`](crate::SourceMap::source_span). Messages about directives, comments and
/// skipped regions need that: such text never reaches the expanded text.
pub const SOURCE_BASE: u32 = 0x8000_0000;

/// A range of bytes, `start` included, `end` excluded. Below [`SOURCE_BASE`] it counts bytes of the expanded text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end` (exclusive).
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// A span from `usize` offsets; offsets that do not fit 32 bits are cut to the largest.
    pub fn of(start: usize, end: usize) -> Span {
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span where this one ends.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// True for a span without bytes: a place between two characters.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The bytes of `text` under this span; empty when the span does not lie in `text`.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
