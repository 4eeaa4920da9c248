//! `{s.len}`, `{s.substr,..}`, `{s.select,..}` and other operations on text.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
    value::parse_int,
};
use memchr::memmem;

use super::{int_arg, on_text, op, text_arg};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("s", "len", "", on_text!(|ctx, text, _args| Val::Int(text.len() as i64))),
    op("s", "int", "", int),
    op("s", "numeric", "", on_text!(|ctx, text, _args| keep(ctx, text, |b| b.is_ascii_digit()))),
    op("s", "tolower", "", on_text!(|ctx, text, _args| map(ctx, text, |b| b.to_ascii_lowercase()))),
    op("s", "toupper", "", on_text!(|ctx, text, _args| map(ctx, text, |b| b.to_ascii_uppercase()))),
    op("s", "trim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim(text)))),
    op("s", "ltrim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim_start(text)))),
    op("s", "rtrim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim_end(text)))),
    op("s", "rmws", "", on_text!(|ctx, text, _args| keep(ctx, text, |b| !kamjit_sip::text::is_space(b)))),
    op("s", "rm", "s", on_text!(|ctx, text, args| remove(ctx, text, args))),
    op("s", "replace", "ss", on_text!(|ctx, text, args| replace_args(ctx, text, args))),
    op("s", "unquote", "", on_text!(|ctx, text, _args| Val::Str(unquote(text)))),
    op("s", "unbracket", "", on_text!(|ctx, text, _args| Val::Str(unbracket(text)))),
    op("s", "substr", "nn", on_text!(|ctx, text, args| substr(ctx, text, args))),
    op("s", "select", "nc", on_text!(|ctx, text, args| select(ctx, text, args))),
    op("s", "strip", "n", on_text!(|ctx, text, args| strip(text, int_arg(ctx, args, 0)))),
    op("s", "striptail", "n", on_text!(|ctx, text, args| strip_tail(text, int_arg(ctx, args, 0)))),
    op("s", "stripto", "s", on_text!(|ctx, text, args| strip_to(text, text_arg(ctx, args, 0)))),
    op("s", "prefixes", "N", on_text!(|ctx, text, args| prefixes(ctx, text, args, b""))),
    op("s", "prefixes.quoted", "N", on_text!(|ctx, text, args| prefixes(ctx, text, args, b"'"))),
    op("s", "count", "s", on_text!(|ctx, text, args| count(text, text_arg(ctx, args, 0)))),
    op("s", "after", "s", on_text!(|ctx, text, args| after(text, text_arg(ctx, args, 0)))),
    op("s", "rafter", "s", on_text!(|ctx, text, args| rafter(ctx, text, args))),
    op("s", "before", "s", on_text!(|ctx, text, args| before(text, text_arg(ctx, args, 0)))),
    op("s", "rbefore", "s", on_text!(|ctx, text, args| before_last(text, text_arg(ctx, args, 0)))),
    op("s", "fmtlines", "nn", on_text!(|ctx, text, args| lines(ctx, text, args, b' '))),
    op("s", "fmtlinet", "nn", on_text!(|ctx, text, args| lines(ctx, text, args, b'\t'))),
    op("s", "ftime", "s", ftime),
];

/// Captured: undefined for what is no number, hexadecimal and the empty text included.
fn int<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    let _ = ctx;
    match value {
        Val::Str(text) if !text.contains(&b'x') && !text.contains(&b'X') => {
            parse_int(text).map_or(Val::Null, Val::Int)
        }
        Val::Str(_) => Val::Null,
        other => other,
    }
}

fn keep<'m>(ctx: &Ctx<'m>, text: &'m [u8], wanted: fn(u8) -> bool) -> Val<'m> {
    if text.iter().all(|&b| wanted(b)) {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    out.extend(text.iter().copied().filter(|&b| wanted(b)));
    Val::Str(out.into_bump_slice())
}

fn map<'m>(ctx: &Ctx<'m>, text: &[u8], change: fn(u8) -> u8) -> Val<'m> {
    Val::Str(ctx.arena.alloc_slice_fill_iter(text.iter().map(|&b| change(b))))
}

