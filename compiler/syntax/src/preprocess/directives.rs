//! `#!define`, `#!ifdef` and the rest: which words are directives, and what the branches are.

use super::SubstKind;
use super::buffer::Buffer;
use super::defines::Policy;
use super::lexer::{Level, Lexer, State, is_word, rest};
use super::lines::{Named, Taken, Text, Token, TokenUse, is_blank};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Open branches that are reported, and lines that each names as a possible reason.
const MAX_REPORTED: usize = 10;

/// A directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Named(Named),
    IfExp,
    Else,
    Endif,
    Subst(SubstKind),
    Token(TokenUse),
}

/// A directive found in the text.
struct Found {
    word: Word,
    /// Where the word ends.
    end: usize,
}

impl Lexer<'_> {
    /// Handles the directive at `at`, whose two prefix bytes were seen. `None`: it is none (a comment, or `!!`).
    pub(super) fn directive(&mut self, buffer: &Buffer<'_>, at: usize) -> Option<usize> {
        let Found { word, end } = self.find_directive(buffer, at)?;
        let span = self.at(buffer, at, end);
        self.emit_marker();
        match word {
            Word::Named(named) => self.state = State::Name(named, span),
            Word::IfExp => self.state = State::Text(Text::test(span)),
            Word::Else | Word::Endif => {
                self.warn_of_missing_line_end(buffer, span);
                self.end_branch(word, span);
                return Some(physical_line_end(buffer.text, end));
            }
            Word::Subst(kind) => self.begin_subst(kind, span),
            Word::Token(purpose) => {
                self.state = State::Token(Token { word: Vec::new(), purpose, at: span });
            }
        }
        Some(end)
    }

    /// Searches an inactive part for the directive that ends it. Captured: there directives count anywhere, even in
    /// comments and strings.
    pub(super) fn in_inactive(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let mut from = at;
        while let Some(n) = memchr::memchr(b'!', rest(buffer.text, from)) {
            let bang = from + n;
            from = bang + 1;
            let Some(start) = bang.checked_sub(1).filter(|s| *s >= at) else { continue };
            if !matches!(buffer.text.get(start), Some(b'#' | b'!')) {
                continue;
            }
            let Some(Found { word, end }) = self.find_directive(buffer, start) else { continue };
            let span = self.at(buffer, start, end);
            match word {
                Word::Named(Named::Test(_)) => {
                    self.state = State::Name(Named::Nested, span);
                    return end;
                }
                Word::IfExp => self.levels.push(Level { at: span, active: false, dead: true }),
                Word::Else | Word::Endif => {
                    self.warn_of_missing_line_end(buffer, span);
                    self.end_branch(word, span);
                    return physical_line_end(buffer.text, end);
                }
                _ => {}
            }
        }
        buffer.text.len()
    }

    /// Captured: `define`, `ifdef` and their like need a blank behind the word, `subst`, `defenv` and includes do
    /// not; `else` and `endif` must stand alone. All else is a comment.
    fn find_directive(&mut self, buffer: &Buffer<'_>, at: usize) -> Option<Found> {
        let text = buffer.text;
        let start = at + 2;
        let word = rest(text, start).iter().take_while(|b| is_word(**b)).count();
        let word = text.get(start..start + word).filter(|w| !w.is_empty())?;
        let end = start + word.len();
        let blank = text.get(end).is_some_and(|b| is_blank(*b));
        if !blank && needs_name(word) {
            let at = self.at(buffer, at, end);
            let why = "no name follows: the server takes this line for a comment";
            self.taken.push(Taken { at, why, fix: "write a blank and the name behind the directive" });
            return None;
        }
        let named = |named| Some(Found { word: Word::Named(named), end });
        match word {
            b"define" | b"def" => named(Named::Define(Policy::New)),
            b"trydefine" | b"trydef" => named(Named::Define(Policy::Try)),
            b"redefine" | b"redef" => named(Named::Define(Policy::Replace)),
            b"ifdef" => named(Named::Test(true)),
            b"ifndef" => named(Named::Test(false)),
            b"undef" | b"undefine" | b"tryundef" | b"tryundefine" if self.is_v6() => named(Named::Undef),
            b"defexp" if self.is_v6() => named(Named::Expression(false)),
            b"defexps" if self.is_v6() => named(Named::Expression(true)),
            b"ifexp" if self.is_v6() => Some(Found { word: Word::IfExp, end }),
            b"undef" | b"undefine" | b"tryundef" | b"tryundefine" | b"defexp" | b"defexps" | b"ifexp" => {
                let at = self.at(buffer, at, end);
                let why = "5.6 does not know this directive and takes the line for a comment";
                self.taken.push(Taken { at, why, fix: "it came with 5.7 or later: run with --compat 6" });
                None
            }
            b"else" | b"endif" => {
                if !is_alone(buffer, end) {
                    let at = self.at(buffer, at, end);
                    let why = "text follows: the server takes this line for a comment";
                    self.taken.push(Taken { at, why, fix: "let the directive stand alone on its line" });
                    return None;
                }
                Some(Found { word: if word == b"else" { Word::Else } else { Word::Endif }, end })
            }
            _ => {
                let (word, len) = with_prefix(word)?;
                Some(Found { word, end: start + len })
            }
        }
    }

    fn warn_of_missing_line_end(&mut self, buffer: &Buffer<'_>, span: Span) {
        // Captured: without it the server takes the directive for a comment and refuses the file.
        if buffer.is_file() && physical_line_end(buffer.text, buffer.edge) == buffer.edge {
            let end = self.out.map.source_range(span).map(|(_, _, end, _)| end as usize);
            if end.is_some_and(|end| !rest(buffer.text, end).contains(&b'\n')) {
                let warning = Diagnostic::warning("KC025", span, "no line end after the last directive");
                let fix = warning.help("Kamailio refuses this file; end its last line");
                self.out.diagnostics.push(fix.fix("add a line end", span.after(), "\n", true));
            }
        }
    }

    fn end_branch(&mut self, word: Word, span: Span) {
        match self.levels.pop() {
            None if word == Word::Else => {}
            None => {
                let error = Diagnostic::error("KC023", span, "`#!endif` without `#!ifdef`");
                let error = error.help("remove it, or add the `#!ifdef` it should close");
                let error = std::mem::take(&mut self.taken)
                    .into_iter()
                    .filter(|t| t.at.start < span.start)
                    .take(MAX_REPORTED)
                    .fold(error, |error, t| error.also(t.at, t.why));
                self.out.diagnostics.push(error);
            }
            Some(level) if word == Word::Else => {
                let active = !level.active && !level.dead;
                self.levels.push(Level { active, ..level });
            }
            Some(_) => {}
        }
        self.resume();
    }

    /// Branches without end, and lines that only look like directives.
    pub(super) fn report_levels(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        let levels = std::mem::take(&mut self.levels);
        for level in levels.iter().take(MAX_REPORTED) {
            let error = Diagnostic::error("KC023", level.at, "no `#!endif` for this directive");
            let mut error = error.help("write `#!endif`, alone on its line, where the part ends");
            for line in taken.iter().filter(|t| t.at.start > level.at.start).take(MAX_REPORTED) {
                error = error.also(line.at, line.why);
            }
            self.out.diagnostics.push(error);
        }
        if levels.is_empty() {
            for line in taken.into_iter().take(MAX_REPORTED) {
                self.out.diagnostics.push(Diagnostic::warning("KC025", line.at, line.why).help(line.fix));
            }
        }
    }
}

