//! Mistakes in statements, conditions and blocks.

use super::words::{self, foreign_statement, miscased, misspelled};
use super::{Stuck, around, error, generic, piece_tokens, stuck, unbalanced};
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::Rule;
use crate::parse::scan::{Kind, Token, tokens};
use crate::span::Span;

/// A statement that does not read, and what it swallowed up to its semicolon.
pub(super) fn stmt(text: &str, span: Span, out: &mut Vec<Diagnostic>) {
    let mut span = span;
    // Each round explains one statement of the piece and goes on behind it.
    for _ in 0..20 {
        let all = piece_tokens(text, span);
        let Some(first) = all.first().copied() else { return };
        let Some(stuck) = stuck(Rule::one_stmt, text, span) else { return };
        if let Some(found) = by_first_word(&first, &all) {
            out.push(found);
            return;
        }
        let (before, next) = around(&all, stuck.at);
        if let Some(before) = before {
            if let Some(next) = next.filter(|n| misses_semicolon(text, before, n, &all, &stuck)) {
                out.push(semicolon(before.span));
                span = Span::new(next.span.start, span.end);
                continue;
            }
            if next.is_none() && unbalanced(&all).is_none() && could_end(before) {
                out.push(semicolon(before.span));
                return;
            }
        }
        out.push(in_expression(text, span, &all, &stuck));
        return;
    }
}

fn semicolon(before: Span) -> Diagnostic {
    error(before.after(), "`;` is missing after this statement")
        .label("expected `;` here")
        .help("every statement but a block ends with `;`")
        .fix("insert `;`", before.after(), ";", true)
}

/// True when the next token begins a statement of its own, on a later line, and the brackets before it are closed.
fn misses_semicolon(
    text: &str,
    before: &Token<'_>,
    next: &Token<'_>,
    all: &[Token<'_>],
    stuck: &Stuck,
) -> bool {
    let gap = Span::new(before.span.end, next.span.start).slice(text);
    let done: Vec<Token<'_>> = all.iter().copied().filter(|t| (t.span.end as usize) <= stuck.at).collect();
    let control =
        matches!(next.text, "if" | "while" | "switch" | "exit" | "return" | "drop" | "break" | "route");
    unbalanced(&done).is_none()
        && could_end(before)
        && matches!(next.kind, Kind::Word | Kind::Pv)
        && (gap.contains('\n') || control)
        && !stuck.expected.is_empty()
}

fn could_end(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Str | Kind::Pv | Kind::Sign(b')')) || (token.kind == Kind::Word)
}

/// Mistakes told by how the statement begins.
fn by_first_word(first: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    let second = all.get(1);
    match first.kind {
        Kind::Sign(b @ (b')' | b']' | b'}')) => {
            let sign = char::from(b);
            Some(
                error(first.span, format!("this `{sign}` closes nothing"))
                    .help("remove it, or look for the bracket that is missing before it"),
            )
        }
        Kind::Sign(b'{') => Some(
            error(first.span, "a block cannot stand alone")
                .help("only `if`, `else`, `while` and `switch` take a block; move the statements out"),
        ),
        Kind::Sign(b'@') => Some(error(first.span, "a select cannot be assigned or stand alone")),
        Kind::Word => {
            let word = first.text;
            if word == "else" {
                let help = "remove a `;` between the `if` and its `else`, or add the `if`";
                return Some(error(first.span, "`else` without `if`").help(help));
            }
            if matches!(word, "case" | "default") {
                return Some(error(first.span, format!("`{word}` outside of `switch`")));
            }
            if let Some(keyword) = miscased(word) {
                return Some(
                    error(first.span, format!("keywords are case sensitive: `{word}` is unknown"))
                        .help(format!("write `{keyword}`"))
                        .fix(format!("write `{keyword}`"), first.span, keyword, true),
                );
            }
            if let Some(help) = foreign_statement(word) {
                return Some(error(first.span, format!("`{word}` is not part of this language")).help(help));
            }
            let next = second.map(|t| t.kind);
            if matches!(next, Some(Kind::Sign(b';'))) && !matches!(word, "exit" | "drop" | "return" | "break")
            {
                if let Some(keyword) = misspelled(word, &["exit", "drop", "return", "break"]) {
                    return Some(misspelling(first, keyword));
                }
                return Some(
                    error(first.span, format!("`{word}` alone is not a statement"))
                        .help(format!("call it: `{word}()`"))
                        .fix("add `()`", first.span.after(), "()", false),
                );
            }
            if matches!(next, Some(Kind::Sign(b'='))) {
                let help = format!(
                    "variables begin with `$`: `$var({word}) = ...`; a global parameter belongs above the route blocks"
                );
                return Some(error(first.span, format!("`{word}` cannot be assigned here")).help(help));
            }
            if let Some(keyword) = misspelled(word, &["while", "switch", "return", "exit", "break", "route"])
                && !matches!(next, Some(Kind::Sign(b'(')))
            {
                return Some(misspelling(first, keyword));
            }
            None
        }
        Kind::Pv => assignment(first, all),
        Kind::Str => Some(error(first.span, "a string cannot stand alone as a statement")),
        _ => None,
    }
}

