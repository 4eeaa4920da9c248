//! The variables of the groups `core` and `tcp` that may change at run time: names, defaults and ranges are those of the
//! real server (catalogue, `cfg.list`). Those that only concern Kamailio's memory pools and processes are there so that
//! tools that set them get their answer; see docs/differences.md.

use kamjit_catalog::HostError;

use crate::{cfg::CfgInt, init::Init};

type Setting = (&'static str, i64, Option<(i64, i64)>, &'static str);

const FLAG: Option<(i64, i64)> = Some((0, 1));

/// In the order of the real server's `cfg.list core`; `log_facility` stands behind the first.
const CORE: &[Setting] = &[
    ("debug", 0, None, "debug level"),
    ("memdbg", 4, None, "log level of memory debugging (no effect)"),
    ("use_dst_blocklist", 0, FLAG, "keep a list of destinations that failed (no effect)"),
    ("dst_blocklist_expire", 60, None, "seconds that a destination stays listed (no effect)"),
    ("dst_blocklist_mem", 250, None, "memory of that list in KiB (no effect)"),
    ("dst_blocklist_udp_imask", 0, None, "failures of UDP that are not listed (no effect)"),
    ("dst_blocklist_tcp_imask", 0, None, "failures of TCP that are not listed (no effect)"),
    ("dst_blocklist_tls_imask", 0, None, "failures of TLS that are not listed (no effect)"),
    ("dst_blocklist_sctp_imask", 0, None, "failures of SCTP that are not listed (no effect)"),
    ("dns_try_ipv6", 1, FLAG, "look IPv6 addresses up"),
    ("dns_try_naptr", 0, FLAG, "look NAPTR records up"),
    ("dns_udp_pref", 30, None, "preference of UDP"),
    ("dns_tcp_pref", 20, None, "preference of TCP"),
    ("dns_tls_pref", 10, None, "preference of TLS"),
    ("dns_sctp_pref", 20, None, "preference of SCTP (no effect)"),
    ("dns_retr_time", -1, None, "seconds until a question is asked again"),
    ("dns_slow_query_ms", 0, None, "milliseconds from which an answer counts as slow"),
    ("dns_retr_no", -1, None, "how often a question is asked"),
    ("dns_servers_no", -1, None, "how many name servers of resolv.conf are asked"),
    ("dns_use_search_list", 1, FLAG, "complete short names with the search list of resolv.conf"),
    ("dns_search_full_match", 1, FLAG, "check completed names against the search list (no effect)"),
    ("dns_reinit", 0, Some((1, 1)), "1 reads resolv.conf again"),
    ("dns_naptr_ignore_rfc", 1, None, "sort NAPTR records by our preferences alone"),
    ("use_dns_cache", 1, FLAG, "keep answers of DNS"),
    ("dns_cache_flags", 0, Some((0, 4)), "1 IPv4 only, 2 IPv6 only, 4 IPv6 first"),
    ("use_dns_failover", 0, FLAG, "try further addresses of a name"),
    ("dns_srv_lb", 0, FLAG, "choose among SRV records at random by weight"),
    ("dns_cache_negative_ttl", 60, None, "seconds that denials are kept"),
    ("dns_cache_min_ttl", 0, None, "least seconds that answers are kept"),
    ("dns_cache_max_ttl", -1, None, "most seconds that answers are kept"),
    ("dns_cache_mem", 500, None, "memory of the DNS cache in KiB"),
    ("dns_cache_del_nonexp", 0, FLAG, "a full cache gives up answers that are still good (no effect)"),
    ("dns_cache_rec_pref", 0, Some((0, 3)), "which of two equal records is kept (no effect)"),
    ("mem_dump_pkg", 0, None, "report of private memory (no effect)"),
    ("mem_dump_shm", 0, None, "report of shared memory (no effect)"),
    ("max_while_loops", 100, None, "rounds of a while loop"),
    ("udp_mtu", 0, Some((0, 65_535)), "longest request that goes out over UDP, 0 for any"),
    ("udp_mtu_try_proto", 0, Some((1, 4)), "what takes longer ones: 1 UDP, 2 TCP, 3 TLS, 4 SCTP"),
    ("udp4_raw", 0, Some((-1, 1)), "send UDP through raw sockets (no effect)"),
    ("udp4_raw_mtu", 1500, Some((28, 65_535)), "longest packet on raw sockets (no effect)"),
    ("udp4_raw_ttl", -1, Some((-1, 255)), "time to live on raw sockets (no effect)"),
    ("force_rport", 0, FLAG, "answer to the port that a request came from"),
    ("memlog", 4, None, "log level of memory reports (no effect)"),
    ("mem_summary", 12, Some((0, 31)), "memory reports at the end (no effect)"),
    ("mem_safety", 1, None, "checks of the memory manager (no effect)"),
    ("mem_join", 1, None, "join free memory (no effect)"),
    ("mem_status_mode", 0, None, "what memory reports show (no effect)"),
    ("sip_parser_log_oneline", 0, None, "print unreadable messages in one line (no effect)"),
    ("sip_parser_log", -1, None, "log level of the parser (no effect)"),
    ("corelog", -1, None, "log level of less important messages of the core (no effect)"),
    ("latency_cfg_log", 3, None, "log level of run times of main routes"),
    ("latency_log", -1, None, "log level of lines about what took too long"),
    ("latency_limit_db", 0, None, "milliseconds that a query may take before it is logged (no effect)"),
    ("latency_limit_action", 0, None, "microseconds from which a call of a function is logged"),
    ("latency_limit_cfg", 0, None, "microseconds from which a main route is logged"),
    ("pv_cache_limit", 2048, None, "cached names of variables (no effect)"),
    ("pv_cache_action", 0, None, "what is done when there are more (no effect)"),
];

