//! The process-wide table of connections, and sending through it.

use super::conn::{Conn, ConnState};
use super::connect;
use super::framing::FrameLimits;
use super::options::TcpOptions;
use crate::ConnId;
use crate::listen::{Proto, SocketId};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicIsize, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

thread_local! {
    /// Index of the TCP worker that runs on this thread.
    static WORKER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A connection that we open, and its socket.
pub(super) type Connecting = (Arc<Conn>, std::net::TcpStream);

/// Where to send when no connection is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpTarget {
    /// Transport.
    pub proto: Proto,
    /// The peer.
    pub dst: SocketAddr,
    /// Listener that a new connection is counted to.
    pub socket: SocketId,
    /// Our address to connect from; its port is not used.
    pub local: SocketAddr,
    /// Open a connection if none is there (`set_reply_no_connect`, `set_forward_no_connect` say no).
    pub connect: bool,
}

/// Why bytes were not taken.
#[derive(Debug)]
pub enum SendError {
    /// No such connection (any more), and none may be opened.
    NoConnection,
    /// `tcp_max_connections` are open.
    TooManyConnections,
    /// The queue of the connection, or all queues together, are full. The connection is closed.
    QueueFull,
    /// The socket failed. The connection is closed.
    Io(io::Error),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::NoConnection => f.write_str("no connection"),
            SendError::TooManyConnections => f.write_str("too many connections"),
            SendError::QueueFull => f.write_str("write queue full"),
            SendError::Io(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for SendError {}

/// Counters (`tcp` statistics group) and gauges (`core.tcp_info`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpStats {
    /// Connections now.
    pub current_connections: usize,
    /// Bytes queued now.
    pub queued_bytes: usize,
    /// Connections accepted.
    pub passive_open: u64,
    /// Connections opened by us.
    pub connect_success: u64,
    /// Connections that we could not open.
    pub connect_failed: u64,
    /// Connections ended by silence.
    pub con_timeout: u64,
    /// Connections reset by the peer.
    pub con_reset: u64,
    /// Connections established in either direction.
    pub established: u64,
    /// Accepted and closed at once, for `tcp_max_connections`.
    pub local_reject: u64,
    /// Queued bytes that made no progress.
    pub send_timeout: u64,
    /// Write queue overruns.
    pub sendq_full: u64,
}

/// Counters as the workers change them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) passive_open: AtomicU64,
    pub(super) connect_success: AtomicU64,
    pub(super) connect_failed: AtomicU64,
    pub(super) con_timeout: AtomicU64,
    pub(super) con_reset: AtomicU64,
    pub(super) established: AtomicU64,
    pub(super) local_reject: AtomicU64,
    pub(super) send_timeout: AtomicU64,
    pub(super) sendq_full: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<ConnId, Arc<Conn>>,
    /// Peer addresses and aliases; the connection used last stands last.
    by_peer: HashMap<(Proto, SocketAddr), Vec<ConnId>>,
    /// Keys of `by_peer` for each connection, so that closing finds them.
    keys: HashMap<ConnId, Vec<(Proto, SocketAddr)>>,
}

/// Aliases that one connection may have.
const MAX_ALIASES: usize = 12;

/// All connections of the process.
#[derive(Debug)]
pub struct TcpTransport {
    options: Mutex<Arc<TcpOptions>>,
    table: Mutex<Table>,
    next_id: AtomicU64,
    /// Signed: what a thread queued may be written before that thread has counted it.
    queued: AtomicIsize,
    pub(super) counters: Counters,
    /// For each worker, where connections to be opened go.
    workers: Mutex<Vec<mpsc::UnboundedSender<Connecting>>>,
    next_worker: AtomicUsize,
}

impl TcpTransport {
    /// No connections yet.
    pub fn new(options: TcpOptions) -> Arc<Self> {
        Arc::new(TcpTransport {
            options: Mutex::new(Arc::new(options)),
            table: Mutex::default(),
            next_id: AtomicU64::new(1),
            queued: AtomicIsize::new(0),
            counters: Counters::default(),
            workers: Mutex::default(),
            next_worker: AtomicUsize::new(0),
        })
    }

