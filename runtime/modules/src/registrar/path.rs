//! Path (RFC 3327): the vector that is stored with a contact.

use bumpalo::{Bump, collections::Vec as ArenaVec};
use kamjit_sip::{HeaderKind, Message, NameAddr, Uri, escape::unescape};

/// Longest vector (captured).
const MAX_PATH: usize = 256;

/// A message's Path headers joined by commas.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathVector<'m> {
    /// The vector; empty if there is no Path.
    pub(super) text: &'m [u8],
    /// The `received` parameter of the first URI, unescaped.
    pub(super) received: Option<&'m [u8]>,
}

/// The Path vector of a request; `None` if it cannot be parsed or is too long.
pub(super) fn of_message<'m>(arena: &'m Bump, msg: &'m Message<'m>) -> Option<PathVector<'m>> {
    if msg.header(HeaderKind::Path).is_none() {
        return Some(PathVector::default());
    }
    let first = msg.paths().ok()?.first()?;
    // Only addresses in angle brackets are routes (RFC 3327 section 4).
    if !first.bracketed {
        return None;
    }
    let mut text = ArenaVec::new_in(arena);
    for header in msg.headers_of(HeaderKind::Path) {
        if !text.is_empty() {
            text.push(b',');
        }
        text.extend_from_slice(header.value);
    }
    if text.len() > MAX_PATH {
        return None;
    }
    let uri = Uri::parse(first.uri).ok()?;
    let received = uri.param(b"received").filter(|r| !r.is_empty()).and_then(|r| unescape(arena, r));
    Some(PathVector { text: text.into_bump_slice(), received })
}

/// The URI of the first route of a vector, and what follows behind its comma.
pub(super) fn first_route(vector: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = memchr::memchr(b'<', vector)?;
    let close = open + memchr::memchr(b'>', &vector[open..])?;
    let rest = match memchr::memchr(b',', &vector[close..]) {
        Some(comma) => &vector[close + comma + 1..],
        None => b"",
    };
    let addr = NameAddr::parse(&vector[open..=close])?;
    Some((addr.uri, kamjit_sip::text::trim(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_route_and_the_rest() {
        assert_eq!(first_route(b"<sip:a;lr>,<sip:b;lr>"), Some((&b"sip:a;lr"[..], &b"<sip:b;lr>"[..])));
        assert_eq!(first_route(b"<sip:a;lr>"), Some((&b"sip:a;lr"[..], &b""[..])));
        assert_eq!(first_route(b"nonsense"), None);
    }
}
