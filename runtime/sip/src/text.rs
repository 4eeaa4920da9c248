//! Byte helpers shared by the parsers: blanks, trimming, decimal numbers, comparison without case.

/// Blank inside a header: space or tab.
#[inline]
pub fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Blank or line end: what surrounds a folded header value.
#[inline]
pub fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without blanks and line ends in front.
#[inline]
pub fn trim_start(mut s: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = s {
        if !is_space(*first) {
            break;
        }
        s = rest;
    }
    s
}

/// Without blanks and line ends at the end.
#[inline]
pub fn trim_end(mut s: &[u8]) -> &[u8] {
    while let [rest @ .., last] = s {
        if !is_space(*last) {
            break;
        }
        s = rest;
    }
    s
}

/// Without blanks and line ends at either side.
#[inline]
pub fn trim(s: &[u8]) -> &[u8] {
    trim_end(trim_start(s))
}

/// The bytes of a line without its line end.
#[inline]
pub fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A decimal number that is the whole slice; `None` when empty, not a digit, or too large for 32 bits.
#[inline]
pub fn parse_u32(s: &[u8]) -> Option<u32> {
    if s.is_empty() || s.len() > 10 {
        return None;
    }
    let mut n: u64 = 0;
    for &b in s {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n * 10 + u64::from(d);
    }
    u32::try_from(n).ok()
}

/// A port number: decimal, at most 65535.
#[inline]
pub fn parse_u16(s: &[u8]) -> Option<u16> {
    parse_u32(s).and_then(|n| u16::try_from(n).ok())
}

/// Case-insensitive equality (ASCII).
#[inline]
pub fn eq_nocase(a: &[u8], b: &[u8]) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Where a carriage return stands that no line feed follows.
#[inline]
pub fn lone_cr(s: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = crate::bytes::find(b'\r', s.get(from..)?) {
        if s.get(from + at + 1) != Some(&b'\n') {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Where `part` begins inside `whole`; `None` when it is not a part of it.
#[inline]
pub fn offset_in(whole: &[u8], part: &[u8]) -> Option<usize> {
    let off = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    (off <= whole.len() && part.len() <= whole.len() - off).then_some(off)
}

/// Writes `n` in decimal into `buf` and returns the digits.
#[inline]
pub fn decimal(n: u64, buf: &mut [u8; 20]) -> &[u8] {
    let mut at = buf.len();
    let mut n = n;
    loop {
        at -= 1;
        buf[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            return &buf[at..];
        }
    }
}

/// Writes `n` in lower-case hexadecimal without leading zeros into `buf` and returns the digits.
#[inline]
pub fn hex(n: u64, buf: &mut [u8; 16]) -> &[u8] {
    let mut at = buf.len();
    let mut n = n;
    loop {
        at -= 1;
        buf[at] = b"0123456789abcdef"[(n & 15) as usize];
        n >>= 4;
        if n == 0 {
            return &buf[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(parse_u32(b"4294967295"), Some(u32::MAX));
        assert_eq!(parse_u32(b"4294967296"), None);
        assert_eq!(parse_u32(b""), None);
        assert_eq!(parse_u32(b"1a"), None);
        assert_eq!(parse_u16(b"65536"), None);
        assert_eq!(decimal(0, &mut [0; 20]), b"0");
        assert_eq!(decimal(u64::MAX, &mut [0; 20]), b"18446744073709551615");
        assert_eq!(hex(0xbeef, &mut [0; 16]), b"beef");
    }

    #[test]
    fn offsets() {
        let whole = b"abcdef";
        assert_eq!(offset_in(whole, &whole[2..4]), Some(2));
        assert_eq!(offset_in(&whole[1..3], &whole[2..6]), None);
    }
}
