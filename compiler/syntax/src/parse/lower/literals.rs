//! Strings, numbers, addresses.

use std::net::IpAddr;

use super::{Lower, P};
use crate::ast::{
    Attr, Expr, ExprKind, Name, NetLit, NetMask, Proto, Select, SelectIndex, SelectPart, StrLit, WordLit,
};
use crate::parse::grammar::Rule;
use crate::raw_bytes;
use crate::span::Span;

impl Lower {
    pub(super) fn string(&mut self, pair: &P<'_>) -> StrLit {
        let mut value = Vec::with_capacity(pair.as_str().len());
        let quote = pair.as_str().bytes().next().unwrap_or(b'"');
        for part in pair.clone().into_inner() {
            let text = part.as_str();
            let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
            if part.as_rule() == Rule::sq {
                raw_bytes::decode_into(inside, &mut value);
            } else {
                unescape(inside, &mut value);
            }
        }
        // Captured: the server's strings end at the first NUL, `\000` and `\400` (cut to eight bits) included.
        if let Some(nul) = memchr::memchr(0, &value) {
            value.truncate(nul);
        }
        StrLit { value: value.into(), span: self.span(pair), quote }
    }

    /// A word or a string as a name.
    pub(super) fn name_or_string(&mut self, pair: &P<'_>) -> Name {
        if pair.as_rule() == Rule::string {
            let s = self.string(pair);
            return Name { text: s.lossy().into(), span: s.span, quoted: true };
        }
        self.name(pair)
    }

    /// `number` or `intno`.
    pub(super) fn int(&mut self, pair: &P<'_>) -> i64 {
        if pair.as_rule() == Rule::number {
            return number(pair.as_str());
        }
        let mut negative = false;
        let mut value = 0;
        for part in pair.clone().into_inner() {
            match part.as_rule() {
                Rule::minus => negative = true,
                _ => value = number(part.as_str()),
            }
        }
        if negative { value.wrapping_neg() } else { value }
    }

    pub(super) fn port(&mut self, pair: &P<'_>) -> (u16, Span) {
        let at = self.span(pair);
        let value = number(pair.as_str().trim());
        match u16::try_from(value) {
            Ok(port) => (port, at),
            Err(_) => {
                self.error(at, format!("{value} is not a port: ports go from 0 to 65535"));
                (0, at)
            }
        }
    }

    pub(super) fn ip(&mut self, text: &str, at: Span) -> Option<IpAddr> {
        let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(ip) => Some(ip),
            Err(_) => {
                // The server reads numbers with leading zeros as decimal.
                let loose: Option<Vec<u8>> = bare.split('.').map(|p| p.parse().ok()).collect();
                if let Some([a, b, c, d]) = loose.as_deref() {
                    return Some(IpAddr::from([*a, *b, *c, *d]));
                }
                self.error(at, format!("`{bare}` is not an IP address"));
                None
            }
        }
    }

    pub(super) fn net(&mut self, pair: &P<'_>) -> ExprKind {
        let mut parts = pair.clone().into_inner();
        let (Some(addr), Some(mask)) = (parts.next(), parts.next()) else { return ExprKind::Error };
        let Some(ip) = self.ip(addr.as_str(), self.span(&addr)) else { return ExprKind::Error };
        let mask = match mask.as_rule() {
            Rule::number => {
                let bits = number(mask.as_str());
                let most = if ip.is_ipv4() { 32 } else { 128 };
                if !(0..=most).contains(&bits) {
                    self.error(
                        self.span(&mask),
                        format!("a prefix of {bits} bits is too long: at most {most}"),
                    );
                }
                NetMask::Bits(bits)
            }
            _ => match self.ip(mask.as_str(), self.span(&mask)) {
                Some(mask) => NetMask::Addr(mask),
                None => return ExprKind::Error,
            },
        };
        ExprKind::Net(NetLit { addr: ip, mask })
    }

    pub(super) fn attr(&mut self, pair: &P<'_>) -> Attr {
        let mut attr = Attr {
            class: None,
            name: Name { text: "".into(), span: self.span(pair), quoted: false },
            index: None,
            span: self.span(pair),
        };
        for part in pair.clone().into_inner() {
            match part.as_rule() {
                Rule::attr_class => attr.class = Some(self.name(&part)),
                _ => attr.name = self.name(&part),
            }
        }
        attr
    }

    pub(super) fn select(&mut self, pair: &P<'_>) -> Select {
        let mut parts = Vec::new();
        for part in pair.clone().into_inner() {
            let mut inner = part.into_inner();
            let Some(word) = inner.next() else { continue };
            let index = inner.next().map(|index| match index.as_rule() {
                Rule::string => SelectIndex::Str(self.string(&index)),
                Rule::sel_any => SelectIndex::Any,
                _ => SelectIndex::Num(self.int(&index)),
            });
            parts.push(SelectPart { name: self.name(&word), index });
        }
        Select { parts, span: self.span(pair) }
    }

    /// A single literal as an expression: the values of globals.
    pub(super) fn literal(&mut self, pair: P<'_>) -> Expr {
        let at = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::string => ExprKind::Str(self.string(&pair)),
            Rule::intno | Rule::number => ExprKind::Int(self.int(&pair)),
            Rule::word => ExprKind::Word(word(pair.as_str())),
            Rule::ip => self.ip(pair.as_str(), at).map_or(ExprKind::Error, ExprKind::Ip),
            Rule::proto | Rule::any => ExprKind::Proto(proto(pair.as_str())),
            Rule::socket => ExprKind::Socket(Box::new(self.socket(&pair))),
            Rule::pv => self.pv(&pair),
            _ => ExprKind::Bare(pair.as_str().trim().into()),
        };
        Expr { span: at, kind }
    }
}

