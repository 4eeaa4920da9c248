//! Seven-bit packing of short messages (GSM 03.38 section 6.1.2.1), written as hex digits.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Ctx, Val};

use super::encode::{UPPER, hex, unhex};

pub(super) fn encode<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let mut packed = ArenaVec::with_capacity_in(text.len(), ctx.arena);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in text {
        bits |= u32::from(byte & 0x7f) << count;
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
    let Val::Str(packed) = unhex(ctx, text) else { return Val::Null };
    let mut out = ArenaVec::with_capacity_in(packed.len() * 8 / 7, ctx.arena);
    let (mut bits, mut count) = (0u32, 0);
    for &byte in packed {
        bits |= u32::from(byte) << count;
        count += 8;
        while count >= 7 {
            out.push((bits & 0x7f) as u8);
            bits >>= 7;
            count -= 7;
        }
    }
    // Seven zero bits at the end of a full octet are padding.
    if packed.len() % 7 == 0 && out.last() == Some(&0) {
        out.pop();
    }
    Val::Str(out.into_bump_slice())
}
