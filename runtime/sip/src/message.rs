//! The message: one scan over the headers, everything else parsed when asked for.

use std::cell::{Cell, OnceCell};

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use crate::bytes::{class, find, is, run_of};
use crate::cseq::CSeq;
use crate::first_line::{self, FirstLine};
use crate::header::{Header, HeaderKind};
use crate::method::Method;
use crate::name_addr::{AddrEntry, Contacts, NameAddr, parse_lists};
use crate::text::{eq_nocase, is_blank, lone_cr, offset_in, parse_u32, trim, without_line_end};
use crate::via::Via;

/// Why a message is dropped. All of them mean silence on the wire; they differ in what is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but line ends: a keepalive, dropped without a log line.
    Empty,
    /// The first line is neither a SIP/2.0 request nor a reply.
    FirstLine,
    /// A header that is needed for routing is missing or unusable.
    Header(HeaderKind),
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ParseError::Empty => f.write_str("empty message"),
            ParseError::FirstLine => f.write_str("bad first line"),
            ParseError::Header(kind) => write!(f, "missing or bad header {}", kind.name()),
        }
    }
}

impl std::error::Error for ParseError {}

/// A header of the message is there but cannot be parsed, or it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHeader(
    /// Which one.
    pub HeaderKind,
);

impl std::fmt::Display for BadHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "missing or bad header {}", self.0.name())
    }
}

impl std::error::Error for BadHeader {}

type Lazy<T> = OnceCell<Option<T>>;

/// A received (or locally made) SIP message. It lives in its arena; getters take `&self` and keep what they parse.
pub struct Message<'m> {
    arena: &'m Bump,
    buf: &'m [u8],
    first: FirstLine<'m>,
    /// Where the first line begins (after leading line ends).
    start: u32,
    headers: &'m [Header<'m>],
    /// Index + 1 of the first header of each kind.
    first_of: [u16; HeaderKind::COUNT],
    /// Offset behind the last header: where the empty line begins.
    headers_end: u32,
    /// Offset of the body.
    body: u32,
    broken: bool,
    has_empty_line: bool,
    vias: &'m [Via<'m>],
    to: NameAddr<'m>,
    cseq: CSeq<'m>,
    call_id: &'m [u8],
    from: Lazy<NameAddr<'m>>,
    contacts: Lazy<Contacts<'m>>,
    routes: Lazy<&'m [AddrEntry<'m>]>,
    record_routes: Lazy<&'m [AddrEntry<'m>]>,
    paths: Lazy<&'m [AddrEntry<'m>]>,
    new_call_id: Cell<Option<&'m [u8]>>,
}

/// What the scan over the headers collects.
struct Scan<'m> {
    headers: BumpVec<'m, Header<'m>>,
    vias: BumpVec<'m, Via<'m>>,
    first_of: [u16; HeaderKind::COUNT],
    to: Option<NameAddr<'m>>,
    cseq: Option<CSeq<'m>>,
}

impl<'m> Message<'m> {
    /// Parses a datagram. Only what routing needs is looked at: first line, header names, Via, To, CSeq.
    pub fn parse(arena: &'m Bump, buf: &'m [u8]) -> Result<&'m Message<'m>, ParseError> {
        if buf.len() > u32::MAX as usize {
            return Err(ParseError::FirstLine);
        }
        let skipped = |b: &u8| matches!(b, b'\r' | b'\n' | b' ' | b'\t' | 0);
        let start = buf.iter().position(|b| !skipped(b)).ok_or(ParseError::Empty)?;
        let (first, first_len) = first_line::parse(&buf[start..]).ok_or(ParseError::FirstLine)?;
        let mut scan = Scan {
            headers: BumpVec::with_capacity_in(24, arena),
            vias: BumpVec::with_capacity_in(2, arena),
            first_of: [0; HeaderKind::COUNT],
            to: None,
            cseq: None,
        };
        let end = scan.run(buf, start + first_len);
        let missing = |kind| ParseError::Header(kind);
        for kind in [HeaderKind::Via, HeaderKind::From, HeaderKind::CallId] {
            if scan.first_of[kind as usize] == 0 {
                return Err(missing(kind));
            }
        }
        let to = scan.to.ok_or(missing(HeaderKind::To))?;
        let cseq = scan.cseq.ok_or(missing(HeaderKind::CSeq))?;
        let headers = scan.headers.into_bump_slice();
        let call_id = headers
            .get(usize::from(scan.first_of[HeaderKind::CallId as usize]).wrapping_sub(1))
            .map_or(&b""[..], |h| h.value);
        Ok(arena.alloc(Message {
            arena,
            buf,
            first,
            start: start as u32,
            headers,
            first_of: scan.first_of,
            headers_end: end.headers_end as u32,
            body: end.body as u32,
            broken: end.broken,
            has_empty_line: end.has_empty_line,
            vias: scan.vias.into_bump_slice(),
            to,
            cseq,
            call_id,
            from: OnceCell::new(),
            contacts: OnceCell::new(),
            routes: OnceCell::new(),
            record_routes: OnceCell::new(),
            paths: OnceCell::new(),
            new_call_id: Cell::new(None),
        }))
    }

