//! `#!define`, `#!ifdef` and the rest.

use super::SubstKind;
use super::defines::Policy;
use super::lexer::{Level, Lexer, is_word, rest};
use crate::diagnostic::Diagnostic;
use crate::source_map::FileId;
use crate::span::Span;

/// A directive found in the text.
struct Found<'t> {
    word: &'t [u8],
    /// Where the word ends.
    end: usize,
    /// From the prefix to the end of the word.
    span: Span,
}

impl Lexer<'_> {
    /// Handles the directive at `at`, whose two prefix bytes were seen. `None`: it is none (a comment, or `!!`).
    pub(super) fn directive(&mut self, text: &[u8], at: usize, file: FileId) -> Option<usize> {
        let found = self.find_directive(text, at, file)?;
        let (end, word, span) = (found.end, found.word, found.span);
        let line_end = logical_line_end(text, end);
        let value = rest(text, end).get(..line_end - end).unwrap_or(b"");
        match word {
            b"define" | b"def" => self.define_line(value, span, Policy::New),
            b"trydefine" | b"trydef" => self.define_line(value, span, Policy::Try),
            b"redefine" | b"redef" => self.define_line(value, span, Policy::Replace),
            b"undef" | b"undefine" | b"tryundef" | b"tryundefine" => self.undef(value),
            b"defenv" | b"defenvs" | b"trydefenv" | b"trydefenvs" => self.defenv(word, value, span),
            b"defexp" | b"defexps" => self.defexp(word, value, span),
            b"ifdef" | b"ifndef" | b"ifexp" => {
                let active = self.test(word, value, span);
                self.levels.push(Level { at: span, active });
                return Some(self.after_branch(text, line_end, file));
            }
            b"else" | b"endif" => {
                self.refuse_tail(word, value, span);
                let line_end = physical_line_end(text, end);
                if line_end == text.len() {
                    // Captured: without it the server takes the directive for a comment and refuses the file.
                    let warning = Diagnostic::warning("KC025", span, "no line end after the last directive");
                    let fix = warning.help("Kamailio refuses this file; end its last line");
                    self.out.diagnostics.push(fix.fix("add a line end", span.after(), "\n", true));
                }
                match self.levels.pop() {
                    None if word == b"else" => {}
                    None => {
                        let error = Diagnostic::error("KC023", span, "`#!endif` without `#!ifdef`");
                        self.out
                            .diagnostics
                            .push(error.help("remove it, or add the `#!ifdef` it should close"));
                    }
                    Some(level) if word == b"else" => {
                        self.levels.push(Level { active: !level.active, ..level });
                    }
                    Some(_) => {}
                }
                return Some(self.after_branch(text, line_end, file));
            }
            b"subst" => return Some(self.subst(SubstKind::Subst, text, end, span, file)),
            b"substdef" => return Some(self.subst(SubstKind::SubstDef, text, end, span, file)),
            b"substdefs" => return Some(self.subst(SubstKind::SubstDefS, text, end, span, file)),
            b"include_file" | b"import_file" => return Some(self.include(text, at + 2, end, file)),
            _ => return None,
        }
        self.emit_marker();
        Some(line_end)
    }

    fn find_directive<'t>(&self, text: &'t [u8], at: usize, file: FileId) -> Option<Found<'t>> {
        let len = rest(text, at + 2).iter().take_while(|b| is_word(**b)).count();
        let end = at + 2 + len;
        let word = text.get(at + 2..end).filter(|w| !w.is_empty())?;
        Some(Found { word, end, span: self.out.map.source_span(file, at as u32, end as u32) })
    }

    /// Goes on reading, or skips to the directive that ends the inactive part.
    fn after_branch(&mut self, text: &[u8], from: usize, file: FileId) -> usize {
        self.emit_marker();
        if self.levels.last().is_none_or(|l| l.active) {
            return from;
        }
        // Captured: in an inactive part directives count anywhere, even in comments and strings.
        let mut depth = 0usize;
        let mut at = from;
        while let Some(n) = memchr::memchr(b'!', rest(text, at)) {
            let bang = at + n;
            at = bang + 1;
            let Some(start) = bang.checked_sub(1) else { continue };
            if !matches!(text.get(start), Some(b'#' | b'!')) {
                continue;
            }
            let Some(found) = self.find_directive(text, start, file) else { continue };
            match found.word {
                b"ifdef" | b"ifndef" | b"ifexp" => depth += 1,
                b"else" | b"endif" if !is_alone(text, found.end) => self.tails.push(found.span),
                b"else" if depth == 0 => return start,
                b"endif" if depth == 0 => return start,
                b"endif" => depth -= 1,
                _ => {}
            }
        }
        text.len()
    }

    fn refuse_tail(&mut self, word: &[u8], value: &[u8], span: Span) {
        if !value.trim_ascii().is_empty() {
            let word = String::from_utf8_lossy(word);
            let message = format!("text after `#!{word}`: the server takes the line for a comment");
            let error = Diagnostic::error("KC023", span, message);
            self.out.diagnostics.push(error.help(format!("let `#!{word}` stand alone on its line")));
        }
    }

    fn test(&mut self, word: &[u8], value: &[u8], span: Span) -> bool {
        if word == b"ifexp" {
            return self.evaluate(value, span).is_some_and(|v| v.is_true());
        }
        let value = value.trim_ascii_start();
        let len = value.iter().take_while(|b| is_word(**b)).count();
        let name = value.get(..len).unwrap_or(b"");
        if name.first().is_none_or(|b| b.is_ascii_digit()) {
            let word = String::from_utf8_lossy(word);
            self.error("KC023", span, format!("`#!{word}` needs a name on the same line"));
            return false;
        }
        self.defines.get(name).is_some() == (word == b"ifdef")
    }

    /// Stores a define; reports a name that is taken.
    pub(super) fn define(&mut self, name: &[u8], value: &[u8], at: Option<Span>, policy: Policy) {
        if let Some(old) = self.defines.get(name) {
            match policy {
                Policy::Try => return,
                Policy::Replace => {}
                Policy::New => {
                    let shown = String::from_utf8_lossy(name).into_owned();
                    let message = format!("`{shown}` is already defined");
                    let error = Diagnostic::error("KC001", at.unwrap_or_default(), message);
                    let error = error.help("use #!redefine to replace it, #!trydefine to keep the first");
                    let old = old.at;
                    self.out.diagnostics.push(match old {
                        Some(place) => error.also(place, "first defined here"),
                        None => error,
                    });
                    return;
                }
            }
        }
        self.defines.put(name, value, at);
    }

    fn define_line(&mut self, line: &[u8], span: Span, policy: Policy) {
        let (name, value) = name_and_value(line);
        if name.is_empty() {
            return;
        }
        if name.contains(&b'-') || name.iter().all(u8::is_ascii_digit) {
            let shown = String::from_utf8_lossy(&name).into_owned();
            self.error("KC001", span, format!("`{shown}` cannot be the name of a define"));
            return;
        }
        self.define(&name, &value, Some(span), policy);
    }

    fn undef(&mut self, line: &[u8]) {
        // Captured: 5.6 knows no such directive and takes the line for a comment.
        if self.is_v6() {
            self.defines.remove(&name_and_value(line).0);
        }
    }

    fn defenv(&mut self, word: &[u8], line: &[u8], span: Span) {
        let spec = line.trim_ascii();
        let (name, variable) = match spec.iter().position(|b| *b == b'=') {
            Some(at) => (spec.get(..at).unwrap_or(b""), spec.get(at + 1..).unwrap_or(b"")),
            None => (spec, spec),
        };
        let variable = String::from_utf8_lossy(variable).into_owned();
        if name.is_empty() || variable.is_empty() || variable.starts_with(' ') {
            self.error("KC001", span, "write NAME or NAME=VARIABLE without blanks around `=`");
            return;
        }
        let Some(value) = self.loader.env(&variable) else {
            if !word.starts_with(b"try") {
                let error = Diagnostic::error("KC001", span, format!("the environment has no `{variable}`"));
                self.out.diagnostics.push(error.help("use #!trydefenv if it may be missing"));
            }
            return;
        };
        let value = value.as_encoded_bytes().to_vec();
        let value = if word.ends_with(b"s") { [b"\"", value.as_slice(), b"\""].concat() } else { value };
        self.define(name, &value, Some(span), Policy::New);
    }

    fn subst(&mut self, kind: SubstKind, text: &[u8], from: usize, span: Span, file: FileId) -> usize {
        let open = from + rest(text, from).iter().take_while(|b| b.is_ascii_whitespace()).count();
        let close = match text.get(open) {
            Some(quote @ (b'"' | b'\'')) => end_of_string(text, open, *quote),
            _ => None,
        };
        let Some(close) = close else {
            let error = Diagnostic::error("KC027", span, "the substitution must follow in quotes");
            self.out.diagnostics.push(error.help("write it as \"/pattern/replacement/flags\""));
            return physical_line_end(text, from);
        };
        let at = self.out.map.source_span(file, open as u32, close as u32 + 1);
        if self.braces > 0 {
            let error = Diagnostic::error("KC027", span, "a substitution cannot stand inside a route block");
            self.out.diagnostics.push(error.help("move it above the route blocks"));
        }
        let expression = text.get(open + 1..close).unwrap_or(b"");
        self.add_subst(kind, expression, at);
        self.emit_marker();
        close + 1
    }
}

