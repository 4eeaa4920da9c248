//! Global parameters of a configuration (`children=8`, `listen=...`).

use kamjit_catalog::{ConfigValue, GlobalKind, HostError};

use crate::ctx::send_flags;

/// What a global parameter means to this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// A number, read through [`Globals::int`].
    Int(i64),
    /// A string, read through [`Globals::text`].
    Text,
    /// Sockets, aliases: every value counts, read through [`Globals::all`].
    Many,
    /// Has no meaning in this server; see docs/differences.md.
    Ignored,
}

/// All parameters that this build takes. Aliases of old stand beside the newer names.
const TABLE: &[(&str, Meaning)] = &[
    ("advertised_address", Meaning::Text),
    ("advertised_port", Meaning::Int(0)),
    ("alias", Meaning::Many),
    ("async_nonblock", Meaning::Ignored),
    ("async_usleep", Meaning::Ignored),
    ("async_workers", Meaning::Ignored),
    ("auto_aliases", Meaning::Int(1)),
    ("auto_bind_ipv6", Meaning::Int(0)),
    ("bind_ipv6_link_local", Meaning::Ignored),
    ("check_via", Meaning::Int(0)),
    ("children", Meaning::Int(8)),
    ("chroot", Meaning::Text),
    ("corelog", Meaning::Ignored),
    ("debug", Meaning::Int(0)),
    ("disable_core_dump", Meaning::Ignored),
    ("disable_sctp", Meaning::Ignored),
    ("disable_tcp", Meaning::Int(0)),
    ("disable_tls", Meaning::Ignored),
    ("dns", Meaning::Ignored),
    ("dns_cache_del_nonexp", Meaning::Ignored),
    ("dns_cache_flags", Meaning::Int(0)),
    ("dns_cache_gc_interval", Meaning::Ignored),
    ("dns_cache_init", Meaning::Int(1)),
    ("dns_cache_max_ttl", Meaning::Int(-1)),
    ("dns_cache_mem", Meaning::Int(500)),
    ("dns_cache_min_ttl", Meaning::Int(0)),
    ("dns_cache_negative_ttl", Meaning::Int(60)),
    ("dns_cache_rec_pref", Meaning::Ignored),
    ("dns_naptr_ignore_rfc", Meaning::Int(1)),
    ("dns_retr_no", Meaning::Int(-1)),
    ("dns_retr_time", Meaning::Int(-1)),
    ("dns_search_full_match", Meaning::Ignored),
    ("dns_servers_no", Meaning::Int(-1)),
    ("dns_slow_query_ms", Meaning::Ignored),
    ("dns_srv_lb", Meaning::Int(0)),
    ("dns_tcp_pref", Meaning::Int(20)),
    ("dns_tls_pref", Meaning::Int(10)),
    ("dns_try_ipv6", Meaning::Int(1)),
    ("dns_try_naptr", Meaning::Int(0)),
    ("dns_udp_pref", Meaning::Int(30)),
    ("dns_use_search_list", Meaning::Int(1)),
    ("dst_blocklist_expire", Meaning::Ignored),
    ("dst_blocklist_gc_interval", Meaning::Ignored),
    ("dst_blocklist_init", Meaning::Ignored),
    ("dst_blocklist_mem", Meaning::Ignored),
    ("dst_blocklist_sctp_imask", Meaning::Ignored),
    ("dst_blocklist_tcp_imask", Meaning::Ignored),
    ("dst_blocklist_tls_imask", Meaning::Ignored),
    ("dst_blocklist_udp_imask", Meaning::Ignored),
    ("enable_sctp", Meaning::Ignored),
    ("enable_tls", Meaning::Int(0)),
    ("exit_timeout", Meaning::Ignored),
    ("force_rport", Meaning::Int(0)),
    ("fork", Meaning::Int(1)),
    ("fork_delay", Meaning::Ignored),
    ("gid", Meaning::Text),
    ("group", Meaning::Text),
    ("http_reply_parse", Meaning::Ignored),
    ("kemi.onsend_route_callback", Meaning::Ignored),
    ("latency_cfg_log", Meaning::Ignored),
    ("latency_limit_action", Meaning::Ignored),
    ("latency_limit_cfg", Meaning::Ignored),
    ("latency_limit_db", Meaning::Ignored),
    ("latency_log", Meaning::Ignored),
    ("listen", Meaning::Many),
    ("loadpath", Meaning::Ignored),
    ("local_rport", Meaning::Int(0)),
    ("log_color", Meaning::Int(0)),
    ("log_engine_data", Meaning::Ignored),
    ("log_engine_type", Meaning::Ignored),
    ("log_facility", Meaning::Text),
    ("log_name", Meaning::Text),
    ("log_prefix", Meaning::Text),
    ("log_prefix_mode", Meaning::Int(0)),
    ("log_stderror", Meaning::Int(0)),
    ("max_branches", Meaning::Int(12)),
    ("max_recursive_level", Meaning::Int(256)),
    ("max_while_loops", Meaning::Int(100)),
    ("maxbuffer", Meaning::Ignored),
    ("maxsndbuffer", Meaning::Ignored),
    ("mcast_loopback", Meaning::Ignored),
    ("mem_add_size", Meaning::Ignored),
    ("mem_join", Meaning::Ignored),
    ("mem_safety", Meaning::Ignored),
    ("mem_status_mode", Meaning::Ignored),
    ("mem_summary", Meaning::Ignored),
    ("memdbg", Meaning::Ignored),
    ("memlog", Meaning::Ignored),
    ("mhomed", Meaning::Int(0)),
    ("mlock_pages", Meaning::Ignored),
    ("modinit_delay", Meaning::Ignored),
    ("mpath", Meaning::Ignored),
    ("msg_time", Meaning::Ignored),
    ("onsend_route_reply", Meaning::Int(0)),
    ("open_files_limit", Meaning::Int(0)),
    ("phone2tel", Meaning::Int(1)),
    ("pmtu_discovery", Meaning::Int(0)),
    ("port", Meaning::Int(0)),
    ("pv_buffer_size", Meaning::Ignored),
    ("pv_buffer_slots", Meaning::Ignored),
    ("pv_cache_action", Meaning::Ignored),
    ("pv_cache_limit", Meaning::Ignored),
    ("real_time", Meaning::Ignored),
    ("reply_to_via", Meaning::Int(0)),
    ("rev_dns", Meaning::Ignored),
    ("route_locks_size", Meaning::Ignored),
    ("rt_policy", Meaning::Ignored),
    ("rt_prio", Meaning::Ignored),
    ("rt_timer1_policy", Meaning::Ignored),
    ("rt_timer1_prio", Meaning::Ignored),
    ("rt_timer2_policy", Meaning::Ignored),
    ("rt_timer2_prio", Meaning::Ignored),
    ("rundir", Meaning::Text),
    ("sctp_children", Meaning::Ignored),
    ("server_header", Meaning::Text),
    ("server_id", Meaning::Int(0)),
    ("server_signature", Meaning::Int(1)),
    ("shm", Meaning::Ignored),
    ("shm_force_alloc", Meaning::Ignored),
    ("shm_mem_size", Meaning::Ignored),
    ("sip_parser_log", Meaning::Ignored),
    ("sip_parser_log_oneline", Meaning::Ignored),
    ("sip_parser_mode", Meaning::Ignored),
    ("sip_warning", Meaning::Int(0)),
    ("socket", Meaning::Many),
    ("socket_workers", Meaning::Ignored),
    ("sql_buffer_size", Meaning::Ignored),
    ("statistics", Meaning::Ignored),
    ("stun_refresh_interval", Meaning::Ignored),
    ("syn_branch", Meaning::Ignored),
    ("tcp_accept_aliases", Meaning::Int(0)),
    ("tcp_accept_haproxy", Meaning::Int(0)),
    ("tcp_accept_hep3", Meaning::Int(0)),
    ("tcp_accept_no_cl", Meaning::Int(0)),
    ("tcp_async", Meaning::Ignored),
    ("tcp_buf_write", Meaning::Ignored),
    ("tcp_check_timer", Meaning::Ignored),
    ("tcp_children", Meaning::Ignored),
    ("tcp_clone_rcvbuf", Meaning::Ignored),
    ("tcp_conn_wq_max", Meaning::Int(32 * 1024)),
    ("tcp_connect_timeout", Meaning::Int(10)),
    ("tcp_connection_lifetime", Meaning::Int(120)),
    ("tcp_connection_match", Meaning::Ignored),
    ("tcp_crlf_ping", Meaning::Int(1)),
    ("tcp_defer_accept", Meaning::Ignored),
    ("tcp_delayed_ack", Meaning::Ignored),
    ("tcp_fd_cache", Meaning::Ignored),
    ("tcp_keepalive", Meaning::Int(1)),
    ("tcp_keepcnt", Meaning::Int(0)),
    ("tcp_keepidle", Meaning::Int(0)),
    ("tcp_keepintvl", Meaning::Int(0)),
    ("tcp_linger2", Meaning::Ignored),
    ("tcp_listen_backlog", Meaning::Int(1024)),
    ("tcp_main_threads", Meaning::Ignored),
    ("tcp_max_connections", Meaning::Int(2048)),
    ("tcp_no_connect", Meaning::Int(0)),
    ("tcp_poll_method", Meaning::Ignored),
    ("tcp_rd_buf_size", Meaning::Int(16 * 1024)),
    ("tcp_reuse_port", Meaning::Ignored),
    ("tcp_script_mode", Meaning::Ignored),
    ("tcp_send_timeout", Meaning::Int(10)),
    ("tcp_source_ipv4", Meaning::Text),
    ("tcp_source_ipv6", Meaning::Text),
    ("tcp_syncnt", Meaning::Ignored),
    ("tcp_wait_data", Meaning::Ignored),
    ("tcp_wq_blk_size", Meaning::Ignored),
    ("tcp_wq_max", Meaning::Int(10 << 20)),
    ("tls_max_connections", Meaning::Int(2048)),
    ("tls_port_no", Meaning::Int(5061)),
    ("tos", Meaning::Int(0x10)),
    ("udp4_raw", Meaning::Ignored),
    ("udp4_raw_mtu", Meaning::Ignored),
    ("udp4_raw_ttl", Meaning::Ignored),
    ("udp_mtu", Meaning::Int(0)),
    ("udp_mtu_try_proto", Meaning::Text),
    ("udp_receiver_mode", Meaning::Ignored),
    ("uid", Meaning::Text),
    ("uri_host_extra_chars", Meaning::Ignored),
    ("use_dns_cache", Meaning::Int(1)),
    ("use_dns_failover", Meaning::Int(0)),
    ("use_dst_blacklist", Meaning::Ignored),
    ("use_dst_blocklist", Meaning::Ignored),
    ("user", Meaning::Text),
    ("user_agent_header", Meaning::Text),
    ("verbose_startup", Meaning::Ignored),
    ("version_table", Meaning::Text),
    ("wait_worker1_mode", Meaning::Ignored),
    ("wait_worker1_time", Meaning::Ignored),
    ("wait_worker1_usleep", Meaning::Ignored),
    ("wdir", Meaning::Text),
    ("workdir", Meaning::Text),
    ("xavp_via_fields", Meaning::Text),
    ("xavp_via_params", Meaning::Text),
    ("xavp_via_reply_params", Meaning::Text),
];

