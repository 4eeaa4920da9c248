//! What directives read behind their word: a name, the rest of the line, or one word between blanks.
//!
//! All of it may be spread over buffers, since values of defines and included files may end anywhere.

use super::buffer::Buffer;
use super::defines::Policy;
use super::lexer::{Level, Lexer, State, is_word, rest};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// What is done with the name behind a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Define(Policy),
    Undef,
    /// `#!ifdef` (true) or `#!ifndef`.
    Test(bool),
    /// A test in an inactive part: only counted.
    Nested,
    /// `#!defexp`; true: in quotes.
    Expression(bool),
}

/// What is done with the rest of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Define(Policy),
    Expression { quoted: bool },
    Test,
}

/// The rest of a line, lines that end in a backslash joined.
#[derive(Debug)]
pub(super) struct Text {
    name: Vec<u8>,
    value: Vec<u8>,
    /// Its first byte was read, which never continues a line (captured).
    begun: bool,
    purpose: Use,
    at: Span,
}

impl Text {
    pub(super) fn test(at: Span) -> Text {
        Text { name: Vec::new(), value: Vec::new(), begun: false, purpose: Use::Test, at }
    }
}

/// What is done with one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenUse {
    Env { quoted: bool, optional: bool },
    Include { optional: bool },
}

/// One word between blanks; line ends may come before it (captured).
#[derive(Debug)]
pub(super) struct Token {
    pub(super) word: Vec<u8>,
    pub(super) purpose: TokenUse,
    pub(super) at: Span,
}

/// A line that looks like a directive but is none.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) at: Span,
    pub(super) why: &'static str,
    pub(super) fix: &'static str,
}

