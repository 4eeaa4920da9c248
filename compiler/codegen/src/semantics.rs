//! What the builtins that work on values have to answer, without the machinery around them: the engine's builtins
//! and the tests' call these. Captured from 5.6.3, see docs/src/compiler.md.

use kamjit_analysis::value::parse_int;
use kamjit_catalog::Generation;

use crate::abi::{RawVal, TAG_INT, TAG_STR};

/// A value that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Undefined.
    Null,
    /// An integer.
    Int(i64),
    /// A string.
    Str(&'a [u8]),
}

impl<'a> Value<'a> {
    /// Looks at a raw value.
    ///
    /// # Safety
    /// A string in `raw` must be readable for `'a`.
    pub unsafe fn from_raw(raw: &RawVal) -> Value<'a> {
        match raw.tag {
            TAG_INT => Value::Int(raw.int),
            // SAFETY: the caller answers for the string; an empty one may have any pointer.
            TAG_STR if raw.len > 0 => Value::Str(unsafe { std::slice::from_raw_parts(raw.ptr, raw.len) }),
            TAG_STR => Value::Str(b""),
            _ => Value::Null,
        }
    }

    /// As an integer: undefined and what is no number count as 0.
    pub fn to_int(self, generation: Generation) -> i64 {
        match self {
            Value::Null => 0,
            Value::Int(value) => value,
            Value::Str(text) => parse_int(text, generation).unwrap_or(0),
        }
    }
}

/// Room for an integer in decimal.
pub type IntBuffer = [u8; 20];

/// Writes an integer in decimal into the end of the buffer.
pub fn int_to_text(value: i64, buffer: &mut IntBuffer) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// `left == right` as the left side's type rules: an integer compares as integers, a string as strings, undefined
/// equals what is empty (undefined, "", 0).
pub fn equal(left: Value<'_>, right: Value<'_>, generation: Generation) -> bool {
    match (left, right) {
        (Value::Int(a), b) => a == b.to_int(generation),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Str(a), Value::Null) => a.is_empty(),
        (Value::Str(a), Value::Int(b)) => a == int_to_text(b, &mut [0; 20]),
        (Value::Null, Value::Int(b)) => b == 0,
        (Value::Null, Value::Str(b)) => b.is_empty(),
        (Value::Null, Value::Null) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_follows_the_left_side() {
        let eq = |a, b| equal(a, b, Generation::V5_6);
        let s = |text: &'static str| Value::Str(text.as_bytes());
        assert!(eq(Value::Int(0), s("abc")));
        assert!(eq(Value::Int(12), s("12")));
        assert!(eq(Value::Int(0), Value::Null));
        assert!(eq(s("12"), Value::Int(12)));
        assert!(!eq(s(" 9 "), Value::Int(9)));
        assert!(!eq(s("0x1f"), Value::Int(31)));
        assert!(!eq(s(""), Value::Int(0)));
        assert!(eq(s(""), Value::Null));
        assert!(eq(Value::Null, Value::Int(0)));
        assert!(!eq(Value::Null, s("0")));
    }

    #[test]
    fn integers_in_decimal() {
        for value in [0, 7, -7, i64::MAX, i64::MIN, 1_000_000] {
            assert_eq!(int_to_text(value, &mut [0; 20]), value.to_string().as_bytes());
        }
    }
}
