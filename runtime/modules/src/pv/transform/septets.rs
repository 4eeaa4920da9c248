//! Seven-bit packing of short messages (GSM 03.38 section 6.1.2.1), written as hex digits.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val};

use super::{
    encode::{UPPER, hex},
    escape::loose_digit,
};

pub(super) fn encode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let mut packed = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in text {
        // Captured: the eighth bit of a byte is not taken off, it mixes with the next one.
        bits |= u32::from(byte) << count;
        count += 7;
        if count >= 8 {
            packed.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        packed.push(bits as u8);
    }
    hex(ctx, &packed, UPPER)
}

pub(super) fn decode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let octets = text.len().div_ceil(2);
    let mut out = ArenaVec::with_capacity_in(octets * 8 / 7 + 1, ctx.arena);
    let (mut bits, mut count) = (0u32, 0);
    for pair in text.chunks(2) {
        // Captured: any character counts as a digit, and a missing one as NUL.
        let low = pair.get(1).copied().unwrap_or(0);
        let byte = (loose_digit(pair[0]) << 4) | loose_digit(low);
        bits |= u32::from(byte) << count;
        count += 8;
        while count >= 7 {
            out.push((bits & 0x7f) as u8);
            bits >>= 7;
            count -= 7;
        }
    }
    // Seven zero bits at the end of a full octet are padding.
    if octets.is_multiple_of(7) && out.last() == Some(&0) {
        out.pop();
    }
    Val::Str(out.into_bump_slice())
}
