//! Base 58 as Bitcoin writes it: a big number to the base 58, leading zero bytes as `1`.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val};

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longer texts are not encoded: the work grows with the square of the length.
const MAX_LENGTH: usize = 4096;

pub(super) fn encode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    if text.len() > MAX_LENGTH {
        return Val::Null;
    }
    let zeros = text.iter().take_while(|&&b| b == 0).count();
    let digits = convert(ctx, text.iter().copied(), 256, 58);
    let mut out = ArenaVec::with_capacity_in(zeros + digits.len(), ctx.arena);
    out.extend(std::iter::repeat_n(b'1', zeros));
    out.extend(digits.iter().rev().map(|&digit| ALPHABET[usize::from(digit)]));
    Val::Str(out.into_bump_slice())
}

pub(super) fn decode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let value = |byte: u8| ALPHABET.iter().position(|&known| known == byte).map(|n| n as u8);
    if text.len() > MAX_LENGTH || !text.iter().all(|&b| value(b).is_some()) {
        return Val::Null;
    }
    let zeros = text.iter().take_while(|&&b| b == b'1').count();
    let bytes = convert(ctx, text.iter().filter_map(|&b| value(b)), 58, 256);
    let mut out = ArenaVec::with_capacity_in(zeros + bytes.len(), ctx.arena);
    out.extend(std::iter::repeat_n(0, zeros));
    out.extend(bytes.iter().rev().copied());
    Val::Str(out.into_bump_slice())
}

/// Digits of a number in another base, least significant first, without leading zeros.
fn convert<'m>(ctx: &Ctx<'m>, digits: impl Iterator<Item = u8>, from: u32, to: u32) -> ArenaVec<'m, u8> {
    let mut out: ArenaVec<'m, u8> = ArenaVec::new_in(ctx.arena);
    for digit in digits {
        let mut carry = u32::from(digit);
        for place in &mut out {
            carry += u32::from(*place) * from;
            *place = (carry % to) as u8;
            carry /= to;
        }
        while carry > 0 {
            out.push((carry % to) as u8);
            carry /= to;
        }
    }
    out
}
