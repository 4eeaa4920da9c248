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

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} - {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}

/// What a command answers: the values in the order in which it gave them, or its refusal.
pub type Outcome = Result<Vec<Value>, Fault>;

impl From<i32> for Value {
    fn from(n: i32) -> Value {
        Value::Int(i64::from(n))
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Value {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Value {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Value {
        Value::Double(n)
    }
}

impl From<Vec<u8>> for Value {
    fn from(text: Vec<u8>) -> Value {
        Value::Str(text)
    }
}

impl Value {
    /// A structure from its members.
    pub fn record<const N: usize>(members: [(&str, Value); N]) -> Value {
        Value::Struct(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The member of a structure.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Struct(members) => members.iter().find(|(n, _)| n == name).map(|(_, value)| value),
            _ => None,
        }
    }
}
