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
pub(crate) use lower::unescape;

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
    let cuts = match depth::check(text) {
        Ok(cuts) => cuts,
        Err(diagnostic) => return Parsed { file: File::default(), diagnostics: vec![*diagnostic] },
    };
    let pieces = pieces(text, &cuts);
    match strict(&pieces) {
        Ok(parsed) => parsed,
        Err(failed_at) => recover(text, failed_at),
    }
}

/// Text worth a thread of its own.
const PIECE: usize = 128 << 10;
/// Threads used at most.
const MAX_PIECES: usize = 8;

/// Cuts a long text between top-level items, so that the pieces can be parsed side by side.
fn pieces<'t>(text: &'t str, cuts: &[u32]) -> Vec<(usize, &'t str)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = (text.len() / PIECE).clamp(1, cores.min(MAX_PIECES));
    let mut pieces = Vec::with_capacity(count);
    let mut from = 0;
    for n in 1..count {
        let wanted = text.len() / count * n;
        let cut =
            cuts.get(cuts.partition_point(|c| (*c as usize) < wanted)).map_or(text.len(), |c| *c as usize);
        if let Some(piece) = text.get(from..cut).filter(|p| !p.is_empty()) {
            pieces.push((from, piece));
            from = cut;
        }
    }
    pieces.push((from, text.get(from..).unwrap_or("")));
    pieces
}

/// The fast path; the offset of a failure otherwise.
fn strict(pieces: &[(usize, &str)]) -> Result<Parsed, usize> {
    let [first, others @ ..] = pieces else { return Ok(Parsed::default()) };
    std::thread::scope(|scope| {
        let others: Vec<_> = others.iter().map(|piece| scope.spawn(|| strict_piece(*piece))).collect();
        let mut whole = strict_piece(*first)?;
        for other in others {
            let piece = other.join().unwrap_or(Err(0))?;
            whole.file.items.extend(piece.file.items);
            whole.diagnostics.extend(piece.diagnostics);
        }
        Ok(whole)
    })
}

fn strict_piece((base, text): (usize, &str)) -> Result<Parsed, usize> {
    let pairs = Grammar::parse(Rule::file, text).map_err(|error| base + explain::position(&error))?;
    let mut lower = Lower { base, ..Lower::default() };
    let file = lower.file(pairs);
    Ok(Parsed { file, diagnostics: lower.diagnostics })
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