    /// Current options.
    pub fn options(&self) -> Arc<TcpOptions> {
        lock(&self.options).clone()
    }

    /// Changes options (`cfg.set tcp ...`); connections that exist keep their lifetime.
    pub fn set_options(&self, options: TcpOptions) {
        *lock(&self.options) = Arc::new(options);
    }

    pub(super) fn limits(&self) -> FrameLimits {
        let options = self.options();
        FrameLimits { max_message: options.max_message, accept_no_length: options.accept_no_length }
    }

    /// A connection by name.
    pub fn get(&self, id: ConnId) -> Option<Arc<Conn>> {
        lock(&self.table).by_id.get(&id).cloned()
    }

    /// The newest connection to a peer (or alias).
    pub fn find(&self, proto: Proto, peer: SocketAddr) -> Option<Arc<Conn>> {
        let table = lock(&self.table);
        let id = table.by_peer.get(&(proto, peer))?.last()?;
        table.by_id.get(id).cloned()
    }

    /// All connections, by name.
    pub fn list(&self) -> Vec<Arc<Conn>> {
        let mut all: Vec<_> = lock(&self.table).by_id.values().cloned().collect();
        all.sort_by_key(|c| c.id);
        all
    }

    /// Lets messages to `port` at the peer's address use this connection (RFC 5923, Via `alias`). False when the
    /// connection is gone, has too many aliases, or the alias belongs to another connection.
    pub fn add_alias(&self, id: ConnId, port: u16) -> bool {
        let mut guard = lock(&self.table);
        let table = &mut *guard;
        let Some(conn) = table.by_id.get(&id) else { return false };
        let key = (conn.proto, SocketAddr::new(conn.peer.ip(), port));
        let ids = table.by_peer.entry(key).or_default();
        if ids.contains(&id) {
            return true;
        }
        let keys = table.keys.entry(id).or_default();
        if !ids.is_empty() || keys.len() >= MAX_ALIASES {
            return false;
        }
        ids.push(id);
        keys.push(key);
        true
    }

    /// Aliases of a connection: the ports beside its own.
    pub fn aliases(&self, id: ConnId) -> Vec<SocketAddr> {
        lock(&self.table).keys.get(&id).into_iter().flatten().skip(1).map(|k| k.1).collect()
    }

    /// Sends on a connection by name.
    ///
    /// # Errors
    /// See [`SendError`].
    pub fn send_to_conn(&self, id: ConnId, bytes: &[u8]) -> Result<(), SendError> {
        let conn = self.get(id).ok_or(SendError::NoConnection)?;
        self.send_on(&conn, bytes)
    }

    /// Sends to a peer, on the connection that is there or on a new one. Never waits: a new connection takes the
    /// bytes into its queue and is opened by a worker.
    ///
    /// # Errors
    /// See [`SendError`].
    pub fn send(&self, target: TcpTarget, bytes: &[u8]) -> Result<ConnId, SendError> {
        if let Some(conn) = self.find(target.proto, target.dst) {
            match self.send_on(&conn, bytes) {
                Ok(()) => return Ok(conn.id),
                // It was just closing: as if it were not there.
                Err(SendError::NoConnection) => {}
                Err(e) => return Err(e),
            }
        }
        if !target.connect || self.options().no_connect {
            return Err(SendError::NoConnection);
        }
        let conn = self.register(target.proto, target.socket, (target.local, target.dst), false)?;
        let id = conn.id;
        // Begun here, so that the caller learns what is known at once: a port that refuses, no route.
        let stream = match connect::begin(&conn, &self.options()) {
            Ok(stream) => stream,
            Err(e) => {
                self.counters.connect_failed.fetch_add(1, Ordering::Relaxed);
                self.forget(id);
                return Err(SendError::Io(e));
            }
        };
        self.send_on(&conn, bytes)?;
        if !self.hand_to_worker((conn, stream)) {
            self.forget(id);
            return Err(SendError::NoConnection);
        }
        Ok(id)
    }

