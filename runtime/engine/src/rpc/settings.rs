//! Effects of changed variables on parts that keep their own copy.

use std::{sync::Arc, time::Duration};

use kamjit_net::dns::Family;

use crate::{cfg::CfgCell, engine::Engine, log};

/// Makes a changed variable of the groups `core` and `tcp` take effect. Others are read where they are used.
pub fn apply_setting(engine: &Arc<Engine>, group: &str, name: &str) {
    let value = match engine.cfg.find(group, name).map(|v| v.cell) {
        Some(CfgCell::Int { cell, .. }) => cell.get(),
        Some(CfgCell::Str(cell)) if group == "core" && name == "log_facility" => {
            return log::set_facility(log::facility(&String::from_utf8_lossy(&cell.get())));
        }
        _ => return,
    };
    match group {
        "core" if name == "debug" => log::set_level(i32::try_from(value).unwrap_or(i32::MAX)),
        "core" => apply_dns(engine, name, value),
        "tcp" => apply_tcp(engine, name, value),
        _ => {}
    }
}

fn apply_tcp(engine: &Engine, name: &str, value: i64) {
    let mut options = (*engine.tcp.options()).clone();
    let size = usize::try_from(value).unwrap_or(usize::MAX);
    let number = u32::try_from(value).unwrap_or(0);
    let seconds = Duration::from_secs(u64::try_from(value).unwrap_or(u64::from(u32::MAX)));
    match name {
        "connect_timeout" => options.connect_timeout = seconds,
        "send_timeout" => options.send_timeout = seconds,
        "connection_lifetime" => options.lifetime = seconds,
        "max_connections" => options.max_connections = size,
        "no_connect" => options.no_connect = value != 0,
        "conn_wq_max" => options.max_conn_queue = size,
        "wq_max" => options.max_queue = size,
        "keepalive" => options.keepalive = value != 0,
        "crlf_ping" => options.crlf_ping = value != 0,
        "accept_no_cl" => options.accept_no_length = value != 0,
        "rd_buf_size" => options.max_message = size,
        "keepidle" => options.keepalive_times.0 = number,
        "keepintvl" => options.keepalive_times.1 = number,
        "keepcnt" => options.keepalive_times.2 = number,
        "delayed_ack" => options.delayed_ack = value != 0,
        "syncnt" => options.syn_count = number,
        "linger2" => options.linger2 = number,
        "reuse_port" => options.reuse_port = value != 0,
        _ => return,
    }
    engine.tcp.set_options(options);
}

fn apply_dns(engine: &Engine, name: &str, value: i64) {
    let mut options = (*engine.dns.options()).clone();
    let number = i32::try_from(value).unwrap_or(-1);
    let seconds = u64::try_from(value).map_or(Duration::MAX, Duration::from_secs);
    let millis = Duration::from_millis(u64::try_from(value).unwrap_or(0));
    match name {
        "dns_try_ipv6" | "dns_cache_flags" => {
            let read = |name| engine.cfg.find("core", name).map_or(0, |var| var.number());
            options.family = Family::from_flags(read("dns_try_ipv6") != 0, read("dns_cache_flags"));
        }
        "use_dns_cache" => options.use_cache = value != 0,
        "dns_cache_mem" => options.cache_bytes = usize::try_from(value).unwrap_or(0).saturating_mul(1024),
        "dns_try_naptr" => options.try_naptr = value != 0,
        "dns_udp_pref" => options.preferences.udp = number,
        "dns_tcp_pref" => options.preferences.tcp = number,
        "dns_tls_pref" => options.preferences.tls = number,
        "dns_naptr_ignore_rfc" => options.naptr_ignore_rfc = value != 0,
        "dns_srv_lb" => options.srv_lb = value != 0,
        "dns_use_search_list" => options.use_search_list = value != 0,
        "dns_cache_negative_ttl" => options.negative_ttl = seconds,
        "dns_cache_min_ttl" => options.min_ttl = seconds,
        "dns_cache_max_ttl" => options.max_ttl = seconds,
        "dns_retr_time" => options.timeout = Some(seconds).filter(|_| value > 0),
        "dns_retr_no" => options.attempts = usize::try_from(value).ok(),
        "dns_servers_no" => options.servers = usize::try_from(value).ok().filter(|n| *n > 0),
        "dns_slow_query_ms" => options.slow = Some(millis).filter(|_| value > 0),
        // The options come anew, and with them the look at resolv.conf.
        "dns_reinit" => {}
        _ => return,
    }
    engine.dns.set_options(options);
}
