//! Says in words why a piece could not be read. The recovering rules only mark pieces; here each is looked at again,
//! first for the mistakes that people make, last with what pest expected.

mod items;
mod stmts;
mod words;

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::{Grammar, Rule};
use super::lower::Bad;
use super::scan::{Kind, Token, tokens};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The byte where pest got stuck.
pub(super) fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// One diagnostic for each root cause among the marked pieces.
pub(super) fn all(text: &str, bad: &[Bad], out: &mut Vec<Diagnostic>) {
    let mut unclosed_at = None;
    let mut block_from = 0;
    let mut last_item_end = None;
    for piece in bad {
        match piece.rule {
            Rule::no_brace => {
                // Every block around the place lacks its brace; the cause is one.
                if unclosed_at.replace(piece.span.start) != Some(piece.span.start) {
                    out.push(stmts::unclosed_brace(text, block_from, piece.span));
                    block_from = piece.span.start as usize;
                }
            }
            Rule::no_body => out.push(stmts::no_body(text, piece.span)),
            Rule::bad_cond => out.push(stmts::condition(text, piece.span)),
            Rule::bad_label => out.push(stmts::label(text, piece.span)),
            Rule::bad_case => out.push(stmts::case(text, piece.span)),
            Rule::bad_item => {
                let follows = last_item_end.is_some_and(|end| only_blanks(text, end, piece.span.start));
                last_item_end = Some(piece.span.end);
                if !follows || items::starts_item(text, piece.span) {
                    items::item(text, piece.span, out);
                }
            }
            _ => stmts::stmt(text, piece.span, out),
        }
    }
}

fn only_blanks(text: &str, from: u32, to: u32) -> bool {
    Span::new(from, to).slice(text).chars().all(|c| c.is_whitespace() || c == ';')
}

/// Where and what a rule expected in a piece of the text; `None` when it reads well.
struct Stuck {
    at: usize,
    expected: Vec<Rule>,
}

fn stuck(rule: Rule, text: &str, span: Span) -> Option<Stuck> {
    let piece = span.slice(text);
    let error = Grammar::parse(rule, piece).err()?;
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Some(Stuck { at: span.start as usize + position(&error), expected })
}

fn piece_tokens(text: &str, span: Span) -> Vec<Token<'_>> {
    tokens(span.slice(text), span.start as usize).collect()
}

/// The token at or after an offset, and the one before it.
fn around<'a, 't>(tokens: &'a [Token<'t>], at: usize) -> (Option<&'a Token<'t>>, Option<&'a Token<'t>>) {
    let index = tokens.partition_point(|t| (t.span.end as usize) <= at);
    (index.checked_sub(1).and_then(|i| tokens.get(i)), tokens.get(index))
}

/// The first bracket that is not closed in the piece, or the first closing one without an opener.
fn unbalanced<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(&'a Token<'t>, bool)> {
    let mut open: Vec<&Token<'t>> = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Sign(b'(' | b'[') => open.push(token),
            Kind::Sign(b')' | b']') if open.pop().is_none() => return Some((token, false)),
            _ => {}
        }
    }
    open.pop().map(|t| (t, true))
}

fn error(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("KC001", span, message)
}

fn expected_text(expected: &[Rule]) -> Option<String> {
    let mut names: Vec<&str> = expected.iter().filter_map(|r| words::rule(*r)).collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => None,
        [one] => Some((*one).to_string()),
        [most @ .., last] if most.len() < 5 => Some(format!("{} or {last}", most.join(", "))),
        _ => None,
    }
}

/// The last resort: what stands there and what was expected.
fn generic(text: &str, span: Span, stuck: &Stuck, tokens: &[Token<'_>]) -> Diagnostic {
    let (_, next) = around(tokens, stuck.at);
    let (at, found) = match next {
        Some(token) => (token.span, format!("unexpected {}", words::show(token))),
        None => (
            Span::of(span.slice(text).trim_end().len() + span.start as usize, span.end as usize),
            "unexpected end".into(),
        ),
    };
    match expected_text(&stuck.expected) {
        Some(expected) => error(at, format!("{found}, expected {expected}")),
        None => error(at, found),
    }
}
