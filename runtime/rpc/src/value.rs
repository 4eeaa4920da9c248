//! What remote commands take and answer.

/// A value of a request or reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Int(i64),
    /// A fraction.
    Double(f64),
    /// Text; not necessarily UTF-8.
    Str(Vec<u8>),
    /// Named members in order; a name may repeat.
    Struct(Vec<(String, Value)>),
    /// Values in order.
    Array(Vec<Value>),
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Str(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(text: &[u8]) -> Value {
        Value::Str(text.to_vec())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(text.into_bytes())
    }
}

/// A command's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A code like SIP's: 400, 404, 500.
    pub code: i32,
    /// Why.
    pub message: String,
}

impl Fault {
    /// A refusal.
    pub fn new(code: i32, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into() }
    }
}
