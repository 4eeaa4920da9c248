//! Transport protocols.

use crate::text::eq_nocase;

/// A transport that SIP runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Proto {
    /// UDP.
    Udp = 1,
    /// TCP.
    Tcp = 2,
    /// TLS over TCP.
    Tls = 3,
    /// SCTP.
    Sctp = 4,
    /// WebSocket (RFC 7118).
    Ws = 5,
    /// WebSocket over TLS.
    Wss = 6,
}

impl Proto {
    /// From its name in any case, as in a Via or a `transport` parameter.
    pub fn from_name(name: &[u8]) -> Option<Proto> {
        match name {
            b"UDP" => return Some(Proto::Udp),
            b"TCP" => return Some(Proto::Tcp),
            _ => {}
        }
        let found = match name.len() {
            2 => (Proto::Ws, b"ws".as_slice()),
            4 => (Proto::Sctp, b"sctp".as_slice()),
            3 => match name[0] | 0x20 {
                b'u' => (Proto::Udp, b"udp".as_slice()),
                b'w' => (Proto::Wss, b"wss".as_slice()),
                _ if name[1] | 0x20 == b'c' => (Proto::Tcp, b"tcp".as_slice()),
                _ => (Proto::Tls, b"tls".as_slice()),
            },
            _ => return None,
        };
        eq_nocase(name, found.1).then_some(found.0)
    }

    /// Lower-case name (`udp`).
    pub fn name(self) -> &'static str {
        match self {
            Proto::Udp => "udp",
            Proto::Tcp => "tcp",
            Proto::Tls => "tls",
            Proto::Sctp => "sctp",
            Proto::Ws => "ws",
            Proto::Wss => "wss",
        }
    }

    /// Upper-case name as in a Via (`UDP`).
    pub fn via_name(self) -> &'static str {
        match self {
            Proto::Udp => "UDP",
            Proto::Tcp => "TCP",
            Proto::Tls => "TLS",
            Proto::Sctp => "SCTP",
            Proto::Ws => "WS",
            Proto::Wss => "WSS",
        }
    }

    /// The port that is meant when none is written: 5061 for TLS, else 5060 (80 and 443 for WebSocket).
    pub fn default_port(self) -> u16 {
        match self {
            Proto::Tls => 5061,
            Proto::Ws => 80,
            Proto::Wss => 443,
            _ => 5060,
        }
    }

    /// Whether the transport encrypts.
    pub fn is_secure(self) -> bool {
        matches!(self, Proto::Tls | Proto::Wss)
    }

    /// Whether it carries a byte stream, where Content-Length is required.
    pub fn is_stream(self) -> bool {
        matches!(self, Proto::Tcp | Proto::Tls | Proto::Ws | Proto::Wss)
    }

    /// Whether it loses messages, so that the sender repeats them.
    pub fn is_unreliable(self) -> bool {
        self == Proto::Udp
    }
}

impl std::fmt::Display for Proto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
