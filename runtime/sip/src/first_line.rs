//! The first line of a message.

use crate::method::Method;
use crate::text;

/// Request line or status line.
#[derive(Clone, Copy, Debug)]
pub enum FirstLine<'m> {
    /// A request.
    Request(RequestLine<'m>),
    /// A reply.
    Reply(ReplyLine<'m>),
}

/// `METHOD uri SIP/2.0`.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'m> {
    /// The method.
    pub method: Method,
    /// Its name as written.
    pub method_raw: &'m [u8],
    /// The request URI, not yet parsed and perhaps not valid.
    pub uri: &'m [u8],
    /// `SIP/2.0`.
    pub version: &'m [u8],
}

/// `SIP/2.0 200 OK`.
#[derive(Clone, Copy, Debug)]
pub struct ReplyLine<'m> {
    /// `SIP/2.0`.
    pub version: &'m [u8],
    /// The code, 100 to 999.
    pub status: u16,
    /// The code as written.
    pub status_raw: &'m [u8],
    /// The phrase; may be empty.
    pub reason: &'m [u8],
}

/// Parses the line that `buf` begins with; gives also the offset of the byte after its line end.
pub(crate) fn parse(buf: &[u8]) -> Option<(FirstLine<'_>, usize)> {
    let nl = memchr::memchr(b'\n', buf)?;
    let end = nl + 1;
    let line = &buf[..nl];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let parsed = if is_sip_version(line.get(..7)?) && line.get(7) == Some(&b' ') {
        FirstLine::Reply(parse_reply(line)?)
    } else {
        FirstLine::Request(parse_request(line)?)
    };
    Some((parsed, end))
}

fn is_sip_version(s: &[u8]) -> bool {
    text::eq_nocase(s, b"SIP/2.0")
}

fn parse_reply(line: &[u8]) -> Option<ReplyLine<'_>> {
    let version = line.get(..7)?;
    let status_raw = line.get(8..11)?;
    let status = text::parse_u16(status_raw)?;
    let reason = match line.get(11..)? {
        [] => &[],
        [b' ', rest @ ..] => rest,
        _ => return None,
    };
    if status < 100 {
        return None;
    }
    Some(ReplyLine { version, status, status_raw, reason })
}

fn parse_request(line: &[u8]) -> Option<RequestLine<'_>> {
    let sp = memchr::memchr(b' ', line)?;
    let (method_raw, rest) = (&line[..sp], &line[sp + 1..]);
    let sp = memchr::memchr(b' ', rest)?;
    let (uri, version) = (&rest[..sp], &rest[sp + 1..]);
    if method_raw.is_empty() || uri.is_empty() || !is_sip_version(version) {
        return None;
    }
    Some(RequestLine { method: Method::from_name(method_raw), method_raw, uri, version })
}