fn misspelling(token: &Token<'_>, keyword: &str) -> Diagnostic {
    error(token.span, format!("`{}` is unknown", token.text)).help(format!("did you mean `{keyword}`?")).fix(
        format!("write `{keyword}`"),
        token.span,
        keyword,
        false,
    )
}

/// `$x += 1`, `$x++`, `$x == 1;`, `$x;`.
fn assignment(first: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    let (second, third) = (all.get(1)?, all.get(2));
    let joined = third.is_some_and(|t| t.span.start == second.span.end);
    let sign = |b: u8| third.is_some_and(|t| t.is(b)) && joined;
    let name = first.text;
    match second.kind {
        Kind::Sign(b @ (b'+' | b'-')) if sign(b) => {
            let op = char::from(b);
            let at = first.span.to(second.span);
            Some(
                error(at, format!("there is no `{op}{op}`")).help(format!("write `{name} = {name} {op} 1;`")),
            )
        }
        Kind::Sign(b @ (b'+' | b'-' | b'*' | b'/' | b'.' | b'|' | b'&' | b':')) if sign(b'=') => {
            let op = char::from(b);
            let plain = if b == b'.' { '+' } else { op };
            let help = if b == b':' {
                format!("write `{name} = ...`")
            } else {
                format!("write `{name} = {name} {plain} ...`")
            };
            Some(error(second.span, format!("there is no `{op}=`")).help(help))
        }
        Kind::Sign(b'=') if sign(b'=') || sign(b'~') => Some(
            error(second.span, "a comparison cannot stand alone as a statement")
                .help(format!("to assign, write `{name} = ...`; for `~` put a blank before it")),
        ),
        Kind::Sign(b';') => Some(error(first.span, "a variable cannot stand alone as a statement")),
        Kind::Sign(b'[') => Some(
            error(second.span, "an index must stand inside the parentheses of the variable")
                .help(format!("write `$({}[...])`", name.trim_start_matches('$'))),
        ),
        Kind::Sign(b'{') => Some(
            error(second.span, "a transformation must stand inside the parentheses of the variable")
                .help(format!("write `$({}{{...}})`", name.trim_start_matches('$'))),
        ),
        _ => None,
    }
}

