//! Writing the expanded text and its source map.

use super::lexer::{Lexer, MAX_OUTPUT, Origin, Stretch};
use crate::raw_bytes;
use crate::source_map::Define;

impl Lexer<'_> {
    /// Appends `text[from..to]` to the output and returns `to`.
    pub(super) fn copy(&mut self, text: &[u8], from: usize, to: usize, origin: &Origin) -> usize {
        let Some(piece) = text.get(from..to).filter(|p| !p.is_empty()) else { return to };
        let out = self.out.text.len();
        if out + piece.len() > MAX_OUTPUT {
            self.too_long(origin, from);
            return to;
        }
        match origin {
            Origin::File(file) => {
                if self.stretch != (Stretch::Copied { file: *file, out, source: from }) {
                    self.out.map.copied(out as u32, *file, from as u32);
                }
                raw_bytes::push_lossless(piece, &mut self.out.text);
                let end = self.out.text.len();
                let same_length = end - out == piece.len();
                let next = Stretch::Copied { file: *file, out: end, source: to };
                self.stretch = if same_length { next } else { Stretch::Ended };
            }
            Origin::Define { file, start, len, define } => {
                let this = Stretch::Define { file: *file, start: *start };
                if self.stretch != this {
                    self.out.map.replaced(out as u32, *file, *start, *len, Define::clone(define));
                }
                raw_bytes::push_lossless(piece, &mut self.out.text);
                self.stretch = this;
            }
        }
        to
    }

    pub(super) fn too_long(&mut self, origin: &Origin, from: usize) {
        if !std::mem::replace(&mut self.overflowed, true) {
            let at = self.at(origin, from, from);
            let message =
                format!("defines and files make the configuration grow beyond {} MiB", MAX_OUTPUT >> 20);
            self.error("KC001", at, message);
        }
    }

    /// The trace that a comment or directive leaves: it parts strings that would be joined.
    pub(super) fn emit_marker(&mut self) {
        if !self.out.text.ends_with('\u{0C}') {
            self.out.text.push('\u{0C}');
        }
        self.stretch = Stretch::Ended;
    }
}
