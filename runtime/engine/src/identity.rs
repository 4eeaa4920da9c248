//! What counts as "myself": our sockets, their advertised names and the configured aliases.

use std::net::IpAddr;

use kamjit_net::{SocketInfo, SocketTable};
use kamjit_sip::Proto;

use crate::globals::Ipv6Style;

/// A configured or discovered alias `[proto:]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Lower case.
    pub host: Box<[u8]>,
    /// `None`: any port.
    pub port: Option<u16>,
    /// `None`: any transport.
    pub proto: Option<Proto>,
}

/// All our names. Texts that go into messages are made once.
#[derive(Debug, Default)]
pub struct Identity {
    aliases: Vec<Alias>,
    sockets: Vec<SocketName>,
}

/// A socket's name as it is written into messages.
#[derive(Clone, Debug)]
pub struct SocketName {
    /// Advertised or bound host; IPv6 in brackets.
    pub host: Box<[u8]>,
    /// Advertised or bound port.
    pub port: u16,
    /// Transport.
    pub proto: Proto,
    /// The bound address as text, IPv6 in brackets.
    pub address: Box<[u8]>,
    /// The bound port.
    pub bound_port: u16,
    /// The listener's name (`name "x"`), or empty.
    pub name: Box<[u8]>,
}

impl SocketName {
    fn new(info: &SocketInfo, style: Ipv6Style) -> SocketName {
        let address = match info.addr.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{}]", style.text(ip)),
        };
        let (host, port) = match &info.advertise {
            Some((host, port)) => (host.clone(), if *port == 0 { info.addr.port() } else { *port }),
            None => (address.clone(), info.addr.port()),
        };
        SocketName {
            host: host.into_bytes().into(),
            port,
            proto: info.proto,
            address: address.into_bytes().into(),
            bound_port: info.addr.port(),
            name: info.name.clone().unwrap_or_default().into_bytes().into(),
        }
    }
}

impl Identity {
    /// Names of the sockets and aliases.
    pub fn new(sockets: &SocketTable, aliases: Vec<Alias>, style: Ipv6Style) -> Identity {
        let name = |info| SocketName::new(info, style);
        Identity { aliases, sockets: sockets.infos().iter().map(name).collect() }
    }

    /// The aliases.
    pub fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// A socket's name.
    pub fn socket(&self, id: kamjit_net::SocketId) -> Option<&SocketName> {
        self.sockets.get(usize::from(id.0))
    }

    /// Whether host and port are ours; `None` matches any port or transport. IPv6 with or without brackets.
    pub fn is_myself(&self, host: &[u8], port: Option<u16>, proto: Option<Proto>) -> bool {
        self.sockets.iter().any(|socket| {
            let same_host = same_host(&socket.address, host) || same_host(&socket.host, host);
            let same_port = port.is_none_or(|p| p == socket.bound_port || p == socket.port);
            same_host && same_port && proto.is_none_or(|p| p == socket.proto)
        }) || self.aliases.iter().any(|alias| {
            same_host(&alias.host, host)
                && (alias.port.is_none() || port.is_none() || alias.port == port)
                && (alias.proto.is_none() || proto.is_none() || alias.proto == proto)
        })
    }
}

fn same_host(ours: &[u8], host: &[u8]) -> bool {
    fn bare(host: &[u8]) -> &[u8] {
        host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
    }
    bare(ours).eq_ignore_ascii_case(bare(host))
}
