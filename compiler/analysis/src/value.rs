//! Integers as the language has them: their width, and how text becomes one. Captured from 5.6.3 (docs/src/compiler.md).

use kamjit_catalog::Generation;

/// Cuts a number to the generation's width: 32 bits in 5.6 (two's complement), 64 in 6.x.
pub fn wrap(value: i64, generation: Generation) -> i64 {
    match generation {
        Generation::V5_6 => i64::from(value as i32),
        Generation::V6 => value,
    }
}

/// Text as a number: the whole of it must be decimal digits with an optional sign, or `0x` and hexadecimal digits.
/// A leading zero means nothing (only literals in the file are octal). The empty string is 0. `None` if it is no
/// number or too large; hexadecimal numbers are cut instead.
pub fn parse_int(text: &[u8], generation: Generation) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    if let [b'0', b'x' | b'X', digits @ ..] = text {
        let mut value: u64 = 0;
        for digit in digits {
            let digit = char::from(*digit).to_digit(16)?;
            value = if value >> 60 == 0 { value << 4 | u64::from(digit) } else { u64::MAX };
        }
        return (!digits.is_empty()).then(|| wrap(value as i64, generation));
    }
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for digit in digits {
        let digit = digit.checked_sub(b'0').filter(|d| *d <= 9)?;
        let digit = i64::from(digit);
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    (wrap(value, generation) == value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table was captured from 5.6.3 (`0 + $var(k)` for each text).
    #[test]
    fn text_to_integer_like_5_6() {
        for (text, expected) in [
            ("12", Some(12)),
            ("-3", Some(-3)),
            ("+3", Some(3)),
            ("010", Some(10)),
            ("0x1f", Some(31)),
            ("0X1F", Some(31)),
            ("0xffffffff", Some(-1)),
            ("0x1ffffffff", Some(-1)),
            ("", Some(0)),
            ("-2147483648", Some(-2_147_483_648)),
            ("2147483648", None),
            ("4294967296", None),
            ("99999999999999999999", None),
            ("-2147483649", None),
            ("-0x10", None),
            ("0x", None),
            ("-", None),
            ("12abc", None),
            (" 9 ", None),
        ] {
            assert_eq!(parse_int(text.as_bytes(), Generation::V5_6), expected, "{text:?}");
        }
        assert_eq!(parse_int(b"4294967296", Generation::V6), Some(4_294_967_296));
    }
}