fn remove<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Val<'m> {
    let old = text_arg(ctx, args, 0);
    replace(ctx, text, old, b"")
}

fn replace_args<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Val<'m> {
    let (old, new) = (text_arg(ctx, args, 0), text_arg(ctx, args, 1));
    replace(ctx, text, old, new)
}

fn replace<'m>(ctx: &Ctx<'m>, text: &'m [u8], old: &[u8], new: &[u8]) -> Val<'m> {
    if old.is_empty() || memmem::find(text, old).is_none() {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len() + new.len(), ctx.arena);
    let mut rest = text;
    while let Some(at) = memmem::find(rest, old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    Val::Str(out.into_bump_slice())
}

fn unquote(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        _ => text,
    }
}

fn unbracket(text: &[u8]) -> &[u8] {
    match text {
        [b'<', inner @ .., b'>']
        | [b'[', inner @ .., b']']
        | [b'(', inner @ .., b')']
        | [b'{', inner @ .., b'}'] => inner,
        _ => text,
    }
}

/// Offset (negative: from the end) and length (0: to the end, too long: cut); undefined out of range.
fn substr<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Val<'m> {
    let (offset, length) = (int_arg(ctx, args, 0), int_arg(ctx, args, 1));
    let from = if offset >= 0 { Some(offset) } else { (text.len() as i64).checked_add(offset) };
    let from = from.and_then(|from| usize::try_from(from).ok());
    let Some(tail) = from.and_then(|from| text.get(from..)).filter(|tail| !tail.is_empty()) else {
        return Val::Null;
    };
    match usize::try_from(length) {
        Ok(0) => Val::Str(tail),
        Ok(length) => Val::Str(tail.get(..length).unwrap_or(tail)),
        Err(_) => Val::Null,
    }
}

/// The n-th field; negative numbers count from the end; empty out of range.
fn select<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Val<'m> {
    let index = int_arg(ctx, args, 0);
    let separator = text_arg(ctx, args, 1).first().copied().unwrap_or(b',');
    let found = match usize::try_from(index) {
        Ok(n) => text.split(|&b| b == separator).nth(n),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs() - 1).unwrap_or(usize::MAX);
            text.rsplit(|&b| b == separator).nth(back)
        }
    };
    Val::Str(found.unwrap_or_default())
}

fn strip(text: &[u8], n: i64) -> Val<'_> {
    match usize::try_from(n) {
        Ok(n) => Val::Str(text.get(n..).unwrap_or_default()),
        Err(_) => Val::Str(text),
    }
}

fn strip_tail(text: &[u8], n: i64) -> Val<'_> {
    match usize::try_from(n) {
        Ok(n) => Val::Str(text.len().checked_sub(n).map_or(&b""[..], |end| &text[..end])),
        Err(_) => Val::Str(text),
    }
}

fn strip_to<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    let at = mark.first().and_then(|&byte| memchr::memchr(byte, text));
    Val::Str(at.map_or(&b""[..], |at| &text[at..]))
}

/// Text longer than this has no list of prefixes: its size would grow with the square.
const MAX_PREFIXES: usize = 1024;

fn prefixes<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], quote: &[u8]) -> Val<'m> {
    let most = match args.first() {
        Some(arg) => usize::try_from(arg.number(ctx)).unwrap_or(0),
        None => 0,
    };
    let most = if most == 0 { text.len() } else { most.min(text.len()) };
    if most > MAX_PREFIXES {
        return Val::Null;
    }
    let mut out = ArenaVec::with_capacity_in(most * (most + 5) / 2, ctx.arena);
    for length in 1..=most {
        if length > 1 {
            out.push(b',');
        }
        out.extend_from_slice(quote);
        out.extend_from_slice(&text[..length]);
        out.extend_from_slice(quote);
    }
    Val::Str(out.into_bump_slice())
}