/// The name and the value of a define line; continuation lines are joined with a blank.
pub(super) fn name_and_value(line: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let line = line.trim_ascii_start();
    let len = line.iter().take_while(|b| !b.is_ascii_whitespace()).count();
    let (name, value) = line.split_at_checked(len).unwrap_or((line, b""));
    let mut joined = Vec::with_capacity(value.len());
    let mut rest = value.trim_ascii();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, b""));
        joined.extend_from_slice(before);
        let skip = match (after.get(1), after.get(2)) {
            (Some(b'\n'), _) => 2,
            (Some(b'\r'), Some(b'\n')) => 3,
            _ => 0,
        };
        if skip == 0 {
            joined.push(b'\\');
        }
        rest = after.get(skip.max(1)..).unwrap_or(b"");
    }
    joined.extend_from_slice(rest);
    (name.to_vec(), joined)
}

fn physical_line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', rest(text, from)).map_or(text.len(), |n| from + n)
}

/// The end of the line, lines that end in a backslash joined.
fn logical_line_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let end = physical_line_end(text, at);
        let line = text.get(at..end).unwrap_or(b"");
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if end == text.len() || !line.ends_with(b"\\") {
            return end;
        }
        at = end + 1;
    }
}

/// True when only blanks follow on the line.
fn is_alone(text: &[u8], from: usize) -> bool {
    text.get(from..physical_line_end(text, from)).is_some_and(|tail| tail.trim_ascii().is_empty())
}

fn end_of_string(text: &[u8], open: usize, quote: u8) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let b = *text.get(at)?;
        match b {
            b'\\' if quote == b'"' => at += 2,
            b'\n' => return None,
            _ if b == quote => return Some(at),
            _ => at += 1,
        }
    }
}
