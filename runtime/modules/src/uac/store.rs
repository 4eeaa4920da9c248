//! How the first URI is kept in a Record-Route parameter: both URIs combined by exclusive or, the shorter one filled up
//! with zeros, perhaps combined with a password again, in Base64 with `-` for `=` (captured).

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Longest URI that is kept.
const LONGEST: usize = 1024;

/// The parameter's value for a URI and the one that takes its place; `None` if one is too long.
pub(super) fn encode(old: &[u8], new: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let len = old.len().max(new.len());
    if len > LONGEST {
        return None;
    }
    let byte = |text: &[u8], n: usize| text.get(n).copied().unwrap_or(0);
    let both: Vec<u8> = (0..len).map(|n| byte(old, n) ^ byte(new, n)).collect();
    Some(base64(&with_password(both, password)))
}

/// The other URI; `None` if the value is none, or was made for a shorter URI.
pub(super) fn decode(value: &[u8], one: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    if value.len() > LONGEST * 2 {
        return None;
    }
    let both = with_password(from_base64(value)?, password);
    if one.len() > both.len() {
        return None;
    }
    let mut other: Vec<u8> =
        both.iter().enumerate().map(|(n, b)| b ^ one.get(n).copied().unwrap_or(0)).collect();
    while other.last() == Some(&0) {
        other.pop();
    }
    (!other.is_empty() && other.iter().all(|b| *b > b' ')).then_some(other)
}

fn with_password(mut text: Vec<u8>, password: &[u8]) -> Vec<u8> {
    if !password.is_empty() {
        text.iter_mut().zip(password.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
    text
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= chunk.len() { digit } else { b'-' });
        }
    }
    out
}

fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut word, mut bits) = (0u32, 0);
    for byte in text.iter().filter(|b| !matches!(b, b'-' | b'=')) {
        word = word << 6 | DIGITS.iter().position(|digit| digit == byte)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_captured() {
        let (old, new) = (b"sip:a@b", b"sip:new@x.y");
        assert_eq!(encode(old, new, b"").as_deref(), Some(&b"AAAAAA8lFUB4Lnk-"[..]));
        assert_eq!(encode(old, new, b"secret").as_deref(), Some(&b"c2VjcmpRZiUbXBw-"[..]));
        assert_eq!(decode(b"AAAAAA8lFUB4Lnk-", old, b"").as_deref(), Some(&new[..]));
        assert_eq!(decode(b"AAAAAA8lFUB4Lnk-", new, b"").as_deref(), Some(&old[..]));
        assert_eq!(decode(b"c2VjcmpRZiUbXBw-", new, b"secret").as_deref(), Some(&old[..]));
        assert_eq!(decode(b"AAAA", new, b""), None);
        assert_eq!(decode(b"!!", b"", b""), None);
    }
}
