//! Multipart bodies (RFC 2046 section 5.1) and the types that name them.

use crate::message::Message;
use crate::params::Params;
use crate::text::{eq_nocase, trim, without_line_end};

/// One part of a multipart body.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// From behind the delimiter's line to the line end before the next delimiter.
    pub raw: &'a [u8],
    /// The header lines, without the empty line.
    pub headers: &'a [u8],
    /// What follows the empty line.
    pub body: &'a [u8],
    /// From the delimiter before the part to that behind it.
    pub with_delimiter: &'a [u8],
}

impl<'a> Part<'a> {
    /// The value of the first header of a name, in any case, trimmed.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.headers.split(|b| *b == b'\n').find_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            eq_nocase(trim(&line[..colon]), name).then(|| trim(&line[colon + 1..]))
        })
    }

    /// Type and subtype of its Content-Type, without parameters; `None` if it has none.
    pub fn mime(&self) -> Option<&'a [u8]> {
        self.header(b"Content-Type").or_else(|| self.header(b"c")).map(without_params)
    }
}

/// Type and subtype of a Content-Type value.
pub fn without_params(content_type: &[u8]) -> &[u8] {
    let end =
        content_type.iter().position(|b| matches!(b, b';' | b' ' | b'\t')).unwrap_or(content_type.len());
    trim(&content_type[..end])
}

/// The boundary that a Content-Type value names.
pub fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let semicolon = memchr::memchr(b';', content_type)?;
    Params::new(&content_type[semicolon..]).get(b"boundary").map(|p| p.unquoted()).filter(|b| !b.is_empty())
}

/// The parts of a body, in order.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a, 'b> {
    body: &'a [u8],
    boundary: &'b [u8],
    at: Option<usize>,
}

/// A delimiter: where its dashes stand, where its line ends, whether it is the last.
struct Delimiter {
    start: usize,
    end: usize,
    last: bool,
}

impl<'a, 'b> Parts<'a, 'b> {
    /// Over a body with a boundary.
    pub fn new(body: &'a [u8], boundary: &'b [u8]) -> Parts<'a, 'b> {
        Parts { body, boundary, at: Some(0) }
    }

    fn delimiter(&self, from: usize) -> Option<Delimiter> {
        let mut at = from;
        loop {
            let rest = self.body.get(at..)?;
            let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
            if line.is_empty() {
                return None;
            }
            if let Some(tail) = line.strip_prefix(b"--").and_then(|l| l.strip_prefix(self.boundary)) {
                let tail = trim(tail);
                if tail.is_empty() || tail == b"--" {
                    return Some(Delimiter { start: at, end: at + line.len(), last: !tail.is_empty() });
                }
            }
            at += line.len();
        }
    }
}

impl<'a> Iterator for Parts<'a, '_> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let from = self.at.take()?;
        let open = self.delimiter(from)?;
        if open.last {
            return None;
        }
        let (end, next) = match self.delimiter(open.end) {
            Some(close) => (close.start, Some(close.start)),
            None => (self.body.len(), None),
        };
        self.at = next;
        let raw = without_line_end(self.body.get(open.end..end)?);
        let (headers, body) = split_headers(raw);
        Some(Part { raw, headers, body, with_delimiter: self.body.get(open.start..end)? })
    }
}

/// Header lines and body of a part; a part that begins with an empty line has no headers.
fn split_headers(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|r| !r.is_empty()) {
        let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
        if without_line_end(line).is_empty() {
            return (&raw[..at], &rest[line.len()..]);
        }
        at += line.len();
    }
    (raw, b"")
}

/// The part of a message's body that has a type (`application/sdp`): the whole body, or the first such part of a
/// multipart body.
pub fn body_of_type<'m>(msg: &Message<'m>, mime: &[u8]) -> Option<&'m [u8]> {
    let (body, content_type) = (msg.body(), msg.content_type()?);
    if body.is_empty() {
        return None;
    }
    let own = without_params(content_type);
    if eq_nocase(own, mime) {
        return Some(body);
    }
    if !own.get(..10).is_some_and(|head| eq_nocase(head, b"multipart/")) {
        return None;
    }
    let boundary = boundary(content_type)?;
    Parts::new(body, boundary).find(|part| part.mime().is_some_and(|m| eq_nocase(m, mime))).map(|p| p.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_with_and_without_headers() {
        let body = b"pre\r\n--b\r\nContent-Type: text/plain; x=1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--bb\r\n--b--\r\nend";
        let parts: Vec<_> = Parts::new(body, b"b").collect();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].mime(), parts[0].body), (Some(&b"text/plain"[..]), &b"one"[..]));
        assert_eq!((parts[1].mime(), parts[1].body), (None, &b"two\r\n--bb"[..]));
    }

    #[test]
    fn what_is_never_closed_ends_with_the_body() {
        let parts: Vec<_> = Parts::new(b"--b\r\nC: x\r\n\r\nabc", b"b").collect();
        assert_eq!((parts.len(), parts[0].body), (1, &b"abc"[..]));
        assert_eq!(Parts::new(b"nothing", b"b").count(), 0);
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary(b"multipart/mixed;boundary=\"a b\""), Some(&b"a b"[..]));
        assert_eq!(boundary(b"multipart/mixed"), None);
    }
}
