//! Session descriptions (RFC 8866) as text: lines, media sections, connection addresses. Nothing is copied.

use std::net::IpAddr;

use crate::message::Message;
use crate::mime;
use crate::text::{trim, without_line_end};

/// The lines of a text, each with its line end.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
}

/// The description that a message carries, alone or in a multipart body.
pub fn of_message<'m>(msg: &Message<'m>) -> Option<&'m [u8]> {
    mime::body_of_type(msg, b"application/sdp")
}

/// The description of a message as far as the real server takes it for one: with an `o=` line, a stream, and an
/// address for each stream (captured).
pub fn usable_of_message<'m>(msg: &Message<'m>) -> Option<Sdp<'m>> {
    let sdp = Sdp::new(of_message(msg)?);
    find_line(sdp.session, b"o=", 0)?;
    sdp.media().next()?;
    let in_session = connection(sdp.session).is_some();
    (in_session || sdp.media().all(|media| connection(media.raw).is_some())).then_some(sdp)
}

/// A description, split at its media lines.
#[derive(Clone, Copy, Debug)]
pub struct Sdp<'a> {
    /// The whole text.
    pub raw: &'a [u8],
    /// What stands before the first `m=`.
    pub session: &'a [u8],
}

/// One `m=` line with the lines that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Media<'a> {
    /// The whole section with its line ends.
    pub raw: &'a [u8],
    /// The `m=` line without its line end.
    pub line: &'a [u8],
    /// `audio`, `video`, ...
    pub kind: &'a [u8],
    /// The port as written, perhaps with a number of ports.
    pub port: &'a [u8],
    /// `RTP/AVP` and its kin.
    pub transport: &'a [u8],
    /// The formats: payload types, separated by blanks.
    pub formats: &'a [u8],
}

/// The address of a `c=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// `IP4` or `IP6` as written.
    pub family: &'a [u8],
    /// The address as written, perhaps with a time to live.
    pub address: &'a [u8],
}

impl Connection<'_> {
    /// The address, if it is one (no name, no time to live).
    pub fn ip(&self) -> Option<IpAddr> {
        std::str::from_utf8(self.address).ok()?.parse().ok()
    }
}

/// Where a line begins that starts with `prefix`, from `from` on; `from` is the begin of a line.
fn find_line(text: &[u8], prefix: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    for line in lines(text.get(from..)?) {
        if line.starts_with(prefix) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

impl<'a> Sdp<'a> {
    /// Splits a text; anything is taken.
    pub fn new(raw: &'a [u8]) -> Sdp<'a> {
        let end = find_line(raw, b"m=", 0).unwrap_or(raw.len());
        Sdp { raw, session: &raw[..end] }
    }

    /// The media sections, in order.
    pub fn media(&self) -> impl Iterator<Item = Media<'a>> + use<'a> {
        let (raw, mut at) = (self.raw, self.session.len());
        std::iter::from_fn(move || {
            let text = raw.get(at..).filter(|t| !t.is_empty())?;
            let first = memchr::memchr(b'\n', text).map_or(text.len(), |end| end + 1);
            let end = find_line(text, b"m=", first).unwrap_or(text.len());
            at += end;
            Some(Media::new(&text[..end], &text[..first]))
        })
    }
}

impl<'a> Media<'a> {
    fn new(raw: &'a [u8], first: &'a [u8]) -> Media<'a> {
        let line = without_line_end(first);
        let value = line.get(2..).unwrap_or_default();
        let mut rest = value;
        let mut word = || {
            let text = trim(rest);
            let end = memchr::memchr(b' ', text).unwrap_or(text.len());
            rest = text.get(end..).unwrap_or_default();
            &text[..end]
        };
        let (kind, port, transport) = (word(), word(), word());
        Media { raw, line, kind, port, transport, formats: trim(rest) }
    }

    /// The payload types.
    pub fn payloads(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.formats.split(|b| *b == b' ').filter(|p| !p.is_empty())
    }

    /// The values of the attributes of a name: `a=name:value`.
    pub fn attributes<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        attributes(self.raw, name)
    }
}

/// The values of the attributes of a name in a section.
pub fn attributes<'a, 'n>(section: &'a [u8], name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
    lines(section).filter_map(move |line| {
        let rest = without_line_end(line).strip_prefix(b"a=")?.strip_prefix(name)?;
        match rest.first() {
            None => Some(rest),
            Some(b':') => Some(&rest[1..]),
            Some(_) => None,
        }
    })
}

/// The first `c=` line of a section.
pub fn connection(section: &[u8]) -> Option<Connection<'_>> {
    let line = lines(section).find(|line| line.starts_with(b"c="))?;
    address_of(without_line_end(line))
}

/// The address of a line `c=IN IP4 x`, `o=.. IN IP4 x` or `a=rtcp:1 IN IP4 x`.
pub fn address_of(line: &[u8]) -> Option<Connection<'_>> {
    let mut words = line.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty());
    let family = words.find(|w| matches!(*w, b"IP4" | b"IP6"))?;
    Some(Connection { family, address: words.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 6000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n\
        m=video 0 RTP/SAVP 31\r\nc=IN IP6 ::1\r\n";

    #[test]
    fn sections() {
        let sdp = Sdp::new(TEXT);
        assert!(sdp.session.ends_with(b"1.2.3.4\r\n"));
        let media: Vec<_> = sdp.media().collect();
        assert_eq!(media.len(), 2);
        assert_eq!((media[0].kind, media[0].port), (&b"audio"[..], &b"6000"[..]));
        assert_eq!((media[1].transport, media[1].formats), (&b"RTP/SAVP"[..], &b"31"[..]));
        assert_eq!(media[0].payloads().count(), 2);
        assert_eq!(media[0].attributes(b"rtpmap").next(), Some(&b"0 PCMU/8000"[..]));
        assert_eq!(media[0].attributes(b"sendrecv").next(), Some(&b""[..]));
        assert_eq!(connection(sdp.session).and_then(|c| c.ip()), "1.2.3.4".parse().ok());
        assert_eq!(connection(media[1].raw).map(|c| c.family), Some(&b"IP6"[..]));
    }

    #[test]
    fn odd_texts() {
        assert_eq!(Sdp::new(b"").media().count(), 0);
        assert_eq!(Sdp::new(b"garbage").media().count(), 0);
        let media: Vec<_> = Sdp::new(b"m=\nm").media().collect();
        assert_eq!((media.len(), media[0].kind), (1, &b""[..]));
        assert_eq!(connection(b"c=IN IP4"), None);
    }
}
