//! Comparison of URIs (RFC 3261 section 19.1.4).

use super::Uri;
use crate::escape::is_user_char;
use crate::params::Params;
use crate::text::eq_nocase;

/// Whether two SIP URIs are equal by RFC 3261: user and password with case, the rest without; parameters that
/// stand in both must match, and `user`, `ttl`, `method`, `maddr`, `transport` must stand in both or in none.
pub fn uri_eq(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    a.scheme == b.scheme
        && escaped_eq(a.user, b.user)
        && a.password == b.password
        && eq_nocase(a.host, b.host)
        && a.port == b.port
        && params_match(a, b)
        && headers_match(a, b)
}

/// Whether two URIs name the same address of record: user (with case) and host (without).
pub fn aor_eq(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    escaped_eq(a.user, b.user) && eq_nocase(a.host, b.host)
}

fn params_match(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    const BOTH_OR_NONE: [&[u8]; 5] = [b"user", b"ttl", b"method", b"maddr", b"transport"];
    BOTH_OR_NONE.iter().all(|name| a.has_param(name) == b.has_param(name))
        && a.params().all(|p| b.param(p.name).is_none_or(|other| eq_nocase(other, p.value.unwrap_or(b""))))
}

fn headers_match(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    let contains = |all: &Uri<'_>, one: &Uri<'_>| {
        Params::with_separator(one.headers_raw, b'&').all(|h| {
            Params::with_separator(all.headers_raw, b'&')
                .any(|o| eq_nocase(o.name, h.name) && o.value.unwrap_or(b"") == h.value.unwrap_or(b""))
        })
    };
    contains(a, b) && contains(b, a)
}

/// Equal where an escape stands for the byte that it means, as long as that byte needs no escape.
fn escaped_eq(a: &[u8], b: &[u8]) -> bool {
    a == b || Unescaped(a).eq(Unescaped(b))
}

/// Bytes with needless escapes resolved; needed ones come as three bytes with upper-case digits.
struct Unescaped<'a>(&'a [u8]);

impl Iterator for Unescaped<'_> {
    type Item = (bool, u8);

    fn next(&mut self) -> Option<(bool, u8)> {
        let digit = |b: u8| (b as char).to_digit(16);
        if let [b'%', hi, lo, rest @ ..] = self.0
            && let (Some(hi), Some(lo)) = (digit(*hi), digit(*lo))
        {
            self.0 = rest;
            let byte = (hi << 4 | lo) as u8;
            return Some((!is_user_char(byte), byte));
        }
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some((false, *first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3261 section 19.1.4.
    #[test]
    fn rfc3261_examples() {
        let equal = [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
        ];
        let different = [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ];
        let eq =
            |a: &str, b: &str| uri_eq(&Uri::parse(a.as_bytes()).unwrap(), &Uri::parse(b.as_bytes()).unwrap());
        for (a, b) in equal {
            assert!(eq(a, b) && eq(b, a), "{a} {b}");
        }
        for (a, b) in different {
            assert!(!eq(a, b) && !eq(b, a), "{a} {b}");
        }
    }
}
