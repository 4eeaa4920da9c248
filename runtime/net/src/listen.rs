//! What a `listen=` line says, resolved to one address.

use std::fmt;
use std::net::SocketAddr;

/// Transport protocols of SIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proto {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket (RFC 7118).
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// SCTP.
    Sctp,
}

impl Proto {
    /// Lower-case name as Kamailio prints it (`$proto`, `listen=`).
    pub const fn name(self) -> &'static str {
        match self {
            Proto::Udp => "udp",
            Proto::Tcp => "tcp",
            Proto::Tls => "tls",
            Proto::Ws => "ws",
            Proto::Wss => "wss",
            Proto::Sctp => "sctp",
        }
    }

    /// Upper-case name as in a Via header.
    pub const fn via_name(self) -> &'static str {
        match self {
            Proto::Udp => "UDP",
            Proto::Tcp => "TCP",
            Proto::Tls => "TLS",
            Proto::Ws => "WS",
            Proto::Wss => "WSS",
            Proto::Sctp => "SCTP",
        }
    }

    /// Reads a name in any case.
    pub fn from_name(name: &[u8]) -> Option<Proto> {
        const ALL: [Proto; 6] = [Proto::Udp, Proto::Tcp, Proto::Tls, Proto::Ws, Proto::Wss, Proto::Sctp];
        ALL.into_iter().find(|p| p.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// True where messages travel on connections.
    pub const fn is_stream(self) -> bool {
        matches!(self, Proto::Tcp | Proto::Tls | Proto::Ws | Proto::Wss)
    }

    /// True where the transport encrypts.
    pub const fn is_secure(self) -> bool {
        matches!(self, Proto::Tls | Proto::Wss)
    }

    /// Port that a URI without port means (RFC 3261 section 19.1.2).
    pub const fn default_port(self) -> u16 {
        if self.is_secure() { 5061 } else { 5060 }
    }
}

impl fmt::Display for Proto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Index of a listener in the [`crate::SocketTable`], in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u16);

/// One listener to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenSpec {
    /// Transport.
    pub proto: Proto,
    /// Address to bind; port 0 lets the system choose (tests).
    pub addr: SocketAddr,
    /// Host and port shown to others instead of `addr` (`advertise`); port 0 stands for the port of `addr`.
    pub advertise: Option<(String, u16)>,
    /// Name of the listener (`name "..."`), as `$fsn`, `$Rn` use it.
    pub name: Option<String>,
}

impl ListenSpec {
    /// A listener without `advertise` and name.
    pub fn new(proto: Proto, addr: SocketAddr) -> Self {
        ListenSpec { proto, addr, advertise: None, name: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_names_are_read_in_any_case() {
        assert_eq!(Proto::from_name(b"UDP"), Some(Proto::Udp));
        assert_eq!(Proto::from_name(b"wss"), Some(Proto::Wss));
        assert_eq!(Proto::from_name(b"quic"), None);
        assert_eq!(Proto::Tls.default_port(), 5061);
    }
}
