//! Digests and encodings: `{s.md5}`, `{s.encode.hexa}`, `{s.decode.base64}`, ...

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};

use super::{base58, base64, digest, on_text, op, septets};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("s", "md5", "", on_text!(|ctx, text, _args| hex(ctx, &digest::md5(text), LOWER))),
    op("s", "sha256", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha256(text), LOWER))),
    op("s", "sha384", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha384(text), LOWER))),
    op("s", "sha512", "", on_text!(|ctx, text, _args| hex(ctx, &digest::sha512(text), LOWER))),
    op("s", "corehash", "N", on_text!(|ctx, text, args| core_hash(ctx, text, args))),
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

/// A hash of the text, below the size given (a power of two). The real server's values are not reproduced: its
/// function is its own; see docs/differences.md.
fn core_hash<'m>(ctx: &mut Ctx<'m>, text: &[u8], args: &'m [TrArg]) -> Val<'m> {
    let hash = text.iter().fold(0x811c_9dc5u32, |h, &b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let hash = i64::from((hash ^ (hash >> 15)) & 0x7fff_ffff);
    match args.first().map(|arg| arg.number(ctx)) {
        Some(size) if size > 1 => Val::Int(hash % size),
        _ => Val::Int(hash),
    }
}
