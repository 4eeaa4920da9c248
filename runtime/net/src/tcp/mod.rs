//! TCP: connections with SIP framing, a process-wide table of them, and sending from any thread.
//!
//! A connection belongs to the worker that accepted or opened it: its task reads, cuts messages and calls the
//! worker's [`crate::MessageSink`]. Any thread may send: it writes to the socket itself when nothing is queued, and
//! leaves the rest to the owner.

mod conn;
mod connect;
mod framing;
mod options;
mod transport;
mod worker;

pub use conn::{CloseReason, Conn, ConnState};
pub(crate) use connect::apply as apply_options;
pub use framing::{Frame, FrameError, FrameLimits, Framer};
pub use options::TcpOptions;
pub use transport::{SendError, TcpStats, TcpTarget, TcpTransport};
pub use worker::TcpWorker;
