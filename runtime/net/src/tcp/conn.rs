//! One connection as all threads see it.

use crate::ConnId;
use crate::listen::{Proto, SocketId};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnState {
    /// We are connecting; what is sent waits.
    Connecting,
    /// Open.
    Open,
    /// Closing or closed.
    Closed,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer closed in order.
    Eof,
    /// The peer reset, or the network failed.
    Reset,
    /// No traffic for its lifetime.
    Timeout,
    /// It could not be opened.
    ConnectFailed,
    /// Too many bytes were queued.
    QueueFull,
    /// Queued bytes made no progress.
    SendTimeout,
    /// What came was not SIP.
    BadStream,
    /// We were asked to close it.
    Asked,
}

/// Bytes that wait for the socket, and the phase that decides about them.
#[derive(Debug)]
struct Output {
    state: ConnState,
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are written already.
    written: usize,
    /// Since when bytes wait without progress.
    stalled_since: Option<Instant>,
    asked_to_close: Option<CloseReason>,
    /// Nothing more is taken, and the end comes when all is written.
    last_words: bool,
}

/// A connection. Shared; the owner's task holds the reading side.
#[derive(Debug)]
pub struct Conn {
    /// Its name.
    pub id: ConnId,
    /// Transport.
    pub proto: Proto,
    /// Address of the peer.
    pub peer: SocketAddr,
    /// The listener that accepted it or that it is counted to.
    pub socket: SocketId,
    /// True when the peer opened it.
    pub incoming: bool,
    /// Our address; the listener's until a connection that we open is established.
    local: Mutex<SocketAddr>,
    output: Mutex<Output>,
    stream: std::sync::OnceLock<TcpStream>,
    /// Milliseconds after `born`: when it ends without further traffic.
    expires_ms: AtomicU64,
    lifetime_ms: AtomicU64,
    born: Instant,
    pub(super) wake: Notify,
}

impl Conn {
    pub(super) fn new(
        id: ConnId,
        proto: Proto,
        socket: SocketId,
        addrs: (SocketAddr, SocketAddr),
        incoming: bool,
        lifetime: Duration,
    ) -> Self {
        let conn = Conn {
            id,
            proto,
            peer: addrs.1,
            socket,
            incoming,
            local: Mutex::new(addrs.0),
            output: Mutex::new(Output {
                state: ConnState::Connecting,
                bytes: Vec::new(),
                written: 0,
                stalled_since: None,
                asked_to_close: None,
                last_words: false,
            }),
            stream: std::sync::OnceLock::new(),
            expires_ms: AtomicU64::new(0),
            lifetime_ms: AtomicU64::new(0),
            born: Instant::now(),
            wake: Notify::new(),
        };
        conn.set_lifetime(lifetime);
        conn
    }

    /// Our address.
    pub fn local(&self) -> SocketAddr {
        *self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Phase.
    pub fn state(&self) -> ConnState {
        self.output().state
    }

    /// Bytes that wait to be written.
    pub fn queued(&self) -> usize {
        let output = self.output();
        output.bytes.len() - output.written
    }

    /// Time until it ends without further traffic.
    pub fn expires_in(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// How long it lives after the last traffic.
    pub fn lifetime(&self) -> Duration {
        Duration::from_millis(self.lifetime_ms.load(Ordering::Relaxed))
    }

    /// Sets how long it lives after the last traffic (`tcp_set_connection_lifetime`), from now on.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.lifetime_ms
            .store(u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX / 4), Ordering::Relaxed);
        self.touch();
        self.wake.notify_one();
    }

    /// Asks the owner to close it. What is queued is dropped.
    pub fn close(&self) {
        self.ask_to_close(CloseReason::Asked);
    }

    /// Asks the owner to close it when what is queued has been written. Nothing more is taken.
    pub fn close_when_written(&self) {
        self.output().last_words = true;
        self.wake.notify_one();
    }

    pub(super) fn ask_to_close(&self, reason: CloseReason) {
        self.output().asked_to_close.get_or_insert(reason);
        self.wake.notify_one();
    }

    pub(super) fn asked_to_close(&self) -> Option<CloseReason> {
        let output = self.output();
        let done =
            output.last_words && output.state == ConnState::Open && output.written >= output.bytes.len();
        output.asked_to_close.or(done.then_some(CloseReason::Asked))
    }

    /// Counts traffic: the lifetime starts anew.
    pub(super) fn touch(&self) {
        let now = self.born.elapsed().as_millis() as u64;
        self.expires_ms
            .store(now.saturating_add(self.lifetime_ms.load(Ordering::Relaxed)), Ordering::Relaxed);
    }

    pub(super) fn deadline(&self) -> Instant {
        // Capped so that the addition cannot overflow: a century is forever.
        let ms = self.expires_ms.load(Ordering::Relaxed).min(100 * 365 * 86_400_000);
        self.born + Duration::from_millis(ms)
    }

    /// When queued bytes count as stuck.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        self.output().stalled_since
    }

    /// The socket, once open.
    pub(super) fn stream(&self) -> Option<&TcpStream> {
        self.stream.get()
    }

    /// Opens it: from now on what is sent goes to `stream`.
    pub(super) fn open(&self, stream: TcpStream) {
        if let Ok(addr) = stream.local_addr() {
            *self.local.lock().unwrap_or_else(PoisonError::into_inner) = addr;
        }
        if self.stream.set(stream).is_ok() {
            self.output().state = ConnState::Open;
        }
        self.touch();
    }

    /// Ends it; gives the bytes that were still queued.
    pub(super) fn shut(&self) -> usize {
        let mut output = self.output();
        output.state = ConnState::Closed;
        let dropped = output.bytes.len() - output.written;
        (output.bytes, output.written, output.stalled_since) = (Vec::new(), 0, None);
        dropped
    }

    /// Writes now what the socket takes and queues the rest, at most `limit` bytes. Gives the bytes queued more.
    pub(super) fn send(&self, bytes: &[u8], limit: usize) -> io::Result<usize> {
        let mut output = self.output();
        if output.state == ConnState::Closed || output.asked_to_close.is_some() || output.last_words {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let mut rest = bytes;
        if output.state == ConnState::Open
            && output.bytes.is_empty()
            && let Some(stream) = self.stream.get()
        {
            while !rest.is_empty() {
                match stream.try_write(rest) {
                    Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
        }
        self.touch();
        if rest.is_empty() {
            return Ok(0);
        }
        if output.bytes.len() - output.written + rest.len() > limit {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        if output.bytes.is_empty() {
            output.stalled_since = Some(Instant::now());
        }
        output.bytes.extend_from_slice(rest);
        drop(output);
        self.wake.notify_one();
        Ok(rest.len())
    }

    /// Writes queued bytes; gives how many went out. Called by the owner.
    pub(super) fn write_queued(&self) -> io::Result<usize> {
        let mut guard = self.output();
        let output = &mut *guard;
        let Some(stream) = self.stream.get() else { return Ok(0) };
        let mut total = 0;
        while let Some(rest) = output.bytes.get(output.written..).filter(|r| !r.is_empty()) {
            match stream.try_write(rest) {
                Ok(n) => {
                    output.written += n;
                    total += n;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if total > 0 {
            output.stalled_since = Some(Instant::now());
        }
        if output.written >= output.bytes.len() {
            (output.bytes, output.written, output.stalled_since) = (Vec::new(), 0, None);
        }
        Ok(total)
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
