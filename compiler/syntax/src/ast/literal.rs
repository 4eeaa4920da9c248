//! Names, strings, addresses and other leaves.

use std::net::IpAddr;

use super::Span;

/// A word with its place. For quoted words `text` is the content and `span` covers the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word itself.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// True when written as a string.
    pub quoted: bool,
}

/// `[proto:]host[:port[-port]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketLit {
    /// The protocol; `None` when not written.
    pub proto: Option<(Proto, Span)>,
    /// The hosts: one, or several when written `(a, b)`.
    pub hosts: Vec<Host>,
    /// The port; with `port_end` the first one of a range.
    pub port: Option<(u16, Span)>,
    /// The last port of a range (6.x).
    pub port_end: Option<(u16, Span)>,
    /// All of it.
    pub span: Span,
}

/// A host in a socket, alias or `forward()`.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// The address or name.
    pub kind: HostKind,
    /// Where it stands.
    pub span: Span,
}

/// How a host is written.
#[derive(Clone, Debug, PartialEq)]
pub enum HostKind {
    /// A literal address.
    Ip(IpAddr),
    /// A host or interface name, bare or quoted.
    Name(Box<str>),
    /// `*`: any.
    Any,
}

/// Protocol words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Proto {
    Udp,
    Tcp,
    Tls,
    Sctp,
    Ws,
    Wss,
    /// `*`.
    Any,
}

/// A word that stands for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordLit {
    /// `yes`, `on`, `true`, `enable` and `no`, `off`, `false`, `disable`.
    Bool(bool),
    /// `INET`, `ipv4`, ...
    Inet,
    /// `INET6`, `ipv6`, ...
    Inet6,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrLit {
    /// The bytes after joining and decoding of escapes.
    pub value: Box<[u8]>,
    /// From the first to the last quote.
    pub span: Span,
    /// The quote character of the first part: `"` or `'`.
    pub quote: u8,
}

impl StrLit {
    /// The value as text, other bytes replaced: for names and messages, never for data.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// `@a.b[1].c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The parts in order.
    pub parts: Vec<SelectPart>,
    /// From `@` on.
    pub span: Span,
}

/// One part of a select.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectPart {
    /// The word.
    pub name: Name,
    /// `[3]`, `["x"]`, `[%]`.
    pub index: Option<SelectIndex>,
}

/// The bracket after a select part.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectIndex {
    /// A number.
    Num(i64),
    /// A string.
    Str(StrLit),
    /// `%`: all.
    Any,
}

/// `%f.name`, `%name[1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// The class before the dot: `f t fr tr fu tu fd td g`, when written.
    pub class: Option<Name>,
    /// The attribute.
    pub name: Name,
    /// `[3]`.
    pub index: Option<(i64, Span)>,
    /// All of it.
    pub span: Span,
}

/// `address/bits` or `address/mask`.
#[derive(Clone, Debug, PartialEq)]
pub struct NetLit {
    /// The address as written.
    pub addr: IpAddr,
    /// The mask.
    pub mask: NetMask,
}

/// The mask of a [`NetLit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetMask {
    /// A prefix length, as written (not checked against the family).
    Bits(i64),
    /// A mask written as an address.
    Addr(IpAddr),
}
