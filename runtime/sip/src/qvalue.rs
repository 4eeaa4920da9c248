//! Quality values of contacts (RFC 3261 section 20.10).

use crate::text::trim;

/// A q value in thousandths, 0 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Q(u16);

impl Q {
    /// The largest, 1.0.
    pub const MAX: Q = Q(1000);

    /// From thousandths; larger values are cut to 1000.
    pub const fn from_thousandths(n: u16) -> Q {
        Q(if n > 1000 { 1000 } else { n })
    }

    /// In thousandths: `0.7` is 700.
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// Parses `1`, `0.7`, `.5`; digits beyond the third are dropped, more than 1 is cut to 1.
    pub fn parse(s: &[u8]) -> Option<Q> {
        let s = trim(s);
        let dot = memchr::memchr(b'.', s);
        let (whole, fraction) = match dot {
            Some(at) => (&s[..at], &s[at + 1..]),
            None => (s, &b""[..]),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            return None;
        }
        if whole.iter().any(|d| *d != b'0') {
            return Some(Q::MAX);
        }
        let mut n = 0;
        for at in 0..3 {
            n = n * 10 + u16::from(fraction.get(at).map_or(0, |d| d - b'0'));
        }
        Some(Q(n))
    }
}

impl std::fmt::Display for Q {
    /// As Kamailio prints it: `1`, `0`, `0.7`, `0.25` - no trailing zeros.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            1000 => f.write_str("1"),
            0 => f.write_str("0"),
            n if n % 100 == 0 => write!(f, "0.{}", n / 100),
            n if n % 10 == 0 => write!(f, "0.{:02}", n / 10),
            n => write!(f, "0.{n:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_and_print() {
        for (text, n, printed) in [
            ("0.7", 700, "0.7"),
            ("1", 1000, "1"),
            (".25", 250, "0.25"),
            ("0.1239", 123, "0.123"),
            ("7", 1000, "1"),
        ] {
            let q = Q::parse(text.as_bytes()).expect(text);
            assert_eq!((q.thousandths(), q.to_string().as_str()), (n, printed));
        }
        assert_eq!(Q::parse(b"x"), None);
        assert_eq!(Q::parse(b"."), None);
    }
}
