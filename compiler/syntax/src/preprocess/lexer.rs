//! The token level: knows strings, comments and variables, and so knows where directives and defines count.
//!
//! Defines are spliced in as text (captured: a value may open a string or a comment that the following text closes),
//! so the state lives outside of the buffer that is read.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::defines::Defines;
use super::subst::Subst;
use super::{FileLoader, Generation, Options, Preprocessed};
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
/// Deepest parentheses in a variable, for the same reason.
const MAX_PARENTHESES: usize = 64;

/// What the current byte stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Code,
    /// Inside a string: its quote and where its content begins in the output.
    Str {
        quote: u8,
        content: usize,
        at: Span,
    },
    LineComment,
    BlockComment {
        at: Span,
    },
}

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
}

pub(super) struct Lexer<'a> {
    pub(super) options: &'a Options,
    pub(super) loader: &'a dyn FileLoader,
    pub(super) main_dir: PathBuf,
    pub(super) out: Preprocessed,
    pub(super) defines: Defines,
    pub(super) substs: Vec<Subst>,
    pub(super) levels: Vec<Level>,
    /// Files being read, outermost first: the include stack.
    pub(super) open_files: Vec<PathBuf>,
    /// Names being expanded.
    expanding: Vec<Vec<u8>>,
    pub(super) state: State,
    /// Open braces: `#!subst` counts only at the top level.
    pub(super) braces: usize,
    /// The next string names a module.
    pub(super) names_module: bool,
    /// What the last segment says, so that a stretch needs one segment only.
    pub(super) stretch: Stretch,
    pub(super) overflowed: bool,
    expansions: usize,
    /// `#!endif` and `#!else` in inactive parts that do not count because text follows them.
    pub(super) tails: Vec<Span>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(path: &Path, options: &'a Options, loader: &'a dyn FileLoader) -> Lexer<'a> {
        let mut lexer = Lexer {
            options,
            loader,
            main_dir: path.parent().map(Path::to_path_buf).unwrap_or_default(),
            out: Preprocessed::default(),
            defines: Defines::new(options),
            substs: Vec::new(),
            levels: Vec::new(),
            open_files: Vec::new(),
            expanding: Vec::new(),
            state: State::Code,
            braces: 0,
            names_module: false,
            stretch: Stretch::Ended,
            overflowed: false,
            expansions: 0,
            tails: Vec::new(),
        };
        for module in &options.modules {
            lexer.define_module(module.as_bytes());
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
        self.run(&text, &Origin::File(id));
        self.open_files.pop();
        self.stretch = Stretch::Ended;
        match self.state {
            State::Str { at, .. } => {
                self.error("KC001", at, "this string is never closed");
                // Only what this string swallowed is lost, not the rest of the text.
                self.emit_marker();
            }
            State::BlockComment { at } => {
                let warning = Diagnostic::warning("KC001", at, "this comment is never closed");
                self.out.diagnostics.push(warning.help("close it with `*/`"));
            }
            _ => {}
        }
        self.state = State::Code;
        self.emit_marker();
    }

    pub(super) fn finish(mut self) -> Preprocessed {
        if self.overflowed {
            // Half a configuration would only give follow-up errors.
            self.out.text.clear();
            return self.out;
        }
        for level in std::mem::take(&mut self.levels) {
            let error = Diagnostic::error("KC023", level.at, "no `#!endif` for this directive");
            let mut error = error.help("write `#!endif`, alone on its line, where the part ends");
            for tail in self.tails.iter().filter(|t| t.start > level.at.start) {
                error = error.also(*tail, "this one does not count: text follows on its line");
            }
            self.out.diagnostics.push(error);
        }
        self.out.map.set_names(self.defines.names());
        self.out
    }

    pub(super) fn error(&mut self, code: &'static str, at: Span, message: impl Into<String>) {
        self.out.diagnostics.push(Diagnostic::error(code, at, message));
    }

    /// The span of source bytes, or of the place of use when they come from a define.
    pub(super) fn at(&self, origin: &Origin, start: usize, end: usize) -> Span {
        match origin {
            Origin::File(file) => self.out.map.source_span(*file, start as u32, end as u32),
            Origin::Define { file, start, len, .. } => self.out.map.source_span(*file, *start, *start + *len),
        }
    }

    /// Lexes one buffer, going on in whatever state the one before ended.
    fn run(&mut self, text: &[u8], origin: &Origin) {
        let mut at = 0;
        while at < text.len() && !self.overflowed {
            at = match self.state {
                State::Code => self.code(text, at, origin),
                State::Str { quote, content, .. } => self.in_string(text, at, quote, content, origin),
                State::LineComment => {
                    let end = memchr::memchr(b'\n', rest(text, at)).map_or(text.len(), |n| at + n);
                    if end < text.len() {
                        self.state = State::Code;
                    }
                    end
                }
                State::BlockComment { .. } => match memchr::memmem::find(rest(text, at), b"*/") {
                    Some(n) => {
                        self.state = State::Code;
                        at + n + 2
                    }
                    None => text.len(),
                },
            };
        }
    }

    /// One token of code from `at`; returns where the next begins.
    fn code(&mut self, text: &[u8], at: usize, origin: &Origin) -> usize {
        let Some(byte) = text.get(at) else { return text.len() };
        let next = text.get(at + 1).copied();
        match (*byte, next) {
            (b'#', Some(b'!')) | (b'!', Some(b'!')) => {
                if let Origin::File(file) = origin
                    && let Some(end) = self.directive(text, at, *file)
                {
                    return end;
                }
                if *byte == b'#' {
                    self.comment(State::LineComment, at + 1)
                } else {
                    self.copy(text, at, at + 1, origin)
                }
            }
            (b'#', _) | (b'/', Some(b'/')) => self.comment(State::LineComment, at + 1),
            (b'/', Some(b'*')) => {
                let span = self.at(origin, at, at + 2);
                self.comment(State::BlockComment { at: span }, at + 2)
            }
            (b'"' | b'\'', _) => {
                let span = self.at(origin, at, at + 1);
                self.copy(text, at, at + 1, origin);
                self.state = State::Str { quote: *byte, content: self.out.text.len(), at: span };
                at + 1
            }
            (b'$', _) => self.variable(text, at, origin),
            (b'@', _) => {
                let end =
                    at + 1 + rest(text, at + 1).iter().take_while(|b| is_word(**b) || **b == b'.').count();
                self.copy(text, at, end, origin)
            }
            (b, _) if is_word(b) => self.word(text, at, origin),
            (b, _) => {
                match b {
                    b'{' => self.braces += 1,
                    b'}' => self.braces = self.braces.saturating_sub(1),
                    _ => {}
                }
                let plain =
                    rest(text, at + 1).iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
                let end = at + 1 + plain.count();
                self.copy(text, at, end, origin)
            }
        }
    }

    fn comment(&mut self, state: State, next: usize) -> usize {
        self.emit_marker();
        self.state = state;
        next
    }

    /// `$name`, `$name(...)`, `$(...)`: copied whole, only substitutions count inside.
    fn variable(&mut self, text: &[u8], at: usize, origin: &Origin) -> usize {
        let word = rest(text, at + 1).iter().take_while(|b| is_word(**b)).count();
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
        self.copy(text, at, end, origin);
        self.substitute(content, 0, origin, end);
        end
    }

    fn word(&mut self, text: &[u8], at: usize, origin: &Origin) -> usize {
        let end = at + rest(text, at).iter().take_while(|b| is_word(**b)).count();
        let Some(word) = text.get(at..end) else { return text.len() };
        match word {
            b"include_file" | b"import_file" => {
                if let Origin::File(file) = origin {
                    return self.include(text, at, end, *file);
                }
            }
            b"loadmodule" | b"loadmodulex" => self.names_module = true,
            b"event_route" => {
                // The name in brackets is a token of its own kind: no defines in it.
                let open = rest(text, end).iter().take_while(|b| b.is_ascii_whitespace()).count();
                if text.get(end + open) == Some(&b'[') {
                    let close = memchr::memchr2(b']', b'"', rest(text, end + open)).unwrap_or(0);
                    return self.copy(text, at, end + open + close, origin);
                }
            }
            _ => {
                if let Some(entry) = self.defines.get(word)
                    && !reserved::is_reserved(&String::from_utf8_lossy(word))
                    && !is_number_word(word)
                {
                    let (value, defined_at) = (entry.value.clone(), entry.at);
                    self.expand(word, &value, defined_at, at, origin);
                    return end;
                }
            }
        }
        self.copy(text, at, end, origin)
    }

    fn expand(
        &mut self,
        name: &[u8],
        value: &Rc<[u8]>,
        defined_at: Option<Span>,
        at: usize,
        origin: &Origin,
    ) {
        let used_at = self.at(origin, at, at + name.len());
        self.expansions += 1;
        if self.expansions > MAX_EXPANSIONS {
            self.too_long(origin, at);
            return;
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
            return;
        }
        let inner = match origin {
            Origin::File(file) => Origin::Define {
                file: *file,
                start: at as u32,
                len: name.len() as u32,
                define: Rc::new(Define {
                    name: shown.into(),
                    value: String::from_utf8_lossy(value).into(),
                    at: defined_at,
                }),
            },
            nested @ Origin::Define { .. } => nested.clone(),
        };
        self.expanding.push(name.to_vec());
        self.run(value, &inner);
        self.expanding.pop();
    }

    /// `MOD_name` after a `loadmodule`.
    pub(super) fn define_module(&mut self, path: &[u8]) {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let name = name.strip_suffix(b".so").unwrap_or(name);
        if !name.is_empty() {
            self.defines.put(&[b"MOD_", name].concat(), b"", None);
        }
    }

    pub(super) fn is_v6(&self) -> bool {
        self.options.generation == Generation::V6
    }
}

pub(super) fn rest(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or(b"")
}

pub(super) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Words that the server reads as numbers before it looks at defines.
fn is_number_word(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 18] = [
        b"yes", b"no", b"on", b"off", b"true", b"false", b"enable", b"disable", b"inet", b"INET", b"inet6",
        b"INET6", b"ipv4", b"IPv4", b"IPV4", b"ipv6", b"IPv6", b"IPV6",
    ];
    word.iter().all(u8::is_ascii_digit) || WORDS.contains(&word)
}
