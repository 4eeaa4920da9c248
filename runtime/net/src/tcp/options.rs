//! What the `tcp_*` globals of a configuration say.

use std::net::IpAddr;
use std::time::Duration;

/// Options of TCP; the defaults are those of Kamailio 5.6 (`kamcmd core.tcp_options`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// `tcp_max_connections`.
    pub max_connections: usize,
    /// `tcp_connection_lifetime`: a connection without traffic is closed after this.
    pub lifetime: Duration,
    /// `tcp_connect_timeout`.
    pub connect_timeout: Duration,
    /// `tcp_send_timeout`: queued bytes that make no progress for this long close the connection.
    pub send_timeout: Duration,
    /// `tcp_conn_wq_max`: bytes queued on one connection.
    pub max_conn_queue: usize,
    /// `tcp_wq_max`: bytes queued on all connections.
    pub max_queue: usize,
    /// `tcp_rd_buf_size`: longest message in bytes.
    pub max_message: usize,
    /// `tcp_accept_no_cl`.
    pub accept_no_length: bool,
    /// `tcp_crlf_ping`: answer a double CRLF.
    pub crlf_ping: bool,
    /// `tcp_no_connect`: only ever use connections that the peers opened.
    pub no_connect: bool,
    /// `tcp_keepalive`.
    pub keepalive: bool,
    /// `tcp_keepidle`, `tcp_keepintvl` in seconds, `tcp_keepcnt`; 0 leaves the system's value.
    pub keepalive_times: (u32, u32, u32),
    /// `tcp_source_ipv4`, `tcp_source_ipv6`: local addresses of connections that we open.
    pub source: [Option<IpAddr>; 2],
    /// `tos`.
    pub tos: Option<u8>,
    /// Connections that may wait to be accepted.
    pub backlog: i32,
    /// `tcp_reuse_port`: connections that we open come from the port of their listener.
    pub reuse_port: bool,
    /// `tcp_defer_accept`: a connection is accepted with its first data only.
    pub defer_accept: u32,
    /// `tcp_delayed_ack`: acknowledge together with the first data.
    pub delayed_ack: bool,
    /// `tcp_syncnt`: how often connecting is tried; 0 leaves the system's value.
    pub syn_count: u32,
    /// `tcp_linger2`: seconds that an orphaned connection is closing; 0 leaves the system's value.
    pub linger2: u32,
}

impl Default for TcpOptions {
    fn default() -> Self {
        TcpOptions {
            max_connections: 2048,
            lifetime: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(10),
            max_conn_queue: 32 * 1024,
            max_queue: 10 << 20,
            max_message: 16 * 1024,
            accept_no_length: false,
            crlf_ping: true,
            no_connect: false,
            keepalive: true,
            keepalive_times: (0, 0, 0),
            source: [None, None],
            tos: Some(0x10),
            backlog: 1024,
            reuse_port: false,
            defer_accept: 0,
            delayed_ack: true,
            syn_count: 0,
            linger2: 0,
        }
    }
}
