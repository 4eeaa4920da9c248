//! The variables of the groups `core` and `tcp` that may change at run time. Those that only concern Kamailio's
//! memory pools and processes are there so that tools that set them get their answer; see docs/differences.md.

use kamjit_catalog::HostError;

use crate::init::Init;

type Setting = (&'static str, i64, Option<(i64, i64)>, &'static str);

const FLAG: Option<(i64, i64)> = Some((0, 1));

/// In the order of the real server's `cfg.list core`.
const CORE: &[Setting] = &[
    ("debug", 0, None, "debug level"),
    ("memdbg", 4, None, "log level of memory debugging (no effect)"),
    ("dns_try_ipv6", 1, FLAG, "look IPv6 addresses up"),
    ("dns_try_naptr", 0, FLAG, "look NAPTR records up"),
    ("dns_udp_pref", 30, None, "preference of UDP"),
    ("dns_tcp_pref", 20, None, "preference of TCP"),
    ("dns_tls_pref", 10, None, "preference of TLS"),
    ("dns_use_search_list", 1, FLAG, "complete short names with the search list of resolv.conf"),
    ("dns_naptr_ignore_rfc", 1, FLAG, "sort NAPTR records by our preferences alone"),
    ("use_dns_cache", 1, FLAG, "keep answers of DNS"),
    ("dns_srv_lb", 0, FLAG, "choose among SRV records at random by weight"),
    ("dns_cache_negative_ttl", 60, Some((0, i32::MAX as i64)), "seconds that denials are kept"),
    ("dns_cache_min_ttl", 0, Some((0, i32::MAX as i64)), "least seconds that answers are kept"),
    ("dns_cache_max_ttl", -1, None, "most seconds that answers are kept"),
    ("dns_cache_mem", 500, Some((0, 1 << 20)), "memory of the DNS cache in KiB"),
    ("max_while_loops", 100, None, "rounds of a while loop"),
    ("udp_mtu", 0, Some((0, 65_535)), "largest datagram that is sent"),
    ("force_rport", 0, FLAG, "answer to the port that a request came from"),
    ("memlog", 4, None, "log level of memory reports (no effect)"),
    ("corelog", -1, None, "log level of core messages"),
    ("latency_limit_action", 0, None, "microseconds that an action may take before it is logged (no effect)"),
    ("pv_cache_limit", 2048, None, "cached variables (no effect)"),
];

/// Names of the global parameters are these with `tcp_` before them.
const TCP: &[Setting] = &[
    ("connect_timeout", 10, Some((0, 65_535)), "seconds that opening a connection may take"),
    ("send_timeout", 10, Some((0, 65_535)), "seconds that sending may take"),
    ("connection_lifetime", 120, Some((0, i32::MAX as i64)), "seconds that a silent connection lives"),
    ("max_connections", 2048, Some((0, i32::MAX as i64)), "connections at a time"),
    ("no_connect", 0, FLAG, "never open a connection"),
    ("conn_wq_max", 32 * 1024, Some((0, i32::MAX as i64)), "bytes queued on one connection"),
    ("wq_max", 10 << 20, Some((0, i32::MAX as i64)), "bytes queued on all connections"),
    ("keepalive", 1, FLAG, "let the system send keep-alives"),
    ("crlf_ping", 1, FLAG, "answer a double CRLF"),
    ("accept_no_cl", 0, FLAG, "take messages without Content-Length"),
    ("rd_buf_size", 16 * 1024, Some((512, 16 << 20)), "longest message in bytes"),
];

/// Registers them with the values of the configuration.
pub(super) fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    for (name, default, range, description) in CORE {
        let value = init.globals.given_int(name).unwrap_or(*default);
        init.cfg.int("core", name, value, *range, description);
    }
    let facility = init.globals.text("log_facility").unwrap_or_else(|| "LOG_DAEMON".to_owned());
    init.cfg.str("core", "log_facility", facility.as_bytes(), "syslog facility");
    for (name, default, range, description) in TCP {
        let value = init.globals.given_int(&format!("tcp_{name}")).unwrap_or(*default);
        init.cfg.int("tcp", name, value, *range, description);
    }
    Ok(())
}
