//! Escapes: `{s.escape.common}`, `{s.escape.user}`, `{s.urlencode.param}`, `{s.escape.csv}`, ...

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val, pv::TrDef};

use super::{on_text, op};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("s", "escape.common", "", on_text!(|ctx, text, _args| escape_common(ctx, text))),
    op("s", "unescape.common", "", on_text!(|ctx, text, _args| unescape_common(ctx, text))),
    op("s", "escape.user", "", on_text!(|ctx, text, _args| escape_sip(ctx, text, user_char))),
    op("s", "unescape.user", "", on_text!(|ctx, text, _args| unescape_sip(ctx, text))),
    op("s", "escape.param", "", on_text!(|ctx, text, _args| escape_sip(ctx, text, param_char))),
    op("s", "unescape.param", "", on_text!(|ctx, text, _args| unescape_sip(ctx, text))),
    op("s", "escape.csv", "", on_text!(|ctx, text, _args| csv(ctx, text))),
    op("s", "urlencode.param", "", on_text!(|ctx, text, _args| percent(ctx, text, url_char))),
    op("s", "urldecode.param", "", on_text!(|ctx, text, _args| url_decode(ctx, text))),
];

/// A backslash before quotes, backslash and NUL.
fn escape_common<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    let special = |b: &u8| matches!(b, b'\'' | b'"' | b'\\' | 0);
    if !text.iter().any(&special) {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len() + 16, ctx.arena);
    for &byte in text {
        if special(&byte) {
            out.push(b'\\');
        }
        out.push(if byte == 0 { b'0' } else { byte });
    }
    Val::Str(out.into_bump_slice())
}

fn unescape_common<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    if !text.contains(&b'\\') {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(&next @ (b'\'' | b'"' | b'\\'))) => {
                out.push(next);
                bytes.next();
            }
            (b'\\', Some(b'0')) => {
                out.push(0);
                bytes.next();
            }
            _ => out.push(byte),
        }
    }
    Val::Str(out.into_bump_slice())
}

/// What may stand in the user part of a URI (RFC 3261 section 25.1), without the slash (captured).
fn user_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?".contains(&byte)
}

/// What may stand in a parameter of a URI.
fn param_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&byte)
}

/// What `urlencode` leaves alone.
fn url_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

/// Undefined if there is a control character (captured).
fn escape_sip<'m>(ctx: &Ctx<'m>, text: &'m [u8], keep: fn(u8) -> bool) -> Val<'m> {
    if text.iter().any(|&b| !(32..=126).contains(&b)) {
        return Val::Null;
    }
    percent(ctx, text, keep)
}

/// `%` and two small hex digits for what is not kept.
fn percent<'m>(ctx: &Ctx<'m>, text: &'m [u8], keep: fn(u8) -> bool) -> Val<'m> {
    if text.iter().all(|&b| keep(b)) {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len() * 3, ctx.arena);
    for &byte in text {
        if keep(byte) {
            out.push(byte);
        } else {
            let digits = super::encode::LOWER;
            out.push(b'%');
            out.push(digits[usize::from(byte >> 4)]);
            out.push(digits[usize::from(byte & 15)]);
        }
    }
    Val::Str(out.into_bump_slice())
}

/// Undefined if an escape is broken or means a control character.
fn unescape_sip<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    Val::opt(kamjit_sip::escape::unescape(ctx.arena, text))
}

/// In quotes, with those inside doubled.
fn csv<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let mut out = ArenaVec::with_capacity_in(text.len() + 8, ctx.arena);
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
    Val::Str(out.into_bump_slice())
}

/// The value of a hex digit, and whatever other characters give (captured: `zz` is `3`).
pub(super) fn loose_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte.to_ascii_lowercase().wrapping_sub(b'a').wrapping_add(10),
    }
}

/// `+` is a blank; a broken escape counts by whatever its characters give, one that is cut off loses its `%` (captured).
fn url_decode<'m>(ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
    if !text.iter().any(|b| matches!(b, b'%' | b'+')) {
        return Val::Str(text);
    }
    let mut out = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let mut rest = text;
    loop {
        match rest {
            [] => return Val::Str(out.into_bump_slice()),
            [b'+', more @ ..] => {
                out.push(b' ');
                rest = more;
            }
            [b'%', high, low, more @ ..] => {
                out.push((loose_digit(*high) << 4) | loose_digit(*low));
                rest = more;
            }
            [b'%', more @ ..] => rest = more,
            [byte, more @ ..] => {
                out.push(*byte);
                rest = more;
            }
        }
    }
}
