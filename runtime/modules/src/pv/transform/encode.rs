//! Digests and encodings: `{s.md5}`, `{s.encode.hexa}`, `{s.decode.base64}`, ...

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};

use super::{base58, base64, digest, int_arg, on_text, op, septets, with_args};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("s", "md5", "", on_text!(|ctx, text, _args| hex(ctx, &digest::md5(text), LOWER))),
    op("s", "sha256", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha256(text), LOWER))),
    op("s", "sha384", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha384(text), LOWER))),
    op("s", "sha512", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha512(text), LOWER))),
    op("s", "corehash", "N", with_args!(core_hash)),
    op("s", "encode.hexa", "", on_text!(|ctx, text, _args| hex(ctx, text, LOWER))),
    op("s", "decode.hexa", "", on_text!(|ctx, text, _args| unhex(ctx, text))),
    op("s", "encode.base64", "", on_text!(|ctx, text, _args| base64::encode(ctx, text, base64::PLAIN))),
    op("s", "encode.base64t", "", on_text!(|ctx, text, _args| base64::encode(ctx, text, base64::PLAIN_CUT))),
    op("s", "encode.base64url", "", on_text!(|ctx, text, _args| base64::encode(ctx, text, base64::URL))),
    op("s", "encode.base64urlt", "", on_text!(|ctx, text, _args| base64::encode(ctx, text, base64::URL_CUT))),
    op("s", "decode.base64", "", on_text!(|ctx, text, _args| base64::decode(ctx, text, base64::PLAIN))),
    op("s", "decode.base64t", "", on_text!(|ctx, text, _args| base64::decode(ctx, text, base64::PLAIN_CUT))),
    op("s", "decode.base64url", "", on_text!(|ctx, text, _args| base64::decode(ctx, text, base64::URL))),
    op("s", "decode.base64urlt", "", on_text!(|ctx, text, _args| base64::decode(ctx, text, base64::URL_CUT))),
    op("s", "encode.base58", "", on_text!(|ctx, text, _args| base58::encode(ctx, text))),
    op("s", "decode.base58", "", on_text!(|ctx, text, _args| base58::decode(ctx, text))),
    op("s", "encode.7bit", "", on_text!(|ctx, text, _args| septets::encode(ctx, text))),
    op("s", "decode.7bit", "", on_text!(|ctx, text, _args| septets::decode(ctx, text))),
];

pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";
pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Two hex digits a byte.
pub(super) fn hex<'m>(ctx: &Ctx<'m>, bytes: &[u8], digits: &[u8; 16]) -> Val<'m> {
    let mut out = ArenaVec::with_capacity_in(bytes.len() * 2, ctx.arena);
    for byte in bytes {
        out.push(digits[usize::from(byte >> 4)]);
        out.push(digits[usize::from(byte & 15)]);
    }
    Val::Str(out.into_bump_slice())
}

/// The bytes of hex digits; undefined if there is another character. A last single digit is left out (captured).
pub(super) fn unhex<'m>(ctx: &Ctx<'m>, text: &[u8]) -> Val<'m> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|d| d as u8);
    let mut out = ArenaVec::with_capacity_in(text.len() / 2, ctx.arena);
    for pair in text.chunks_exact(2) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => return Val::Null,
        }
    }
    Val::Str(out.into_bump_slice())
}

/// A hash of the text, below the size given (a power of two). Captured: it is text, not a number.
fn core_hash<'m>(ctx: &mut Ctx<'m>, text: &[u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let hash = i64::from(hash(text));
    let below = match int_arg(ctx, args, 0)? as u32 {
        0 => hash,
        size => hash & i64::from(size.wrapping_sub(1)),
    };
    Some(Val::Str(Val::Int(below).to_bytes(ctx.arena)))
}

/// The hash that the real server's values show: sums over groups of four bytes, folded at the end. Scripts keep
/// such values, so they must be the same. Bytes have a sign.
fn hash(text: &[u8]) -> u32 {
    let sum = text.chunks(4).fold(0u32, |sum, group| {
        let word = group.iter().fold(0u32, |word, &byte| (word << 8).wrapping_add(byte as i8 as u32));
        sum.wrapping_add(word ^ (word >> 3))
    });
    sum.wrapping_add(sum >> 11).wrapping_add(sum >> 13).wrapping_add(sum >> 23)
}

#[cfg(test)]
mod tests {
    /// Captured.
    #[test]
    fn hashes_are_those_of_the_real_server() {
        for (text, value) in [
            ("", 0),
            ("abc", 7_167_810),
            ("-12", 2_661_738),
            ("0x1f", 914_340_437),
            ("hello", 1_702_468_499),
            ("12345", 924_651_812),
        ] {
            assert_eq!(super::hash(text.as_bytes()), value, "{text}");
        }
        assert_eq!(super::hash(b"\xe9"), 3_760_390_612);
    }
}
