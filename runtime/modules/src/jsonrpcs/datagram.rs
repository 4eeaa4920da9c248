//! Calls over a unix or UDP socket: one datagram is one call, and its answer is one datagram.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    os::fd::AsRawFd,
    path::Path,
    sync::Arc,
    time::Duration,
};

use kamjit_engine::{Engine, catalog::HostError};
use kamjit_rpc::json::Layout;
use tokio::{
    net::{UdpSocket, UnixDatagram},
    sync::Semaphore,
    time::timeout,
};

use super::answer::{MAX_WAITING, answer};

/// Longest call, in bytes.
const MAX_CALL: usize = 256 * 1024;
/// Room for answers in the socket, in bytes: an answer must fit as a whole.
const SEND_BUFFER: libc::c_int = 4 << 20;
/// The address of `udp:host:port`; `None` for a path.
pub(super) fn network_address(text: &[u8]) -> Result<Option<SocketAddr>, HostError> {
    let Some(rest) = text.strip_prefix(b"udp:") else { return Ok(None) };
    let host = std::str::from_utf8(rest).ok();
    let found = host.and_then(|h| h.to_socket_addrs().ok()).and_then(|mut all| all.next());
    let bad = || HostError::new(format!("'{}' is no address for dgram_socket", text.escape_ascii()));
    found.map(Some).ok_or_else(bad)
}

/// A client that does not take its answer within `send_timeout` gets none.
pub(super) fn listen_unix(
    engine: &Arc<Engine>,
    path: &Path,
    layout: Layout,
    send_timeout: Duration,
) -> io::Result<()> {
    let socket = UnixDatagram::bind(path)?;
    // Best effort: the kernel may cut it.
    // SAFETY: the pointer and length describe one c_int that lives during the call.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_SNDBUF,
            std::ptr::from_ref(&SEND_BUFFER).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    let engine = Arc::clone(engine);
    let (socket, waiting) = (Arc::new(socket), Arc::new(Semaphore::new(MAX_WAITING)));
    engine.control.clone().spawn(async move {
        let mut buffer = vec![0u8; MAX_CALL];
        while let Ok(permit) = Arc::clone(&waiting).acquire_owned().await {
            let Ok((n, peer)) = socket.recv_from(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            let Some(peer) = peer.as_pathname().map(Path::to_owned) else { continue };
            let call = buffer.get(..n).unwrap_or_default().to_vec();
            let (engine, socket) = (Arc::clone(&engine), Arc::clone(&socket));
            // A task of its own, so that a command that waits stops no other.
            tokio::spawn(async move {
                let _permit = permit;
                let Ok(reply) = answer(&engine, &call, layout).await else { return };
                match timeout(send_timeout, socket.send_to(&reply.text, peer)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(e)) => tracing::error!("cannot answer a call of {} bytes: {e}", reply.text.len()),
                    Err(_) => tracing::error!("a client does not take its answer"),
                }
            });
        }
    });
    Ok(())
}

pub(super) fn listen_udp(engine: &Arc<Engine>, addr: SocketAddr, layout: Layout) -> io::Result<()> {
    let socket = std::net::UdpSocket::bind(addr)?;
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    let engine = Arc::clone(engine);
    let (socket, waiting) = (Arc::new(socket), Arc::new(Semaphore::new(MAX_WAITING)));
    engine.control.clone().spawn(async move {
        let mut buffer = vec![0u8; MAX_CALL];
        while let Ok(permit) = Arc::clone(&waiting).acquire_owned().await {
            // An error belongs to an earlier answer that did not reach its client.
            let Ok((n, peer)) = socket.recv_from(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            let call = buffer.get(..n).unwrap_or_default().to_vec();
            let (engine, socket) = (Arc::clone(&engine), Arc::clone(&socket));
            tokio::spawn(async move {
                let _permit = permit;
                if let Ok(reply) = answer(&engine, &call, layout).await
                    && let Err(e) = socket.send_to(&reply.text, peer).await
                {
                    tracing::error!("cannot answer a call from {peer}: {e}");
                }
            });
        }
    });
    Ok(())
}
