//! Transports of kamjit: UDP in batches, TCP with SIP framing, and DNS in the order of RFC 3263.
//!
//! Nothing here knows SIP beyond what framing needs (`Content-Length`). The engine binds its listeners once
//! ([`SocketTable::bind`]), hands every worker thread its own set of sockets ([`SocketTable::worker`]) and gets
//! messages either from [`udp::UdpWorker::recv`] or through a [`MessageSink`] (streams).

pub mod dns;
pub mod interfaces;
pub mod listen;
pub mod raw_addr;
pub mod socket_table;
mod sockopt;
pub mod tcp;
pub mod udp;

pub use listen::{ListenSpec, Proto, SocketId};
pub use socket_table::{BindError, BindOptions, SocketInfo, SocketTable, WorkerSockets};

use std::net::SocketAddr;

/// Names one connection of a stream transport for the life of the process; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// Where a message came from and which of our sockets got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveInfo {
    /// Transport of the message.
    pub proto: Proto,
    /// Address of the peer.
    pub src: SocketAddr,
    /// Our address.
    pub dst: SocketAddr,
    /// The listener that got the message; for a connection that we opened, the listener it is counted to.
    pub socket: SocketId,
    /// The connection, for stream transports.
    pub conn: Option<ConnId>,
}

/// What a sink says about the stream after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Keep,
    /// Close the connection: what came cannot be SIP. The real server closes after a message without its
    /// required headers, but not after an HTTP request (captured).
    Close,
}

/// Takes messages from stream transports. Called on the worker thread that owns the connection; must not block.
pub trait MessageSink {
    /// One whole message. `bytes` are only valid during the call.
    fn on_message(&self, bytes: &[u8], from: ReceiveInfo) -> Verdict;

    /// A connection ended (also one that could not be opened). It is in no table any more.
    fn on_closed(&self, conn: &tcp::Conn, reason: tcp::CloseReason) {
        let _ = (conn, reason);
    }
}
