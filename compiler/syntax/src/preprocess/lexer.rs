//! The token level: knows strings, comments and variables, and so knows where directives and defines count.
//!
//! Defines are spliced in as text (captured: a value may open a string, a comment or a directive that the following
//! text closes), so the state lives outside of the buffer that is read.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::buffer::{Buffer, Origin};
use super::defines::Defines;
use super::lines::{Named, Taken, Text, Token};
use super::strings::Str;
use super::subst::Subst;
use super::{FileLoader, Generation, Options, Preprocessed, SubstKind};
use crate::diagnostic::Diagnostic;
use crate::parse::reserved;
use crate::source_map::{Define, FileId};
use crate::span::Span;

/// Deepest nesting of defines in defines.
const MAX_EXPANSION_DEPTH: usize = 100;
/// Most bytes the whole expanded configuration may have; defines that double each other must end somewhere.
pub(super) const MAX_OUTPUT: usize = 16 << 20;
/// Most uses of defines, those in values of defines included: doubling costs time even if nothing comes out.
const MAX_EXPANSIONS: usize = 1 << 20;

/// Bytes searched for the end of a variable, so that many unclosed ones on one line do not cost their square.
const MAX_VARIABLE: usize = 8192;
/// Warnings about stray bytes: a file that is no text has many.
const MAX_PASSED_OVER: usize = 10;
/// Deepest parentheses in a variable, for the same reason.
const MAX_PARENTHESES: usize = 64;

/// What the current byte stands in. A state outlives its buffer: also the end of an included file (captured).
#[derive(Debug)]
pub(super) enum State {
    Code,
    /// Inside a string.
    Str {
        quote: u8,
        at: Span,
    },
    /// Behind a string that goes on if another follows.
    Between,
    /// To the end of the line: a comment, or what follows an `#!ifdef NAME`.
    LineComment,
    BlockComment {
        at: Span,
    },
    /// Before the name that a directive needs.
    Name(Named, Span),
    /// In the rest of the line that is a directive's value.
    Text(Text),
    /// Before or in the one word that a directive needs.
    Token(Token),
    /// In an inactive part.
    Skip,
}

/// The last segment of the source map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// The next bytes need a segment of their own.
    Ended,
    /// Copied; goes on when the next bytes come from this output and source offset.
    Copied { file: FileId, out: usize, source: usize },
    /// A define used at this place.
    Define { file: FileId, start: u32 },
}

/// One open `#!ifdef`.
pub(super) struct Level {
    pub(super) at: Span,
    /// The lines of the current branch are read.
    pub(super) active: bool,
    /// It stands in an inactive part, so that none of its branches is read.
    pub(super) dead: bool,
}