/// Other names of parameters (catalogue).
const SYNONYMS: &[(&str, &str)] = &[
    ("add_rport", "force_rport"),
    ("core_log", "corelog"),
    ("dns_cache_delete_nonexpired", "dns_cache_del_nonexp"),
    ("dns_rev_via", "rev_dns"),
    ("dns_srv_loadbalancing", "dns_srv_lb"),
    ("dns_tcp_preference", "dns_tcp_pref"),
    ("dns_tls_preference", "dns_tls_pref"),
    ("dns_udp_preference", "dns_udp_pref"),
    ("dns_use_cache", "use_dns_cache"),
    ("dns_use_failover", "use_dns_failover"),
    ("dst_blocklist_ttl", "dst_blocklist_expire"),
    ("mem_dbg", "memdbg"),
    ("mem_log", "memlog"),
    ("rt_fast_timer_prio", "rt_timer1_prio"),
    ("rt_ftimer_policy", "rt_timer1_policy"),
    ("rt_ftimer_prio", "rt_timer1_prio"),
    ("rt_stimer_policy", "rt_timer2_policy"),
    ("rt_stimer_prio", "rt_timer2_prio"),
    ("run_dir", "rundir"),
    ("ser_kill_timeout", "exit_timeout"),
    ("shm_mem", "shm"),
    ("tls_enable", "enable_tls"),
];

