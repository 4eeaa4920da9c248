//! One worker's part of TCP: accepting, opening, reading.

use super::conn::{CloseReason, Conn};
use super::connect;
use super::framing::{Frame, FrameLimits, Framer};
use super::transport::TcpTransport;
use crate::listen::{Proto, SocketId};
use crate::{MessageSink, ReceiveInfo, Verdict};
use socket2::SockRef;
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};

/// Bytes asked for with one read.
const READ_SIZE: usize = 16 * 1024;
/// Empty read buffers that a worker keeps.
const SPARE_BUFFERS: usize = 16;
/// Pause after the system refused to accept (no descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One worker's part of TCP. Clones share it.
#[derive(Clone)]
pub struct TcpWorker {
    shared: Rc<Shared>,
}

struct Shared {
    transport: Arc<TcpTransport>,
    sink: Rc<dyn MessageSink>,
    spare: RefCell<Vec<Vec<u8>>>,
}

impl TcpWorker {
    /// Starts accepting on `listeners` and opening connections for `transport`, as local tasks of the current
    /// `LocalSet`. Call once per worker thread.
    ///
    /// # Errors
    /// What epoll says about a listener.
    pub fn start(
        transport: Arc<TcpTransport>,
        listeners: Vec<(SocketId, std::net::TcpListener)>,
        sink: Rc<dyn MessageSink>,
    ) -> io::Result<Self> {
        let mut to_open = transport.add_worker();
        let worker = TcpWorker { shared: Rc::new(Shared { transport, sink, spare: RefCell::default() }) };
        for (id, listener) in listeners {
            listener.set_nonblocking(true)?;
            let (listener, worker) = (TcpListener::from_std(listener)?, worker.clone());
            tokio::task::spawn_local(async move { worker.accept_all(id, listener).await });
        }
        let opener = worker.clone();
        tokio::task::spawn_local(async move {
            while let Some((conn, stream)) = to_open.recv().await {
                let worker = opener.clone();
                tokio::task::spawn_local(async move { worker.open(conn, stream).await });
            }
        });
        Ok(worker)
    }

