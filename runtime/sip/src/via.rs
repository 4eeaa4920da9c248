//! Via headers (RFC 3261 section 20.42).

use crate::params::{Param, Params, find_outside_quotes};
use crate::proto::Proto;
use crate::text::{eq_nocase, is_space, parse_u16, trim};

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
    /// `branch`.
    pub branch: Option<&'m [u8]>,
    /// `received`.
    pub received: Option<&'m [u8]>,
    /// `rport`.
    pub rport: Option<Param<'m>>,
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
        let end = find_outside_quotes(s, b',').unwrap_or(s.len());
        let rest = s.get(end + 1..).map(trim).filter(|r| !r.is_empty());
        let raw = trim(&s[..end]);
        Some((Via::parse_one(raw)?, rest))
    }

    fn parse_one(raw: &'m [u8]) -> Option<Via<'m>> {
        let (proto_raw, after) = parse_sent_protocol(raw)?;
        let semi = memchr::memchr(b';', after);
        let (sent_by, params_raw) = match semi {
            Some(at) => (trim(&after[..at]), &after[at + 1..]),
            None => (trim(after), &b""[..]),
        };
        let (host, port) = split_host_port(sent_by)?;
        let mut via = Via {
            raw,
            proto: Proto::from_name(proto_raw),
            proto_raw,
            host,
            port,
            sent_by,
            params_raw,
            branch: None,
            received: None,
            rport: None,
            i: None,
            alias: None,
            maddr: None,
            header: 0,
        };
        for p in Params::new(params_raw) {
            via.take_param(p);
        }
        Some(via)
    }

    fn take_param(&mut self, p: Param<'m>) {
        match p.name.len() {
            1 if eq_nocase(p.name, b"i") => self.i = p.value,
            5 if eq_nocase(p.name, b"rport") => self.rport = Some(p),
            5 if eq_nocase(p.name, b"alias") => self.alias = Some(p),
            5 if eq_nocase(p.name, b"maddr") => self.maddr = p.value,
            6 if eq_nocase(p.name, b"branch") => self.branch = p.value,
            8 if eq_nocase(p.name, b"received") => self.received = p.value,
            _ => {}
        }
    }
}

/// `SIP/2.0/UDP ` with blanks allowed around the slashes; gives the transport and what follows.
fn parse_sent_protocol(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [b'S', b'I', b'P', b'/', b'2', b'.', b'0', b'/', after @ ..] = raw {
        return split_transport(after);
    }
    let slash = memchr::memchr(b'/', raw)?;
    if !eq_nocase(trim(&raw[..slash]), b"SIP") {
        return None;
    }
    let raw = &raw[slash + 1..];
    let slash = memchr::memchr(b'/', raw)?;
    if trim(&raw[..slash]) != b"2.0" {
        return None;
    }
    split_transport(crate::text::trim_start(&raw[slash + 1..]))
}

fn split_transport(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = s.iter().position(|b| is_space(*b))?;
    let (proto, after) = (&s[..end], crate::text::trim_start(&s[end..]));
    (!proto.is_empty() && !after.is_empty()).then_some((proto, after))
}

/// `host`, `host:5060`, `[::1]:5060`, with blanks allowed around the colon.
fn split_host_port(s: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (host, rest) = if s.first() == Some(&b'[') {
        let close = memchr::memchr(b']', s)?;
        (&s[..=close], trim(&s[close + 1..]))
    } else {
        let end = memchr::memchr(b':', s).unwrap_or(s.len());
        (trim(&s[..end]), &s[end..])
    };
    if host.is_empty() || host.iter().any(|b| !(b.is_ascii_alphanumeric() || b"-._[]:".contains(b))) {
        return None;
    }
    match rest {
        [] => Some((host, None)),
        [b':', port @ ..] => Some((host, Some(parse_u16(trim(port))?))),
        _ => None,
    }
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
