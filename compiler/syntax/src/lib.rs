//! The language of `kamailio.cfg`: preprocessor, source map, grammar, tree, diagnostics.
//!
//! [`read`] does all of it for one file:
//!
//! ```
//! use kamjit_syntax::{DiskLoader, Options, read};
//! let unit = read("/nonexistent.cfg".as_ref(), &Options::default(), &DiskLoader);
//! for d in &unit.diagnostics {
//!     let at = unit.map.resolve(d.primary.span);
//!     eprintln!("{:?}: {}", at.map(|l| (l.path, l.line, l.column)), d.message);
//! }
//! ```
//!
//! See docs/src/architecture.md and docs/src/language.md.

pub mod ast;
pub mod diagnostic;
pub mod parse;
pub mod posix;
pub mod preprocess;
pub mod pv;
mod raw_bytes;
pub mod source_map;
pub mod span;

pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use parse::{Parsed, parse};
pub use preprocess::{
    DiskLoader, FileLoader, Generation, Include, Options, Preprocessed, SubstKind, preprocess,
};
pub use source_map::{Define, FileId, Location, SourceFile, SourceMap};
pub use span::Span;

use std::path::Path;

/// One configuration, read and parsed.
#[derive(Debug, Default)]
pub struct Unit {
    /// The expanded text that all spans count in.
    pub text: String,
    /// Back to files and lines.
    pub map: SourceMap,
    /// The tree.
    pub file: ast::File,
    /// Findings of preprocessor and parser, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Files named by the configuration.
    pub includes: Vec<Include>,
}

/// Preprocesses and parses `path`. Never fails; errors stand in [`Unit::diagnostics`].
pub fn read(path: &Path, options: &Options, loader: &dyn FileLoader) -> Unit {
    let Preprocessed { text, map, mut diagnostics, includes, broken } = preprocess(path, options, loader);
    let parsed = parse(&text);
    let new = |d: &Diagnostic| {
        let Some((file, start, ..)) = map.source_range(d.primary.span) else { return true };
        let at = map.source_span(file, start, start);
        broken.iter().all(|b| at.start < b.start || at.start > b.end)
    };
    diagnostics.extend(parsed.diagnostics.into_iter().filter(new));
    diagnostics.sort_by_key(|d| map.source_range(d.primary.span).map(|(file, start, ..)| (file, start)));
    Unit { text, map, file: parsed.file, diagnostics, includes }
}
