//! All listeners of the process, bound once before the workers start (and before privileges are dropped).

use crate::listen::{ListenSpec, Proto, SocketId};
use crate::tcp::TcpOptions;
use crate::udp::{self, UdpOptions, UdpWorker};
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;

/// A bound listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketInfo {
    /// Index in the table.
    pub id: SocketId,
    /// Transport.
    pub proto: Proto,
    /// Bound address, with the port that the system chose.
    pub addr: SocketAddr,
    /// Host and port shown to others instead of `addr`.
    pub advertise: Option<(String, u16)>,
    /// Name of the listener.
    pub name: Option<String>,
}

/// A listener that cannot be bound.
#[derive(Debug)]
pub struct BindError {
    /// What was asked for.
    pub spec: ListenSpec,
    /// Why not.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}:{}: {}", self.spec.proto, self.spec.addr, self.error)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// How listeners are bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindOptions {
    /// Worker threads that share each listener.
    pub workers: usize,
    /// Options of UDP sockets.
    pub udp: UdpOptions,
    /// Options of TCP listeners.
    pub tcp: TcpOptions,
}

impl BindOptions {
    /// Default options for a number of workers.
    pub fn workers(workers: usize) -> Self {
        BindOptions { workers: workers.max(1), udp: UdpOptions::default(), tcp: TcpOptions::default() }
    }
}

/// The listeners. Shared by all threads.
#[derive(Debug)]
pub struct SocketTable {
    infos: Vec<SocketInfo>,
    /// For each listener one UDP socket per worker; empty for other transports.
    udp: Vec<Vec<UdpSocket>>,
    /// TCP listeners; all workers accept from the same queue.
    tcp: Vec<(SocketId, TcpListener)>,
    workers: usize,
}

impl SocketTable {
    /// Binds all of `specs` in order; [`SocketId`] is the index in it.
    ///
    /// # Errors
    /// The first listener that cannot be bound; the others are closed.
    pub fn bind(specs: &[ListenSpec], options: BindOptions) -> Result<Self, BindError> {
        let mut table = SocketTable {
            infos: Vec::new(),
            udp: Vec::new(),
            tcp: Vec::new(),
            workers: options.workers.max(1),
        };
        for spec in specs {
            table.bind_one(spec, &options).map_err(|error| BindError { spec: spec.clone(), error })?;
        }
        Ok(table)
    }

    fn bind_one(&mut self, spec: &ListenSpec, options: &BindOptions) -> io::Result<()> {
        let id =
            SocketId(u16::try_from(self.infos.len()).map_err(|_| io::Error::other("too many listeners"))?);
        let (addr, udp) = match spec.proto {
            Proto::Udp => {
                let sockets = udp::bind_group(spec.addr, self.workers, options.udp)?;
                (sockets.first().map_or(Ok(spec.addr), UdpSocket::local_addr)?, sockets)
            }
            Proto::Tcp => {
                let listener = listen(spec.addr, options)?;
                let addr = listener.local_addr()?;
                self.tcp.push((id, listener));
                (addr, Vec::new())
            }
            other => {
                return Err(io::Error::new(io::ErrorKind::Unsupported, format!("no transport {other} yet")));
            }
        };
        self.udp.push(udp);
        self.infos.push(SocketInfo {
            id,
            proto: spec.proto,
            addr,
            advertise: spec.advertise.clone(),
            name: spec.name.clone(),
        });
        Ok(())
    }

    /// All listeners in the order of the configuration.
    pub fn infos(&self) -> &[SocketInfo] {
        &self.infos
    }

    /// One listener.
    pub fn get(&self, id: SocketId) -> Option<&SocketInfo> {
        self.infos.get(usize::from(id.0))
    }

    /// The first listener of a transport and address family: the default for sending there.
    pub fn first(&self, proto: Proto, ipv4: bool) -> Option<&SocketInfo> {
        self.infos.iter().find(|i| i.proto == proto && i.addr.is_ipv4() == ipv4)
    }

    /// The listener bound to an address; `None` for `proto` or `port` stands for any. A listener on the
    /// unspecified address only matches itself.
    pub fn find(&self, proto: Option<Proto>, ip: IpAddr, port: Option<u16>) -> Option<&SocketInfo> {
        self.infos.iter().find(|i| {
            i.addr.ip() == ip && proto.is_none_or(|p| p == i.proto) && port.is_none_or(|p| p == i.addr.port())
        })
    }

    /// The listener with a name.
    pub fn by_name(&self, name: &[u8]) -> Option<&SocketInfo> {
        self.infos.iter().find(|i| i.name.as_deref().is_some_and(|n| n.as_bytes() == name))
    }

    /// Worker threads that the table was bound for.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// The sockets of worker `index` (0-based), registered with the tokio runtime of the calling thread.
    ///
    /// # Errors
    /// `InvalidInput` for a worker beyond the number bound for; else what the system says.
    pub fn worker(&self, index: usize) -> io::Result<WorkerSockets> {
        let mut udp = Vec::new();
        for (info, sockets) in self.infos.iter().zip(&self.udp) {
            if info.proto == Proto::Udp {
                let socket = sockets.get(index).ok_or(io::ErrorKind::InvalidInput)?;
                udp.push(UdpWorker::new(info.id, socket.try_clone()?)?);
            }
        }
        let tcp = self.tcp.iter().map(|(id, l)| Ok((*id, l.try_clone()?))).collect::<io::Result<_>>()?;
        Ok(WorkerSockets { udp: udp.into(), tcp })
    }

    /// Sends one datagram at once; for threads that are no workers.
    ///
    /// # Errors
    /// `NotFound` when `socket` is no UDP listener; else what `sendto` says.
    pub fn send_udp(&self, socket: SocketId, dst: SocketAddr, payload: &[u8]) -> io::Result<()> {
        let sockets = self.udp.get(usize::from(socket.0)).ok_or(io::ErrorKind::NotFound)?;
        udp::send_to(sockets.first().ok_or(io::ErrorKind::NotFound)?, payload, dst)
    }
}

/// One worker's part of every listener.
pub struct WorkerSockets {
    /// UDP sockets in the order of the configuration.
    pub udp: Rc<[UdpWorker]>,
    /// TCP listeners, for [`crate::tcp::TcpWorker::start`].
    pub tcp: Vec<(SocketId, TcpListener)>,
}

fn listen(addr: SocketAddr, options: &BindOptions) -> io::Result<TcpListener> {
    let socket =
        Socket::new(Domain::for_address(addr), Type::STREAM.nonblocking().cloexec(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    crate::tcp::apply_options(&socket, &options.tcp, addr.is_ipv4());
    if options.tcp.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if options.tcp.defer_accept > 0 {
        let seconds = i32::try_from(options.tcp.defer_accept).unwrap_or(i32::MAX);
        let _ = crate::sockopt::set_int(&socket, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, seconds);
    }
    socket.bind(&addr.into())?;
    socket.listen(options.tcp.backlog)?;
    Ok(socket.into())
}