    /// The arena that everything of this message lives in.
    pub fn arena(&self) -> &'m Bump {
        self.arena
    }

    /// All bytes as received.
    pub fn buf(&self) -> &'m [u8] {
        self.buf
    }

    /// The first line.
    pub fn first_line(&self) -> &FirstLine<'m> {
        &self.first
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.first, FirstLine::Request(_))
    }

    /// The method: of the request line, or of the CSeq of a reply.
    pub fn method(&self) -> Method {
        match &self.first {
            FirstLine::Request(r) => r.method,
            FirstLine::Reply(_) => self.cseq.method,
        }
    }

    /// The method's name as written: of the request line, or of the CSeq of a reply.
    pub fn method_raw(&self) -> &'m [u8] {
        match &self.first {
            FirstLine::Request(r) => r.method_raw,
            FirstLine::Reply(_) => self.cseq.method_raw,
        }
    }

    /// The request URI as received; `None` for a reply.
    pub fn request_uri(&self) -> Option<&'m [u8]> {
        match &self.first {
            FirstLine::Request(r) => Some(r.uri),
            FirstLine::Reply(_) => None,
        }
    }

    /// The code of a reply; `None` for a request.
    pub fn status(&self) -> Option<u16> {
        match &self.first {
            FirstLine::Request(_) => None,
            FirstLine::Reply(r) => Some(r.status),
        }
    }

    /// Where the first line begins: behind leading line ends.
    pub fn start_offset(&self) -> usize {
        self.start as usize
    }

    /// Where the first header begins.
    pub fn headers_offset(&self) -> usize {
        self.headers.first().map_or(self.headers_end as usize, |h| h.offset as usize)
    }

    /// Where the headers end: offset of the empty line. New headers are appended here.
    pub fn headers_end(&self) -> usize {
        self.headers_end as usize
    }

    /// Where `part`, a slice of this message, begins; `None` when it comes from elsewhere.
    pub fn offset_of(&self, part: &[u8]) -> Option<usize> {
        offset_in(self.buf, part)
    }

    /// Whether a header could not be parsed: those behind it do not exist for the script.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether an empty line ends the headers.
    pub fn has_empty_line(&self) -> bool {
        self.has_empty_line
    }

    /// All headers in order.
    pub fn headers(&self) -> &'m [Header<'m>] {
        self.headers
    }

    /// The first header of a kind.
    pub fn header(&self, kind: HeaderKind) -> Option<&'m Header<'m>> {
        self.headers.get(usize::from(self.first_of[kind as usize]).wrapping_sub(1))
    }

    /// All headers of a kind.
    pub fn headers_of(&self, kind: HeaderKind) -> impl Iterator<Item = &'m Header<'m>> + use<'m> {
        let first = match self.first_of[kind as usize] {
            0 => self.headers.len(),
            n => usize::from(n) - 1,
        };
        self.headers.get(first..).unwrap_or(&[]).iter().filter(move |h| h.kind == kind)
    }

    /// All headers of a name (any case; compact and long form are one).
    pub fn headers_named<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = &'m Header<'m>> + use<'m, 'n> {
        let kind = HeaderKind::from_name(name);
        let first = match self.first_of[kind as usize] {
            0 => self.headers.len(),
            n => usize::from(n) - 1,
        };
        self.headers
            .get(first..)
            .unwrap_or(&[])
            .iter()
            .filter(move |h| h.kind == kind && (kind != HeaderKind::Other || eq_nocase(h.name_raw, name)))
    }

    /// The value of the first header of a kind.
    pub fn value(&self, kind: HeaderKind) -> Option<&'m [u8]> {
        self.header(kind).map(|h| h.value)
    }

    /// All Via values, topmost first; never empty.
    pub fn vias(&self) -> &'m [Via<'m>] {
        self.vias
    }

    /// The n-th Via value, 0 being the topmost.
    pub fn via(&self, n: usize) -> Option<&'m Via<'m>> {
        self.vias.get(n)
    }

    /// From.
    pub fn from(&self) -> Result<&NameAddr<'m>, BadHeader> {
        self.from
            .get_or_init(|| self.value(HeaderKind::From).and_then(NameAddr::parse_strict))
            .as_ref()
            .ok_or(BadHeader(HeaderKind::From))
    }

    /// To.
    pub fn to(&self) -> &NameAddr<'m> {
        &self.to
    }

    /// CSeq.
    pub fn cseq(&self) -> &CSeq<'m> {
        &self.cseq
    }

    /// Call-ID.
    pub fn call_id(&self) -> &'m [u8] {
        self.new_call_id.get().unwrap_or(self.call_id)
    }

    /// What the Contact headers say.
    pub fn contacts(&self) -> Result<Contacts<'m>, BadHeader> {
        self.contacts.get_or_init(|| self.parse_contacts()).ok_or(BadHeader(HeaderKind::Contact))
    }

    fn parse_contacts(&self) -> Option<Contacts<'m>> {
        if self.value(HeaderKind::Contact).map(trim) == Some(b"*")
            && self.headers_of(HeaderKind::Contact).count() == 1
        {
            return Some(Contacts::Star);
        }
        self.parse_addresses(HeaderKind::Contact).map(Contacts::List)
    }

    /// All Route values.
    pub fn routes(&self) -> Result<&'m [AddrEntry<'m>], BadHeader> {
        self.addresses(&self.routes, HeaderKind::Route)
    }

    /// All Record-Route values.
    pub fn record_routes(&self) -> Result<&'m [AddrEntry<'m>], BadHeader> {
        self.addresses(&self.record_routes, HeaderKind::RecordRoute)
    }

    /// All Path values.
    pub fn paths(&self) -> Result<&'m [AddrEntry<'m>], BadHeader> {
        self.addresses(&self.paths, HeaderKind::Path)
    }

    fn addresses(
        &self,
        cache: &Lazy<&'m [AddrEntry<'m>]>,
        kind: HeaderKind,
    ) -> Result<&'m [AddrEntry<'m>], BadHeader> {
        cache.get_or_init(|| self.parse_addresses(kind)).ok_or(BadHeader(kind))
    }

    fn parse_addresses(&self, kind: HeaderKind) -> Option<&'m [AddrEntry<'m>]> {
        let values = self.headers.iter().enumerate().filter(|(_, h)| h.kind == kind);
        // Captured: a Route without angle brackets is refused, a Contact is not.
        let need_brackets = kind != HeaderKind::Contact;
        parse_lists(self.arena, values.map(|(at, h)| (at as u16, h.value)), need_brackets)
    }

    fn number(&self, kind: HeaderKind) -> Option<Result<u32, BadHeader>> {
        self.value(kind).map(|v| parse_u32(trim(v)).ok_or(BadHeader(kind)))
    }

    /// Max-Forwards, when there is one.
    pub fn max_forwards(&self) -> Option<Result<u32, BadHeader>> {
        self.number(HeaderKind::MaxForwards)
    }

    /// Content-Length, when there is one.
    pub fn content_length(&self) -> Option<Result<u32, BadHeader>> {
        self.number(HeaderKind::ContentLength)
    }

    /// Expires in seconds, when there is one.
    pub fn expires(&self) -> Option<Result<u32, BadHeader>> {
        self.number(HeaderKind::Expires)
    }

    /// Content-Type, trimmed.
    pub fn content_type(&self) -> Option<&'m [u8]> {
        self.value(HeaderKind::ContentType).map(trim)
    }

    /// User-Agent.
    pub fn user_agent(&self) -> Option<&'m [u8]> {
        self.value(HeaderKind::UserAgent)
    }

    /// Authorization, unparsed.
    pub fn authorization(&self) -> Option<&'m [u8]> {
        self.value(HeaderKind::Authorization)
    }

    /// Proxy-Authorization, unparsed.
    pub fn proxy_authorization(&self) -> Option<&'m [u8]> {
        self.value(HeaderKind::ProxyAuthorization)
    }

    /// Where the body begins; the length of the message when there is none.
    pub fn body_offset(&self) -> usize {
        self.body as usize
    }

    /// The body: everything behind the empty line.
    pub fn body(&self) -> &'m [u8] {
        self.buf.get(self.body as usize..).unwrap_or(&[])
    }
}

