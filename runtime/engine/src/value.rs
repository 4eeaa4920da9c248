//! Script values.

use bumpalo::Bump;
use kamjit_codegen::abi::{RawVal, TAG_INT, TAG_NULL, TAG_STR};

/// A value of the script. Strings live as long as the run (`'m`): in the message, its arena, or the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Val<'m> {
    /// Undefined (`$null`).
    #[default]
    Null,
    /// A number.
    Int(i64),
    /// Bytes; not necessarily UTF-8.
    Str(&'m [u8]),
}

impl<'m> Val<'m> {
    /// `Str` of the value, or `Null` if there is none.
    pub fn opt(value: Option<&'m [u8]>) -> Val<'m> {
        value.map_or(Val::Null, Val::Str)
    }

    /// True for `Null`.
    pub fn is_null(self) -> bool {
        matches!(self, Val::Null)
    }

    /// The number, strings converted as the real server does (captured: the whole string must be a number, with
    /// `0x` for hexadecimal; anything else counts 0).
    pub fn to_int(self) -> i64 {
        match self {
            Val::Null => 0,
            Val::Int(n) => n,
            Val::Str(s) => parse_int(s).unwrap_or(0),
        }
    }

    /// The text: numbers in decimal, undefined as the empty string.
    pub fn to_bytes(self, arena: &'m Bump) -> &'m [u8] {
        match self {
            Val::Null => b"",
            Val::Int(n) => format_int(arena, n),
            Val::Str(s) => s,
        }
    }

    /// The text if it is a string or number.
    pub fn as_bytes(self, arena: &'m Bump) -> Option<&'m [u8]> {
        match self {
            Val::Null => None,
            other => Some(other.to_bytes(arena)),
        }
    }

    /// As machine code holds it.
    pub fn to_raw(self) -> RawVal {
        match self {
            Val::Null => RawVal::NULL,
            Val::Int(n) => RawVal::int(n),
            Val::Str(s) => RawVal { tag: TAG_STR, int: 0, ptr: s.as_ptr(), len: s.len() },
        }
    }

    /// From machine code's form.
    ///
    /// # Safety
    /// A string in `raw` must be valid for `'m` (the ABI's promise: it lives as long as the script run).
    pub unsafe fn from_raw(raw: &RawVal) -> Val<'m> {
        match raw.tag {
            TAG_NULL => Val::Null,
            TAG_INT => Val::Int(raw.int),
            // SAFETY: the caller promises that pointer and length describe bytes that live for 'm.
            _ => Val::Str(unsafe { std::slice::from_raw_parts(raw.ptr, raw.len) }),
        }
    }
}

/// Decimal, or hexadecimal with `0x`, with an optional sign; nothing else around it. `None` on overflow of 64 bits.
pub fn parse_int(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if !hex.starts_with(['+', '-']) => i64::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        None if digits.starts_with(['+', '-']) => return None,
        None => digits.parse::<i64>().ok()?,
    };
    Some(sign * magnitude)
}

/// The decimal digits of a number, in the arena.
pub fn format_int(arena: &Bump, value: i64) -> &[u8] {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    arena.alloc_slice_copy(&digits[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        for (text, want) in
            [("5", Some(5)), ("-7", Some(-7)), ("0x1f", Some(31)), ("12abc", None), (" 9", None), ("", None)]
        {
            assert_eq!(parse_int(text.as_bytes()), want, "{text:?}");
        }
    }

    #[test]
    fn numbers_print_to_the_last_corner() {
        let arena = Bump::new();
        for n in [0, 7, -7, i64::MAX, i64::MIN] {
            assert_eq!(format_int(&arena, n), n.to_string().as_bytes());
        }
    }
}