    fn send_on(&self, conn: &Conn, bytes: &[u8]) -> Result<(), SendError> {
        let options = self.options();
        let room = options.max_queue.saturating_sub(self.queued_bytes());
        match conn.send(bytes, options.max_conn_queue.min(room + conn.queued())) {
            Ok(queued) => {
                self.queued.fetch_add(queued as isize, Ordering::Relaxed);
                Ok(())
            }
            Err(e) if e.kind() == io::ErrorKind::NotConnected && conn.state() != ConnState::Open => {
                Err(SendError::NoConnection)
            }
            Err(e) if e.kind() == io::ErrorKind::OutOfMemory => {
                self.counters.sendq_full.fetch_add(1, Ordering::Relaxed);
                conn.ask_to_close(super::CloseReason::QueueFull);
                Err(SendError::QueueFull)
            }
            Err(e) => {
                conn.ask_to_close(super::CloseReason::Reset);
                Err(SendError::Io(e))
            }
        }
    }

    /// Counters and gauges.
    pub fn stats(&self) -> TcpStats {
        let c = &self.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TcpStats {
            current_connections: lock(&self.table).by_id.len(),
            queued_bytes: self.queued_bytes(),
            passive_open: get(&c.passive_open),
            connect_success: get(&c.connect_success),
            connect_failed: get(&c.connect_failed),
            con_timeout: get(&c.con_timeout),
            con_reset: get(&c.con_reset),
            established: get(&c.established),
            local_reject: get(&c.local_reject),
            send_timeout: get(&c.send_timeout),
            sendq_full: get(&c.sendq_full),
        }
    }

    /// Puts a new connection into the table.
    pub(super) fn register(
        &self,
        proto: Proto,
        socket: SocketId,
        addrs: (SocketAddr, SocketAddr),
        incoming: bool,
    ) -> Result<Arc<Conn>, SendError> {
        let options = self.options();
        let mut guard = lock(&self.table);
        let table = &mut *guard;
        if table.by_id.len() >= options.max_connections {
            return Err(SendError::TooManyConnections);
        }
        let id = ConnId(self.next_id.fetch_add(1, Ordering::Relaxed));
        // While we connect, the connect timeout bounds its life.
        let conn = Arc::new(Conn::new(id, proto, socket, addrs, incoming, options.lifetime));
        let key = (proto, addrs.1);
        table.by_id.insert(id, conn.clone());
        table.by_peer.entry(key).or_default().push(id);
        table.keys.insert(id, vec![key]);
        Ok(conn)
    }

    /// Takes a connection out of the table and drops what it had queued.
    pub(super) fn forget(&self, id: ConnId) {
        let mut guard = lock(&self.table);
        let table = &mut *guard;
        for key in table.keys.remove(&id).unwrap_or_default() {
            if let Some(ids) = table.by_peer.get_mut(&key) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    table.by_peer.remove(&key);
                }
            }
        }
        if let Some(conn) = table.by_id.remove(&id) {
            drop(guard);
            self.count_written(conn.shut());
        }
    }

    pub(super) fn count_written(&self, bytes: usize) {
        self.queued.fetch_sub(bytes as isize, Ordering::Relaxed);
    }

    fn queued_bytes(&self) -> usize {
        usize::try_from(self.queued.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Registers a worker; gives its index and where connections to open arrive.
    pub(super) fn add_worker(&self) -> mpsc::UnboundedReceiver<Connecting> {
        // Not bounded by itself, but by `max_connections`: each connection is handed over once.
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut workers = lock(&self.workers);
        WORKER.set(Some(workers.len()));
        workers.push(sender);
        receiver
    }

    /// Gives a connection to the worker of this thread, or else to the next that takes it.
    fn hand_to_worker(&self, connecting: Connecting) -> bool {
        let workers = lock(&self.workers);
        let count = workers.len();
        let first = WORKER.get().filter(|i| *i < count);
        let first = first.unwrap_or_else(|| self.next_worker.fetch_add(1, Ordering::Relaxed) % count.max(1));
        let mut connecting = connecting;
        for offset in 0..count {
            let Some(worker) = workers.get((first + offset) % count) else { continue };
            match worker.send(connecting) {
                Ok(()) => return true,
                Err(back) => connecting = back.0,
            }
        }
        false
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
