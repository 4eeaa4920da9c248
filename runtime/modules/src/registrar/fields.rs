//! The values of a contact's parameters, as the real server reads them.

use kamjit_sip::{HeaderKind, Message, Method, MethodSet, NameAddr, text::eq_nocase, text::parse_u32};

/// The value of the last parameter of a name, without quotes (captured: the last one counts).
pub(super) fn param<'a>(addr: &NameAddr<'a>, name: &[u8]) -> Option<&'a [u8]> {
    if addr.params_raw.is_empty() {
        return None;
    }
    addr.params().filter(|p| eq_nocase(p.name, name)).last().map(|p| p.unquoted())
}

/// A q value in thousandths: `1`, `0.5`, `.25`; nothing behind a dot or more than 1 is an error (captured).
pub(super) fn q(text: &[u8]) -> Option<i32> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(dot) if dot + 1 < text.len() => (&text[..dot], &text[dot + 1..]),
        Some(_) => return None,
        None => (text, &b""[..]),
    };
    let whole = if whole.is_empty() { 0 } else { parse_u32(whole)? };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = (0..3).fold(0, |n, at| n * 10 + i32::from(fraction.get(at).map_or(0, |d| d - b'0')));
    match (whole, thousandths) {
        (0, n) => Some(n),
        (1, 0) => Some(1000),
        _ => None,
    }
}

/// Whether a header such as Supported names an option.
pub(super) fn has_option(msg: &Message<'_>, kind: HeaderKind, option: &[u8]) -> bool {
    msg.headers_of(kind)
        .any(|h| h.value.split(|b| *b == b',').any(|item| eq_nocase(kamjit_sip::text::trim(item), option)))
}

/// The real server's bit for methods that it has no name for.
const OTHER_METHOD: u32 = 1 << 19;

/// Methods as the tables hold them.
pub(super) fn method_bits(list: &[u8]) -> u32 {
    to_stored(MethodSet::parse(list).bits())
}

/// The bit of a method as the tables hold it.
pub(super) fn method_bit(method: Method) -> u32 {
    to_stored(method.bit())
}

fn to_stored(bits: u32) -> u32 {
    let other = Method::OTHER.bit();
    if bits & other == 0 { bits } else { bits & !other | OTHER_METHOD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_as_captured() {
        for (text, want) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0.5", Some(500)),
            (".5", Some(500)),
            ("0.1239", Some(123)),
            ("0", Some(0)),
            ("0.", None),
            ("1.5", None),
            ("2", None),
            ("x", None),
        ] {
            assert_eq!(q(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn methods_as_captured() {
        assert_eq!(method_bits(b"FOO,INVITE"), 524_289);
        assert_eq!(method_bits(b"INVITE, BYE"), 9);
    }

    #[test]
    fn the_last_parameter_counts() {
        let addr = NameAddr::parse(b"<sip:a@b>;expires=100;expires=\"200\"").unwrap();
        assert_eq!(param(&addr, b"expires"), Some(&b"200"[..]));
    }
}
