//! JSON and JSON-RPC 2.0 as the jsonrpcs module speaks them: lenient in what it reads (raw bytes and control
//! characters in strings), and laid out as the real server lays it out (captured from kamailio 5.6.3).

mod document;
mod parse;
mod request;
mod write;

pub use document::{Scan, find_document};
pub use parse::{JsonError, MAX_DEPTH, parse};
pub use request::{Id, Request, decode_reply, decode_request, encode_error, encode_outcome, encode_request};
pub use write::{Layout, write};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction that fits.
    Int(i64),
    /// Any other number.
    Double(f64),
    /// Text, unescaped; not necessarily UTF-8.
    Str(Vec<u8>),
    /// Values in order.
    Array(Vec<Json>),
    /// Members in order; a name may repeat.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Text of a string.
    pub fn as_str(&self) -> Option<&[u8]> {
        match self {
            Json::Str(s) => Some(s),
            _ => None,
        }
    }
}

impl From<&crate::Value> for Json {
    fn from(value: &crate::Value) -> Json {
        use crate::Value;
        match value {
            Value::Int(n) => Json::Int(*n),
            Value::Double(f) => Json::Double(*f),
            Value::Str(s) => Json::Str(s.clone()),
            Value::Struct(members) => {
                Json::Object(members.iter().map(|(n, v)| (n.clone(), Json::from(v))).collect())
            }
            Value::Array(items) => Json::Array(items.iter().map(Json::from).collect()),
        }
    }
}

impl From<Json> for crate::Value {
    /// Truth becomes 1 and 0; null becomes an empty string.
    fn from(json: Json) -> crate::Value {
        use crate::Value;
        match json {
            Json::Null => Value::Str(Vec::new()),
            Json::Bool(b) => Value::Int(i64::from(b)),
            Json::Int(n) => Value::Int(n),
            Json::Double(f) => Value::Double(f),
            Json::Str(s) => Value::Str(s),
            Json::Array(items) => Value::Array(items.into_iter().map(Value::from).collect()),
            Json::Object(members) => {
                Value::Struct(members.into_iter().map(|(n, v)| (n, Value::from(v))).collect())
            }
        }
    }
}
