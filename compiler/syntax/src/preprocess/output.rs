//! Writing the expanded text and its source map.

use super::buffer::{Buffer, Origin};
use super::lexer::{Lexer, MAX_OUTPUT, Stretch};
use crate::diagnostic::Diagnostic;
use crate::raw_bytes;
use crate::source_map::Define;
use crate::span::Span;

impl Lexer<'_> {
    /// Appends `from..to` of the buffer to the output and returns `to`.
    pub(super) fn copy(&mut self, buffer: &Buffer<'_>, from: usize, to: usize) -> usize {
        if let Some((outer, start)) = buffer.outer.filter(|_| to > buffer.edge) {
            if from < buffer.edge {
                self.copy(buffer, from, buffer.edge);
            }
            self.copy(outer, start + from.max(buffer.edge) - buffer.edge, start + to - buffer.edge);
            return to;
        }
        let Some(piece) = buffer.text.get(from..to).filter(|p| !p.is_empty()) else { return to };
        let out = self.out.text.len();
        if out + piece.len() > MAX_OUTPUT {
            self.too_long(self.at(buffer, from, to));
            return to;
        }
        match &buffer.origin {
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

    pub(super) fn too_long(&mut self, at: Span) {
        if !std::mem::replace(&mut self.overflowed, true) {
            let message =
                format!("defines and files make the configuration grow beyond {} MiB", MAX_OUTPUT >> 20);
            self.error("KC001", at, message);
        }
    }

    /// Reports, once, that the substitutions take too long.
    pub(super) fn too_much_work(&mut self, at: Span) {
        if !std::mem::replace(&mut self.overflowed, true) {
            let error = Diagnostic::error("KC001", at, "the substitutions up to here take too long");
            self.out.diagnostics.push(error.help("use fewer #!subst with fewer matches"));
        }
    }

    /// The trace that a comment or directive leaves: it parts strings that would be joined.
    pub(super) fn emit_marker(&mut self) {
        if !self.out.text.ends_with('\u{0C}') {
            self.out.text.push('\u{0C}');
        }
        self.stretch = Stretch::Ended;
    }

    /// Puts text in place of the output from `content` on, which was written at `at`.
    pub(super) fn replace(&mut self, content: usize, at: Span, what: &str, bytes: &[u8]) {
        self.out.text.truncate(content);
        if content + bytes.len() > MAX_OUTPUT {
            self.too_long(at);
            return;
        }
        if let Some((file, start, end, _)) = self.out.map.source_range(at) {
            let define = Define { name: what.into(), value: String::from_utf8_lossy(bytes).into(), at: None };
            self.out.map.replaced(content as u32, file, start, end.saturating_sub(start), define);
        }
        raw_bytes::push_lossless(bytes, &mut self.out.text);
        self.stretch = Stretch::Ended;
    }
}
