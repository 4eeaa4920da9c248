//! Reading packets.

use super::{BinrpcError, Header, Kind, MAX_DEPTH};
use crate::{Fault, Outcome, Value};

/// Cuts a byte stream into packets.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next whole packet: its header and body.
    ///
    /// # Errors
    /// The stream is no BINRPC and must be closed.
    pub fn next_packet(&mut self) -> Result<Option<(Header, Vec<u8>)>, BinrpcError> {
        let Some(header) = Header::parse(&self.buffer)? else { return Ok(None) };
        let Some(body) = self.buffer.get(header.len..header.len + header.body) else { return Ok(None) };
        let body = body.to_vec();
        self.buffer.drain(..header.len + header.body);
        Ok(Some((header, body)))
    }
}

/// All records of a body.
///
/// # Errors
/// See [`BinrpcError`].
pub fn decode_values(body: &[u8]) -> Result<Vec<Value>, BinrpcError> {
    let mut rest = body;
    let mut values = Vec::new();
    while !rest.is_empty() {
        match record(&mut rest, 0)? {
            Record::Value(value) => values.push(value),
            Record::Name(_) | Record::End(_) => return Err(BinrpcError::BadRecord),
        }
    }
    Ok(values)
}

/// What a reply or fault says.
///
/// # Errors
/// See [`BinrpcError`]; a request is none of both.
pub fn decode_outcome(kind: Kind, body: &[u8]) -> Result<Outcome, BinrpcError> {
    let values = decode_values(body)?;
    match kind {
        Kind::Reply => Ok(Ok(values)),
        Kind::Fault => match values.as_slice() {
            [Value::Int(code), Value::Str(message), ..] => {
                let code = i32::try_from(*code).unwrap_or(500);
                Ok(Err(Fault::new(code, String::from_utf8_lossy(message))))
            }
            _ => Err(BinrpcError::BadRecord),
        },
        Kind::Request => Err(BinrpcError::NotBinrpc),
    }
}

enum Record {
    Value(Value),
    Name(String),
    /// End of a structure (3) or array (4).
    End(u8),
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], BinrpcError> {
    let (taken, left) = rest.split_at_checked(len).ok_or(BinrpcError::Truncated)?;
    *rest = left;
    Ok(taken)
}

fn record(rest: &mut &[u8], depth: usize) -> Result<Record, BinrpcError> {
    let head = *take(rest, 1)?.first().ok_or(BinrpcError::Truncated)?;
    let (kind, size) = (head & 0x0f, usize::from(head >> 4 & 7));
    if matches!(kind, 3 | 4) {
        return match (head & 0x80 != 0, size) {
            (true, 0) => Ok(Record::End(kind)),
            (false, 0) => container(rest, kind, depth + 1).map(Record::Value),
            _ => Err(BinrpcError::BadRecord),
        };
    }
    let size = if head & 0x80 == 0 {
        size
    } else {
        if size > 4 {
            return Err(BinrpcError::BadRecord);
        }
        take(rest, size)?.iter().fold(0usize, |n, b| n << 8 | usize::from(*b))
    };
    let data = take(rest, size)?;
    match kind {
        0 => integer(data).map(|n| Record::Value(Value::Int(n))),
        1 => Ok(Record::Value(Value::Str(data.strip_suffix(b"\0").unwrap_or(data).to_vec()))),
        2 => integer(data).map(|n| Record::Value(Value::Double(n as f64 / 1000.0))),
        5 => {
            let name = data.strip_suffix(b"\0").unwrap_or(data);
            Ok(Record::Name(String::from_utf8_lossy(name).into_owned()))
        }
        6 => Ok(Record::Value(Value::Str(data.to_vec()))),
        _ => Err(BinrpcError::BadRecord),
    }
}

fn container(rest: &mut &[u8], kind: u8, depth: usize) -> Result<Value, BinrpcError> {
    if depth > MAX_DEPTH {
        return Err(BinrpcError::TooDeep);
    }
    let (mut members, mut items) = (Vec::new(), Vec::new());
    loop {
        match (kind, record(rest, depth)?) {
            (3, Record::Name(name)) if items.is_empty() => match record(rest, depth)? {
                Record::Value(value) => members.push((name, value)),
                _ => return Err(BinrpcError::BadRecord),
            },
            // A structure whose values have no names is an array (captured).
            (3, Record::Value(value)) if members.is_empty() => items.push(value),
            (4, Record::Value(value)) => items.push(value),
            (3, Record::End(3)) if !items.is_empty() => return Ok(Value::Array(items)),
            (3, Record::End(3)) => return Ok(Value::Struct(members)),
            (4, Record::End(4)) => return Ok(Value::Array(items)),
            _ => return Err(BinrpcError::BadRecord),
        }
    }
}

/// Up to four bytes are a 32 bit number, negative only if all four are there; eight are 64 bit.
fn integer(data: &[u8]) -> Result<i64, BinrpcError> {
    if data.len() > 8 {
        return Err(BinrpcError::BadRecord);
    }
    let n = data.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    Ok(if data.len() == 4 { i64::from(n as u32 as i32) } else { n as i64 })
}