    async fn accept_all(&self, id: SocketId, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.accepted(id, stream, peer),
                Err(e) => {
                    tracing::error!("accept failed: {e}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            // Other workers wait for the same queue: let them have the next one.
            tokio::task::yield_now().await;
        }
    }

    fn accepted(&self, id: SocketId, stream: TcpStream, peer: SocketAddr) {
        let transport = &self.shared.transport;
        let Ok(local) = stream.local_addr() else { return };
        let conn = match transport.register(Proto::Tcp, id, (local, unmap(peer)), true) {
            Ok(conn) => conn,
            Err(e) => {
                transport.counters.local_reject.fetch_add(1, Ordering::Relaxed);
                tracing::error!("connection from {peer} refused: {e}");
                return;
            }
        };
        let _ = stream.set_nodelay(true);
        transport.counters.passive_open.fetch_add(1, Ordering::Relaxed);
        transport.counters.established.fetch_add(1, Ordering::Relaxed);
        conn.open(stream);
        let worker = self.clone();
        tokio::task::spawn_local(async move { worker.run(conn).await });
    }

    async fn open(&self, conn: Arc<Conn>, stream: std::net::TcpStream) {
        let transport = &self.shared.transport;
        let options = transport.options();
        let outcome = tokio::select! {
            outcome = timeout(options.connect_timeout, connect::finish(stream)) => outcome,
            () = asked_to_close(&conn) => Ok(Err(io::ErrorKind::Interrupted.into())),
        };
        match outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                transport.counters.connect_success.fetch_add(1, Ordering::Relaxed);
                transport.counters.established.fetch_add(1, Ordering::Relaxed);
                conn.open(stream);
                self.run(conn).await;
            }
            Err(e) => {
                tracing::error!("connect to {} failed: {e}", conn.peer);
                transport.counters.connect_failed.fetch_add(1, Ordering::Relaxed);
                self.end(&conn, CloseReason::ConnectFailed);
            }
        }
    }

    /// The life of an open connection.
    async fn run(&self, conn: Arc<Conn>) {
        let reason = match conn.stream() {
            Some(stream) => self.serve(&conn, stream).await,
            None => CloseReason::Reset,
        };
        let counters = &self.shared.transport.counters;
        match reason {
            CloseReason::Timeout => counters.con_timeout.fetch_add(1, Ordering::Relaxed),
            CloseReason::Reset => counters.con_reset.fetch_add(1, Ordering::Relaxed),
            CloseReason::SendTimeout => counters.send_timeout.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        self.end(&conn, reason);
    }

    fn end(&self, conn: &Arc<Conn>, reason: CloseReason) {
        self.shared.transport.forget(conn.id);
        if let Some(stream) = conn.stream() {
            // Other threads may hold the connection for a moment; the peer shall see the end now.
            let _ = SockRef::from(stream).shutdown(std::net::Shutdown::Both);
        }
        self.shared.sink.on_closed(conn, reason);
    }

    async fn serve(&self, conn: &Arc<Conn>, stream: &TcpStream) -> CloseReason {
        let mut framer = Framer::default();
        let timer = sleep_until(conn.deadline());
        tokio::pin!(timer);
        loop {
            if let Some(reason) = conn.asked_to_close() {
                return reason;
            }
            let queued = conn.queued() > 0;
            timer.as_mut().reset(self.next_check(conn));
            tokio::select! {
                biased;
                ready = stream.readable() => {
                    if ready.is_err() {
                        return CloseReason::Reset;
                    }
                    if let Some(reason) = self.read(conn, stream, &mut framer) {
                        return reason;
                    }
                }
                ready = stream.writable(), if queued => {
                    match ready.and_then(|()| conn.write_queued()) {
                        Ok(written) => self.shared.transport.count_written(written),
                        Err(_) => return CloseReason::Reset,
                    }
                }
                () = conn.wake.notified() => {}
                () = &mut timer => {
                    if let Some(reason) = self.timed_out(conn) {
                        return reason;
                    }
                }
            }
        }
    }

    /// When the timer has to look at the connection.
    fn next_check(&self, conn: &Conn) -> Instant {
        let stuck = conn.stalled_since().map(|since| since + self.shared.transport.options().send_timeout);
        stuck.map_or(conn.deadline(), |at| at.min(conn.deadline()))
    }

    fn timed_out(&self, conn: &Conn) -> Option<CloseReason> {
        let now = Instant::now();
        if conn.deadline() <= now {
            return Some(CloseReason::Timeout);
        }
        let send_timeout = self.shared.transport.options().send_timeout;
        conn.stalled_since().filter(|since| *since + send_timeout <= now).map(|_| CloseReason::SendTimeout)
    }

    /// One read and the messages that it completed.
    fn read(&self, conn: &Arc<Conn>, stream: &TcpStream, framer: &mut Framer) -> Option<CloseReason> {
        if framer.needs_buffer() {
            framer.give_buffer(self.shared.spare.borrow_mut().pop().unwrap_or_default());
        }
        framer.compact();
        let buffer = framer.buffer();
        buffer.reserve(READ_SIZE);
        let ended = match stream.try_read_buf(buffer) {
            Ok(0) => Some(CloseReason::Eof),
            Ok(_) => {
                conn.touch();
                self.handle(conn, framer)
            }
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => None,
            Err(_) => Some(CloseReason::Reset),
        };
        if let Some(buffer) = framer.take_buffer() {
            let mut spare = self.shared.spare.borrow_mut();
            if spare.len() < SPARE_BUFFERS && buffer.capacity() <= 4 * READ_SIZE {
                spare.push(buffer);
            }
        }
        ended
    }

    fn handle(&self, conn: &Arc<Conn>, framer: &mut Framer) -> Option<CloseReason> {
        let limits: FrameLimits = self.shared.transport.limits();
        let info = ReceiveInfo {
            proto: conn.proto,
            src: conn.peer,
            dst: conn.local(),
            socket: conn.socket,
            conn: Some(conn.id),
        };
        loop {
            match framer.next(&limits) {
                Ok(Frame::Message(message)) => {
                    if self.shared.sink.on_message(message, info) == Verdict::Close {
                        return Some(CloseReason::BadStream);
                    }
                }
                Ok(Frame::Ping) => {
                    if self.shared.transport.options().crlf_ping {
                        // A peer that does not read its pongs fills the queue and is closed.
                        let _ = self.shared.transport.send_to_conn(conn.id, b"\r\n");
                    }
                }
                Ok(Frame::Incomplete) => return None,
                Err(e) => {
                    tracing::error!("bad stream from {}: {e}", conn.peer);
                    return Some(CloseReason::BadStream);
                }
            }
        }
    }
}

async fn asked_to_close(conn: &Conn) {
    while conn.asked_to_close().is_none() {
        conn.wake.notified().await;
    }
}

/// IPv4-mapped IPv6 addresses are IPv4.
fn unmap(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}