pub(super) fn proto(text: &str) -> Proto {
    match text {
        "udp" | "UDP" => Proto::Udp,
        "tcp" | "TCP" => Proto::Tcp,
        "tls" | "TLS" => Proto::Tls,
        "sctp" | "SCTP" => Proto::Sctp,
        "ws" | "WS" => Proto::Ws,
        "wss" | "WSS" => Proto::Wss,
        _ => Proto::Any,
    }
}

pub(super) fn word(text: &str) -> WordLit {
    match text {
        "yes" | "on" | "true" | "enable" => WordLit::Bool(true),
        "no" | "off" | "false" | "disable" => WordLit::Bool(false),
        _ if text.ends_with('6') => WordLit::Inet6,
        _ => WordLit::Inet,
    }
}

/// The value of a number token, wrapping beyond 64 bits: `10`, `0x10`, `010`, `101b`.
fn number(text: &str) -> i64 {
    let (digits, radix) = if let Some(hex) = text.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(binary) = text.strip_suffix('b') {
        (binary, 2)
    } else if text.len() > 1 && text.starts_with('0') {
        (text, 8)
    } else {
        (text, 10)
    };
    digits
        .chars()
        .filter_map(|c| c.to_digit(radix))
        .fold(0i64, |value, digit| value.wrapping_mul(i64::from(radix)).wrapping_add(i64::from(digit)))
}

/// Decodes what stands between double quotes. Captured from 5.6.3: `\n \r \a \t \" \\`, `\xHH`, `\OOO`, and a
/// backslash before a line end; every other backslash stays.
pub(crate) fn unescape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        raw_bytes::decode_into(before, out);
        let bytes = after.as_bytes();
        let mut taken = 2;
        match bytes.get(1) {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b'a') => out.push(7),
            Some(b't') => out.push(b'\t'),
            Some(b'"') => out.push(b'"'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'\n') => {}
            Some(b'x') => {
                let digits = count(bytes, 2, 2, 16);
                if digits == 0 {
                    out.extend_from_slice(b"\\x");
                } else {
                    out.push(radix(bytes, 2, digits, 16));
                    taken = 2 + digits;
                }
            }
            Some(b'0'..=b'7') => {
                let digits = count(bytes, 1, 3, 8);
                if digits < 2 {
                    out.push(b'\\');
                    taken = 1;
                } else {
                    out.push(radix(bytes, 1, digits, 8));
                    taken = 1 + digits;
                }
            }
            _ => {
                out.push(b'\\');
                taken = 1;
            }
        }
        rest = after.get(taken..).unwrap_or("");
    }
    raw_bytes::decode_into(rest, out);
}

fn count(bytes: &[u8], from: usize, most: usize, radix: u32) -> usize {
    bytes.iter().skip(from).take(most).take_while(|b| char::from(**b).is_digit(radix)).count()
}

fn radix(bytes: &[u8], from: usize, digits: usize, radix: u32) -> u8 {
    let value = bytes.iter().skip(from).take(digits).fold(0u32, |value, b| {
        value.wrapping_mul(radix).wrapping_add(char::from(*b).to_digit(radix).unwrap_or(0))
    });
    value as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> String {
        let mut out = Vec::new();
        unescape(s, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn escapes_as_the_server_decodes_them() {
        assert_eq!(text(r"a\tb\x41\101\q\\"), "a\tbAA\\q\\");
        assert_eq!(text("a\\\nb"), "ab");
        assert_eq!(text(r"\x4\8\18c\7a"), "\u{4}\\8\\18c\\7a");
    }

    #[test]
    fn numbers_in_all_bases() {
        assert_eq!(number("0x1F"), 31);
        assert_eq!(number("010"), 8);
        assert_eq!(number("101b"), 5);
        assert_eq!(number("4294967295"), 4_294_967_295);
        assert_eq!(number("0"), 0);
    }
}
