//! Addresses of control sockets (README of ctl, section 3.1).

use std::{
    net::{Ipv4Addr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

use kamjit_engine::catalog::HostError;

/// Where ctl listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// `unix:`, `unixs:`.
    UnixStream(PathBuf),
    /// `unixd:`.
    UnixDatagram(PathBuf),
    /// `tcp:`.
    Tcp(SocketAddr),
    /// `udp:`.
    Udp(SocketAddr),
}

/// Port when only a host is given.
const DEFAULT_PORT: u16 = 2049;

impl Address {
    /// Reads the parameter `binrpc`.
    pub(super) fn parse(text: &[u8]) -> Result<Address, HostError> {
        let text = std::str::from_utf8(text).map_err(|_| bad(text))?;
        let path = |p: &str| if p.is_empty() { Err(bad(text.as_bytes())) } else { Ok(PathBuf::from(p)) };
        match text.split_once(':') {
            Some(("unix" | "unixs", rest)) => path(rest).map(Address::UnixStream),
            Some(("unixd", rest)) => path(rest).map(Address::UnixDatagram),
            Some(("tcp", rest)) => socket(rest).map(Address::Tcp),
            Some(("udp", rest)) => socket(rest).map(Address::Udp),
            _ if text.contains('/') => path(text).map(Address::UnixStream),
            _ => socket(text).map(Address::Udp),
        }
    }

    /// The four words of `ctl.listen` after the protocol.
    pub(super) fn words(&self) -> [String; 3] {
        match self {
            Address::UnixStream(path) => ["unix_stream".into(), path.display().to_string(), String::new()],
            Address::UnixDatagram(path) => ["unix_dgram".into(), path.display().to_string(), String::new()],
            Address::Tcp(addr) => ["tcp".into(), addr.ip().to_string(), addr.port().to_string()],
            Address::Udp(addr) => ["udp".into(), addr.ip().to_string(), addr.port().to_string()],
        }
    }
}

/// An open connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// Socket that took it.
    pub(super) socket: Address,
    /// The peer, for TCP.
    pub(super) peer: Option<SocketAddr>,
}

fn bad(text: &[u8]) -> HostError {
    HostError::new(format!("'{}' is no address of a control socket", text.escape_ascii()))
        .help("write unix:PATH, unixd:PATH, tcp:HOST:PORT or udp:HOST:PORT")
}

/// `host:port`, `host`, `port`, `*:port`.
fn socket(text: &str) -> Result<SocketAddr, HostError> {
    let any = Ipv4Addr::UNSPECIFIED;
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((any, port)));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| bad(text.as_bytes()))?),
        None => (text, DEFAULT_PORT),
    };
    if host.is_empty() || host == "*" {
        return Ok(SocketAddr::from((any, port)));
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (host, port).to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or_else(|| bad(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_manual_are_read() {
        let parse = |t: &str| Address::parse(t.as_bytes()).expect(t);
        assert_eq!(parse("unix:/tmp/a"), Address::UnixStream("/tmp/a".into()));
        assert_eq!(parse("unixs:/tmp/a"), Address::UnixStream("/tmp/a".into()));
        assert_eq!(parse("/tmp/a"), Address::UnixStream("/tmp/a".into()));
        assert_eq!(parse("unixd:/tmp/a"), Address::UnixDatagram("/tmp/a".into()));
        assert_eq!(parse("tcp:3012"), Address::Tcp("0.0.0.0:3012".parse().expect("address")));
        assert_eq!(parse("udp:*:3012"), Address::Udp("0.0.0.0:3012".parse().expect("address")));
        assert_eq!(parse("127.0.0.1:3000"), Address::Udp("127.0.0.1:3000".parse().expect("address")));
        assert!(Address::parse(b"tcp:127.0.0.1:x").is_err() && Address::parse(b"unix:").is_err());
    }
}