/// Words that `tos` takes (netinet/ip.h).
fn type_of_service(word: &str) -> Option<i64> {
    let known = [("LOWDELAY", 0x10), ("THROUGHPUT", 0x08), ("RELIABILITY", 0x04), ("MINCOST", 0x02)];
    let name = word.strip_prefix("IPTOS_")?;
    known.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// The values given.
#[derive(Clone, Debug)]
pub struct Globals {
    given: Vec<(&'static str, Vec<ConfigValue>)>,
    /// `max_recursive_level`.
    pub max_recursive_level: u32,
    /// `max_while_loops`.
    pub max_while_loops: u32,
    /// What every message begins with (`force_rport`, `local_rport`).
    pub send_flags: u32,
    /// `tcp_accept_aliases`: a Via with `alias` lets what goes to its port use the connection (RFC 5923).
    pub tcp_accept_aliases: bool,
    /// `onsend_route_reply`: `onsend_route` runs for replies as well.
    pub onsend_route_reply: bool,
    /// `check_via`: replies whose top Via is not ours are dropped.
    pub check_via: bool,
}

impl Default for Globals {
    fn default() -> Self {
        Globals {
            given: Vec::new(),
            max_recursive_level: 256,
            max_while_loops: 100,
            send_flags: 0,
            tcp_accept_aliases: false,
            onsend_route_reply: false,
            check_via: false,
        }
    }
}

impl Globals {
    /// Takes a parameter. The last value counts, but for sockets and aliases.
    pub fn set(&mut self, name: &str, value: &[ConfigValue]) -> Result<GlobalKind, HostError> {
        let name = SYNONYMS.iter().find(|(other, _)| *other == name).map_or(name, |(_, name)| name);
        let word = match (name, value) {
            ("tos", [ConfigValue::Word(word)]) => type_of_service(word).map(ConfigValue::Int),
            _ => None,
        };
        let value = word.as_ref().map_or(value, std::slice::from_ref);
        let Some(&(name, meaning)) = TABLE.iter().find(|(known, _)| *known == name) else {
            return Ok(GlobalKind::Unknown);
        };
        match (meaning, value) {
            (Meaning::Int(_), [ConfigValue::Int(_)]) | (Meaning::Ignored | Meaning::Many, _) => {}
            (Meaning::Text, [ConfigValue::Str(_) | ConfigValue::Word(_) | ConfigValue::Int(_)]) => {}
            (Meaning::Int(_), _) => return Err(HostError::new(format!("{name} takes a number (or yes/no)"))),
            (Meaning::Text, _) => return Err(HostError::new(format!("{name} takes a string"))),
        }
        match (name, value) {
            ("max_recursive_level", [ConfigValue::Int(n)]) => {
                self.max_recursive_level = (*n).clamp(1, 10_000) as u32;
            }
            ("max_while_loops", [ConfigValue::Int(n)]) => {
                self.max_while_loops = (*n).clamp(0, 1 << 30) as u32
            }
            ("check_via", [ConfigValue::Int(n)]) => self.check_via = *n != 0,
            ("onsend_route_reply", [ConfigValue::Int(n)]) => self.onsend_route_reply = *n != 0,
            ("tcp_accept_aliases", [ConfigValue::Int(n)]) => self.tcp_accept_aliases = *n != 0,
            ("force_rport", [ConfigValue::Int(n)]) => self.send_flag(send_flags::FORCE_RPORT, *n != 0),
            ("local_rport", [ConfigValue::Int(n)]) => self.send_flag(send_flags::ADD_LOCAL_RPORT, *n != 0),
            _ => {}
        }
        self.given.push((name, value.to_vec()));
        Ok(if meaning == Meaning::Ignored { GlobalKind::Ignored } else { GlobalKind::Known })
    }

    fn send_flag(&mut self, flag: u32, on: bool) {
        self.send_flags = if on { self.send_flags | flag } else { self.send_flags & !flag };
    }

    /// A number: the last one given, or the default.
    pub fn int(&self, name: &str) -> i64 {
        match self.last(name) {
            Some([ConfigValue::Int(n)]) => *n,
            _ => TABLE
                .iter()
                .find_map(|(known, meaning)| match meaning {
                    Meaning::Int(n) if *known == name => Some(*n),
                    _ => None,
                })
                .unwrap_or(0),
        }
    }

    /// A number, if it was given.
    pub fn given_int(&self, name: &str) -> Option<i64> {
        match self.last(name)? {
            [ConfigValue::Int(n)] => Some(*n),
            _ => None,
        }
    }

    /// True if it was set at all.
    pub fn is_set(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// A string: the last one given.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.last(name)? {
            [ConfigValue::Str(text)] => Some(String::from_utf8_lossy(text).into_owned()),
            [ConfigValue::Word(word)] => Some(word.clone()),
            [ConfigValue::Int(n)] => Some(n.to_string()),
            _ => None,
        }
    }

    /// All values given for a parameter, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [ConfigValue]> {
        self.given.iter().filter(move |(n, _)| *n == name).map(|(_, value)| value.as_slice())
    }

    /// All parameters under their newer names, each with whether it has an effect in this server.
    pub fn catalog() -> impl Iterator<Item = (&'static str, bool)> {
        TABLE.iter().map(|(name, meaning)| (*name, *meaning != Meaning::Ignored))
    }

    /// Names of all parameters, for "did you mean".
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, _)| *name).chain(SYNONYMS.iter().map(|(name, _)| *name))
    }

    fn last(&self, name: &str) -> Option<&[ConfigValue]> {
        self.given.iter().rev().find(|(n, _)| *n == name).map(|(_, value)| value.as_slice())
    }
}