/// Where the scan over the headers stopped.
struct ScanEnd {
    headers_end: usize,
    body: usize,
    broken: bool,
    has_empty_line: bool,
}

impl<'m> Scan<'m> {
    fn run(&mut self, buf: &'m [u8], from: usize) -> ScanEnd {
        let mut at = from;
        loop {
            let rest = buf.get(at..).unwrap_or(&[]);
            match rest {
                [] => return ScanEnd { headers_end: at, body: at, broken: false, has_empty_line: false },
                [b'\n', ..] => {
                    return ScanEnd { headers_end: at, body: at + 1, broken: false, has_empty_line: true };
                }
                [b'\r', more @ ..] => {
                    let body = at + 1 + usize::from(more.first() == Some(&b'\n'));
                    return ScanEnd { headers_end: at, body, broken: false, has_empty_line: true };
                }
                _ => {}
            }
            let parsed = split_header(rest, at);
            let Some(header) = parsed.filter(|h| self.take(h)) else {
                return ScanEnd { headers_end: at, body: buf.len(), broken: true, has_empty_line: false };
            };
            at = header.end();
        }
    }

    /// Adds a header; `false` when it is one that must be understood at once and is not.
    fn take(&mut self, header: &Header<'m>) -> bool {
        let again = self.first_of[header.kind as usize] != 0;
        let Ok(index) = u16::try_from(self.headers.len()) else { return false };
        let good = match header.kind {
            HeaderKind::Via => self.take_vias(header.value, index),
            HeaderKind::To => {
                self.to = self.to.or_else(|| NameAddr::parse_strict(header.value));
                self.to.is_some() && !again
            }
            HeaderKind::CSeq => {
                let value = Some(header.value).filter(|v| lone_cr(v).is_none());
                self.cseq = self.cseq.or_else(|| CSeq::parse(value?));
                self.cseq.is_some() && !again
            }
            HeaderKind::ContentLength => !again && parse_u32(trim(header.value)).is_some(),
            HeaderKind::From | HeaderKind::CallId | HeaderKind::MaxForwards => !again,
            _ => true,
        };
        if good {
            if !again {
                self.first_of[header.kind as usize] = index.saturating_add(1);
            }
            self.headers.push(*header);
        }
        good
    }

