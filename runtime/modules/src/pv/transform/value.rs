//! Of 6.x: `{val.n0}`, `{val.ne}`, `{val.json}`, `{val.jsonqe}`, `{num.fdigit}`, `{num.ldigit}`, `{s.rmhdws}`, `{s.rmhlws}`
//! (wiki of 6.0, page on transformations).

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val, pv::TrDef};

use super::{on_text, op};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("val", "n0", "", |_, value, _| if value.is_null() { Val::Int(0) } else { value }),
    op("val", "ne", "", |_, value, _| if value.is_null() { Val::Str(b"") } else { value }),
    op("val", "json", "", |ctx, value, _| json(ctx, value, b"")),
    op("val", "jsonqe", "", |ctx, value, _| json(ctx, value, b"\"")),
    op("num", "fdigit", "", |_, value, _| digit(value, true)),
    op("num", "ldigit", "", |_, value, _| digit(value, false)),
    op("s", "rmhdws", "", on_text!(|ctx, text, _args| unfold(ctx, text, b" "))),
    op("s", "rmhlws", "", on_text!(|ctx, text, _args| unfold(ctx, text, b""))),
];

/// Text as it stands in a JSON string (RFC 8259 section 7), between quotes or not; numbers stay numbers.
fn json<'m>(ctx: &Ctx<'m>, value: Val<'m>, quote: &[u8]) -> Val<'m> {
    let text = match value {
        Val::Int(_) => return value,
        Val::Str(text) => text,
        Val::Null => b"",
    };
    let mut out = ArenaVec::with_capacity_in(text.len() + 8, ctx.arena);
    out.extend_from_slice(quote);
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..=31 => out.extend_from_slice(ctx.format(format_args!("\\u{byte:04x}"))),
            _ => out.push(byte),
        }
    }
    out.extend_from_slice(quote);
    Val::Str(out.into_bump_slice())
}

/// The first or last digit of a number; 0 for anything else.
fn digit<'m>(value: Val<'m>, first: bool) -> Val<'m> {
    let Val::Int(number) = value else { return Val::Int(0) };
    let mut rest = number.unsigned_abs();
    while first && rest >= 10 {
        rest /= 10;
    }
    Val::Int((rest % 10) as i64)
}

/// Line ends together with the blanks that follow them, replaced.
fn unfold<'m>(ctx: &Ctx<'m>, text: &'m [u8], by: &[u8]) -> Val<'m> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let mut out = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let mut rest = text;
    loop {
        let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
        let ends = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let blanks = rest[ends..].iter().take_while(|b| blank(b)).count();
        if rest.is_empty() {
            return Val::Str(out.into_bump_slice());
        }
        match blanks {
            0 => out.extend_from_slice(&rest[..ends]),
            _ => out.extend_from_slice(by),
        }
        rest = &rest[ends + blanks..];
    }
}
