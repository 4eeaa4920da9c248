//! Statistics that other parts count: groups `tcp`, `dns` and `shmem`.

use std::sync::Arc;

use kamjit_catalog::HostError;
use kamjit_net::tcp::TcpStats;

use crate::{engine::Engine, process, rpc::core::shared_memory};

/// Reads one figure.
type TcpFigure = fn(&TcpStats) -> u64;
type Figure<F> = (&'static str, F);

/// Registers what is computed when asked for, and the main thread.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    process::register(0, 0, "main process - attendant");
    let tcp: [Figure<TcpFigure>; 11] = [
        ("con_reset", |s| s.con_reset),
        ("con_timeout", |s| s.con_timeout),
        ("connect_failed", |s| s.connect_failed),
        ("connect_success", |s| s.connect_success),
        ("current_opened_connections", |s| s.current_connections as u64),
        ("current_write_queue_size", |s| s.queued_bytes as u64),
        ("established", |s| s.established),
        ("local_reject", |s| s.local_reject),
        ("passive_open", |s| s.passive_open),
        ("send_timeout", |s| s.send_timeout),
        ("sendq_full", |s| s.sendq_full),
    ];
    for (name, value) in tcp {
        let transport = Arc::clone(&engine.tcp);
        engine.stats.computed("tcp", name, move || value(&transport.stats()) as i64);
    }
    let dns = Arc::clone(&engine.dns);
    engine.stats.computed("dns", "failed_dns_request", move || dns.cache_stats().failed as i64);
    let dns = Arc::clone(&engine.dns);
    engine.stats.computed("dns", "slow_dns_request", move || dns.slow_queries() as i64);
    let memory: [Figure<fn() -> i64>; 6] = [
        ("fragments", || 0),
        ("free_size", || shared_memory().free),
        ("max_used_size", || shared_memory().max_used),
        ("real_used_size", || shared_memory().used),
        ("total_size", || shared_memory().total),
        ("used_size", || shared_memory().used),
    ];
    for (name, value) in memory {
        engine.stats.computed("shmem", name, value);
    }
    Ok(())
}
