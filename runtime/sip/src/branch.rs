//! Via branches and tags as Kamailio forms them, and tm's hash.

use md5::{Digest, Md5};

use crate::message::Message;
use crate::sink::Sink;
use crate::text::hex;

/// The magic cookie of RFC 3261 branches.
pub const COOKIE: &[u8] = b"z9hG4bK";

/// Number of slots of tm's table.
pub const HASH_SLOTS: u32 = 1 << 16;

/// 32 lower-case hex digits.
pub type Md5Hex = [u8; 32];

/// MD5 over the parts, in hex.
pub fn md5_hex(parts: &[&[u8]]) -> Md5Hex {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    let mut out = [0; 32];
    for (pair, byte) in out.chunks_exact_mut(2).zip(md5.finalize()) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    out
}

/// tm's hash of Call-ID and CSeq number, 0..[`HASH_SLOTS`] (FNV-1a, folded; the same for request and reply).
pub fn hash(call_id: &[u8], cseq_number: &[u8]) -> u32 {
    let mut h: u32 = 0x811c_9dc5;
    for b in call_id.iter().chain(cseq_number) {
        h = (h ^ u32::from(*b)).wrapping_mul(0x0100_0193);
    }
    (h ^ (h >> 16)) & (HASH_SLOTS - 1)
}

/// [`hash`] of a message.
pub fn message_hash(msg: &Message<'_>) -> u32 {
    hash(msg.call_id(), msg.cseq().number_raw)
}

/// The characteristic of a transaction: MD5 over what stays the same in its retransmissions and in the ACK of a
/// negative reply. With a RFC 3261 branch that is the branch and the sent-by; else the old fields of RFC 2543.
pub fn characteristic(msg: &Message<'_>) -> Md5Hex {
    let via = msg.via(0);
    let branch = via.and_then(|v| v.branch).unwrap_or(b"");
    let sent_by = via.map_or(&b""[..], |v| v.sent_by);
    if branch.starts_with(COOKIE) {
        return md5_hex(&[branch, b"|", sent_by, b"|", msg.call_id(), b"|", msg.cseq().number_raw]);
    }
    let from_tag = msg.from().ok().and_then(|f| f.tag).unwrap_or(b"");
    let uri = msg.request_uri().unwrap_or(b"");
    md5_hex(&[
        uri,
        b"|",
        from_tag,
        b"|",
        msg.call_id(),
        b"|",
        msg.cseq().number_raw,
        b"|",
        sent_by,
        b"|",
        branch,
    ])
}

/// Writes `z9hG4bK<hash>.<md5>.<branch>`.
pub fn put_branch(out: &mut impl Sink, hash: u32, md5: &[u8], branch: u32) {
    let mut digits = [0; 16];
    out.put(COOKIE);
    out.put(hex(u64::from(hash), &mut digits));
    out.put(b".");
    out.put(md5);
    out.put(b".");
    out.put(hex(u64::from(branch), &mut digits));
}

/// A branch of ours taken apart: (hash, md5 part, branch number). `None` when it does not have our form.
pub fn parse_branch(branch: &[u8]) -> Option<(u32, &[u8], u32)> {
    let rest = branch.strip_prefix(COOKIE)?;
    let dot = memchr::memchr(b'.', rest)?;
    let last = memchr::memrchr(b'.', rest)?;
    let hash = parse_hex(&rest[..dot])?;
    let md5 = rest.get(dot + 1..last)?;
    let number = parse_hex(&rest[last + 1..])?;
    Some((hash, md5, number))
}

fn parse_hex(s: &[u8]) -> Option<u32> {
    if s.is_empty() || s.len() > 8 {
        return None;
    }
    s.iter().try_fold(0u32, |n, b| (*b as char).to_digit(16).map(|d| n << 4 | d))
}
