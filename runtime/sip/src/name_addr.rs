//! `"Name" <sip:uri>;params`: From, To, Contact, Route, Record-Route, Path and their kin.

mod strict;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use crate::params::{Params, find_outside_quotes};
use crate::qvalue::Q;
use crate::text::{parse_u32, trim, trim_end};
use crate::uri::{Uri, UriError};

/// An address with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct NameAddr<'a> {
    /// The whole value as written, trimmed.
    pub raw: &'a [u8],
    /// The display name as written, with its quotes, trimmed; empty when there is none.
    pub display: &'a [u8],
    /// The URI, not yet parsed.
    pub uri: &'a [u8],
    /// The parameters of the header (not of the URI), as written.
    pub params_raw: &'a [u8],
    /// Whether the URI stands in angle brackets.
    pub bracketed: bool,
    /// The tag.
    pub tag: Option<&'a [u8]>,
}

/// An address of a header list together with the header that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct AddrEntry<'a> {
    /// The address.
    pub addr: NameAddr<'a>,
    /// Index of its header in [`crate::Message::headers`].
    pub header: u16,
}

impl<'a> std::ops::Deref for AddrEntry<'a> {
    type Target = NameAddr<'a>;
    fn deref(&self) -> &NameAddr<'a> {
        &self.addr
    }
}

/// What the Contact headers of a message say.
#[derive(Clone, Copy, Debug)]
pub enum Contacts<'a> {
    /// `Contact: *`
    Star,
    /// All contacts, in order; empty when there is no Contact header.
    List(&'a [AddrEntry<'a>]),
}

impl<'a> NameAddr<'a> {
    /// Parses one whole value.
    pub fn parse(value: &'a [u8]) -> Option<NameAddr<'a>> {
        let raw = trim(value);
        let (display, uri, params_raw, bracketed) = match find_outside_quotes(raw, b'<') {
            Some(open) => {
                let close = open + 1 + memchr::memchr(b'>', raw.get(open + 1..)?)?;
                let tail = trim(&raw[close + 1..]);
                if !matches!(tail.first(), None | Some(b';')) {
                    return None;
                }
                (trim_end(&raw[..open]), trim(&raw[open + 1..close]), tail, true)
            }
            None => {
                let end = memchr::memchr(b';', raw).unwrap_or(raw.len());
                (&b""[..], trim_end(&raw[..end]), &raw[end..], false)
            }
        };
        if uri.is_empty() || uri.contains(&b'<') || (!bracketed && uri.first() == Some(&b'"')) {
            return None;
        }
        let mut addr = NameAddr { raw, display, uri, params_raw, bracketed, tag: None };
        if !params_raw.is_empty() {
            addr.tag = addr.params().get(b"tag").and_then(|p| p.value);
        }
        Some(addr)
    }

    /// Parses From and To as the real server does, which is stricter than for lists of addresses: a value that this
    /// refuses makes From undefined and a message with it as To is dropped. The last `tag` counts, without quotes.
    pub fn parse_strict(value: &'a [u8]) -> Option<NameAddr<'a>> {
        strict::parse(value)
    }

    /// The parameters of the header.
    pub fn params(&self) -> Params<'a> {
        Params::new(self.params_raw)
    }

    /// The URI, parsed.
    pub fn parse_uri(&self) -> Result<Uri<'a>, UriError> {
        Uri::parse(self.uri)
    }

    /// The `q` parameter, when there is a valid one.
    pub fn q(&self) -> Option<Q> {
        self.params().value(b"q").and_then(Q::parse)
    }

    /// The `expires` parameter in seconds, when there is a valid one.
    pub fn expires(&self) -> Option<u32> {
        self.params().value(b"expires").and_then(parse_u32)
    }

    /// The display name without its quotes.
    pub fn display_unquoted(&self) -> &'a [u8] {
        match self.display {
            [b'"', inner @ .., b'"'] => inner,
            d => d,
        }
    }
}

/// Splits a list at commas that stand neither in quotes nor in angle brackets.
pub(crate) fn split_list(s: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (mut quoted, mut in_brackets) = (false, false);
    let mut at = 0;
    while let Some(&b) = s.get(at) {
        match b {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'<' if !quoted => in_brackets = true,
            b'>' if !quoted => in_brackets = false,
            b',' if !quoted && !in_brackets => return Some((&s[..at], Some(&s[at + 1..]))),
            _ => {}
        }
        at += 1;
    }
    (!quoted && !in_brackets).then_some((s, None))
}

/// Parses all addresses of `values` (header index, value) into the arena.
pub(crate) fn parse_lists<'m>(
    arena: &'m Bump,
    values: impl Iterator<Item = (u16, &'m [u8])>,
    need_brackets: bool,
) -> Option<&'m [AddrEntry<'m>]> {
    let mut out = BumpVec::new_in(arena);
    for (header, value) in values {
        let mut rest = Some(value);
        while let Some(list) = rest {
            let (one, more) = split_list(list)?;
            let addr = NameAddr::parse(one)?;
            if need_brackets && !addr.bracketed {
                return None;
            }
            out.push(AddrEntry { addr, header });
            rest = more;
        }
    }
    Some(out.into_bump_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let a = NameAddr::parse(b"\"A, <B\" <sip:a@b;x=1>;tag=7;q=0.5").unwrap();
        assert_eq!((a.display, a.uri, a.tag), (&b"\"A, <B\""[..], &b"sip:a@b;x=1"[..], Some(&b"7"[..])));
        assert_eq!(a.q().map(Q::thousandths), Some(500));
        let a = NameAddr::parse(b"sip:a@b;tag=7").unwrap();
        assert_eq!(
            (a.display, a.uri, a.tag, a.bracketed),
            (&b""[..], &b"sip:a@b"[..], Some(&b"7"[..]), false)
        );
        assert!(NameAddr::parse(b"\"A\" <sip:a@b").is_none());
        assert!(NameAddr::parse(b"").is_none());
        assert!(NameAddr::parse(b"<sip:a@b> x").is_none());
    }
}
