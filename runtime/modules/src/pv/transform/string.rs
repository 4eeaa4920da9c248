//! `{s.len}`, `{s.substr,..}`, `{s.select,..}` and other operations on text.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrCode, TrDef},
    value::parse_int,
};
use memchr::memmem;

use super::{int_arg, on_text, op, text_arg, with_args};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("s", "len", "", on_text!(|ctx, text, _args| Val::Int(text.len() as i64))),
    TrDef { class: "s", op: "int", args: "", code: TrCode { run: int, prepare: None, text: Some(int_text) } },
    op("s", "numeric", "", on_text!(|ctx, text, _args| keep(ctx, text, |b| b.is_ascii_digit()))),
    op("s", "tolower", "", on_text!(|ctx, text, _args| map(ctx, text, |b| b.to_ascii_lowercase()))),
    op("s", "toupper", "", on_text!(|ctx, text, _args| map(ctx, text, |b| b.to_ascii_uppercase()))),
    op("s", "trim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim(text)))),
    op("s", "ltrim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim_start(text)))),
    op("s", "rtrim", "", on_text!(|ctx, text, _args| Val::Str(kamjit_sip::text::trim_end(text)))),
    op("s", "rmws", "", on_text!(|ctx, text, _args| keep(ctx, text, |b| !kamjit_sip::text::is_space(b)))),
    op("s", "rm", "s", with_args!(remove)),
    op("s", "replace", "ss", with_args!(replace_args)),
    op("s", "unquote", "", |ctx, value, _| unwrap(ctx, value, unquote)),
    op("s", "unbracket", "", |ctx, value, _| unwrap(ctx, value, unbracket)),
    op("s", "substr", "nu", with_args!(substr)),
    op("s", "select", "nc", with_args!(select)),
    op("s", "strip", "n", with_args!(strip_start)),
    op("s", "striptail", "n", with_args!(strip_end)),
    op("s", "stripto", "s", with_args!(strip_to)),
    op("s", "prefixes", "N", with_args!(prefixes)),
    op("s", "prefixes.quoted", "N", with_args!(quoted_prefixes)),
    op("s", "count", "t", with_args!(count)),
    op("s", "after", "t", with_args!(after)),
    op("s", "rafter", "t", with_args!(rafter)),
    op("s", "before", "t", with_args!(before)),
    op("s", "rbefore", "t", with_args!(before_last)),
    op("s", "fmtlines", "uu", with_args!(|ctx, text, args| lines(ctx, text, args, b' '))),
    op("s", "fmtlinet", "uu", with_args!(|ctx, text, args| lines(ctx, text, args, b'\t'))),
    op("s", "ftime", "s", ftime),
];

/// Captured: undefined for what is no number, hexadecimal included; the empty text is 0. Numbers of 5.6 have 32 bits.
fn int<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, _: &'m [TrArg]) -> Val<'m> {
    match value {
        Val::Str(b"") => Val::Int(0),
        Val::Str(text) => number(ctx, text).map_or(Val::Null, Val::Int),
        other => other,
    }
}

/// Captured: the text stays as it was (`007`).
fn int_text<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, args: &'m [TrArg]) -> Val<'m> {
    match (value, int(ctx, value, args)) {
        (Val::Str(text), Val::Int(_)) => Val::Str(text),
        (_, result) => result,
    }
}

/// A decimal number with an optional sign that fits the generation's width.
fn number(ctx: &Ctx<'_>, text: &[u8]) -> Option<i64> {
    if text.contains(&b'x') || text.contains(&b'X') {
        return None;
    }
    let n = parse_int(text)?;
    match ctx.generation() {
        kamjit_catalog::Generation::V5_6 => i32::try_from(n).ok().map(i64::from),
        kamjit_catalog::Generation::V6 => Some(n),
    }
}

/// A value without what encloses it. Captured: a number of one digit stays a number.
fn unwrap<'m>(ctx: &Ctx<'m>, value: Val<'m>, inner: for<'a> fn(&'a [u8]) -> &'a [u8]) -> Val<'m> {
    match (value, value.as_bytes(ctx.arena)) {
        (_, None) => Val::Null,
        (Val::Int(_), Some(text)) if text.len() < 2 => value,
        (_, Some(text)) => Val::Str(inner(text)),
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

fn remove<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    // Captured: a character behind a backslash, here only.
    let old: &[u8] = match text_arg(ctx, args, 0)? {
        b"\\t" => b"\t",
        b"\\n" => b"\n",
        b"\\r" => b"\r",
        [b'\\', other] => std::slice::from_ref(other),
        old => old,
    };
    Some(replace(ctx, text, old, b""))
}

fn replace_args<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let (old, new) = (text_arg(ctx, args, 0)?, text_arg(ctx, args, 1)?);
    Some(replace(ctx, text, old, new))
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
fn substr<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let (offset, length) = (int_arg(ctx, args, 0)?, int_arg(ctx, args, 1)?);
    let from = if offset >= 0 { offset } else { (text.len() as i64).checked_add(offset)? };
    let tail = text.get(usize::try_from(from).ok()?..).filter(|tail| !tail.is_empty())?;
    Some(match usize::try_from(length).ok()? {
        0 => Val::Str(tail),
        length => Val::Str(tail.get(..length).unwrap_or(tail)),
    })
}

