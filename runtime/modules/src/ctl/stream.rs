//! Control connections: unix stream and TCP sockets.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use kamjit_engine::Engine;
use kamjit_rpc::binrpc::Decoder;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
    time::timeout,
};

use super::{
    State,
    address::{Address, Connection},
    answer, lock,
};

/// Connections at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 512;
/// A client that does not take its answer for this long is dropped.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the system refused to accept.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn listen_unix(engine: &Arc<Engine>, state: &Arc<State>, path: PathBuf) -> io::Result<Address> {
    let listener = UnixListener::bind(&path)?;
    let address = Address::UnixStream(path);
    let (engine, state, socket) = (Arc::clone(engine), Arc::clone(state), address.clone());
    engine.control.clone().spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => serve(&engine, &state, stream, &socket, None).await,
                Err(e) => refused(&e).await,
            }
        }
    });
    Ok(address)
}

pub(super) fn listen_tcp(engine: &Arc<Engine>, state: &Arc<State>, addr: SocketAddr) -> io::Result<Address> {
    let listener = std::net::TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = Address::Tcp(listener.local_addr()?);
    let (engine, state, socket) = (Arc::clone(engine), Arc::clone(state), address.clone());
    engine.control.clone().spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => serve(&engine, &state, stream, &socket, Some(peer)).await,
                Err(e) => refused(&e).await,
            }
        }
    });
    Ok(address)
}

async fn refused(error: &io::Error) {
    tracing::error!("cannot accept a control connection: {error}");
    tokio::time::sleep(PAUSE).await;
}

async fn serve<S>(
    engine: &Arc<Engine>,
    state: &Arc<State>,
    stream: S,
    socket: &Address,
    peer: Option<SocketAddr>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    while lock(&state.connections).len() >= MAX_CONNECTIONS {
        tokio::time::sleep(PAUSE).await;
    }
    let (engine, state) = (Arc::clone(engine), Arc::clone(state));
    let id = state.enter(Connection { socket: socket.clone(), peer });
    engine.control.clone().spawn(async move {
        if let Err(e) = talk(&engine, stream).await {
            tracing::debug!("control connection ended: {e}");
        }
        state.leave(id);
    });
}

/// Answers requests one after the other until the peer closes or sends what is no BINRPC.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(engine: &Arc<Engine>, mut stream: S) -> io::Result<()> {
    let (mut decoder, mut buffer) = (Decoder::default(), vec![0u8; 4096]);
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        decoder.push(buffer.get(..n).unwrap_or_default());
        while let Some((header, body)) = decoder.next_packet().map_err(io::Error::other)? {
            let reply = answer(engine, &header, &body).await;
            timeout(WRITE_TIMEOUT, stream.write_all(&reply)).await??;
        }
    }
}
