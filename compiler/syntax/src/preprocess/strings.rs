//! Strings: where they end, and what substitutions do to them.

use super::SubstKind;
use super::defines::Policy;
use super::lexer::{Lexer, Origin, State, Stretch, is_word, rest};
use super::subst::Subst;
use crate::diagnostic::Diagnostic;
use crate::raw_bytes;
use crate::source_map::Define;
use crate::span::Span;

impl Lexer<'_> {
    pub(super) fn in_string(
        &mut self,
        text: &[u8],
        at: usize,
        quote: u8,
        content: usize,
        origin: &Origin,
    ) -> usize {
        let closed = end_of_string(text, at, quote);
        if let Some(line_end) = self.runaway(text, at, closed, content, origin) {
            return self.cut_string(text, at, line_end, quote, origin);
        }
        let Some(end) = closed else { return self.copy(text, at, text.len(), origin) };
        self.copy(text, at, end, origin);
        self.substitute(content, quote, origin, end);
        if std::mem::take(&mut self.names_module) {
            let name = self.out.text.get(content..).unwrap_or("").as_bytes().to_vec();
            self.define_module(&name);
        }
        self.state = State::Code;
        self.copy(text, end, end + 1, origin)
    }

    /// The end of the line on which a string should have ended: it either never ends, or runs over lines up to what
    /// can only be the opening quote of the next string. `None` for a sound string.
    fn runaway(
        &self,
        text: &[u8],
        at: usize,
        closed: Option<usize>,
        content: usize,
        origin: &Origin,
    ) -> Option<usize> {
        if !matches!(origin, Origin::File(_)) || self.out.text.len() != content {
            return None;
        }
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
    fn cut_string(&mut self, text: &[u8], at: usize, line_end: usize, quote: u8, origin: &Origin) -> usize {
        let line = text.get(at..line_end).unwrap_or(b"");
        let kept = line.len() - line.iter().rev().take_while(|b| b" \t\r;){".contains(b)).count();
        let span = self.at(origin, at.saturating_sub(1), at + kept);
        let line_start = memchr::memrchr(b'\n', text.get(..at).unwrap_or(b"")).map_or(0, |n| n + 1);
        let broken = self.at(origin, line_start, line_end);
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
        self.copy(text, at, at + kept, origin);
        self.out.text.push(char::from(quote));
        self.stretch = Stretch::Ended;
        self.names_module = false;
        self.state = State::Code;
        at + kept
    }

    /// Runs the substitutions over the output from `content` on. `quote` is 0 for variables.
    pub(super) fn substitute(&mut self, content: usize, quote: u8, origin: &Origin, source_end: usize) {
        if self.substs.is_empty() {
            return;
        }
        let mut bytes = Vec::new();
        raw_bytes::decode_into(self.out.text.get(content..).unwrap_or(""), &mut bytes);
        let old_len = bytes.len();
        let mut changed = false;
        for subst in &self.substs {
            if let Some(new) = subst.apply(&bytes) {
                bytes = new;
                changed = true;
            }
        }
        if !changed {
            return;
        }
        self.out.text.truncate(content);
        if quote == b'"' {
            bytes = protect_quotes(&bytes);
        }
        let (file, start, len) = match origin {
            Origin::File(file) => (*file, source_end.saturating_sub(old_len) as u32, old_len as u32),
            Origin::Define { file, start, len, .. } => (*file, *start, *len),
        };
        let define =
            Define { name: "#!subst".into(), value: String::from_utf8_lossy(&bytes).into(), at: None };
        self.out.map.replaced(content as u32, file, start, len, define);
        raw_bytes::push_lossless(&bytes, &mut self.out.text);
        self.stretch = Stretch::Ended;
    }

    /// Adds a substitution; returns false after reporting a bad one.
    pub(super) fn add_subst(&mut self, kind: SubstKind, expression: &[u8], at: Span) -> bool {
        let pieces = match super::subst::split(expression) {
            Ok(pieces) => pieces,
            Err(why) => {
                let shown = String::from_utf8_lossy(expression).into_owned();
                let error = Diagnostic::error("KC027", at, format!("bad substitution `{shown}`: {why}"));
                self.out
                    .diagnostics
                    .push(error.help("write it as \"/pattern/replacement/flags\", flags: g, i"));
                return false;
            }
        };
        match Subst::new(&pieces) {
            Ok(subst) => self.substs.push(subst),
            Err(why) => {
                self.error("KC027", at, format!("bad substitution: {why}"));
                return false;
            }
        }
        if kind != SubstKind::Subst {
            let value = if kind == SubstKind::SubstDefS {
                [b"\"", pieces.replacement, b"\""].concat()
            } else {
                pieces.replacement.to_vec()
            };
            self.define(pieces.pattern, &value, Some(at), Policy::New);
        }
        true
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

/// Quotes that a replacement brought in must not end the string.
fn protect_quotes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut escaped = false;
    for b in bytes {
        if *b == b'"' && !escaped {
            out.push(b'\\');
        }
        escaped = *b == b'\\' && !escaped;
        out.push(*b);
    }
    if escaped {
        out.push(b'\\');
    }
    out
}
