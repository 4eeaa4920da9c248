//! JSON-RPC 2.0: requests, replies, errors.

use super::{Json, JsonError, Layout, parse, write};
use crate::{Fault, Outcome, Value};

/// Number or text that the reply repeats.
#[derive(Clone, Debug, PartialEq)]
pub enum Id {
    /// The request has none; the reply has none either.
    Absent,
    /// What the reply repeats.
    Given(Json),
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The command; `None` when it has none or the version is not "2.0": the real server answers such a call with
    /// an empty result.
    pub method: Option<String>,
    /// Positional parameters; names are dropped.
    pub params: Vec<Value>,
    /// What the reply repeats.
    pub id: Id,
    /// `reply_name`: fifo to write the reply to.
    pub reply_name: Option<String>,
}

/// Reads a call, or an array of them (a batch).
///
/// # Errors
/// The text is not JSON, or neither object nor array.
pub fn decode_request(text: &[u8]) -> Result<Vec<Request>, JsonError> {
    match parse(text)? {
        Json::Array(calls) => Ok(calls.into_iter().map(request).collect()),
        object @ Json::Object(_) => Ok(vec![request(object)]),
        _ => Err(JsonError { at: 0, what: "neither a call nor a batch" }),
    }
}

fn request(json: Json) -> Request {
    let version = json.get("jsonrpc").and_then(Json::as_str) == Some(b"2.0");
    let text =
        |name: &str| json.get(name).and_then(Json::as_str).map(|s| String::from_utf8_lossy(s).into_owned());
    Request {
        method: text("method").filter(|_| version),
        params: params(json.get("params")),
        id: match json.get("id") {
            None => Id::Absent,
            Some(id @ (Json::Int(_) | Json::Double(_) | Json::Str(_))) => Id::Given(id.clone()),
            // Captured: what is no number and no text comes back as 0.
            Some(_) => Id::Given(Json::Int(0)),
        },
        reply_name: text("reply_name"),
    }
}

/// Parameters end at the first that is neither number nor text (captured).
fn params(json: Option<&Json>) -> Vec<Value> {
    let items: Vec<&Json> = match json {
        Some(Json::Array(items)) => items.iter().collect(),
        Some(Json::Object(members)) => members.iter().map(|(_, v)| v).collect(),
        _ => Vec::new(),
    };
    let usable = |v: &&Json| matches!(v, Json::Int(_) | Json::Double(_) | Json::Str(_));
    items.into_iter().take_while(usable).map(|v| Value::from(v.clone())).collect()
}

/// A reply or error. `array` says that the command answers a list, also when it holds one value or none; else the
/// last value stands alone, and no value is an empty object.
pub fn encode_outcome(outcome: &Outcome, array: bool, id: &Id, layout: Layout) -> Vec<u8> {
    let answer = match outcome {
        Ok(values) if array => ("result", Json::Array(values.iter().map(Json::from).collect())),
        Ok(values) => ("result", values.last().map_or(Json::Object(Vec::new()), Json::from)),
        Err(fault) => ("error", error(fault)),
    };
    envelope(answer, id, layout)
}

/// An error.
pub fn encode_error(fault: &Fault, id: &Id, layout: Layout) -> Vec<u8> {
    envelope(("error", error(fault)), id, layout)
}

fn error(fault: &Fault) -> Json {
    Json::Object(vec![
        ("code".into(), Json::Int(i64::from(fault.code))),
        ("message".into(), Json::Str(fault.message.clone().into_bytes())),
    ])
}

fn envelope((name, value): (&str, Json), id: &Id, layout: Layout) -> Vec<u8> {
    let mut members = vec![("jsonrpc".to_owned(), Json::Str(b"2.0".to_vec())), (name.to_owned(), value)];
    if let Id::Given(id) = id {
        members.push(("id".to_owned(), id.clone()));
    }
    let mut out = Vec::with_capacity(256);
    write(&mut out, &Json::Object(members), layout);
    out
}

/// A call for a client.
pub fn encode_request(method: &str, params: &[Value], id: i64, reply_name: Option<&str>) -> Vec<u8> {
    let mut members = vec![
        ("jsonrpc".to_owned(), Json::Str(b"2.0".to_vec())),
        ("method".to_owned(), Json::Str(method.as_bytes().to_vec())),
    ];
    if !params.is_empty() {
        members.push(("params".to_owned(), Json::Array(params.iter().map(Json::from).collect())));
    }
    if let Some(name) = reply_name {
        members.push(("reply_name".to_owned(), Json::Str(name.as_bytes().to_vec())));
    }
    members.push(("id".to_owned(), Json::Int(id)));
    let mut out = Vec::new();
    write(&mut out, &Json::Object(members), Layout::Compact);
    out
}

