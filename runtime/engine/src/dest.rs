//! Where a message is sent, and which of our sockets sends it.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use kamjit_net::{ConnId, ReceiveInfo, SocketId};
use kamjit_sip::{Proto, Uri, uri::Scheme};

use crate::{
    ctx::{Ctx, send_flags},
    engine::Engine,
    fibre::Cancelled,
};

/// A next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Transport.
    pub proto: Proto,
    /// Address of the peer.
    pub addr: SocketAddr,
    /// Our socket.
    pub socket: SocketId,
    /// The connection to use if it still exists.
    pub conn: Option<ConnId>,
    /// Open a connection if there is none.
    pub connect: bool,
    /// Close the connection once the message is written (`set_reply_close()`, `set_forward_close()`).
    pub close: bool,
}

/// Why there is no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDestination {
    /// The URI is malformed or of a scheme that has no address.
    BadUri,
    /// The name does not resolve.
    Unresolved,
    /// No socket of ours speaks that transport and address family.
    NoSocket,
    /// The run was cancelled.
    Cancelled,
}

impl From<Cancelled> for NoDestination {
    fn from(_: Cancelled) -> Self {
        NoDestination::Cancelled
    }
}

/// The socket to send from: the forced one if it fits, else that which received the message, else the first one
/// of the transport and family (captured; without `mhomed`).
pub fn pick_socket(
    engine: &Engine,
    forced: Option<SocketId>,
    received: Option<&ReceiveInfo>,
    proto: Proto,
    ipv4: bool,
) -> Option<SocketId> {
    let fits = |id: SocketId| {
        engine
            .sockets
            .get(id)
            .filter(|info| info.proto == proto && info.addr.is_ipv4() == ipv4)
            .map(|info| info.id)
    };
    forced
        .and_then(fits)
        .or_else(|| received.and_then(|rcv| fits(rcv.socket)))
        .or_else(|| engine.sockets.first(proto, ipv4).map(|info| info.id))
}

/// The socket whose address the system would send from; asks its routing table by connecting a socket, which sends
/// nothing.
fn routed_socket(engine: &Engine, proto: Proto, to: SocketAddr) -> Option<SocketId> {
    let any = match to {
        SocketAddr::V4(_) => IpAddr::from([0, 0, 0, 0]),
        SocketAddr::V6(_) => IpAddr::from([0; 16]),
    };
    let probe = UdpSocket::bind((any, 0)).ok()?;
    probe.connect(to).ok()?;
    let from = probe.local_addr().ok()?.ip();
    engine
        .sockets
        .infos()
        .iter()
        .find(|info| info.proto == proto && info.addr.ip() == from)
        .map(|info| info.id)
}

/// What a URI asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'u> {
    /// `maddr` or the host, brackets removed.
    pub host: &'u [u8],
    /// The port if one is written.
    pub port: Option<u16>,
    /// The transport if one is written.
    pub proto: Option<Proto>,
    /// `sips:`.
    pub sips: bool,
}

impl<'u> Asked<'u> {
    /// From a parsed URI; `None` if it names no host.
    pub fn from_uri(uri: &Uri<'u>) -> Option<Asked<'u>> {
        let host = uri.maddr().filter(|m| !m.is_empty()).unwrap_or(uri.host);
        let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
        if host.is_empty() {
            return None;
        }
        Some(Asked {
            host,
            port: uri.port,
            proto: uri.transport().and_then(Proto::from_name),
            sips: matches!(uri.scheme, Scheme::Sips | Scheme::Tels),
        })
    }

    /// The address, if the host is one.
    pub fn literal(&self) -> Option<IpAddr> {
        std::str::from_utf8(self.host).ok()?.parse().ok()
    }
}

impl<'m> Ctx<'m> {
    /// Resolves a URI to its destinations in order of preference (RFC 3263). An IP literal is answered at once,
    /// a name may suspend this run.
    pub fn resolve(
        &mut self,
        uri: &Uri<'_>,
        forced: Option<SocketId>,
        connect: bool,
    ) -> Result<Vec<Destination>, NoDestination> {
        let asked = Asked::from_uri(uri).ok_or(NoDestination::BadUri)?;
        self.resolve_all(&asked, forced, connect)
    }

