//! Variables that the real server lets nobody read over RPC, though they may be set: it keeps them in another form than
//! they are written (captured on the stock configuration).

const HIDDEN: &[(&str, &str)] = &[
    ("core", "dns_cache_mem"),
    ("core", "dns_reinit"),
    ("core", "dns_try_ipv6"),
    ("core", "dst_blocklist_mem"),
    ("core", "log_facility"),
    ("core", "mem_dump_shm"),
    ("core", "udp4_raw"),
    ("core", "udp4_raw_ttl"),
    ("core", "use_dns_cache"),
    ("core", "use_dns_failover"),
    ("core", "use_dst_blocklist"),
    ("siputils", "ring_timeout"),
    ("tcp", "connect_timeout"),
    ("tcp", "connection_lifetime"),
    ("tcp", "max_connections"),
    ("tcp", "max_tls_connections"),
    ("tcp", "send_timeout"),
    ("tm", "cancel_b_method"),
    ("tm", "fr_inv_timer"),
    ("tm", "fr_timer"),
    ("tm", "max_inv_lifetime"),
    ("tm", "max_noninv_lifetime"),
    ("tm", "reparse_on_dns_failover"),
    ("tm", "retr_timer1"),
    ("tm", "retr_timer2"),
    ("tm", "wt_timer"),
];

/// True for a variable that can't be read.
pub(crate) fn is_hidden(group: &str, name: &str) -> bool {
    HIDDEN.contains(&(group, name))
}