impl Lexer<'_> {
    /// Looks for the name: whatever stands before it is passed over, line ends included (captured).
    pub(super) fn in_name(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let State::Name(named, directive) = self.state else { return at };
        let is_first = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
        let Some(skipped) = rest(buffer.text, at).iter().position(is_first) else { return buffer.text.len() };
        let start = at + skipped;
        let end = start + rest(buffer.text, start).iter().take_while(|b| is_word(**b)).count();
        let name = buffer.text.get(start..end).unwrap_or(b"");
        if buffer.text.get(end) == Some(&b'-') {
            let span = self.at(buffer, start, end + 1);
            let shown = String::from_utf8_lossy(name).into_owned();
            let error = Diagnostic::error("KC001", span, format!("`{shown}-` cannot be a name here"));
            self.out.diagnostics.push(error.help("names consist of letters, digits and `_`"));
            self.state = State::LineComment;
            return end;
        }
        let passed = buffer.text.get(at..start).unwrap_or(b"");
        if passed.contains(&b'\n') {
            let span = self.at(buffer, start, end);
            let shown = String::from_utf8_lossy(name).into_owned();
            let message = format!("`{shown}` is taken as the name for this directive");
            let warning = Diagnostic::warning("KC025", directive, message).also(span, "this is the name");
            self.out.diagnostics.push(warning.help("write the name on the line of the directive"));
        }
        let name = name.to_vec();
        let text = |purpose| {
            State::Text(Text { name: name.clone(), value: Vec::new(), begun: false, purpose, at: directive })
        };
        self.state = match named {
            Named::Define(policy) => text(Use::Define(policy)),
            Named::Expression(quoted) => text(Use::Expression { quoted }),
            Named::Undef => {
                self.defines.remove(&name);
                State::LineComment
            }
            Named::Test(wanted) => {
                let active = self.defines.get(&name).is_some() == wanted;
                self.levels.push(Level { at: directive, active, dead: false });
                State::LineComment
            }
            Named::Nested => {
                self.levels.push(Level { at: directive, active: false, dead: true });
                State::LineComment
            }
        };
        end
    }

    /// Collects the rest of the line.
    pub(super) fn in_text(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let State::Text(text) = &mut self.state else { return at };
        let mut at = at;
        while let Some(byte) = buffer.text.get(at) {
            if !text.begun {
                match byte {
                    b'\n' => break,
                    b if is_blank(*b) => {}
                    b => {
                        text.value.push(*b);
                        text.begun = true;
                    }
                }
                at += 1;
                continue;
            }
            let line_end = memchr::memchr(b'\n', rest(buffer.text, at));
            let end = line_end.map_or(buffer.text.len(), |n| at + n);
            let line = buffer.text.get(at..end).unwrap_or(b"");
            at = end;
            match line.strip_suffix(b"\\") {
                Some(line) if line_end.is_some() => {
                    text.value.extend_from_slice(line);
                    at += 1;
                }
                _ => text.value.extend_from_slice(line),
            }
            if line_end.is_some() && !line.ends_with(b"\\") {
                break;
            }
        }
        if at < buffer.text.len() {
            self.end_text();
        }
        at
    }

    fn end_text(&mut self) {
        let State::Text(text) = std::mem::replace(&mut self.state, State::Code) else { return };
        match text.purpose {
            Use::Define(policy) => {
                if text.value.ends_with(b"\\\r") {
                    let message = "the carriage return behind the backslash keeps the line from going on";
                    let warning = Diagnostic::warning("KC025", text.at, message);
                    self.out.diagnostics.push(warning.help("save the file with plain line ends"));
                }
                self.define(&text.name, &text.value, Some(text.at), policy);
            }
            Use::Expression { quoted } => self.define_expression(&text.name, &text.value, quoted, text.at),
            Use::Test => {
                let active = self.evaluate(&text.value, text.at).is_some_and(|v| v.is_true());
                self.levels.push(Level { at: text.at, active, dead: false });
                self.resume();
            }
        }
    }

    /// Collects one word.
    pub(super) fn in_token(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let State::Token(token) = &mut self.state else { return at };
        let before = rest(buffer.text, at).iter().take_while(|b| is_blank(**b) || **b == b'\n').count();
        let start = at + before;
        let len = rest(buffer.text, start).iter().take_while(|b| !is_blank(**b) && **b != b'\n').count();
        if len == 0 {
            return buffer.text.len();
        }
        let end = start + len;
        token.word.extend_from_slice(buffer.text.get(start..end).unwrap_or(b""));
        let State::Token(token) = std::mem::replace(&mut self.state, State::Code) else { return end };
        match token.purpose {
            TokenUse::Env { quoted, optional } => self.define_env(&token.word, quoted, optional, token.at),
            TokenUse::Include { optional } => {
                let (first, last) = (token.at, self.at(buffer, start, end));
                let at = if first.start <= last.end { Span::new(first.start, last.end) } else { first };
                self.include(&token.word, optional, at);
            }
        }
        end
    }

    fn define_env(&mut self, word: &[u8], quoted: bool, optional: bool, at: Span) {
        let (name, variable) = match memchr::memchr(b'=', word) {
            Some(n) => (word.get(..n).unwrap_or(b""), word.get(n + 1..).unwrap_or(b"")),
            None => (word, word),
        };
        if name.is_empty() || variable.is_empty() {
            self.error("KC001", at, "write NAME or NAME=VARIABLE without blanks around `=`");
            return;
        }
        let variable = String::from_utf8_lossy(variable).into_owned();
        // The standard library panics on names that no environment can have.
        let known = !variable.contains(['=', '\0']);
        let Some(value) = known.then(|| self.loader.env(&variable)).flatten() else {
            if !optional {
                let message = format!("the environment has no `{variable}`");
                let error = Diagnostic::error("KC001", at, message);
                self.out.diagnostics.push(error.help("use #!trydefenv if it may be missing"));
            }
            return;
        };
        let value = value.as_encoded_bytes();
        let value = if quoted { [b"\"", value, b"\""].concat() } else { value.to_vec() };
        self.define(name, &value, Some(at), Policy::New);
    }

    /// What was still being read when the last file ended.
    pub(super) fn finish_lines(&mut self) {
        match &self.state {
            State::Text(_) => self.end_text(),
            State::Token(token) => {
                let warning = Diagnostic::warning("KC025", token.at, "nothing follows this directive");
                self.out.diagnostics.push(warning.help("remove it"));
            }
            State::Name(named, at) => {
                let at = *at;
                match named {
                    Named::Test(_) | Named::Nested => {
                        self.error("KC023", at, "this directive needs a name on its line");
                    }
                    _ => {
                        let warning = Diagnostic::warning("KC025", at, "nothing follows this directive");
                        self.out.diagnostics.push(warning.help("remove it"));
                    }
                }
            }
            _ => {}
        }
        if let Some((_, at)) = self.subst.take() {
            self.error("KC027", at, "the substitution must follow in quotes");
        }
    }
}

/// Blanks within a line, as the server's directives know them.
pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | 8)
}