    fn resolve_all(
        &mut self,
        asked: &Asked<'_>,
        forced: Option<SocketId>,
        connect: bool,
    ) -> Result<Vec<Destination>, NoDestination> {
        let close = self.forward_close();
        let targets = match asked.literal() {
            Some(ip) => {
                let proto = asked.proto.unwrap_or(if asked.sips { Proto::Tls } else { Proto::Udp });
                vec![(proto, SocketAddr::new(ip, asked.port.unwrap_or(proto.default_port())))]
            }
            None => self.lookup(asked)?,
        };
        if targets.is_empty() {
            return Err(NoDestination::Unresolved);
        }
        let found: Vec<_> = targets
            .into_iter()
            .filter_map(|(proto, addr)| {
                let socket = self.out_socket(forced, proto, addr)?;
                Some(Destination { proto, addr, socket, conn: None, connect, close })
            })
            .collect();
        if found.is_empty() { Err(NoDestination::NoSocket) } else { Ok(found) }
    }

    /// The socket for a request to an address: as [`pick_socket`], but with `mhomed` the address that the system's
    /// routing table would send from decides.
    fn out_socket(&self, forced: Option<SocketId>, proto: Proto, to: SocketAddr) -> Option<SocketId> {
        let engine = self.engine();
        if forced.is_none()
            && self.program.globals.mhomed
            && let Some(socket) = routed_socket(engine, proto, to)
        {
            return Some(socket);
        }
        pick_socket(engine, forced, Some(&self.rcv), proto, to.is_ipv4())
    }

    /// Where a request of `len` bytes goes instead of `dest`: longer ones than `udp_mtu` leave UDP for the transport of
    /// `udp_mtu_try_proto`, if we have a socket for it. The port stays (captured).
    pub fn beyond_mtu(&self, dest: &Destination, len: usize) -> Option<Destination> {
        let live = &self.program.globals.live;
        let mtu = usize::try_from(live.udp_mtu.get()).unwrap_or(0);
        if dest.proto != Proto::Udp || mtu == 0 || len <= mtu {
            return None;
        }
        let asked = self.flags.send;
        let has = |bit: u32| asked & bit != 0;
        let proto = match live.udp_mtu_try_proto.get() {
            _ if has(send_flags::MTU_UDP) => return None,
            _ if has(send_flags::MTU_TCP) => Proto::Tcp,
            _ if has(send_flags::MTU_TLS) => Proto::Tls,
            _ if has(send_flags::MTU_SCTP) => Proto::Sctp,
            2 => Proto::Tcp,
            3 => Proto::Tls,
            4 => Proto::Sctp,
            _ => return None,
        };
        let socket = self.out_socket(self.send_socket(), proto, dest.addr)?;
        Some(Destination { proto, socket, conn: None, ..*dest })
    }

    fn forward_close(&self) -> bool {
        self.flags.send & send_flags::FORWARD_CLOSE != 0
    }

    /// Looks a host name up, in order of preference; empty if it has no address. May suspend this run.
    pub fn lookup(&self, asked: &Asked<'_>) -> Result<Vec<(Proto, SocketAddr)>, Cancelled> {
        let found = self.wait(self.worker.dns().resolve(asked.host, asked.port, asked.proto, asked.sips))?;
        Ok(match found {
            Ok(targets) => targets.into_iter().map(|t| (t.proto, t.addr)).collect(),
            Err(error) => {
                tracing::debug!("no address for {}: {error}", asked.host.escape_ascii());
                Vec::new()
            }
        })
    }

    /// The first destination of a URI without allocation when its host is an IP literal; see [`Ctx::resolve`].
    pub fn resolve_one(
        &mut self,
        uri: &Uri<'_>,
        forced: Option<SocketId>,
        connect: bool,
    ) -> Result<Destination, NoDestination> {
        let asked = Asked::from_uri(uri).ok_or(NoDestination::BadUri)?;
        self.resolve_asked(&asked, forced, connect)
    }

    /// The same for a host that is not in a URI.
    pub fn resolve_asked(
        &mut self,
        asked: &Asked<'_>,
        forced: Option<SocketId>,
        connect: bool,
    ) -> Result<Destination, NoDestination> {
        if let Some(ip) = asked.literal() {
            let proto = asked.proto.unwrap_or(if asked.sips { Proto::Tls } else { Proto::Udp });
            let addr = SocketAddr::new(ip, asked.port.unwrap_or(proto.default_port()));
            let socket = self.out_socket(forced, proto, addr).ok_or(NoDestination::NoSocket)?;
            return Ok(Destination { proto, addr, socket, conn: None, connect, close: self.forward_close() });
        }
        self.resolve_all(asked, forced, connect)?.first().copied().ok_or(NoDestination::Unresolved)
    }
}