/// What a reply says: its result, or its error.
///
/// # Errors
/// The text is no JSON-RPC reply.
pub fn decode_reply(text: &[u8]) -> Result<Result<Json, Fault>, JsonError> {
    let json = parse(text)?;
    if let Some(result) = json.get("result") {
        return Ok(Ok(result.clone()));
    }
    let error = json.get("error").ok_or(JsonError { at: 0, what: "neither result nor error" })?;
    let code = match error.get("code") {
        Some(Json::Int(n)) => i32::try_from(*n).unwrap_or(500),
        _ => 500,
    };
    let message = error.get("message").and_then(Json::as_str).unwrap_or_default();
    Ok(Err(Fault::new(code, String::from_utf8_lossy(message))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Request {
        decode_request(text.as_bytes()).expect("request").remove(0)
    }

    fn answer(text: &str, outcome: &Outcome, array: bool) -> String {
        String::from_utf8(encode_outcome(outcome, array, &one(text).id, Layout::Compact)).expect("text")
    }

    #[test]
    fn parameters_are_positional() {
        let strs = [Value::from("a"), Value::Int(1)];
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"m","params":["a",1],"id":1}"#).params, strs);
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"m","params":{"x":"a","y":1},"id":1}"#).params, strs);
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"m","params":["a",1,null,"b"]}"#).params, strs);
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"m","params":"a"}"#).params, []);
    }

    #[test]
    fn a_call_of_another_version_has_no_method() {
        assert_eq!(one(r#"{"jsonrpc":"1.0","method":"m","id":1}"#).method, None);
        assert_eq!(one(r#"{"method":"m","id":1}"#).method, None);
        assert_eq!(one(r#"{"jsonrpc":"2.0","method":"m"}"#).method.as_deref(), Some("m"));
    }

    #[test]
    fn ids_come_back() {
        let ok = Ok(vec![Value::Int(5)]);
        for (id, back) in [
            ("1", "1"),
            ("-7", "-7"),
            ("\"a\\\"b\"", "\"a\\\"b\""),
            ("1.5", "1.500000"),
            ("null", "0"),
            ("99999999999", "99999999999"),
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","method":"m","id":{id}}}"#);
            assert_eq!(answer(&text, &ok, false), format!(r#"{{"jsonrpc":"2.0","result":5,"id":{back}}}"#));
        }
        assert_eq!(
            answer(r#"{"jsonrpc":"2.0","method":"m"}"#, &ok, false),
            r#"{"jsonrpc":"2.0","result":5}"#
        );
    }

    #[test]
    fn results_are_single_or_lists() {
        let call = r#"{"jsonrpc":"2.0","method":"m","id":1}"#;
        assert_eq!(answer(call, &Ok(vec![]), false), r#"{"jsonrpc":"2.0","result":{},"id":1}"#);
        assert_eq!(answer(call, &Ok(vec![]), true), r#"{"jsonrpc":"2.0","result":[],"id":1}"#);
        assert_eq!(answer(call, &Ok(vec![Value::Int(5)]), true), r#"{"jsonrpc":"2.0","result":[5],"id":1}"#);
        let fault = Err(Fault::new(400, "no \"x\""));
        assert_eq!(
            answer(call, &fault, true),
            r#"{"jsonrpc":"2.0","error":{"code":400,"message":"no \"x\""},"id":1}"#
        );
    }

    #[test]
    fn clients_read_what_servers_write() {
        let call = encode_request("core.echo", &[Value::from("a"), Value::Int(1)], 7, Some("r"));
        let request = decode_request(&call).expect("request").remove(0);
        assert_eq!((request.method.as_deref(), request.params.len()), (Some("core.echo"), 2));
        assert_eq!(request.reply_name.as_deref(), Some("r"));
        let reply = encode_outcome(&Ok(request.params), true, &request.id, Layout::Pretty);
        let items = Json::Array(vec![Json::Str(b"a".to_vec()), Json::Int(1)]);
        assert_eq!(decode_reply(&reply), Ok(Ok(items)));
        let fault = Fault::new(500, "x");
        assert_eq!(decode_reply(&encode_error(&fault, &Id::Absent, Layout::Pretty)), Ok(Err(fault)));
        assert!(decode_reply(b"{}").is_err());
    }
}