    fn take_vias(&mut self, value: &'m [u8], header: u16) -> bool {
        let mut rest = Some(value);
        while let Some(list) = rest {
            let Some((via, more)) = Via::parse(list) else { return false };
            self.vias.push(Via { header, ..via });
            rest = more;
        }
        true
    }
}

/// Splits off one header with its folds; `None` when there is no colon, a bad name or no line end.
#[inline]
fn split_header(rest: &[u8], offset: usize) -> Option<Header<'_>> {
    let len = header_len(rest)?;
    let colon = find(b':', &rest[..len])?;
    let mut name_raw = &rest[..colon];
    if name_raw.last().is_some_and(|b| is_blank(*b)) {
        name_raw = trim_blanks_end(name_raw);
    }
    let kind = HeaderKind::from_text(rest, name_raw.len());
    if kind == HeaderKind::Other && (name_raw.is_empty() || run_of(name_raw, class::NAME) != name_raw.len()) {
        return None;
    }
    let mut value = &rest[colon + 1..len];
    if let [b' ', second, ..] = value
        && !is(*second, class::SPACE)
    {
        value = &value[1..];
    } else {
        value = trim_fold_start(value);
    }
    let header =
        Header { name_raw, value: without_line_end(value), kind, offset: offset as u32, len: len as u32 };
    match kind {
        HeaderKind::Via | HeaderKind::To => Some(cut_at_lone_cr(header, &rest[..len])),
        _ => Some(header),
    }
}

/// Via and To end at a carriage return that no line feed follows (captured).
#[inline]
fn cut_at_lone_cr<'m>(header: Header<'m>, whole: &'m [u8]) -> Header<'m> {
    let Some(at) = lone_cr(header.value) else { return header };
    if header.value.get(at + 1).is_some_and(|b| is_blank(*b)) {
        return header;
    }
    let value = &header.value[..at];
    let end = offset_in(whole, value).map_or(whole.len(), |from| from + at + 1);
    Header { value, len: end as u32, ..header }
}

fn trim_blanks_end(mut s: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = s {
        s = rest;
    }
    s
}

/// Without blanks and folds in front; a line end that ends the header stays.
#[inline]
fn trim_fold_start(mut s: &[u8]) -> &[u8] {
    loop {
        s = match s {
            [b' ' | b'\t', rest @ ..] => rest,
            [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] if !rest.is_empty() => rest,
            _ => return s,
        }
    }
}

/// Length of the header that `rest` begins with: up to a line end that no blank follows.
#[inline]
fn header_len(rest: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let nl = from + find(b'\n', &rest[from..])?;
        match rest.get(nl + 1) {
            Some(b) if is_blank(*b) => from = nl + 1,
            _ => return Some(nl + 1),
        }
    }
}
