//! Stream connections.

use kamjit_net::tcp::ConnState;
use kamjit_rpc::{Fault, Value};

use crate::rpc::RpcCall;

pub(super) fn info(call: &mut RpcCall) -> Result<(), Fault> {
    let (options, stats) = (call.engine.tcp.options(), call.engine.tcp.stats());
    let tls = call.engine.tcp.list().iter().filter(|c| c.proto.is_secure()).count();
    // What the configuration asks for; kamjit's workers read all transports.
    let globals = &call.program.globals;
    let readers = globals.given_int("tcp_children").unwrap_or_else(|| globals.int("children"));
    call.add_struct(vec![
        ("readers", Value::Int(readers)),
        ("max_connections", options.max_connections.into()),
        ("max_tls_connections", options.max_connections.into()),
        ("opened_connections", stats.current_connections.into()),
        ("opened_tls_connections", tls.into()),
        ("write_queued_bytes", stats.queued_bytes.into()),
    ]);
    Ok(())
}

pub(super) fn list(call: &mut RpcCall) -> Result<(), Fault> {
    for conn in call.engine.tcp.list() {
        let local = conn.local();
        let state = match conn.state() {
            ConnState::Connecting => "CONN_CONNECT",
            ConnState::Open => "CONN_OK",
            ConnState::Closed => "CONN_BAD",
        };
        call.add_struct(vec![
            ("id", conn.id.0.into()),
            ("type", conn.proto.via_name().into()),
            ("state", state.into()),
            ("timeout", conn.expires_in().as_secs().into()),
            ("lifetime", conn.lifetime().as_secs().into()),
            ("ref_count", Value::Int(1)),
            ("src_ip", conn.peer.ip().to_string().into()),
            ("src_port", Value::Int(conn.peer.port().into())),
            ("dst_ip", local.ip().to_string().into()),
            ("dst_port", Value::Int(local.port().into())),
        ]);
    }
    Ok(())
}

pub(super) fn options(call: &mut RpcCall) -> Result<(), Fault> {
    let o = call.engine.tcp.options();
    let accept_aliases = call.program.globals.live.tcp_accept_aliases.get() != 0;
    let seconds = |d: std::time::Duration| Value::from(d.as_secs());
    let flag = |on: bool| Value::Int(on.into());
    let (idle, interval, count) = o.keepalive_times;
    call.add_struct(vec![
        ("connect_timeout", seconds(o.connect_timeout)),
        ("send_timeout", seconds(o.send_timeout)),
        ("connection_lifetime", seconds(o.lifetime)),
        ("max_connections(soft)", o.max_connections.into()),
        ("max_tls_connections(soft)", o.max_connections.into()),
        ("no_connect", flag(o.no_connect)),
        ("fd_cache", Value::Int(1)),
        ("async", Value::Int(1)),
        ("connect_wait", Value::Int(1)),
        ("conn_wq_max", o.max_conn_queue.into()),
        ("wq_max", o.max_queue.into()),
        ("defer_accept", Value::Int(o.defer_accept.into())),
        ("delayed_ack", flag(o.delayed_ack)),
        ("syncnt", Value::Int(o.syn_count.into())),
        ("linger2", Value::Int(o.linger2.into())),
        ("keepalive", flag(o.keepalive)),
        ("keepidle", Value::Int(idle.into())),
        ("keepintvl", Value::Int(interval.into())),
        ("keepcnt", Value::Int(count.into())),
        ("crlf_ping", flag(o.crlf_ping)),
        ("accept_aliases", flag(accept_aliases)),
        ("alias_flags", Value::Int(1)),
        ("new_conn_alias_flags", Value::Int(2)),
    ]);
    Ok(())
}