pub(super) struct Lexer<'a> {
    pub(super) options: &'a Options,
    pub(super) loader: &'a dyn FileLoader,
    pub(super) out: Preprocessed,
    pub(super) defines: Defines,
    pub(super) substs: Vec<Subst>,
    pub(super) levels: Vec<Level>,
    /// Files being read, outermost first: the include stack.
    pub(super) open_files: Vec<PathBuf>,
    /// Names being expanded.
    expanding: Vec<Vec<u8>>,
    pub(super) state: State,
    /// The string being read or just read.
    pub(super) string: Str,
    /// Open braces: `#!subst` counts only at the top level.
    pub(super) braces: usize,
    /// The next string names a module.
    pub(super) names_module: bool,
    /// The next string is a substitution.
    pub(super) subst: Option<(SubstKind, Span)>,
    /// What the last segment says, so that a stretch needs one segment only.
    pub(super) stretch: Stretch,
    pub(super) overflowed: bool,
    /// Bytes that substitutions have searched.
    pub(super) searched: usize,
    expansions: usize,
    passed_over: usize,
    /// Lines that look like directives for branches but do not count.
    pub(super) taken: Vec<Taken>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(options: &'a Options, loader: &'a dyn FileLoader) -> Lexer<'a> {
        let mut lexer = Lexer {
            options,
            loader,
            out: Preprocessed::default(),
            defines: Defines::new(options.generation),
            substs: Vec::new(),
            levels: Vec::new(),
            open_files: Vec::new(),
            expanding: Vec::new(),
            state: State::Code,
            string: Str::default(),
            braces: 0,
            names_module: false,
            subst: None,
            stretch: Stretch::Ended,
            overflowed: false,
            searched: 0,
            expansions: 0,
            passed_over: 0,
            taken: Vec::new(),
        };
        lexer.define_arguments(&options.defines);
        for module in &options.modules {
            lexer.define_module(module.as_bytes(), Span::default());
        }
        for (kind, expression) in &options.substs {
            lexer.add_subst(*kind, expression.as_bytes(), Span::default());
        }
        lexer
    }

    pub(super) fn main_file(&mut self, path: &Path) {
        match self.loader.load(path) {
            Ok(bytes) => self.file(path, bytes),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                self.out.diagnostics.push(Diagnostic::error("KC026", Span::default(), message));
            }
        }
    }

    /// Reads one file to its end.
    pub(super) fn file(&mut self, path: &Path, bytes: Vec<u8>) {
        let text: Rc<[u8]> = bytes.as_slice().into();
        let id = self.out.map.add_file(path.to_path_buf(), bytes);
        self.open_files.push(path.to_path_buf());
        self.stretch = Stretch::Ended;
        let buffer = Buffer::file(&text, id);
        self.run(&buffer);
        self.open_files.pop();
        self.stretch = Stretch::Ended;
        match self.state {
            State::Str { at, .. } => {
                self.error("KC001", at, "this string is never closed");
                self.state = State::Code;
            }
            State::Between => self.end_string(&buffer, text.len()),
            State::BlockComment { at } => {
                let warning = Diagnostic::warning("KC001", at, "this comment is never closed");
                self.out.diagnostics.push(warning.help("close it with `*/`"));
            }
            _ => {}
        }
        self.emit_marker();
    }

    pub(super) fn finish(mut self) -> Preprocessed {
        if self.overflowed {
            // Half a configuration would only give follow-up errors.
            self.out.text.clear();
            return self.out;
        }
        self.finish_lines();
        self.report_levels();
        self.out.map.set_names(self.defines.names());
        self.out
    }

    pub(super) fn error(&mut self, code: &'static str, at: Span, message: impl Into<String>) {
        self.out.diagnostics.push(Diagnostic::error(code, at, message));
    }

    pub(super) fn at(&self, buffer: &Buffer<'_>, start: usize, end: usize) -> Span {
        buffer.span(&self.out.map, start, end)
    }

    /// Reads a buffer up to its edge, going on in whatever state the one before ended; returns where it stopped.
    fn run(&mut self, buffer: &Buffer<'_>) -> usize {
        let mut at = 0;
        while at < buffer.edge && !self.overflowed {
            at = match self.state {
                State::Code => self.code(buffer, at),
                State::Str { quote, .. } => self.in_string(buffer, at, quote),
                State::Between => self.between_strings(buffer, at),
                State::LineComment => self.in_line_comment(buffer, at),
                State::BlockComment { .. } => match memchr::memmem::find(rest(buffer.text, at), b"*/") {
                    Some(n) => {
                        self.state = State::Code;
                        at + n + 2
                    }
                    None => buffer.text.len(),
                },
                State::Name(..) => self.in_name(buffer, at),
                State::Text(_) => self.in_text(buffer, at),
                State::Token(_) => self.in_token(buffer, at),
                State::Skip => self.in_inactive(buffer, at),
            };
        }
        at
    }

    fn in_line_comment(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        match memchr::memchr(b'\n', rest(buffer.text, at)) {
            Some(n) => {
                self.resume();
                at + n
            }
            None => buffer.text.len(),
        }
    }

    /// Goes on with code or with an inactive part.
    pub(super) fn resume(&mut self) {
        let active = self.levels.last().is_none_or(|l| l.active);
        self.state = if active { State::Code } else { State::Skip };
    }

    /// One token of code from `at`; returns where the next begins.
    fn code(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let text = buffer.text;
        let Some(byte) = text.get(at) else { return text.len() };
        let next = text.get(at + 1).copied();
        match (*byte, next) {
            (b'#', Some(b'!')) | (b'!', Some(b'!')) => {
                if let Some(end) = self.directive(buffer, at) {
                    return end;
                }
                if *byte == b'#' {
                    self.comment(State::LineComment, at + 1)
                } else {
                    self.no_subst(buffer, at, at + 1);
                    self.copy(buffer, at, at + 1)
                }
            }
            (b'#', _) | (b'/', Some(b'/')) => self.comment(State::LineComment, at + 1),
            (b'/', Some(b'*')) => {
                let span = self.at(buffer, at, at + 2);
                self.comment(State::BlockComment { at: span }, at + 2)
            }
            (quote @ (b'"' | b'\''), _) => self.begin_string(buffer, at, quote),
            (b'$', _) => self.variable(buffer, at),
            (b'@', _) => {
                let name = rest(text, at + 1).iter().take_while(|b| is_word(**b) || **b == b'.').count();
                self.no_subst(buffer, at, at + 1);
                self.copy(buffer, at, at + 1 + name)
            }
            (b, _) if is_word(b) => self.word(buffer, at),
            (b, _) if begins_nothing(b) => self.pass_over(buffer, at),
            (b, _) => {
                match b {
                    b'{' => self.braces += 1,
                    b'}' => self.braces = self.braces.saturating_sub(1),
                    _ => {}
                }
                if !b.is_ascii_whitespace() {
                    self.no_subst(buffer, at, at + 1);
                }
                let plain =
                    rest(text, at + 1).iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
                let end = at + 1 + plain.count();
                self.copy(buffer, at, end)
            }
        }
    }

    /// Captured: the server passes over bytes that begin nothing, no-break spaces and typographic quotes for example.
    fn pass_over(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let len = rest(buffer.text, at).iter().take_while(|b| begins_nothing(**b)).count();
        self.emit_marker();
        self.passed_over += 1;
        if self.passed_over <= MAX_PASSED_OVER {
            let message = "this means nothing here: the server passes over it";
            let warning = Diagnostic::warning("KC025", self.at(buffer, at, at + len), message);
            self.out.diagnostics.push(warning.help("remove it"));
        }
        at + len
    }

    fn comment(&mut self, state: State, next: usize) -> usize {
        self.emit_marker();
        self.state = state;
        next
    }

    /// `$name`, `$name(...)`, `$(...)`: copied whole, only substitutions count inside.
    fn variable(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        self.no_subst(buffer, at, at + 1);
        let text = buffer.text;
        let word = match text.get(at + 1) {
            Some(b'?') => 1,
            _ => rest(text, at + 1).iter().take_while(|b| is_word(**b)).count(),
        };
        let mut end = at + 1 + word;
        let mut depth = 0usize;
        for (i, b) in rest(text, end).iter().enumerate().take(MAX_VARIABLE) {
            match b {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b'\n' => break,
                _ if depth > MAX_PARENTHESES => break,
                _ => {}
            }
            if depth == 0 {
                if *b == b')' {
                    end += i + 1;
                }
                break;
            }
        }
        let content = self.out.text.len();
        self.copy(buffer, at, end);
        self.substitute_variable(content, self.at(buffer, at, end));
        end
    }

    fn word(&mut self, buffer: &Buffer<'_>, at: usize) -> usize {
        let text = buffer.text;
        let end = at + rest(text, at).iter().take_while(|b| is_word(**b)).count();
        let Some(word) = text.get(at..end) else { return text.len() };
        match word {
            b"include_file" | b"import_file" => {
                self.no_subst(buffer, at, end);
                let span = self.at(buffer, at, end);
                return self.begin_include(word == b"import_file", span, end);
            }
            b"loadmodule" | b"loadmodulex" => self.names_module = true,
            b"event_route" => {
                // The name in brackets is a token of its own kind: no defines in it.
                let open = rest(text, end).iter().take_while(|b| b.is_ascii_whitespace()).count();
                if text.get(end + open) == Some(&b'[') {
                    let close = memchr::memchr2(b']', b'"', rest(text, end + open)).unwrap_or(0);
                    return self.copy(buffer, at, end + open + close);
                }
            }
            _ => {
                if let Some(entry) = self.defines.get(word)
                    && !reserved::is_reserved(&String::from_utf8_lossy(word))
                    && !is_number_word(word)
                {
                    let (value, defined_at) = (entry.value.clone(), entry.at);
                    return self.expand(buffer, at, end, &value, defined_at);
                }
            }
        }
        self.no_subst(buffer, at, end);
        self.copy(buffer, at, end)
    }

    /// Reads the value of the define that is named at `at..end`; returns where the text goes on.
    fn expand(
        &mut self,
        buffer: &Buffer<'_>,
        at: usize,
        end: usize,
        value: &Rc<[u8]>,
        defined_at: Option<Span>,
    ) -> usize {
        let name = buffer.text.get(at..end).unwrap_or(b"");
        let used_at = self.at(buffer, at, end);
        self.expansions += 1;
        if self.expansions > MAX_EXPANSIONS {
            self.too_long(used_at);
            return end;
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        if self.expanding.iter().any(|n| n == name) || self.expanding.len() >= MAX_EXPANSION_DEPTH {
            let error = Diagnostic::error("KC001", used_at, format!("the define `{shown}` refers to itself"));
            let error = error.help("the real server never ends on this; break the circle");
            self.out.broken.push(used_at);
            self.out.diagnostics.push(match defined_at {
                Some(place) => error.also(place, "defined here"),
                None => error,
            });
            return end;
        }
        let origin = match self.out.map.source_range(used_at) {
            Some((file, start, last, _)) if buffer.is_file() || at >= buffer.edge => Origin::Define {
                file,
                start,
                len: last.saturating_sub(start),
                define: Rc::new(Define {
                    name: shown.into(),
                    value: String::from_utf8_lossy(value).into(),
                    at: defined_at,
                }),
            },
            _ => buffer.origin.clone(),
        };
        self.part_from(value);
        let joined = [&value[..], buffer.tail(end)].concat();
        let inner = Buffer { text: &joined, origin, edge: value.len(), outer: Some((buffer, end)) };
        self.expanding.push(name.to_vec());
        let stop = self.run(&inner);
        self.expanding.pop();
        end + stop.saturating_sub(value.len())
    }

    /// Keeps the value of a define from being read together with what stands before it (captured: that is a token
    /// already).
    fn part_from(&mut self, value: &[u8]) {
        const OPERATORS: &[u8] = b"=!<>&|/*+-~^";
        let Some(first) = value.first() else { return };
        let last = self.out.text.bytes().next_back().unwrap_or(b' ');
        let together = (OPERATORS.contains(&last) && OPERATORS.contains(first))
            || (is_word(last) && is_word(*first))
            || matches!(last, b'$' | b'@');
        let strings = matches!(first, b'"' | b'\'')
            && self.out.text.trim_ascii_end().bytes().next_back().is_some_and(|b| matches!(b, b'"' | b'\''));
        if together || strings {
            self.emit_marker();
        }
    }

    pub(super) fn is_v6(&self) -> bool {
        self.options.generation == Generation::V6
    }
}

pub(super) fn rest(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or(b"")
}

/// Control characters, all beyond ASCII, and three more.
fn begins_nothing(b: u8) -> bool {
    b >= 0x7F || matches!(b, b'?' | b'\\' | b'`') || (b < b' ' && !matches!(b, 9..=13))
}

pub(super) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Words that the server reads as numbers, or as names that begin with a digit, before it looks at defines.
fn is_number_word(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 18] = [
        b"yes", b"no", b"on", b"off", b"true", b"false", b"enable", b"disable", b"inet", b"INET", b"inet6",
        b"INET6", b"ipv4", b"IPv4", b"IPV4", b"ipv6", b"IPv6", b"IPV6",
    ];
    word.first().is_some_and(u8::is_ascii_digit) || WORDS.contains(&word)
}
