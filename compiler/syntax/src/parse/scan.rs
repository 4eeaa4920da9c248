//! A small tokenizer over the expanded text, for what pest is not asked: nesting depth, brackets, and the words
//! around an error. It knows strings and variables, so that brackets in them do not count.

use crate::span::Span;

/// The kinds of tokens that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Str,
    Pv,
    /// One character of anything else.
    Sign(u8),
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) span: Span,
}

impl Token<'_> {
    pub(super) fn is(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// Tokens of `text`, blanks and comment traces left out. Spans count from `base`.
pub(super) fn tokens(text: &str, base: usize) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n' | 0x0C)) {
            at += 1;
        }
        let first = *bytes.get(at)?;
        let left = bytes.get(at..).unwrap_or(b"");
        let (kind, len) = match first {
            b'"' | b'\'' => (Kind::Str, string_len(left, first)),
            b'$' => (Kind::Pv, pv_len(left)),
            b if is_word(b) => (Kind::Word, left.iter().take_while(|b| is_word(**b)).count()),
            b => (Kind::Sign(b), text.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)),
        };
        let end = (at + len).min(text.len());
        let token =
            Token { kind, text: text.get(at..end).unwrap_or(""), span: Span::of(base + at, base + end) };
        at = end;
        Some(token)
    })
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn string_len(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'\\') if quote == b'"' => at += 2,
            Some(b) if *b == quote => return at + 1,
            Some(_) => at += 1,
        }
    }
}

/// Bytes and parentheses that one variable may have; beyond that it is taken for separate tokens, so that text made to
/// hurt cannot make the scan quadratic.
const MAX_PV: (usize, usize) = (8192, 64);

/// As the grammar has it: `$`, a name, parentheses that match on the same line.
fn pv_len(text: &[u8]) -> usize {
    let word = text.iter().skip(1).take_while(|b| is_word(**b)).count();
    let head = 1 + if word == 0 && text.get(1) == Some(&b'?') { 1 } else { word };
    let mut depth = 0usize;
    for (i, b) in text.iter().enumerate().take(MAX_PV.0).skip(head) {
        match b {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b'\n' => return head,
            _ if depth > MAX_PV.1 => return head,
            _ => {}
        }
        if depth == 0 {
            return if *b == b')' && i > head { i + 1 } else { head };
        }
    }
    head
}