fn count<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    if mark.is_empty() {
        return Val::Int(0);
    }
    Val::Int(memmem::find_iter(text, mark).count() as i64)
}

fn after<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    let at = mark.first().and_then(|&byte| memchr::memchr(byte, text));
    Val::Str(at.map_or(&b""[..], |at| &text[at + 1..]))
}

/// The part behind the last mark. 5.6.3 answers nothing at all (captured); later versions what they document.
fn rafter<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Val<'m> {
    match ctx.generation() {
        kamjit_catalog::Generation::V5_6 => Val::Str(b""),
        kamjit_catalog::Generation::V6 => after_last(text, text_arg(ctx, args, 0)),
    }
}

fn after_last<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    let at = mark.first().and_then(|&byte| memchr::memrchr(byte, text));
    Val::Str(at.map_or(&b""[..], |at| &text[at + 1..]))
}

fn before<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    let at = mark.first().and_then(|&byte| memchr::memchr(byte, text));
    Val::Str(at.map_or(text, |at| &text[..at]))
}

fn before_last<'m>(text: &'m [u8], mark: &[u8]) -> Val<'m> {
    let at = mark.first().and_then(|&byte| memchr::memrchr(byte, text));
    Val::Str(at.map_or(text, |at| &text[..at]))
}

/// Lines of n bytes, all but the first indented by m (README of pv, section on `fmtlines`).
fn lines<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], indent: u8) -> Val<'m> {
    let width = usize::try_from(int_arg(ctx, args, 0)).unwrap_or(0);
    let depth = usize::try_from(int_arg(ctx, args, 1)).unwrap_or(0).min(128);
    if width == 0 {
        return Val::Null;
    }
    let mut out = ArenaVec::with_capacity_in(text.len() * 2, ctx.arena);
    for (n, line) in text.chunks(width).enumerate() {
        if n > 0 {
            out.extend_from_slice(b"\r\n");
            out.extend(std::iter::repeat_n(indent, depth));
        }
        out.extend_from_slice(line);
    }
    Val::Str(out.into_bump_slice())
}

/// A number of seconds as a date; text that is no number is undefined, the empty one is 0 (captured).
fn ftime<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, args: &'m [TrArg]) -> Val<'m> {
    let seconds = match value {
        Val::Int(n) => n,
        Val::Str(b"") => 0,
        Val::Str(text) if text.iter().all(u8::is_ascii_digit) => parse_int(text).unwrap_or(0),
        Val::Str(_) => return Val::Null,
        Val::Null => return Val::Null,
    };
    let format = text_arg(ctx, args, 0);
    Val::opt(super::super::time::format_seconds(ctx, seconds, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured.
    #[test]
    fn cutting_never_fails() {
        assert_eq!(strip(b"hello", 2), Val::Str(b"llo"));
        assert_eq!(strip(b"hello", -1), Val::Str(b"hello"));
        assert_eq!(strip(b"hello", 99), Val::Str(b""));
        assert_eq!(strip_tail(b"hello", 99), Val::Str(b""));
        assert_eq!(strip_to(b"a@b@c", b"@"), Val::Str(b"@b@c"));
        assert_eq!(after(b"a@b@c", b"@"), Val::Str(b"b@c"));
        assert_eq!(after_last(b"a@b@c", b"@"), Val::Str(b"c"));
        assert_eq!(before(b"a@b@c", b"@"), Val::Str(b"a"));
        assert_eq!(before_last(b"a@b@c", b"@"), Val::Str(b"a@b"));
        assert_eq!(before(b"abc", b"@"), Val::Str(b"abc"));
        assert_eq!(after(b"abc", b"@"), Val::Str(b""));
    }
}
