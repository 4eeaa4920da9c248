//! The running server: what all workers, modules and control transports share.

use std::{
    sync::{
        Arc, OnceLock, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use kamjit_net::{
    ConnId, SocketTable,
    dns::Dns,
    tcp::{TcpTarget, TcpTransport},
};

use crate::{
    cfg::CfgStore, dest::Destination, identity::Identity, program::Program, stats::Stats,
    worker::WorkerHandle,
};

/// How the process was started.
#[derive(Clone, Debug, Default)]
pub struct StartInfo {
    /// The command line.
    pub args: Vec<String>,
    /// The main configuration file.
    pub config: String,
    /// Names defined by the preprocessor at the end of the file, with their values.
    pub defines: Vec<(String, Option<String>)>,
    /// `-Y`: where control sockets go.
    pub run_dir: String,
    /// `-w`.
    pub work_dir: String,
}

/// The running server.
pub struct Engine {
    /// Statistics.
    pub stats: Arc<Stats>,
    /// Variables that may change at run time.
    pub cfg: Arc<CfgStore>,
    /// Listeners.
    pub sockets: Arc<SocketTable>,
    /// Stream connections.
    pub tcp: Arc<TcpTransport>,
    /// Name look-ups; workers ask through [`crate::worker::Worker::dns`].
    pub dns: Arc<Dns>,
    /// What is "myself".
    pub identity: Identity,
    /// How the process was started.
    pub start: StartInfo,
    /// When.
    pub started: SystemTime,
    /// The same on the monotonic clock.
    pub started_at: Instant,
    /// Runs the tasks of control transports and other slow work, on the main thread.
    pub control: tokio::runtime::Handle,
    /// Timer ticks since the start (1/16 s).
    pub ticks: AtomicU64,
    program: RwLock<Arc<Program>>,
    workers: OnceLock<Vec<WorkerHandle>>,
    message_ids: AtomicU64,
    stop: tokio::sync::Notify,
}

impl Engine {
    #[allow(clippy::too_many_arguments)] // Called once, by the daemon.
    /// A server with its listeners bound and no worker yet.
    pub fn new(
        program: Arc<Program>,
        stats: Arc<Stats>,
        cfg: Arc<CfgStore>,
        sockets: Arc<SocketTable>,
        tcp: Arc<TcpTransport>,
        dns: Arc<Dns>,
        identity: Identity,
        start: StartInfo,
        control: tokio::runtime::Handle,
    ) -> Arc<Engine> {
        Arc::new(Engine {
            stats,
            cfg,
            sockets,
            tcp,
            dns,
            identity,
            start,
            started: SystemTime::now(),
            started_at: Instant::now(),
            control,
            ticks: AtomicU64::new(0),
            program: RwLock::new(program),
            workers: OnceLock::new(),
            message_ids: AtomicU64::new(0),
            stop: tokio::sync::Notify::new(),
        })
    }

    /// The program that new messages run.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(&self.program.read().unwrap_or_else(|broken| broken.into_inner()))
    }

    /// The workers.
    pub fn workers(&self) -> &[WorkerHandle] {
        self.workers.get().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn set_workers(&self, handles: Vec<WorkerHandle>) {
        let _ = self.workers.set(handles);
    }

    /// Ends the server as SIGTERM does (`core.kill`).
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Returns when somebody asked for the end.
    pub async fn stopped(&self) {
        self.stop.notified().await;
    }

    /// A number for the next message (`$mi`), from 1.
    pub fn next_message_id(&self) -> u64 {
        self.message_ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn close_if_asked(&self, dest: &Destination, conn: ConnId) {
        if dest.close
            && let Some(conn) = self.tcp.get(conn)
        {
            conn.close_when_written();
        }
    }

    /// Sends on a stream transport.
    pub fn send_stream(&self, dest: &Destination, bytes: &[u8]) -> bool {
        if let Some(conn) = dest.conn
            && self.tcp.send_to_conn(conn, bytes).is_ok()
        {
            self.close_if_asked(dest, conn);
            return true;
        }
        let Some(local) = self.sockets.get(dest.socket).map(|info| info.addr) else { return false };
        let target = TcpTarget {
            proto: dest.proto,
            dst: dest.addr,
            socket: dest.socket,
            local,
            connect: dest.connect,
        };
        match self.tcp.send(target, bytes) {
            Ok(conn) => {
                self.close_if_asked(dest, conn);
                true
            }
            Err(error) => {
                tracing::warn!("cannot send to {}:{}: {error}", dest.proto, dest.addr);
                false
            }
        }
    }
}
