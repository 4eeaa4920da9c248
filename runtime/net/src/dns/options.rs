//! What the `dns_*` globals of a configuration say.

use crate::listen::Proto;
use std::net::SocketAddr;
use std::time::Duration;

/// Which addresses of a host are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Family {
    /// IPv4, and IPv6 where there is no IPv4 address.
    #[default]
    Ipv4First,
    /// IPv6, and IPv4 where there is no IPv6 address.
    Ipv6First,
    /// IPv4 alone (`dns_try_ipv6=no`).
    Ipv4Only,
    /// IPv6 alone.
    Ipv6Only,
}

impl Family {
    /// What `dns_try_ipv6` and `dns_cache_flags` (1 IPv4 only, 2 IPv6 only, 4 IPv6 first) make together.
    pub fn from_flags(try_ipv6: bool, flags: i64) -> Family {
        match flags {
            _ if !try_ipv6 => Family::Ipv4Only,
            f if f & 1 != 0 => Family::Ipv4Only,
            f if f & 2 != 0 => Family::Ipv6Only,
            f if f & 4 != 0 => Family::Ipv6First,
            _ => Family::Ipv4First,
        }
    }
}

/// `dns_udp_pref` and its kin: the transport with the greater number is preferred; below 0 it is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `dns_udp_pref`.
    pub udp: i32,
    /// `dns_tcp_pref`.
    pub tcp: i32,
    /// `dns_tls_pref`.
    pub tls: i32,
    /// `dns_sctp_pref`.
    pub sctp: i32,
}

impl Default for Preferences {
    fn default() -> Self {
        Preferences { udp: 30, tcp: 20, tls: 10, sctp: -1 }
    }
}

impl Preferences {
    /// Preference of a transport; WebSocket is never found by DNS.
    pub fn of(&self, proto: Proto) -> i32 {
        match proto {
            Proto::Udp => self.udp,
            Proto::Tcp => self.tcp,
            Proto::Tls => self.tls,
            Proto::Sctp => self.sctp,
            Proto::Ws | Proto::Wss => -1,
        }
    }

    /// Transports that may be used, the preferred one first.
    pub fn ordered(&self) -> Vec<Proto> {
        let mut protos = vec![Proto::Udp, Proto::Tcp, Proto::Tls, Proto::Sctp];
        protos.retain(|p| self.of(*p) >= 0);
        protos.sort_by_key(|p| std::cmp::Reverse(self.of(*p)));
        protos
    }
}

/// Options of DNS; defaults are Kamailio's. SCTP has no transport yet, so that it is not preferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsOptions {
    /// `dns_try_ipv6`, `dns_cache_flags`.
    pub family: Family,
    /// `dns_try_naptr`: NAPTR, and SRV of every transport, for names without port and transport. Off means that
    /// only SRV of UDP is tried.
    pub try_naptr: bool,
    /// `dns_naptr_ignore_rfc`: sort NAPTR records by our preferences alone.
    pub naptr_ignore_rfc: bool,
    /// `dns_srv_lb`: choose among SRV records of one priority at random by weight (RFC 2782).
    pub srv_lb: bool,
    /// `dns_*_pref`.
    pub preferences: Preferences,
    /// `dns_retr_time`: time for one query; `None` takes that of resolv.conf.
    pub timeout: Option<Duration>,
    /// `dns_retr_no`: attempts.
    pub attempts: Option<usize>,
    /// `dns_slow_query_ms`: from when on an answer counts as slow and is logged; `None` for never.
    pub slow: Option<Duration>,
    /// `dns_servers_no`: how many of resolv.conf's servers are used.
    pub servers: Option<usize>,
    /// `dns_use_search_list`.
    pub use_search_list: bool,
    /// `use_dns_cache`.
    pub use_cache: bool,
    /// `dns_cache_min_ttl`.
    pub min_ttl: Duration,
    /// `dns_cache_max_ttl`.
    pub max_ttl: Duration,
    /// `dns_cache_negative_ttl`; zero caches no negative answers.
    pub negative_ttl: Duration,
    /// `dns_cache_mem` in bytes.
    pub cache_bytes: usize,
    /// Name servers to ask instead of resolv.conf's (tests).
    pub name_servers: Vec<SocketAddr>,
    /// The hosts file.
    pub hosts_file: Option<std::path::PathBuf>,
}

impl Default for DnsOptions {
    fn default() -> Self {
        DnsOptions {
            family: Family::default(),
            try_naptr: false,
            naptr_ignore_rfc: true,
            srv_lb: false,
            preferences: Preferences::default(),
            timeout: None,
            attempts: None,
            slow: None,
            servers: None,
            use_search_list: true,
            use_cache: true,
            min_ttl: Duration::ZERO,
            max_ttl: Duration::MAX,
            negative_ttl: Duration::from_secs(60),
            cache_bytes: 500 * 1024,
            name_servers: Vec::new(),
            hosts_file: Some("/etc/hosts".into()),
        }
    }
}
