//! Percent escapes of URIs (RFC 3261 section 25.1).

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

/// Replaces `%41` by `A`; `None` when an escape is cut off, has no hex digits or stands for NUL.
pub fn unescape<'m>(arena: &'m Bump, s: &'m [u8]) -> Option<&'m [u8]> {
    if memchr::memchr(b'%', s).is_none() {
        return Some(s);
    }
    let mut out = BumpVec::with_capacity_in(s.len(), arena);
    let mut at = 0;
    while let Some(&b) = s.get(at) {
        if b == b'%' {
            let n = hex_digit(*s.get(at + 1)?)? << 4 | hex_digit(*s.get(at + 2)?)?;
            if n == 0 {
                return None;
            }
            out.push(n);
            at += 3;
        } else {
            out.push(b);
            at += 1;
        }
    }
    Some(out.into_bump_slice())
}

/// Whether `b` may stand in the user part of a URI as it is.
pub fn is_user_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b)
}

/// Whether `b` may stand in a URI parameter as it is.
pub fn is_param_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&b)
}

/// Replaces every byte that `keep` refuses by its escape (upper-case hex).
pub fn escape<'m>(arena: &'m Bump, s: &'m [u8], keep: fn(u8) -> bool) -> &'m [u8] {
    if s.iter().all(|b| keep(*b)) {
        return s;
    }
    let mut out = BumpVec::with_capacity_in(s.len() * 3, arena);
    for &b in s {
        if keep(b) {
            out.push(b);
        } else {
            let digits = b"0123456789ABCDEF";
            out.extend_from_slice_copy(&[b'%', digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]);
        }
    }
    out.into_bump_slice()
}
