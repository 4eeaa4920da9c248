//! The preprocessor: directives, defines, substitutions and includes; from files to one expanded text.

mod buffer;
mod defines;
mod directives;
mod expression;
mod include;
mod lexer;
mod lines;
mod output;
mod strings;
mod subst;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::source_map::SourceMap;
use crate::span::Span;
use lexer::Lexer;

/// Which Kamailio the text is written for, where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Generation {
    /// As 5.6 (Debian 12).
    V5_6,
    /// As 6.x.
    #[default]
    V6,
}

/// What the command line adds.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--compat`.
    pub generation: Generation,
    /// `-A NAME` and `-A NAME=VALUE`.
    pub defines: Vec<(String, Option<String>)>,
    /// `--subst`, `--substdef`, `--substdefs` with their expressions (`/re/x/g`), in order.
    pub substs: Vec<(SubstKind, String)>,
    /// Modules of `--loadmodule`, by the name as given.
    pub modules: Vec<String>,
}

/// The three substitution directives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubstKind {
    /// Only replaces in strings.
    Subst,
    /// Also defines the pattern's text as a name.
    SubstDef,
    /// The same with the value in quotes.
    SubstDefS,
}

/// How the preprocessor reads the world.
pub trait FileLoader {
    /// The bytes of a file.
    fn load(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// A variable of the environment.
    fn env(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }
}

/// Reads from disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskLoader;

impl FileLoader for DiskLoader {
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }
}

/// An `include_file` or `import_file` that was met.
#[derive(Clone, Debug)]
pub struct Include {
    /// The name as written.
    pub name: String,
    /// What was opened; `None` for an import that does not exist.
    pub path: Option<PathBuf>,
    /// The directive.
    pub span: Span,
}

/// The result: one text for the parser.
#[derive(Debug, Default)]
pub struct Preprocessed {
    /// The expanded text, without comments and directives.
    pub text: String,
    /// Where each byte of it comes from.
    pub map: SourceMap,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Files named by the configuration.
    pub includes: Vec<Include>,
    /// Source places whose text is already known to be broken: what the parser says there would be the same again.
    pub(crate) broken: Vec<Span>,
}

/// Reads `path` and everything it includes.
pub fn preprocess(path: &Path, options: &Options, loader: &dyn FileLoader) -> Preprocessed {
    let mut lexer = Lexer::new(options, loader);
    lexer.main_file(path);
    lexer.finish()
}
