//! From pest's pairs to the tree. What the grammar guarantees is still not assumed: a missing piece becomes an
//! `Error` node.

mod exprs;
mod hosts;
mod items;
mod literals;
mod stmts;

pub(crate) use literals::unescape;

use pest::iterators::{Pair, Pairs};

use super::grammar::Rule;
use crate::ast::{File, Item, ItemKind, Name};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(super) type P<'i> = Pair<'i, Rule>;

/// The state of one lowering: the diagnostics found on the way.
#[derive(Default)]
pub(super) struct Lower {
    /// Where the text handed to pest begins in the expanded text.
    pub(super) base: usize,
    /// Literals that read well but mean nothing (`1.2.3.999`).
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Pieces that the recovering rules marked, to be explained by `recover`.
    pub(super) bad: Vec<Bad>,
}

/// A piece that did not parse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bad {
    /// Which rule marked it.
    pub(super) rule: Rule,
    /// Where.
    pub(super) span: Span,
}

impl Lower {
    /// Lowers the pairs of `file` or `r_file`.
    pub(super) fn file(&mut self, pairs: Pairs<'_, Rule>) -> File {
        let mut items = Vec::new();
        for file in pairs {
            for pair in file.into_inner() {
                if pair.as_rule() == Rule::EOI {
                    continue;
                }
                let span = self.span(&pair);
                let kind = self.item(pair);
                items.push(Item { span, kind });
            }
        }
        File { items }
    }

    fn span(&self, pair: &P<'_>) -> Span {
        let s = pair.as_span();
        Span::of(self.base + s.start(), self.base + s.end())
    }

    fn name(&self, pair: &P<'_>) -> Name {
        Name { text: pair.as_str().into(), span: self.span(pair), quoted: false }
    }

    fn mark(&mut self, pair: &P<'_>) {
        self.bad.push(Bad { rule: pair.as_rule(), span: self.span(pair) });
    }

    fn error(&mut self, at: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error("KC001", at, message));
    }
}

fn missing_item() -> ItemKind {
    ItemKind::Error
}
