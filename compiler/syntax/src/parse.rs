//! From the expanded text to the tree.

mod depth;
mod explain;
mod grammar;
mod lower;
pub(crate) mod reserved;
mod scan;

use pest::Parser;

use crate::ast::File;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use grammar::{Grammar, Rule};
use lower::Lower;

/// A tree and what was wrong with its text. When there is an error the tree is what could be saved.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub file: File,
    /// Syntax errors in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses an expanded text. Never fails: unreadable parts become `Error` nodes with a diagnostic each.
pub fn parse(text: &str) -> Parsed {
    if let Err(diagnostic) = depth::check(text) {
        return Parsed { file: File::default(), diagnostics: vec![*diagnostic] };
    }
    match Grammar::parse(Rule::file, text) {
        Ok(pairs) => {
            let mut lower = Lower::default();
            let file = lower.file(pairs);
            Parsed { file, diagnostics: lower.diagnostics }
        }
        Err(error) => recover(text, explain::position(&error)),
    }
}

/// Parses again with the recovering rules and explains each piece they marked.
fn recover(text: &str, failed_at: usize) -> Parsed {
    let mut lower = Lower::default();
    let file = match Grammar::parse(Rule::r_file, text) {
        Ok(pairs) => lower.file(pairs),
        Err(_) => File::default(),
    };
    let mut diagnostics = lower.diagnostics;
    explain::all(text, &lower.bad, &mut diagnostics);
    if diagnostics.iter().all(|d| !d.is_error()) {
        let at = Span::of(failed_at, failed_at);
        diagnostics.push(Diagnostic::error("KC001", at, "this cannot be read").label("here"));
    }
    diagnostics.sort_by_key(|d| d.primary.span);
    Parsed { file, diagnostics }
}
