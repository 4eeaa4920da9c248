//! Mistakes at the top level.

use super::words::{self, KEYWORDS, foreign_item, miscased, misspelled};
use super::{around, error, generic, piece_tokens, stuck, unbalanced};
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::Rule;
use crate::parse::scan::{Kind, Token};
use crate::span::Span;

const ROUTE_WORDS: &[&str] = &[
    "request_route",
    "reply_route",
    "onreply_route",
    "failure_route",
    "branch_route",
    "onsend_route",
    "event_route",
    "route",
];

/// True when the piece begins like an item of its own, so that it is no leftover of the one before.
pub(super) fn starts_item(text: &str, span: Span) -> bool {
    let tokens = piece_tokens(text, span);
    let Some(first) = tokens.first() else { return false };
    KEYWORDS.contains(&first.text)
        || miscased(first.text).is_some()
        || (first.kind == Kind::Word && tokens.get(1).is_some_and(|t| t.is(b'=')))
}

/// An item that does not read.
pub(super) fn item(text: &str, span: Span, out: &mut Vec<Diagnostic>) {
    let all = piece_tokens(text, span);
    let Some(first) = all.first() else { return };
    out.push(by_first_word(first, &all).unwrap_or_else(|| in_item(text, span, &all)));
}

fn by_first_word(first: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    let second = all.get(1);
    match first.kind {
        Kind::Sign(b'}') => {
            let help = "remove it, or look above for a block that was closed too early";
            return Some(error(first.span, "this `}` closes nothing").help(help));
        }
        Kind::Sign(b'{') => {
            return Some(
                error(first.span, "a block needs a route keyword before it")
                    .help("write `request_route {` or `route[NAME] {`"),
            );
        }
        Kind::Pv => return Some(only_in_route(first)),
        Kind::Word => {}
        _ => return None,
    }
    let word = first.text;
    if let Some(keyword) = miscased(word) {
        return Some(
            error(first.span, format!("keywords are case sensitive: `{word}` is unknown"))
                .help(format!("write `{keyword}`"))
                .fix(format!("write `{keyword}`"), first.span, keyword, true),
        );
    }
    if let Some(help) = foreign_item(word) {
        return Some(error(first.span, format!("`{word}` does not exist")).help(help));
    }
    if matches!(
        word,
        "if" | "else" | "while" | "switch" | "case" | "exit" | "drop" | "return" | "break" | "xlog"
    ) {
        return Some(only_in_route(first));
    }
    if ROUTE_WORDS.contains(&word) {
        return route(first, all);
    }
    if matches!(word, "loadmodule" | "loadmodulex" | "loadpath" | "mpath" | "cfgengine") {
        if let Some(name) = second.filter(|t| t.kind == Kind::Word) {
            return Some(
                error(name.span, "the name must stand in quotes")
                    .help(format!("write `{word} \"{}.so\"`", name.text)),
            );
        }
        return None;
    }
    match second.map(|t| t.kind) {
        Some(Kind::Sign(b'(')) if word != "modparam" && word != "modparamx" => {
            match misspelled(word, &["modparam", "loadmodule"]) {
                Some(keyword) => Some(unknown(first, keyword)),
                None => Some(only_in_route(first)),
            }
        }
        Some(Kind::Sign(b'[' | b'{')) | Some(Kind::Str) => match misspelled(word, KEYWORDS) {
            Some(keyword) => Some(unknown(first, keyword)),
            None => Some(error(first.span, format!("`{word}` does not begin anything known")).help(
                "at the top level stand parameters (`name=value`), loadmodule, modparam and route blocks",
            )),
        },
        Some(Kind::Word) if !KEYWORDS.contains(&word) => Some(
            error(first.span.after(), format!("`=` is missing after `{word}`"))
                .help(format!("a global parameter is written `{word}=value`")),
        ),
        _ => None,
    }
}

fn unknown(token: &Token<'_>, keyword: &str) -> Diagnostic {
    error(token.span, format!("`{}` is unknown", token.text)).help(format!("did you mean `{keyword}`?")).fix(
        format!("write `{keyword}`"),
        token.span,
        keyword,
        false,
    )
}

