//! A client of the ctl module.

use crate::binrpc::{Decoder, Header, decode_outcome, encode_request};
use crate::{Outcome, Value};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

/// Where a server listens, as `kamcmd -s` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `unix:PATH`, `unixs:PATH` or a path.
    UnixStream(PathBuf),
    /// `unixd:PATH`.
    UnixDatagram(PathBuf),
    /// `tcp:HOST:PORT`.
    Tcp(String),
    /// `udp:HOST:PORT` or `HOST:PORT`.
    Udp(String),
}

/// The port of `tcp:HOST` and `udp:HOST`.
const DEFAULT_PORT: u16 = 2049;

impl Address {
    /// Reads an address; `None` for an unknown protocol.
    pub fn parse(text: &str) -> Option<Address> {
        let with_port = |host: &str| {
            if host.contains(':') { host.to_owned() } else { format!("{host}:{DEFAULT_PORT}") }
        };
        match text.split_once(':') {
            Some(("unix" | "unixs", path)) => Some(Address::UnixStream(path.into())),
            Some(("unixd", path)) => Some(Address::UnixDatagram(path.into())),
            Some(("tcp", host)) => Some(Address::Tcp(with_port(host))),
            Some(("udp", host)) => Some(Address::Udp(with_port(host))),
            _ if text.starts_with('/') => Some(Address::UnixStream(text.into())),
            Some((_, port)) if port.parse::<u16>().is_ok() => Some(Address::Udp(text.to_owned())),
            None if !text.is_empty() => Some(Address::Udp(with_port(text))),
            _ => None,
        }
    }
}

/// Why a call got no answer.
#[derive(Debug)]
pub enum ClientError {
    /// The transport failed.
    Io(io::Error),
    /// What came back is no answer to the call.
    Protocol(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Io(e) => e.fmt(f),
            ClientError::Protocol(why) => write!(f, "bad reply: {why}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<io::Error> for ClientError {
    fn from(e: io::Error) -> Self {
        ClientError::Io(e)
    }
}

#[derive(Debug)]
enum Transport {
    UnixStream(UnixStream),
    Tcp(TcpStream),
    Udp(UdpSocket),
    UnixDatagram(UnixDatagram, PathBuf),
}

/// A connection to the ctl module.
#[derive(Debug)]
pub struct BinrpcClient {
    transport: Transport,
    decoder: Decoder,
    cookie: u32,
}

impl BinrpcClient {
    /// Connects. Each answer must come within `timeout`.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(address: &Address, timeout: Duration) -> io::Result<BinrpcClient> {
        let transport = match address {
            Address::UnixStream(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(timeout))?;
                Transport::UnixStream(stream)
            }
            Address::UnixDatagram(path) => {
                let own =
                    std::env::temp_dir().join(format!("kamjit-rpc-{}-{:x}", std::process::id(), seed()));
                let socket = UnixDatagram::bind(&own)?;
                let client = Transport::UnixDatagram(socket, own);
                if let Transport::UnixDatagram(socket, _) = &client {
                    socket.connect(path)?;
                    socket.set_read_timeout(Some(timeout))?;
                }
                client
            }
            Address::Tcp(host) => {
                let stream = TcpStream::connect(host)?;
                stream.set_read_timeout(Some(timeout))?;
                Transport::Tcp(stream)
            }
            Address::Udp(host) => {
                let peer = host.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
                let any: std::net::IpAddr = if peer.is_ipv4() {
                    std::net::Ipv4Addr::UNSPECIFIED.into()
                } else {
                    std::net::Ipv6Addr::UNSPECIFIED.into()
                };
                let socket = UdpSocket::bind((any, 0))?;
                socket.connect(peer)?;
                socket.set_read_timeout(Some(timeout))?;
                Transport::Udp(socket)
            }
        };
        Ok(BinrpcClient { transport, decoder: Decoder::default(), cookie: seed() })
    }

    /// Calls a command.
    ///
    /// # Errors
    /// See [`ClientError`]; a refusal of the command is no error here.
    pub fn call(&mut self, command: &str, params: &[Value]) -> Result<Outcome, ClientError> {
        self.cookie = self.cookie.wrapping_add(1);
        self.send(&encode_request(command, params, self.cookie))?;
        loop {
            let (header, body) = self.receive()?;
            // An answer that came too late for an earlier call.
            if header.cookie != self.cookie {
                continue;
            }
            return decode_outcome(header.kind, &body).map_err(|e| ClientError::Protocol(e.to_string()));
        }
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        match &mut self.transport {
            Transport::UnixStream(s) => s.write_all(packet),
            Transport::Tcp(s) => s.write_all(packet),
            Transport::Udp(s) => s.send(packet).map(|_| ()),
            Transport::UnixDatagram(s, _) => s.send(packet).map(|_| ()),
        }
    }

    fn receive(&mut self) -> Result<(Header, Vec<u8>), ClientError> {
        let mut buffer = vec![0u8; 64 * 1024];
        loop {
            if let Some(packet) =
                self.decoder.next_packet().map_err(|e| ClientError::Protocol(e.to_string()))?
            {
                return Ok(packet);
            }
            let n = match &mut self.transport {
                Transport::UnixStream(s) => s.read(&mut buffer)?,
                Transport::Tcp(s) => s.read(&mut buffer)?,
                Transport::Udp(s) => s.recv(&mut buffer)?,
                Transport::UnixDatagram(s, _) => s.recv(&mut buffer)?,
            };
            if n == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.decoder.push(buffer.get(..n).unwrap_or_default());
        }
    }
}

impl Drop for BinrpcClient {
    fn drop(&mut self) {
        if let Transport::UnixDatagram(_, path) = &self.transport {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A number that differs from call to call.
fn seed() -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() ^ std::process::id().rotate_left(16) ^ now.as_secs() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kamcmd_writes_them() {
        let unix = |p: &str| Some(Address::UnixStream(p.into()));
        assert_eq!(Address::parse("unix:/a"), unix("/a"));
        assert_eq!(Address::parse("/a"), unix("/a"));
        assert_eq!(Address::parse("unixd:/a"), Some(Address::UnixDatagram("/a".into())));
        assert_eq!(Address::parse("tcp:localhost:2046"), Some(Address::Tcp("localhost:2046".into())));
        assert_eq!(Address::parse("udp:localhost"), Some(Address::Udp("localhost:2049".into())));
        assert_eq!(Address::parse("localhost:3000"), Some(Address::Udp("localhost:3000".into())));
        assert_eq!(Address::parse("ftp:x"), None);
    }
}