/// Mistakes inside an expression or a list of arguments.
fn in_expression(text: &str, span: Span, all: &[Token<'_>], stuck: &Stuck) -> Diagnostic {
    let (before, next) = around(all, stuck.at);
    if let Some(found) = next.and_then(|next| bad_operator(before, next, all)) {
        return found;
    }
    if let Some((bracket, open)) = unbalanced(all) {
        let (sign, other) = if bracket.is(b'(') || bracket.is(b')') { ("(", ")") } else { ("[", "]") };
        if open {
            let at = next.map_or(bracket.span, |n| n.span);
            return error(at, format!("`{other}` is missing"))
                .label("expected before this")
                .also(bracket.span, format!("to close this `{sign}`"));
        }
        return error(bracket.span, format!("this `{other}` closes nothing"))
            .help("remove it, or open it before");
    }
    if let Some(found) = next.and_then(|next| bare_word(before, next, all)) {
        return found;
    }
    generic(text, span, stuck, all)
}

fn bad_operator(before: Option<&Token<'_>>, next: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    let after = all.iter().find(|t| t.span.start >= next.span.end);
    let after_is = |b: u8| after.is_some_and(|t| t.is(b) && t.span.start == next.span.end);
    let (message, help) = match next.kind {
        Kind::Sign(b'%') => ("there is no `%` operator", "the remainder is written `mod`"),
        Kind::Sign(b'?') => ("there is no `? :` operator", "use `selval(condition, yes, no)`"),
        Kind::Sign(b'!') if after_is(b'~') => ("there is no `!~` operator", "write `!($x =~ \"...\")`"),
        Kind::Sign(b'~') if before.is_some_and(|b| b.is(b'!')) => {
            ("there is no `!~` operator", "write `!($x =~ \"...\")`")
        }
        Kind::Sign(b'.') if before.is_some_and(|b| b.kind != Kind::Word) => {
            ("there is no `.` operator", "strings are joined with `+`")
        }
        Kind::Sign(b'=') if before.is_some_and(|b| b.is(b'=')) => {
            ("there is no `===` operator", "write `==`")
        }
        Kind::Sign(b'>' | b'<') if before.is_some_and(|b| b.is(b'=')) => {
            ("this operator does not exist", "write `>=` or `<=`, with `=` last")
        }
        Kind::Sign(b'>') if before.is_some_and(|b| b.is(b'<')) => ("there is no `<>` operator", "write `!=`"),
        Kind::Sign(b'*') if before.is_some_and(|b| b.is(b'*')) => {
            ("there is no `**` operator", "multiply in a loop")
        }
        Kind::Sign(b'[') if before.is_some_and(|b| b.kind == Kind::Pv) => {
            ("an index must stand inside the parentheses of the variable", "write `$(name(...)[index])`")
        }
        Kind::Sign(b'{') if before.is_some_and(|b| b.kind == Kind::Pv) => (
            "a transformation must stand inside the parentheses of the variable",
            "write `$(name{class.operation})`",
        ),
        Kind::Sign(b'=') => ("`=` cannot stand here", "to compare, write `==`"),
        Kind::Word if next.text.eq_ignore_ascii_case("and") => {
            ("operators are written in small letters", "write `and` or `&&`")
        }
        Kind::Word if next.text.eq_ignore_ascii_case("or") => {
            ("operators are written in small letters", "write `or` or `||`")
        }
        Kind::Str if before.is_some_and(|b| b.kind == Kind::Str) => (
            "these two strings are not joined",
            "only double-quoted strings with nothing but blanks between them are; write `+`",
        ),
        _ => return None,
    };
    Some(error(next.span, message).help(help))
}

/// A word where a value should be: a forgotten quote, a function without parentheses.
fn bare_word(before: Option<&Token<'_>>, next: &Token<'_>, all: &[Token<'_>]) -> Option<Diagnostic> {
    // pest stops behind a word that could have been a function, or at it.
    let word = match (before, next.kind) {
        (_, Kind::Word) => next,
        (Some(before), _) if before.kind == Kind::Word => before,
        _ => return None,
    };
    let follows = all.iter().find(|t| t.span.start >= word.span.end);
    if word.text.starts_with(|c: char| c.is_ascii_digit()) {
        let number = word.text.bytes().all(|b| b.is_ascii_digit()) && !word.text.starts_with('0');
        let help = "numbers are written 10, 0x1F, 017 (octal) or 101b (binary)";
        return (!number).then(|| error(word.span, format!("`{}` is not a number", word.text)).help(help));
    }
    if follows.is_some_and(|t| t.is(b'(')) {
        return None;
    }
    if let Some(keyword) = miscased(word.text) {
        return Some(
            error(word.span, format!("keywords are case sensitive: `{}` is unknown", word.text))
                .help(format!("write `{keyword}`")),
        );
    }
    if matches!(
        word.text,
        "uri" | "from_uri" | "to_uri" | "status" | "method" | "src_ip" | "dst_ip" | "proto" | "myself" | "af"
    ) {
        let help = format!(
            "only comparisons take it: `{} == ...`; as a value use a variable such as $ru, $rm, $si",
            word.text
        );
        return Some(error(word.span, format!("`{}` cannot stand alone here", word.text)).help(help));
    }
    if word.text == "retcode" {
        return Some(
            error(word.span, "`retcode` is not a word of this language any more").help("write `$rc`"),
        );
    }
    let arguments =
        before.is_some_and(|b| b.is(b'(') || b.is(b',')) || follows.is_some_and(|t| t.is(b',') || t.is(b')'));
    let help = if arguments {
        format!("a text is written in quotes: \"{0}\"; a define of this name does not exist", word.text)
    } else {
        format!("a text is written in quotes: \"{0}\"; a function with parentheses: `{0}()`", word.text)
    };
    Some(error(word.span, format!("the word `{}` is not a value", word.text)).help(help))
}

/// A condition that does not read.
pub(super) fn condition(text: &str, span: Span) -> Diagnostic {
    let all = piece_tokens(text, span);
    match (all.as_slice(), stuck(Rule::one_expr, text, span)) {
        ([open, close], _) if open.is(b'(') && close.is(b')') => {
            error(open.span.to(close.span), "the condition is empty")
        }
        ([], _) => error(span, "the condition is missing"),
        (_, Some(stuck)) => in_expression(text, span, &all, &stuck),
        (_, None) => error(span, "the condition does not end where it should"),
    }
}

/// `case` without a readable value or colon.
pub(super) fn label(text: &str, span: Span) -> Diagnostic {
    let all = piece_tokens(text, span);
    if !span.slice(text).trim_end().ends_with(':') {
        let end = all.last().map_or(span, |t| t.span).after();
        return error(end, "`:` is missing after the case").fix("insert `:`", end, ":", true);
    }
    let value = Span::new(span.start, span.end.saturating_sub(1));
    let regex = all.first().is_some_and(|t| t.is(b'/'));
    if regex {
        return error(value, "a regular expression stands in quotes after one slash")
            .help("write `case /\"^a.*\":`");
    }
    match stuck(Rule::one_expr, text, value) {
        Some(stuck) => in_expression(text, value, &all, &stuck),
        None => error(value, "this cannot be the value of a case"),
    }
}

/// Something between the braces of a switch that belongs to no case.
pub(super) fn case(text: &str, span: Span) -> Diagnostic {
    let first = piece_tokens(text, span).first().map_or(span, |t| t.span);
    let word = first.slice(text);
    match miscased(word) {
        Some(keyword) => error(first, format!("keywords are case sensitive: `{word}` is unknown"))
            .help(format!("write `{keyword}`")),
        None if word == "{" => error(first, "a case takes no braces")
            .help("write the statements after `case X:` without a block"),
        None => error(first, "statements of a switch must follow a `case` or `default:`"),
    }
}

/// `if (x) else`, `if (x) }`.
pub(super) fn no_body(text: &str, at: Span) -> Diagnostic {
    let place = Span::of(text.get(..at.start as usize).map_or(0, |t| t.trim_end().len()), at.start as usize);
    error(Span::new(place.start, place.start), "a statement is missing here")
        .help("write a statement, a block, or `;` to do nothing")
}

/// The opener whose brace is missing: by indentation where it tells, else the outermost one. Before `from` all is
/// accounted for.
pub(super) fn unclosed_brace(text: &str, from: usize, found_at: Span) -> Diagnostic {
    let mut open: Vec<Span> = Vec::new();
    let mut culprit = None;
    for token in tokens(text.get(from..found_at.start as usize).unwrap_or(text), from) {
        if open.is_empty() {
            culprit = None;
        }
        if token.is(b'{') {
            open.push(token.span);
        } else if token.is(b'}') {
            let Some(opener) = open.pop() else { continue };
            if is_first_on_line(text, token.span) && indent(text, token.span) < indent(text, opener) {
                // This brace belongs to an opener further out; the popped one has none.
                culprit = Some(opener);
                open.pop();
            }
        }
    }
    let opener = culprit.or_else(|| open.first().copied()).unwrap_or(found_at);
    let next = tokens(text.get(found_at.start as usize..).unwrap_or(""), found_at.start as usize).next();
    let diagnostic = error(opener, "this `{` is never closed").help("add the missing `}`");
    match next {
        Some(token) => {
            diagnostic.also(token.span, format!("{} cannot stand inside a block", words::show(&token)))
        }
        None => diagnostic.also(found_at, "the file ends here"),
    }
}

fn line_start(text: &str, at: Span) -> usize {
    text.get(..at.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1)
}

fn indent(text: &str, at: Span) -> usize {
    let line = text.get(line_start(text, at)..).unwrap_or("");
    line.bytes()
        .take_while(|b| matches!(b, b' ' | b'\t' | 0x0C))
        .map(|b| if b == b'\t' { 8 } else { 1 })
        .sum()
}

fn is_first_on_line(text: &str, at: Span) -> bool {
    text.get(line_start(text, at)..at.start as usize).is_some_and(|t| t.trim().is_empty())
}
