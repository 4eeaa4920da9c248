//! Opening connections.

use super::TcpOptions;
use super::conn::Conn;
use crate::sockopt::set_int;
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// Begins to connect. Does not wait; gives the errors that the system knows at once.
pub(super) fn begin(conn: &Conn, options: &TcpOptions) -> io::Result<std::net::TcpStream> {
    let socket = Socket::new(
        Domain::for_address(conn.peer),
        Type::STREAM.nonblocking().cloexec(),
        Some(Protocol::TCP),
    )?;
    socket.set_tcp_nodelay(true)?;
    let configured = options.source.iter().flatten().find(|ip| ip.is_ipv4() == conn.peer.is_ipv4());
    let from = configured.copied().unwrap_or_else(|| conn.local().ip());
    if from.is_ipv4() == conn.peer.is_ipv4() && !from.is_unspecified() {
        let mut port = 0;
        if options.reuse_port {
            socket.set_reuse_port(true)?;
            socket.set_reuse_address(true)?;
            port = conn.local().port();
        } else {
            // The port is chosen when connecting, so that one address can open more than 28,000 connections.
            let _ = set_int(&socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1);
        }
        socket.bind(&SocketAddr::new(from, port).into())?;
    }
    apply(&socket, options, conn.peer.is_ipv4());
    match socket.connect(&conn.peer.into()) {
        Err(e) if e.raw_os_error() != Some(libc::EINPROGRESS) => return Err(e),
        _ => {}
    }
    // A refusal on the same machine is there by now.
    match socket.take_error()? {
        Some(e) => Err(e),
        None => Ok(socket.into()),
    }
}

/// Waits until the connection is open.
pub(super) async fn finish(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    let stream = TcpStream::from_std(stream)?;
    stream.writable().await?;
    match stream.take_error()? {
        Some(e) => Err(e),
        None => Ok(stream),
    }
}

/// Keep-alive, type of service and their kin; best effort.
pub(crate) fn apply(socket: &Socket, options: &super::TcpOptions, ipv4: bool) {
    if options.keepalive {
        let (idle, interval, count) = options.keepalive_times;
        let mut keepalive = TcpKeepalive::new();
        if idle > 0 {
            keepalive = keepalive.with_time(Duration::from_secs(u64::from(idle)));
        }
        if interval > 0 {
            keepalive = keepalive.with_interval(Duration::from_secs(u64::from(interval)));
        }
        if count > 0 {
            keepalive = keepalive.with_retries(count);
        }
        let _ = socket.set_keepalive(true);
        let _ = socket.set_tcp_keepalive(&keepalive);
    }
    let tcp_option = |name, value: u32| {
        let _ = set_int(socket, libc::IPPROTO_TCP, name, i32::try_from(value).unwrap_or(i32::MAX));
    };
    if !options.delayed_ack {
        tcp_option(libc::TCP_QUICKACK, 1);
    }
    if options.syn_count > 0 {
        tcp_option(libc::TCP_SYNCNT, options.syn_count);
    }
    if options.linger2 > 0 {
        tcp_option(libc::TCP_LINGER2, options.linger2);
    }
    if let Some(tos) = options.tos
        && ipv4
    {
        let _ = socket.set_tos_v4(u32::from(tos));
    }
}