/// Directives that need a blank and a name behind their word.
fn needs_name(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"define", b"def", b"trydefine", b"trydef", b"redefine", b"redef", b"ifdef", b"ifndef"];
    WORDS.contains(&word)
}

/// Directives that need no blank behind their word.
fn with_prefix(word: &[u8]) -> Option<(Word, usize)> {
    let env = |quoted, optional| Word::Token(TokenUse::Env { quoted, optional });
    let words: [(&[u8], Word); 9] = [
        (b"substdefs", Word::Subst(SubstKind::SubstDefS)),
        (b"substdef", Word::Subst(SubstKind::SubstDef)),
        (b"subst", Word::Subst(SubstKind::Subst)),
        (b"defenvs", env(true, false)),
        (b"defenv", env(false, false)),
        (b"trydefenvs", env(true, true)),
        (b"trydefenv", env(false, true)),
        (b"include_file", Word::Token(TokenUse::Include { optional: false })),
        (b"import_file", Word::Token(TokenUse::Include { optional: true })),
    ];
    let (prefix, word) = words.into_iter().find(|(prefix, _)| word.starts_with(prefix))?;
    Some((word, prefix.len()))
}

fn physical_line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', rest(text, from)).map_or(text.len(), |n| from + n)
}

/// True when only blanks follow on the line.
fn is_alone(buffer: &Buffer<'_>, from: usize) -> bool {
    let tail = buffer.text.get(from..physical_line_end(buffer.text, from));
    tail.is_some_and(|tail| tail.iter().all(|b| is_blank(*b)))
}
