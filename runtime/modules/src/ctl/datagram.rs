//! Control datagrams: unix and UDP sockets. One datagram is one request, and its answer is one datagram.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use kamjit_engine::Engine;
use kamjit_rpc::binrpc::Header;
use tokio::net::{UdpSocket, UnixDatagram};

use super::{address::Address, answer};

/// Longest request, in bytes.
const MAX_REQUEST: usize = 64 * 1024;

pub(super) fn listen_unix(engine: &Arc<Engine>, path: PathBuf) -> io::Result<Address> {
    let socket = UnixDatagram::bind(&path)?;
    let engine = Arc::clone(engine);
    engine.control.clone().spawn(async move {
        let mut buffer = vec![0u8; MAX_REQUEST];
        while let Ok((n, peer)) = socket.recv_from(&mut buffer).await {
            if let Some(reply) = reply(&engine, buffer.get(..n).unwrap_or_default()).await
                && let Some(path) = peer.as_pathname()
                && let Err(e) = socket.try_send_to(&reply, path)
            {
                tracing::warn!("cannot answer a control datagram: {e}");
            }
        }
    });
    Ok(Address::UnixDatagram(path))
}

pub(super) fn listen_udp(engine: &Arc<Engine>, addr: SocketAddr) -> io::Result<Address> {
    let socket = std::net::UdpSocket::bind(addr)?;
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    let address = Address::Udp(socket.local_addr()?);
    let engine = Arc::clone(engine);
    engine.control.clone().spawn(async move {
        let mut buffer = vec![0u8; MAX_REQUEST];
        loop {
            // An error belongs to an earlier answer that did not reach its client.
            let Ok((n, peer)) = socket.recv_from(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            if let Some(reply) = reply(&engine, buffer.get(..n).unwrap_or_default()).await
                && let Err(e) = socket.send_to(&reply, peer).await
            {
                tracing::warn!("cannot answer a control datagram: {e}");
            }
        }
    });
    Ok(address)
}

async fn reply(engine: &Arc<Engine>, packet: &[u8]) -> Option<Vec<u8>> {
    let header = Header::parse(packet).ok()??;
    let body = packet.get(header.len..header.len.checked_add(header.body)?)?;
    Some(answer(engine, &header, body).await)
}
