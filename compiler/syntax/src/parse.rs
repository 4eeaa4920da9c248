//! From the expanded text to the tree.

mod grammar;
mod lower;
pub(crate) mod reserved;

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
    match Grammar::parse(Rule::file, text) {
        Ok(pairs) => {
            let mut lower = Lower::default();
            let file = lower.file(pairs);
            Parsed { file, diagnostics: lower.diagnostics }
        }
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            let diagnostic = Diagnostic::error("KC001", Span::of(at, at), "syntax error");
            Parsed { file: File::default(), diagnostics: vec![diagnostic] }
        }
    }
}