/// Names of the global parameters are these with `tcp_` before them.
const TCP: &[Setting] = &[
    ("connect_timeout", 10, Some((-1, i32::MAX as i64 / 16)), "seconds that opening a connection may take"),
    ("send_timeout", 10, Some((-1, i32::MAX as i64)), "seconds that sending may take"),
    ("connection_lifetime", 120, Some((-1, i32::MAX as i64)), "seconds that a silent connection lives"),
    ("max_connections", 2048, Some((0, i32::MAX as i64)), "connections at a time"),
    ("max_tls_connections", 2048, Some((0, i32::MAX as i64)), "TLS connections at a time (no effect)"),
    ("no_connect", 0, FLAG, "never open a connection"),
    ("fd_cache", 1, FLAG, "keep sockets open in each process (no effect)"),
    ("async", 1, FLAG, "never wait for a connection (always so)"),
    ("connect_wait", 1, FLAG, "one attempt to connect at a time (always so)"),
    ("conn_wq_max", 32768, Some((0, 1_048_576)), "bytes queued on one connection"),
    ("wq_max", 10485760, Some((0, 1_073_741_824)), "bytes queued on all connections"),
    ("defer_accept", 0, Some((0, 3_600)), "accept a connection only with its first data"),
    ("delayed_ack", 1, FLAG, "acknowledge together with the first data"),
    ("syncnt", 0, Some((0, 1_024)), "how often connecting is tried, 0 as the system does"),
    ("linger2", 0, Some((0, 3_600)), "seconds that an orphaned connection is closing, 0 as the system does"),
    ("keepalive", 1, FLAG, "let the system send keep-alives"),
    ("keepidle", 0, Some((0, 86_400)), "seconds of silence before a keep-alive, 0 as the system does"),
    ("keepintvl", 0, Some((0, 86_400)), "seconds between keep-alives, 0 as the system does"),
    (
        "keepcnt",
        0,
        Some((0, 1_024)),
        "keep-alives without answer that end a connection, 0 as the system does",
    ),
    ("crlf_ping", 1, FLAG, "answer a double CRLF"),
    ("accept_aliases", 0, FLAG, "a Via with alias names its connection"),
    ("alias_flags", 1, Some((0, 2)), "what happens to an alias that exists (no effect)"),
    ("new_conn_alias_flags", 2, Some((0, 2)), "the same for a new connection (no effect)"),
    ("accept_no_cl", 0, FLAG, "take messages without Content-Length"),
    ("reuse_port", 0, FLAG, "connect from the port that is listened on"),
    (
        "wait_data_ms",
        5000,
        Some((0, 7_200_000)),
        "milliseconds until the first data of a connection (no effect)",
    ),
    ("rd_buf_size", 16384, Some((512, 16_777_216)), "longest message in bytes"),
    ("wq_blk_size", 2100, Some((1, 65_535)), "size of pieces that are queued (no effect)"),
];

/// Variables of the group `tcp` that nobody may change while the server runs.
const READ_ONLY: &[&str] = &["fd_cache", "async", "connect_wait", "defer_accept"];

/// The global parameter of a variable of the group `tcp`.
fn tcp_global(name: &str) -> String {
    match name {
        "max_tls_connections" => "tls_max_connections".to_owned(),
        "async" => "tcp_buf_write".to_owned(),
        "wait_data_ms" => "tcp_wait_data".to_owned(),
        _ => format!("tcp_{name}"),
    }
}

/// Registers them with the values of the configuration.
pub(super) fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    for (at, (name, default, range, description)) in CORE.iter().enumerate() {
        let cell = match init.globals.live.cell(name) {
            Some(cell) => cell.clone(),
            None => CfgInt::new(init.globals.given_int(name).unwrap_or(*default)),
        };
        init.cfg.adopt("core", name, cell, *range, false, description);
        if at == 0 {
            let facility = init.globals.text("log_facility").unwrap_or_else(|| "LOG_DAEMON".to_owned());
            init.cfg.str("core", "log_facility", facility.as_bytes(), "syslog facility");
        }
    }
    for (name, default, range, description) in TCP {
        let global = tcp_global(name);
        let cell = match init.globals.live.cell(&global) {
            Some(cell) => cell.clone(),
            None => CfgInt::new(init.globals.given_int(&global).unwrap_or(*default)),
        };
        init.cfg.adopt("tcp", name, cell, *range, READ_ONLY.contains(name), description);
    }
    Ok(())
}