fn only_in_route(first: &Token<'_>) -> Diagnostic {
    error(first.span, format!("{} can stand only inside a route block", words::show(first)))
        .help("move it into `request_route { ... }`; if it was inside one, a `}` above it is too many")
}

/// A route block whose head does not read.
fn route(first: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    let second = all.get(1)?;
    let word = first.text;
    if matches!(word, "request_route" | "reply_route") && second.is(b'[') {
        return Some(
            error(second.span, format!("`{word}` takes no name"))
                .help("write `route[NAME]` or `onreply_route[NAME]` for a named block"),
        );
    }
    if word == "event_route" && !second.is(b'[') {
        return Some(
            error(second.span, "an event route needs its event")
                .help("write `event_route[module:event] { ... }`"),
        );
    }
    if second.is(b'(') {
        let help = "calls stand inside route blocks; a block is written `route[NAME] { ... }`";
        return Some(error(second.span, "a route block has its name in `[ ]`").help(help));
    }
    if second.kind == Kind::Word || second.kind == Kind::Str {
        return Some(
            error(second.span, "the name of a route stands in `[ ]`, its statements in `{ }`")
                .help(format!("write `{word}[NAME] {{ ... }}`")),
        );
    }
    if !second.is(b'[') {
        return Some(
            error(second.span, format!("unexpected {} after `{word}`", words::show(second)))
                .help(format!("write `{word}[NAME] {{ ... }}`")),
        );
    }
    let close = all.iter().position(|t| t.is(b']'))?;
    let name = all.get(2..close).unwrap_or(&[]);
    let at = name.first().map_or(second.span, |n| n.span.to(name.last().map_or(n.span, |l| l.span)));
    if name.is_empty() {
        return Some(error(second.span, "the name in the brackets is missing"));
    }
    if word == "event_route" {
        let sound = name.len() >= 3 && name.iter().any(|t| t.is(b':'));
        if !sound {
            return Some(error(at, "the name of an event is written `module:event`, without blanks"));
        }
    } else if name.len() > 1 || !matches!(name.first().map(|t| t.kind), Some(Kind::Word | Kind::Str)) {
        return Some(
            error(at, "a route name is one word of letters, digits and `_`")
                .help("put other names in quotes: `route[\"a-b\"]`"),
        );
    } else if name
        .first()
        .is_some_and(|t| t.kind == Kind::Word && t.text.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Some(error(at, "a route name does not begin with a digit unless it is a number"));
    }
    match all.get(close + 1) {
        Some(token) if token.is(b'{') => None,
        Some(token) => {
            Some(error(token.span, format!("expected `{{` after the name, not {}", words::show(token))))
        }
        None => Some(
            error(second.span.after(), "the block of this route is missing")
                .help("write `{ ... }` after its name"),
        ),
    }
}

fn in_item(text: &str, span: Span, all: &[Token<'_>]) -> Diagnostic {
    let Some(stuck) = stuck(Rule::one_item, text, span) else {
        return error(span, "this cannot be read");
    };
    if let Some((bracket, open)) = unbalanced(all) {
        if open {
            return error(bracket.span, "this bracket is never closed");
        }
        return error(bracket.span, "this bracket closes nothing");
    }
    let (_, next) = around(all, stuck.at);
    let first = all.first().map_or("", |t| t.text);
    if matches!(first, "alias" | "domain" | "listen") && next.is_some_and(|n| n.is(b'=')) {
        return error(stuck_at(stuck.at), format!("the `{first}` list runs into the next line")).help(
            format!(
                "end the `{first}` line with `;`: the server reads words on the next line as more addresses"
            ),
        );
    }
    if first.starts_with("modparam") {
        if let Some(word) = next.filter(|t| t.kind == Kind::Word) {
            return error(word.span, format!("the word `{}` is not a value", word.text))
                .help("write a number or a string in quotes; a define of this name does not exist");
        }
        if next.is_some_and(|t| t.kind == Kind::Sign(b'+')) {
            return error(
                stuck_at(stuck.at),
                "the value of a parameter is one number or one string, not an expression",
            );
        }
    }
    generic(text, span, &stuck, all)
}

fn stuck_at(at: usize) -> Span {
    Span::of(at, at + 1)
}