/// The n-th field; negative numbers count from the end; empty out of range.
fn select<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let index = int_arg(ctx, args, 0)?;
    let separator = *text_arg(ctx, args, 1)?.first()?;
    let found = match usize::try_from(index) {
        Ok(n) => text.split(|&b| b == separator).nth(n),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs() - 1).unwrap_or(usize::MAX);
            text.rsplit(|&b| b == separator).nth(back)
        }
    };
    Some(Val::Str(found.unwrap_or_default()))
}

fn strip_start<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    Some(strip(text, int_arg(ctx, args, 0)?))
}

fn strip(text: &[u8], n: i64) -> Val<'_> {
    match usize::try_from(n) {
        Ok(n) => Val::Str(text.get(n..).unwrap_or_default()),
        Err(_) => Val::Str(text),
    }
}

fn strip_end<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    Some(strip_tail(text, int_arg(ctx, args, 0)?))
}

fn strip_tail(text: &[u8], n: i64) -> Val<'_> {
    match usize::try_from(n) {
        Ok(n) => Val::Str(text.len().checked_sub(n).map_or(&b""[..], |end| &text[..end])),
        Err(_) => Val::Str(text),
    }
}

/// The mark to look for. Captured: without any text it is the brace that closes the transformation.
fn mark<'m>(ctx: &mut Ctx<'m>, args: &'m [TrArg]) -> Option<&'m [u8]> {
    text_arg(ctx, args, 0).map(|text| if text.is_empty() { b"}" } else { text })
}

/// Where the mark stands; only its first byte counts (captured).
fn find(text: &[u8], mark: &[u8], last: bool) -> Option<usize> {
    let byte = *mark.first()?;
    if last { memchr::memrchr(byte, text) } else { memchr::memchr(byte, text) }
}

fn strip_to<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?;
    Some(Val::Str(find(text, mark, false).map_or(&b""[..], |at| &text[at..])))
}

/// Captured: the longest lists that 5.6.3 makes; what is longer is undefined.
const MAX_PREFIXES: usize = 359;
const MAX_QUOTED_PREFIXES: usize = 361;

fn prefixes<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    prefix_list(ctx, text, args, b"", MAX_PREFIXES)
}

fn quoted_prefixes<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    prefix_list(ctx, text, args, b"'", MAX_QUOTED_PREFIXES)
}

fn prefix_list<'m>(
    ctx: &mut Ctx<'m>,
    text: &'m [u8],
    args: &'m [TrArg],
    quote: &[u8],
    limit: usize,
) -> Option<Val<'m>> {
    let most = usize::try_from(int_arg(ctx, args, 0)?).unwrap_or(0);
    let most = if most == 0 { text.len() } else { most.min(text.len()) };
    if most > limit {
        return None;
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
    Some(Val::Str(out.into_bump_slice()))
}

fn count<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?.first();
    Some(Val::Int(mark.map_or(0, |&byte| memchr::memchr_iter(byte, text).count() as i64)))
}

fn after<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?;
    Some(Val::Str(find(text, mark, false).map_or(&b""[..], |at| &text[at + 1..])))
}

/// The part behind the last mark. 5.6.3 answers nothing at all (captured); later versions what they document.
fn rafter<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?;
    Some(match ctx.generation() {
        kamjit_catalog::Generation::V5_6 => Val::Str(b""),
        kamjit_catalog::Generation::V6 => {
            Val::Str(find(text, mark, true).map_or(&b""[..], |at| &text[at + 1..]))
        }
    })
}

fn before<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?;
    Some(Val::Str(find(text, mark, false).map_or(text, |at| &text[..at])))
}

fn before_last<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let mark = mark(ctx, args)?;
    Some(Val::Str(find(text, mark, true).map_or(text, |at| &text[..at])))
}

/// Lines of n bytes, all but the first indented by m (README of pv, section on `fmtlines`).
fn lines<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], indent: u8) -> Option<Val<'m>> {
    let width = usize::try_from(int_arg(ctx, args, 0)?).ok().filter(|&width| width > 0)?;
    let depth = usize::try_from(int_arg(ctx, args, 1)?).ok()?.min(128);
    let mut out = ArenaVec::with_capacity_in(text.len() * 2, ctx.arena);
    for (n, line) in text.chunks(width).enumerate() {
        if n > 0 {
            out.extend_from_slice(b"\r\n");
            out.extend(std::iter::repeat_n(indent, depth));
        }
        out.extend_from_slice(line);
    }
    Some(Val::Str(out.into_bump_slice()))
}

/// A number of seconds as a date. Captured: text that is no number is undefined, the empty one is 0; 32 bits are read as
/// they are, so that 2147483648 is a day of 1901.
fn ftime<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, args: &'m [TrArg]) -> Val<'m> {
    let seconds = match value {
        Val::Int(n) => n,
        Val::Str(b"") => 0,
        Val::Str(text) => match unsigned(text) {
            Some(n) => i64::from(n as i32),
            None => return Val::Null,
        },
        Val::Null => return Val::Null,
    };
    let Some(format) = text_arg(ctx, args, 0) else { return Val::Null };
    if format.is_empty() {
        return Val::Str(b"");
    }
    Val::opt(super::super::time::format_seconds(ctx, seconds, format))
}

/// Digits, with a plus sign perhaps, that fit 32 bits.
fn unsigned(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
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
        assert_eq!(find(b"a@b@c", b"@!", false), Some(1));
        assert_eq!(find(b"a@b@c", b"@", true), Some(3));
        assert_eq!(find(b"a@b@c", b"", true), None);
    }
}
