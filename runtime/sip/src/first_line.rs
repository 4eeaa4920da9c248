//! The first line of a message.

use crate::bytes::{class, find, run_until};
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
    /// `SIP/2.0` as written; more bytes may hang on it.
    pub version: &'m [u8],
}

/// `SIP/2.0 200 OK`.
#[derive(Clone, Copy, Debug)]
pub struct ReplyLine<'m> {
    /// `SIP/2.0`.
    pub version: &'m [u8],
    /// The code, 0 to 999.
    pub status: u16,
    /// The code as written.
    pub status_raw: &'m [u8],
    /// The phrase; may be empty.
    pub reason: &'m [u8],
}

/// Parses the line that `buf` begins with; gives also the offset of the byte after its line end.
///
/// Captured: exactly one blank behind the method, any number of blanks or tabs behind the URI (which may be empty),
/// bytes hung on `SIP/2.0`; in a reply one blank, three digits, one blank or tab.
pub(crate) fn parse(buf: &[u8]) -> Option<(FirstLine<'_>, usize)> {
    let nl = find(b'\n', buf)?;
    let line = &buf[..nl];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let parsed = match parse_reply(line) {
        Some(reply) => FirstLine::Reply(reply),
        None => FirstLine::Request(parse_request(line)?),
    };
    Some((parsed, nl + 1))
}

fn is_sip_version(s: &[u8]) -> bool {
    s.starts_with(b"SIP/2.0") || s.get(..7).is_some_and(|v| text::eq_nocase(v, b"SIP/2.0"))
}

fn parse_reply(line: &[u8]) -> Option<ReplyLine<'_>> {
    if !is_sip_version(line) || line.get(7) != Some(&b' ') {
        return None;
    }
    let status_raw = line.get(8..11)?;
    let status = text::parse_u16(status_raw)?;
    let (sep, reason) = line.get(11..)?.split_first()?;
    text::is_blank(*sep).then_some(ReplyLine { version: &line[..7], status, status_raw, reason })
}

fn parse_request(line: &[u8]) -> Option<RequestLine<'_>> {
    let end = run_until(line, class::SPACE);
    let (method_raw, rest) = line.split_at(end);
    let rest = rest.strip_prefix(b" ")?;
    let end = run_until(rest, class::SPACE);
    let (uri, rest) = rest.split_at(end);
    // Blanks between URI and version; a carriage return there is refused.
    let blanks = rest.iter().position(|b| !text::is_blank(*b))?;
    let version = &rest[blanks..];
    if blanks == 0
        || method_raw.is_empty()
        || !is_sip_version(version)
        || text::eq_nocase(method_raw, b"SIP/2.0")
    {
        return None;
    }
    // Junk may hang on the version or stand behind a carriage return, but not behind a blank.
    let (version, tail) = version.split_at(run_until(version, class::SPACE));
    if tail.first() != Some(&b'\r') && !text::trim(tail).is_empty() {
        return None;
    }
    Some(RequestLine { method: Method::from_name(method_raw), method_raw, uri, version })
}
