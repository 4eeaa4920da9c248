//! Writing packets.

use super::{Kind, MAGIC};
use crate::{Fault, Outcome, Value};

/// A request.
pub fn encode_request(command: &str, params: &[Value], cookie: u32) -> Vec<u8> {
    let mut body = Vec::with_capacity(64);
    text(&mut body, 1, command.as_bytes());
    params.iter().for_each(|p| value(&mut body, p));
    packet(Kind::Request, &body, cookie)
}

/// A reply.
pub fn encode_reply(values: &[Value], cookie: u32) -> Vec<u8> {
    let mut body = Vec::with_capacity(256);
    values.iter().for_each(|v| value(&mut body, v));
    packet(Kind::Reply, &body, cookie)
}

/// A refusal.
pub fn encode_fault(fault: &Fault, cookie: u32) -> Vec<u8> {
    let mut body = Vec::with_capacity(64);
    integer(&mut body, 0, i64::from(fault.code));
    text(&mut body, 1, fault.message.as_bytes());
    packet(Kind::Fault, &body, cookie)
}

/// A reply or a refusal.
pub fn encode_outcome(outcome: &Outcome, cookie: u32) -> Vec<u8> {
    match outcome {
        Ok(values) => encode_reply(values, cookie),
        Err(fault) => encode_fault(fault, cookie),
    }
}

fn packet(kind: Kind, body: &[u8], cookie: u32) -> Vec<u8> {
    let kind = match kind {
        Kind::Request => 0u8,
        Kind::Reply => 1,
        Kind::Fault => 3,
    };
    let length = (body.len() as u32).to_be_bytes();
    let skip = length.iter().take(3).take_while(|b| **b == 0).count();
    let length = length.get(skip..).unwrap_or_default();
    let mut bytes = Vec::with_capacity(body.len() + 10);
    // The cookie is always written with its four bytes.
    bytes.extend([MAGIC, kind << 4 | (length.len() as u8 - 1) << 2 | 3]);
    bytes.extend_from_slice(length);
    bytes.extend(cookie.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn value(out: &mut Vec<u8>, v: &Value) {
    match v {
        Value::Int(n) => integer(out, 0, *n),
        Value::Double(f) => integer(out, 2, (*f * 1000.0) as i64),
        Value::Str(s) => text(out, 1, s),
        Value::Struct(members) => {
            out.push(0x03);
            members.iter().for_each(|m| member(out, m));
            out.push(0x83);
        }
        Value::Array(items) => array(out, items),
    }
}

fn member(out: &mut Vec<u8>, (name, v): &(String, Value)) {
    text(out, 5, name.as_bytes());
    value(out, v);
}

/// An array is written as a structure, as the real server does (captured): its reader knows no arrays. Items of one
/// member stand there by their names.
fn array(out: &mut Vec<u8>, items: &[Value]) {
    let only_named = items.iter().all(|i| matches!(i, Value::Struct(members) if members.len() == 1));
    out.push(0x03);
    for item in items {
        match item {
            Value::Struct(members) if only_named => members.iter().for_each(|m| member(out, m)),
            other => value(out, other),
        }
    }
    out.push(0x83);
}

/// An integer: unsigned 32 bit as short as possible, negative ones as 32 bit two's complement; what needs more
/// (6.x has 64 bit) takes eight bytes.
fn integer(out: &mut Vec<u8>, kind: u8, n: i64) {
    let wide = n.to_be_bytes();
    let bytes = if n < i64::from(i32::MIN) || n > i64::from(u32::MAX) {
        &wide[..]
    } else if n < 0 {
        &wide[4..]
    } else {
        let skip = wide.iter().take_while(|b| **b == 0).count();
        wide.get(skip..).unwrap_or_default()
    };
    head(out, kind, bytes.len());
    out.extend_from_slice(bytes);
}

/// Text with its NUL; a NUL within ends it for every reader, so that it is cut there.
fn text(out: &mut Vec<u8>, kind: u8, s: &[u8]) {
    let s = s.split(|b| *b == 0).next().unwrap_or_default();
    head(out, kind, s.len() + 1);
    out.extend_from_slice(s);
    out.push(0);
}

fn head(out: &mut Vec<u8>, kind: u8, size: usize) {
    if size < 8 {
        out.push((size as u8) << 4 | kind);
        return;
    }
    let bytes = (size as u32).to_be_bytes();
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let bytes = bytes.get(skip..).unwrap_or_default();
    out.push((bytes.len() as u8 | 8) << 4 | kind);
    out.extend_from_slice(bytes);
}
