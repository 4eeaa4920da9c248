//! Binding one UDP listener for all workers.

use crate::sockopt::set_int;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Socket options of UDP listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpOptions {
    /// `tos`: IP type of service; Kamailio's default is 0x10 (low delay).
    pub tos: Option<u8>,
    /// `pmtu_discovery`: set the don't-fragment bit. Off in Kamailio.
    pub pmtu_discovery: bool,
    /// Receive buffer to ask for, in bytes; the kernel may give less.
    pub recv_buffer: usize,
    /// Send buffer to ask for, in bytes; 0 leaves the system's.
    pub send_buffer: usize,
    /// `mcast`: index of the interface on which multicast groups are joined; 0 leaves it to the system.
    pub multicast_interface: u32,
    /// `mcast_ttl`, if given.
    pub multicast_ttl: Option<u8>,
    /// `mcast_loopback`: what is sent to a group comes back to this machine.
    pub multicast_loop: bool,
    /// `udp4_raw`-like transparent bind to an address that is not (yet) ours (`ip_free_bind`).
    pub free_bind: bool,
}

impl Default for UdpOptions {
    fn default() -> Self {
        UdpOptions {
            tos: Some(0x10),
            pmtu_discovery: false,
            recv_buffer: 4 << 20,
            send_buffer: 0,
            multicast_interface: 0,
            multicast_ttl: None,
            multicast_loop: false,
            free_bind: false,
        }
    }
}

/// Binds `workers` sockets to `addr`; datagrams are spread over them at random.
///
/// # Errors
/// `EADDRINUSE` when any other process holds the address, also one that would share it.
pub fn bind_group(addr: SocketAddr, workers: usize, options: UdpOptions) -> io::Result<Vec<UdpSocket>> {
    let workers = workers.max(1);
    let first = open(addr, options)?;
    if workers == 1 {
        first.bind(&SockAddr::from(addr))?;
        return Ok(vec![first.into()]);
    }
    // Bound exclusively for a moment: with SO_REUSEPORT alone, a second server of the same user would silently
    // share the port and steal half of the traffic.
    let probe = open(addr, options)?;
    probe.bind(&SockAddr::from(addr))?;
    let addr = probe.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
    drop(probe);

    first.set_reuse_port(true)?;
    first.bind(&SockAddr::from(addr))?;
    let mut sockets: Vec<UdpSocket> = vec![first.into()];
    for _ in 1..workers {
        let socket = open(addr, options)?;
        socket.set_reuse_port(true)?;
        socket.bind(&SockAddr::from(addr))?;
        sockets.push(socket.into());
    }
    spread_at_random(&sockets[0], workers)?;
    Ok(sockets)
}

fn open(addr: SocketAddr, options: UdpOptions) -> io::Result<Socket> {
    let socket =
        Socket::new(Domain::for_address(addr), Type::DGRAM.nonblocking().cloexec(), Some(Protocol::UDP))?;
    if let SocketAddr::V4(_) = addr {
        if let Some(tos) = options.tos {
            socket.set_tos_v4(u32::from(tos))?;
        }
        let mode = if options.pmtu_discovery { libc::IP_PMTUDISC_DO } else { libc::IP_PMTUDISC_DONT };
        set_int(&socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, mode)?;
        if options.free_bind {
            socket.set_freebind_v4(true)?;
        }
    } else {
        socket.set_only_v6(true)?;
        if let Some(tos) = options.tos {
            set_int(&socket, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, i32::from(tos))?;
        }
        if options.free_bind {
            socket.set_freebind_v6(true)?;
        }
    }
    if addr.ip().is_multicast() {
        join(&socket, addr, options)?;
    }
    // Best effort: the kernel cuts the size to rmem_max without an error.
    let _ = socket.set_recv_buffer_size(options.recv_buffer);
    if options.send_buffer > 0 {
        let _ = socket.set_send_buffer_size(options.send_buffer);
    }
    Ok(socket)
}

/// Joins the group that a listener is bound to.
fn join(socket: &Socket, addr: SocketAddr, options: UdpOptions) -> io::Result<()> {
    match addr {
        SocketAddr::V4(v4) => {
            let interface = InterfaceIndexOrAddress::Index(options.multicast_interface);
            socket.join_multicast_v4_n(v4.ip(), &interface)?;
            socket.set_multicast_loop_v4(options.multicast_loop)?;
            if let Some(ttl) = options.multicast_ttl {
                socket.set_multicast_ttl_v4(ttl.into())?;
            }
        }
        SocketAddr::V6(v6) => {
            socket.join_multicast_v6(v6.ip(), options.multicast_interface)?;
            socket.set_multicast_loop_v6(options.multicast_loop)?;
            if let Some(ttl) = options.multicast_ttl {
                socket.set_multicast_hops_v6(ttl.into())?;
            }
        }
    }
    Ok(())
}

/// Attaches `index = random % workers` to the reuseport group of `socket`.
fn spread_at_random(socket: &UdpSocket, workers: usize) -> io::Result<()> {
    let count = u32::try_from(workers).map_err(|_| io::ErrorKind::InvalidInput)?;
    // Ancillary load of a pseudo-random number, see linux/filter.h.
    let random = (libc::SKF_AD_OFF + libc::SKF_AD_RANDOM) as u32;
    let mut program = [
        libc::sock_filter {
            code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
            jt: 0,
            jf: 0,
            k: random,
        },
        libc::sock_filter {
            code: (libc::BPF_ALU | libc::BPF_MOD | libc::BPF_K) as u16,
            jt: 0,
            jf: 0,
            k: count,
        },
        libc::sock_filter { code: (libc::BPF_RET | libc::BPF_A) as u16, jt: 0, jf: 0, k: 0 },
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the kernel copies the program during the call; pointer and length describe `filter`.
    let rc = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_REUSEPORT_CBPF,
            std::ptr::from_ref(&filter).cast(),
            size_of::<libc::sock_fprog>() as libc::socklen_t,
        )
    };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
