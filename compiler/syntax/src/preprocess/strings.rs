//! Strings: where they end, and what substitutions do to them.
//!
//! Captured: `#!subst` works on the value of a whole string, that is with its escapes read and with all neighbours
//! that are joined to it.

use super::SubstKind;
use super::buffer::Buffer;
use super::defines::Policy;
use super::lexer::{Lexer, State, is_word, rest};
use super::subst::{self, TooMuch};
use crate::diagnostic::Diagnostic;
use crate::parse::unescape;
use crate::raw_bytes;
use crate::span::Span;

/// A string in the output.
#[derive(Debug, Default)]
pub(super) struct Str {
    /// Its opening quote in the output.
    open: usize,
    /// Where the content of the piece that is being read begins in the output.
    content: usize,
    /// The contents of the pieces read.
    pieces: Vec<(usize, usize)>,
    quote: u8,
    at: Span,
}

impl Lexer<'_> {
    pub(super) fn begin_string(&mut self, buffer: &Buffer<'_>, at: usize, quote: u8) -> usize {
        let span = self.at(buffer, at, at + 1);
        let open = self.out.text.len();
        self.copy(buffer, at, at + 1);
        self.string.pieces.clear();
        self.string = Str {
            open,
            content: self.out.text.len(),
            pieces: std::mem::take(&mut self.string.pieces),
            quote,
            at: span,
        };
        self.state = State::Str { quote, at: span };
        at + 1
    }

    pub(super) fn in_string(&mut self, buffer: &Buffer<'_>, at: usize, quote: u8) -> usize {
        let text = buffer.text;
        let closed = end_of_string(text, at, quote);
        if let Some(line_end) = self.runaway(buffer, at, closed) {
            return self.cut_string(buffer, at, line_end, quote);
        }
        let Some(end) = closed else { return self.copy(buffer, at, text.len()) };
        self.copy(buffer, at, end);
        self.string.pieces.push((self.string.content, self.out.text.len()));
        self.copy(buffer, end, end + 1);
        self.state = State::Between;
        if quote == b'\'' || (self.substs.is_empty() && !self.names_module && self.subst.is_none()) {
            self.end_string(buffer, end + 1);
        }
        end + 1
    }

    /// Behind a string: another one with only blanks between is its continuation.
    pub(super) fn between_strings(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let blanks = rest(buffer.text, at).iter().take_while(|b| b.is_ascii_whitespace()).count();
        let next = at + blanks;
        match buffer.text.get(next) {
            Some(b'"') => {
                self.copy(buffer, at, next + 1);
                self.string.content = self.out.text.len();
                self.state = State::Str { quote: b'"', at: self.at(buffer, next, next + 1) };
                next + 1
            }
            Some(_) => {
                self.end_string(buffer, at);
                self.copy(buffer, at, next)
            }
            None => {
                self.copy(buffer, at, next);
                // What is joined to a value may be cut: only the end of a file ends the string.
                next
            }
        }
    }

    /// The whole string was read up to `end`: substitutions, names of modules.
    pub(super) fn end_string(&mut self, buffer: &Buffer<'_>, end: usize) {
        self.state = State::Code;
        let (names_module, subst) = (std::mem::take(&mut self.names_module), self.subst.take());
        if self.substs.is_empty() && !names_module && subst.is_none() {
            return;
        }
        let mut value = Vec::new();
        for (from, to) in &self.string.pieces {
            let piece = self.out.text.get(*from..*to).unwrap_or("");
            if self.string.quote == b'"' {
                unescape(piece, &mut value);
            } else {
                raw_bytes::decode_into(piece, &mut value);
            }
        }
        let first = self.string.at;
        let last = self.at(buffer, end.saturating_sub(1), end);
        let at = if first.start < last.end { Span::new(first.start, last.end) } else { first };
        let changed = self.substitute(&mut value, at);
        if let Some((kind, _)) = subst {
            self.out.text.truncate(self.string.open);
            self.emit_marker();
            self.add_subst(kind, &value, at);
        } else if changed {
            self.replace(self.string.open, at, "#!subst", &quoted(&value));
            if self.string.quote == b'\'' {
                self.emit_marker();
            }
        }
        if names_module {
            self.define_module(&value, at);
        }
    }

    /// The end of the line on which a string should have ended: it either never ends, or runs over lines up to what
    /// can only be the opening quote of the next string. `None` for a sound string.
    fn runaway(&self, buffer: &Buffer<'_>, at: usize, closed: Option<usize>) -> Option<usize> {
        if !buffer.is_file() || self.out.text.len() != self.string.content {
            return None;
        }
        let text = buffer.text;
        let line = memchr::memchr(b'\n', rest(text, at)).map_or(text.len(), |n| at + n);
        match closed {
            None => Some(line),
            Some(end) => {
                let next = text.get(end + 1).copied().unwrap_or(b' ');
                (end > line && (is_word(next) || next == b'$')).then_some(line)
            }
        }
    }

    /// Reports a runaway string and ends it before what closes the statement on its line, so that the rest of the
    /// text can be read.
    fn cut_string(&mut self, buffer: &Buffer<'_>, at: usize, line_end: usize, quote: u8) -> usize {
        let text = buffer.text;
        let line = text.get(at..line_end).unwrap_or(b"");
        let kept = line.len() - line.iter().rev().take_while(|b| b" \t\r;){".contains(b)).count();
        let span = self.at(buffer, at.saturating_sub(1), at + kept);
        let line_start = memchr::memrchr(b'\n', text.get(..at).unwrap_or(b"")).map_or(0, |n| n + 1);
        let broken = self.at(buffer, line_start, line_end);
        self.out.broken.push(broken);
        let error = Diagnostic::error("KC001", span, "this string is not closed");
        let error = error.label("the string begins here and should end on this line");
        let quote_text = char::from(quote).to_string();
        self.out.diagnostics.push(error.help(format!("add the closing `{quote_text}`")).fix(
            format!("insert `{quote_text}`"),
            span.after(),
            quote_text,
            false,
        ));
        self.copy(buffer, at, at + kept);
        self.out.text.push(char::from(quote));
        self.emit_marker();
        self.names_module = false;
        self.subst = None;
        self.state = State::Code;
        at + kept
    }

    /// Runs the substitutions over a variable, which is the output from `content` on.
    pub(super) fn substitute_variable(&mut self, content: usize, at: Span) {
        if self.substs.is_empty() {
            return;
        }
        let mut bytes = Vec::new();
        raw_bytes::decode_into(self.out.text.get(content..).unwrap_or(""), &mut bytes);
        if self.substitute(&mut bytes, at) {
            self.replace(content, at, "#!subst", &bytes);
        }
    }

    /// Runs all substitutions in order; returns whether any changed the text.
    pub(super) fn substitute(&mut self, text: &mut Vec<u8>, at: Span) -> bool {
        let mut changed = false;
        for subst in &self.substs {
            match subst.apply(text, &mut self.searched) {
                Ok(Some(new)) => {
                    *text = new;
                    changed = true;
                }
                Ok(None) => {}
                Err(TooMuch::Long) => {
                    self.too_long(at);
                    return false;
                }
                Err(TooMuch::Work) => {
                    self.too_much_work(at);
                    return false;
                }
            }
        }
        changed
    }

    /// `#!subst` was read: the next string is its expression.
    pub(super) fn begin_subst(&mut self, kind: SubstKind, at: Span) {
        let before = self.out.text.trim_ascii_end().bytes().next_back();
        if self.braces > 0 {
            let error = Diagnostic::error("KC027", at, "a substitution cannot stand inside a route block");
            self.out.diagnostics.push(error.help("move it above the route blocks"));
        } else if before.is_some_and(|b| b"=(,|:".contains(&b)) {
            let error = Diagnostic::error("KC027", at, "a substitution cannot stand inside a setting");
            self.out.diagnostics.push(error.help("move it to a line of its own above"));
        }
        if let Some((_, before)) = self.subst.replace((kind, at)) {
            self.error("KC027", before, "the substitution must follow in quotes");
        }
    }

    /// Something that is no string was read.
    pub(super) fn no_subst(&mut self, buffer: &Buffer<'_>, start: usize, end: usize) {
        if let Some((_, at)) = self.subst.take() {
            let found = self.at(buffer, start, end);
            let error = Diagnostic::error("KC027", at, "the substitution must follow in quotes");
            let line = start + rest(buffer.text, start).iter().take_while(|b| **b != b'\n').count();
            let broken = self.at(buffer, start, line);
            self.out.broken.push(broken);
            let error = error.also(found, "instead of this");
            self.out.diagnostics.push(error.help("write it as \"/pattern/replacement/flags\""));
        }
    }

    /// Adds a substitution or reports a bad one.
    pub(super) fn add_subst(&mut self, kind: SubstKind, expression: &[u8], at: Span) {
        let lookup = |class: &str, name: &str| match class {
            "env" if !name.contains(['=', '\0']) => {
                self.loader.env(name).map(|v| v.as_encoded_bytes().to_vec())
            }
            "def" => self.defines.get(name.as_bytes()).map(|e| e.value.to_vec()),
            _ => None,
        };
        let written = subst::read(expression, kind != SubstKind::Subst, &lookup);
        let written = written.and_then(|written| match kind {
            SubstKind::Subst => Ok((written, Vec::new())),
            _ if written.pattern.is_empty() => Err("the pattern is empty".into()),
            _ => match written.value.clone() {
                Some(value) => Ok((written, value)),
                None => Err("the replacement is empty or its delimiter is protected".into()),
            },
        });
        let (written, value) = match written {
            Ok(read) => read,
            Err(why) => {
                let shown = String::from_utf8_lossy(expression).into_owned();
                let error = Diagnostic::error("KC027", at, format!("bad substitution `{shown}`: {why}"));
                let help = "write it as \"/pattern/replacement/flags\", flags: g, i, s";
                self.out.diagnostics.push(error.help(help));
                return;
            }
        };
        self.substs.push(written.subst);
        match kind {
            SubstKind::Subst => {}
            SubstKind::SubstDef => self.define(&written.pattern, &value, Some(at), Policy::New),
            SubstKind::SubstDefS => {
                self.define(&written.pattern, &[b"\"", &value[..], b"\""].concat(), Some(at), Policy::New);
            }
        }
    }
}

/// The place of the quote that ends a string whose content begins at `from`.
fn end_of_string(text: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    loop {
        let n = rest(text, at).iter().position(|b| *b == quote || (*b == b'\\' && quote == b'"'))?;
        if text.get(at + n) == Some(&quote) {
            return Some(at + n);
        }
        at += n + 2;
    }
}

/// A string literal with this value.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    out.push(b'"');
    for b in value {
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *b]),
            // The text marks parted strings with this byte.
            0x0C => out.extend_from_slice(b"\\x0c"),
            b => out.push(*b),
        }
    }
    out.push(b'"');
    out
}
