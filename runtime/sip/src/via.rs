//! Via headers (RFC 3261 section 20.42).

use crate::bytes::{class, find, is_named, run_until};
use crate::params::{Param, Params};
use crate::proto::Proto;
use crate::text::{eq_nocase, is_space, lone_cr, trim, trim_start};

/// One Via value; a header may hold several.
#[derive(Clone, Copy, Debug)]
pub struct Via<'m> {
    /// The whole value as written, from `SIP` to the end of the last parameter or comment.
    pub raw: &'m [u8],
    /// The transport; `None` when its name is not known.
    pub proto: Option<Proto>,
    /// The transport as written.
    pub proto_raw: &'m [u8],
    /// The sent-by host; IPv6 with its brackets.
    pub host: &'m [u8],
    /// The sent-by port, when written.
    pub port: Option<u16>,
    /// Host and port as written.
    pub sent_by: &'m [u8],
    /// The parameters as written, from behind the first semicolon.
    pub params_raw: &'m [u8],
    /// The comment with its parentheses, when there is one.
    pub comment: Option<&'m [u8]>,
    /// `branch`.
    pub branch: Option<&'m [u8]>,
    /// `received`.
    pub received: Option<&'m [u8]>,
    /// `rport`; of several the last one.
    pub rport: Option<Param<'m>>,
    /// The bytes from the semicolon before `rport` to the next semicolon.
    pub(crate) rport_span: Option<&'m [u8]>,
    /// The same of `received`.
    pub(crate) received_span: Option<&'m [u8]>,
    /// `i`, the connection id that Kamailio writes for TCP.
    pub i: Option<&'m [u8]>,
    /// `alias`.
    pub alias: Option<Param<'m>>,
    /// `maddr`.
    pub maddr: Option<&'m [u8]>,
    /// Index of the header that it stands in.
    pub header: u16,
}

impl<'m> Via<'m> {
    /// The port to answer to when there is no rport: the one written or the default of the transport.
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or_else(|| self.proto.map_or(5060, Proto::default_port))
    }

    /// All parameters.
    pub fn params(&self) -> Params<'m> {
        Params::new(self.params_raw)
    }

    /// Parses the first value of `s`; gives it and what follows behind the comma, if anything does.
    pub(crate) fn parse(s: &'m [u8]) -> Option<(Via<'m>, Option<&'m [u8]>)> {
        if lone_cr(s).is_some() {
            return None;
        }
        let (proto_raw, after) = parse_sent_protocol(s)?;
        let proto = Proto::from_name(proto_raw);
        // Unknown transports pass, but for those that begin like a part of `SIP/2.0/UDP` (captured).
        if proto.is_none() && proto_raw.first().is_some_and(|b| b"CcDdIiLlPp0.".contains(b)) {
            return None;
        }
        let (sent_by, host, port, rest) = split_sent_by(after)?;
        let mut via = Via {
            raw: s,
            proto,
            proto_raw,
            host,
            port,
            sent_by,
            params_raw: b"",
            comment: None,
            branch: None,
            received: None,
            rport: None,
            rport_span: None,
            received_span: None,
            i: None,
            alias: None,
            maddr: None,
            header: 0,
        };
        let tail = via.take_params(rest)?;
        via.params_raw = rest.get(1..rest.len() - tail.len()).unwrap_or(&[]);
        let tail = via.take_comment(tail)?;
        via.raw = trim(s.get(..s.len() - tail.len())?);
        match tail {
            [] => Some((via, None)),
            // A comment ends the header (captured).
            [b',', rest @ ..] if via.comment.is_none() => {
                let skip = rest.iter().position(|b| !is_space(*b) && *b != b',').unwrap_or(rest.len());
                Some((via, Some(&rest[skip..])))
            }
            _ => None,
        }
    }

    /// Parses `;a=b;c` and gives what follows: a comma, a comment, or nothing.
    fn take_params(&mut self, mut s: &'m [u8]) -> Option<&'m [u8]> {
        while let [b';', after @ ..] = s {
            let start = trim_start(after);
            let (name, rest) = split_name(start)?;
            let (value, rest) = match rest {
                [b'=', rest @ ..] => {
                    let (value, rest) = split_value(trim_start(rest))?;
                    (Some(value), rest)
                }
                // A comment may only follow a value (captured).
                [b'(', ..] => return None,
                _ => (None, rest),
            };
            let raw = trim(&start[..start.len() - rest.len()]);
            self.take_param(Param { name, value, raw }, &s[..s.len() - rest.len()], rest.is_empty())?;
            s = rest;
        }
        matches!(s.first(), None | Some(b',' | b'(')).then_some(s)
    }

    fn take_comment(&mut self, s: &'m [u8]) -> Option<&'m [u8]> {
        if s.first() != Some(&b'(') {
            return Some(s);
        }
        let close = find(b')', s)?;
        if find(b'(', &s[1..close]).is_some() {
            return None;
        }
        self.comment = Some(&s[..=close]);
        Some(trim_start(&s[close + 1..]))
    }

    /// Keeps a parameter; `None` when it must have a value and has none, or must not and has.
    fn take_param(&mut self, p: Param<'m>, span: &'m [u8], last: bool) -> Option<()> {
        // Captured: an empty value is refused at the end of the header only.
        let value = p.value.filter(|v| !v.is_empty() || !last);
        match p.name.len() {
            1 if is_named(p.name, b"i") => self.i = Some(value?),
            1 if is_named(p.name, b"a") && p.value.is_some() => return None,
            3 if is_named(p.name, b"ttl") => {
                value?;
            }
            5 if is_named(p.name, b"rport") => (self.rport, self.rport_span) = (Some(p), Some(span)),
            5 if is_named(p.name, b"alias") && p.value.is_some() => return None,
            5 if is_named(p.name, b"alias") => self.alias = Some(p),
            5 if is_named(p.name, b"maddr") => self.maddr = Some(value?),
            6 if is_named(p.name, b"branch") => self.branch = Some(value?),
            6 if is_named(p.name, b"hidden") && p.value.is_some() => return None,
            8 if is_named(p.name, b"received") => {
                (self.received, self.received_span) = (Some(value?), Some(span))
            }
            _ => {}
        }
        Some(())
    }
}

/// Splits a parameter name off; what follows begins with `=`, `;`, `,`, `(` or is empty.
#[inline]
fn split_name(s: &[u8]) -> Option<(&[u8], &[u8])> {
    if matches!(s.first()?, 0 | b'(' | b')' | b',' | b':' | b';' | b'=' | b'[' | b']') {
        return None;
    }
    let end = run_until(s, class::VIA_NAME_END);
    Some((&s[..end], trim_start(&s[end..])))
}

/// Splits a value off. Quotes have no escapes inside and need not be closed (captured).
#[inline]
fn split_value(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match s {
        [b'"', inner @ ..] => find(b'"', inner).map_or(s.len(), |at| at + 2),
        _ => run_until(s, class::VIA_VALUE_END),
    };
    let rest = trim_start(&s[end..]);
    (!matches!(rest.first(), Some(b'=' | b'"' | 0))).then_some((&s[..end], rest))
}

/// `SIP/2.0/UDP ` with blanks allowed around the slashes; gives the transport and what follows.
fn parse_sent_protocol(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [b'S', b'I', b'P', b'/', b'2', b'.', b'0', b'/', after @ ..] = raw {
        return split_transport(after);
    }
    let slash = find(b'/', raw)?;
    if !eq_nocase(trim(&raw[..slash]), b"SIP") {
        return None;
    }
    let raw = &raw[slash + 1..];
    let slash = find(b'/', raw)?;
    if trim(&raw[..slash]) != b"2.0" {
        return None;
    }
    split_transport(trim_start(&raw[slash + 1..]))
}

fn split_transport(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = run_until(s, class::SPACE);
    let (proto, after) = (&s[..end], trim_start(&s[end..]));
    (!proto.is_empty() && !proto.contains(&b'/') && !after.is_empty()).then_some((proto, after))
}

/// sent-by, host, port and what follows.
type SentBy<'m> = (&'m [u8], &'m [u8], Option<u16>, &'m [u8]);

