//! What is being read: a file, or the value of a define with what follows its use.

use std::rc::Rc;

use super::lexer::rest;
use crate::source_map::{Define, FileId, SourceMap};
use crate::span::Span;

/// Bytes of the line behind a define that are joined to its value, so that a token may begin in the value and end
/// behind it (captured: values are read as if they stood in the text).
const MAX_JOINED: usize = 1024;

/// Where the bytes being read come from.
#[derive(Clone)]
pub(super) enum Origin {
    File(FileId),
    /// The value of a define: all of it maps to the place of use.
    Define {
        file: FileId,
        start: u32,
        len: u32,
        define: Rc<Define>,
    },
}

/// Text to read up to `edge`; tokens that begin before it may go on behind it.
pub(super) struct Buffer<'t> {
    pub(super) text: &'t [u8],
    pub(super) origin: Origin,
    pub(super) edge: usize,
    /// What stands behind the edge: this buffer from this offset on.
    pub(super) outer: Option<(&'t Buffer<'t>, usize)>,
}

impl<'t> Buffer<'t> {
    pub(super) fn file(text: &'t [u8], file: FileId) -> Buffer<'t> {
        Buffer { text, origin: Origin::File(file), edge: text.len(), outer: None }
    }

    /// True for the text of a file, where `at` is an offset in that file.
    pub(super) fn is_file(&self) -> bool {
        self.outer.is_none()
    }

    /// The rest of the line from `at` on, as far as it is joined to a value.
    pub(super) fn tail(&self, at: usize) -> &'t [u8] {
        let rest = rest(self.text, at);
        let rest = rest.get(..MAX_JOINED).unwrap_or(rest);
        memchr::memchr(b'\n', rest).and_then(|n| rest.get(..=n)).unwrap_or(rest)
    }

    /// The span of bytes, or of the place of use when they come from a define.
    pub(super) fn span(&self, map: &SourceMap, start: usize, end: usize) -> Span {
        if let Some((outer, from)) = self.outer.filter(|_| start >= self.edge) {
            return outer.span(map, from + start - self.edge, from + end.max(start) - self.edge);
        }
        match &self.origin {
            Origin::File(file) => map.source_span(*file, start as u32, end as u32),
            Origin::Define { file, start, len, .. } => map.source_span(*file, *start, *start + *len),
        }
    }
}
