//! Values that go to a database and come from it.

use std::borrow::Cow;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `NULL`.
    Null,
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Text or bytes.
    Bytes(Box<[u8]>),
    /// A point in time (`DATETIME`, `TIMESTAMP`), in seconds since 1970 UTC.
    Time(i64),
}

impl Value {
    /// Text.
    pub fn text(text: impl AsRef<[u8]>) -> Value {
        Value::Bytes(text.as_ref().into())
    }

    /// True for `NULL`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// As text: numbers in decimal, times as `YYYY-MM-DD HH:MM:SS` in local time. `None` for `NULL`.
    pub fn to_text(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Value::Null => None,
            Value::Int(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Value::Double(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
            Value::Time(seconds) => Some(Cow::Owned(crate::time::format_local(*seconds).into_bytes())),
        }
    }

    /// As an integer; text is read if all of it is one.
    pub fn to_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) | Value::Time(number) => Some(*number),
            Value::Double(number) => Some(*number as i64),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
            Value::Null => None,
        }
    }

    /// As a number with fraction.
    pub fn to_double(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Double(number) => Some(*number),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
            Value::Null | Value::Time(_) => None,
        }
    }

    /// As a point in time; text in the form `YYYY-MM-DD HH:MM:SS` is local time.
    pub fn to_time(&self) -> Option<i64> {
        match self {
            Value::Time(seconds) | Value::Int(seconds) => Some(*seconds),
            Value::Bytes(bytes) => crate::time::parse_local(std::str::from_utf8(bytes).ok()?),
            Value::Null | Value::Double(_) => None,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        Value::Bytes(bytes.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
