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

pub(super) fn decode<'m>(ctx: &Ctx<'m>, text: &[u8], style: Style) -> Val<'m> {
    if style.alphabet == STANDARD { decode_loosely(ctx, text, style) } else { decode_url(ctx, text, style) }
}

fn value(style: Style, byte: u8) -> Option<u8> {
    style.alphabet.iter().position(|&known| known == byte).map(|n| n as u8)
}

/// Captured: any other character, and one that is missing, counts as eight bits that are set; of the last group one or
/// two bytes are left out for characters at its end that are missing or `=`. Undefined is only a length that is no
/// multiple of four, where that is asked for, and a last group of the form `ab=c`.
fn decode_loosely<'m>(ctx: &Ctx<'m>, text: &[u8], style: Style) -> Val<'m> {
    let whole = text.len().is_multiple_of(4);
    if (style.padded && !whole) || (whole && matches!(text, [.., b'=', last] if *last != b'=')) {
        return Val::Null;
    }
    let groups = text.len().div_ceil(4);
    let mut out = ArenaVec::with_capacity_in(groups * 3, ctx.arena);
    for (n, group) in text.chunks(4).enumerate() {
        let digit = |at: usize| group.get(at).and_then(|&b| value(style, b)).unwrap_or(0xff);
        let bytes = [digit(0) << 2 | digit(1) >> 4, digit(1) << 4 | digit(2) >> 2, digit(2) << 6 | digit(3)];
        let meant = match n + 1 == groups {
            true => group.iter().rposition(|&b| b != b'=').map_or(0, |at| at + 1),
            false => 4,
        };
        out.extend_from_slice(&bytes[..meant.saturating_sub(1).max(1)]);
    }
    Val::Str(out.into_bump_slice())
}

/// Undefined if a character is none of the alphabet, or `=` before the last group, or if nothing comes out; a last single
/// character is left out (captured).
fn decode_url<'m>(ctx: &Ctx<'m>, text: &[u8], style: Style) -> Val<'m> {
    let mut out = ArenaVec::with_capacity_in(text.len() * 3 / 4, ctx.arena);
    let groups = text.len().div_ceil(4);
    for (n, group) in text.chunks(4).enumerate() {
        let meant = match n + 1 == groups {
            true => group.iter().rposition(|&b| b != b'=').map_or(0, |at| at + 1),
            false => group.len(),
        };
        let Some(group) = group.get(..meant).filter(|group| !group.is_empty()) else { continue };
        let mut bits = 0u32;
        for &byte in group {
            match value(style, byte) {
                Some(value) => bits = bits << 6 | u32::from(value),
                None => return Val::Null,
            }
        }
        bits <<= 6 * (4 - group.len());
        let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        out.extend_from_slice(&bytes[..group.len() - 1]);
    }
    if out.is_empty() {
        return Val::Null;
    }
    Val::Str(out.into_bump_slice())
}