/// `host`, `host:5060`, `[::1]:5060`, with blanks allowed around the colon and behind.
fn split_sent_by(s: &[u8]) -> Option<SentBy<'_>> {
    let end = match s.first()? {
        b'[' => find(b']', s)? + 1,
        _ => run_until(s, class::VIA_HOST_END),
    };
    let (host, after) = s.split_at(end);
    if host.is_empty() || (host.first() == Some(&b'[') && run_until(host, class::SPACE) != host.len()) {
        return None;
    }
    let (port, used, rest) = match trim_start(after) {
        [b':', port @ ..] => {
            let port = trim_start(port);
            let digits = port.iter().position(|b| !b.is_ascii_digit()).unwrap_or(port.len());
            let used = s.len() - port.len() + digits;
            (Some(parse_port(&port[..digits])?), used, trim_start(&port[digits..]))
        }
        rest => (None, end, rest),
    };
    matches!(rest.first(), None | Some(b';' | b',' | b'(')).then_some((&s[..used], host, port, rest))
}

/// A port as the real server reads it: all digits count, the number is cut to 16 bits.
fn parse_port(s: &[u8]) -> Option<u16> {
    if s.is_empty() || !s.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(s.iter().fold(0, |n: u16, d| n.wrapping_mul(10).wrapping_add(u16::from(d - b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value() {
        let (v, rest) =
            Via::parse(b"SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx;rport;received=1.2.3.4").unwrap();
        assert_eq!((v.host, v.port, v.proto), (&b"10.0.0.1"[..], Some(5070), Some(Proto::Udp)));
        assert_eq!(v.branch, Some(&b"z9hG4bKx"[..]));
        assert_eq!(v.received, Some(&b"1.2.3.4"[..]));
        assert!(v.rport.is_some_and(|p| p.value.is_none()));
        assert!(rest.is_none());
    }

    #[test]
    fn two_values_and_blanks() {
        let (v, rest) = Via::parse(b"SIP / 2.0 / TCP [::1] : 5 ;branch = a , SIP/2.0/UDP b").unwrap();
        assert_eq!((v.host, v.port, v.branch), (&b"[::1]"[..], Some(5), Some(&b"a"[..])));
        let (v, rest) = Via::parse(rest.unwrap()).unwrap();
        assert_eq!((v.host, v.port_or_default()), (&b"b"[..], 5060));
        assert!(rest.is_none());
    }

    #[test]
    fn refused() {
        for bad in [
            &b"SIP/2.0/UDP"[..],
            b"SIP/3.0/UDP a",
            b"",
            b"SIP/2.0/UDP a:b",
            b"SIP/2.0/UDP ;x",
            b"SIP/2.0/UDP a b",
        ] {
            assert!(Via::parse(bad).is_none(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
