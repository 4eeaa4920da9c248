//! Base 64 (RFC 4648), with the alphabet for URLs as well, with and without `=` at the end.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val};

/// How it is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    alphabet: &'static [u8; 64],
    padded: bool,
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) const PLAIN: Style = Style { alphabet: STANDARD, padded: true };
pub(super) const PLAIN_CUT: Style = Style { alphabet: STANDARD, padded: false };
pub(super) const URL: Style = Style { alphabet: FOR_URLS, padded: true };
pub(super) const URL_CUT: Style = Style { alphabet: FOR_URLS, padded: false };

pub(super) fn encode<'m>(ctx: &Ctx<'m>, text: &[u8], style: Style) -> Val<'m> {
    let mut out = ArenaVec::with_capacity_in(text.len().div_ceil(3) * 4, ctx.arena);
    for group in text.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for n in 0..4 {
            if n <= group.len() {
                out.push(style.alphabet[(bits >> (18 - 6 * n) & 63) as usize]);
            } else if style.padded {
                out.push(b'=');
            }
        }
    }
    Val::Str(out.into_bump_slice())
}

/// Undefined if a character is none of the alphabet.
pub(super) fn decode<'m>(ctx: &Ctx<'m>, text: &[u8], style: Style) -> Val<'m> {
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if digits.len() % 4 == 1 || (style.padded && style.alphabet == STANDARD && !text.len().is_multiple_of(4))
    {
        return Val::Null;
    }
    let mut out = ArenaVec::with_capacity_in(digits.len() * 3 / 4, ctx.arena);
    for group in digits.chunks(4) {
        let mut bits = 0u32;
        for &byte in group {
            match style.alphabet.iter().position(|&known| known == byte) {
                Some(value) => bits = bits << 6 | value as u32,
                None => return Val::Null,
            }
        }
        bits <<= 6 * (4 - group.len());
        let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        out.extend_from_slice(&bytes[..group.len() - 1]);
    }
    Val::Str(out.into_bump_slice())
}
