//! Asking name servers, once for all who want to know the same.

use super::cache::{Answer, Cache, CacheEntry, CacheStats, Plan};
use super::hosts::Hosts;
use super::options::DnsOptions;
use super::records::{Naptr, RecordKind, Records, Srv};
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::proto::xfer::Protocol;
use hickory_resolver::{Resolver, TokioResolver};
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why a name has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsError {
    /// Not a host name.
    BadName,
    /// The name, or records of the type, do not exist.
    NotFound,
    /// No server gave an answer in time.
    Failed,
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DnsError::BadName => "not a host name",
            DnsError::NotFound => "no such name",
            DnsError::Failed => "no answer from the name servers",
        })
    }
}

impl std::error::Error for DnsError {}

/// Records of one name that are used; more only cost memory.
const MAX_RECORDS: usize = 64;

/// The process-wide part of DNS.
#[derive(Debug)]
pub struct Dns {
    options: Mutex<Arc<DnsOptions>>,
    cache: Mutex<Cache>,
    hosts: Mutex<Hosts>,
    /// Counts changes of the options, so that clients notice.
    generation: AtomicU64,
    slow: AtomicU64,
}

impl Dns {
    /// An empty cache.
    pub fn new(options: DnsOptions) -> Arc<Self> {
        let hosts = Mutex::new(Hosts::new(options.hosts_file.clone()));
        Arc::new(Dns {
            options: Mutex::new(Arc::new(options)),
            cache: Mutex::default(),
            hosts,
            generation: AtomicU64::new(0),
            slow: AtomicU64::new(0),
        })
    }

    /// Current options.
    pub fn options(&self) -> Arc<DnsOptions> {
        lock(&self.options).clone()
    }

    /// Changes options. Clients read resolv.conf again before their next question.
    pub fn set_options(&self, options: DnsOptions) {
        *lock(&self.options) = Arc::new(options);
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Questions that took longer than [`DnsOptions::slow`].
    pub fn slow_queries(&self) -> u64 {
        self.slow.load(Ordering::Relaxed)
    }

    /// Counters of the cache.
    pub fn cache_stats(&self) -> CacheStats {
        lock(&self.cache).stats()
    }

    /// The cache, sorted by name.
    pub fn cache_list(&self) -> Vec<CacheEntry> {
        lock(&self.cache).list()
    }

    /// Empties the cache.
    pub fn cache_clear(&self) {
        lock(&self.cache).clear();
    }

    /// Removes one answer; false if there was none.
    pub fn cache_remove(&self, name: &str, kind: RecordKind) -> bool {
        lock(&self.cache).remove(&name.to_ascii_lowercase(), kind)
    }

    /// Puts an answer into the cache (`dns.add_a` and its kin).
    pub fn cache_add(&self, name: &str, kind: RecordKind, records: Records, ttl: Duration) {
        let answer = Some((Ok(Arc::new(records)), ttl));
        lock(&self.cache).finish(&name.to_ascii_lowercase(), kind, answer, &self.options());
    }

    /// A client for the worker of the calling thread; asks on that thread's tokio runtime.
    pub fn client(self: &Arc<Self>) -> DnsClient {
        let built = (self.generation.load(Ordering::Relaxed), self.resolver());
        DnsClient { dns: self.clone(), resolver: Arc::new(Mutex::new(built)) }
    }

    fn resolver(&self) -> TokioResolver {
        let options = self.options();
        let (mut config, mut opts) = hickory_resolver::system_conf::read_system_conf()
            .unwrap_or_else(|_| (ResolverConfig::new(), ResolverOpts::default()));
        if !options.name_servers.is_empty() {
            config = ResolverConfig::new();
            for addr in &options.name_servers {
                config.add_name_server(NameServerConfig::new(*addr, Protocol::Udp));
                config.add_name_server(NameServerConfig::new(*addr, Protocol::Tcp));
            }
        }
        if let Some(servers) = options.servers {
            config = first_servers(&config, servers);
        }
        opts.timeout = options.timeout.unwrap_or(opts.timeout);
        opts.attempts = options.attempts.unwrap_or(opts.attempts);
        // Our cache is shared by the workers and follows Kamailio's rules.
        opts.cache_size = 0;
        opts.use_hosts_file = ResolveHosts::Never;
        Resolver::builder_with_config(config, TokioConnectionProvider::default()).with_options(opts).build()
    }
}

/// The configuration with only the first `count` servers.
fn first_servers(config: &ResolverConfig, count: usize) -> ResolverConfig {
    let mut addrs: Vec<_> = config.name_servers().iter().map(|s| s.socket_addr).collect();
    addrs.dedup();
    addrs.truncate(count);
    let servers: Vec<_> =
        config.name_servers().iter().filter(|s| addrs.contains(&s.socket_addr)).cloned().collect();
    ResolverConfig::from_parts(config.domain().cloned(), config.search().to_vec(), servers)
}

/// One worker's access to DNS. Cheap to clone.
#[derive(Clone)]
pub struct DnsClient {
    dns: Arc<Dns>,
    /// With the generation of the options that it was made for.
    resolver: Arc<Mutex<(u64, TokioResolver)>>,
}

impl DnsClient {
    /// The process-wide part.
    pub fn dns(&self) -> &Arc<Dns> {
        &self.dns
    }

    /// Records of a name, from the hosts file (addresses only), the cache or a server.
    ///
    /// # Errors
    /// See [`DnsError`].
    pub async fn lookup(&self, name: &str, kind: RecordKind) -> Result<Arc<Records>, DnsError> {
        let name = normalize(name)?;
        if let Some(records) = self.hosts_file_records(&name, kind) {
            return Ok(records);
        }
        if !self.dns.options().use_cache {
            return self.ask(&name, kind).await;
        }
        loop {
            let plan = lock(&self.dns.cache).plan(&name, kind);
            match plan {
                Plan::Known(answer) => return answer,
                Plan::Ask => return self.ask(&name, kind).await,
                Plan::Wait(notify) => {
                    let waiting = notify.notified();
                    tokio::pin!(waiting);
                    // Registered before looking again, so that an end in between is not missed.
                    waiting.as_mut().enable();
                    if lock(&self.dns.cache).is_pending(&name, kind) {
                        waiting.await;
                    }
                }
            }
        }
    }

    fn resolver(&self) -> TokioResolver {
        let now = self.dns.generation.load(Ordering::Relaxed);
        let mut built = lock(&self.resolver);
        if built.0 != now {
            *built = (now, self.dns.resolver());
        }
        built.1.clone()
    }

    fn hosts_file_records(&self, name: &str, kind: RecordKind) -> Option<Arc<Records>> {
        let ipv4 = match kind {
            RecordKind::A => true,
            RecordKind::Aaaa => false,
            RecordKind::Srv | RecordKind::Naptr => return None,
        };
        let mut hosts = lock(&self.dns.hosts);
        let addrs: Vec<IpAddr> = hosts.get(name)?.iter().copied().filter(|a| a.is_ipv4() == ipv4).collect();
        (!addrs.is_empty()).then(|| Arc::new(Records::Addrs(addrs)))
    }

    fn note_slow(&self, name: &str, took: Duration) {
        if self.dns.options().slow.is_some_and(|limit| took >= limit) {
            self.dns.slow.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("slow DNS query for {name}: {} ms", took.as_millis());
        }
    }

    async fn ask(&self, name: &str, kind: RecordKind) -> Answer {
        let mut question = Question { dns: &self.dns, name, kind, outcome: None };
        let record_type = match kind {
            RecordKind::A => RecordType::A,
            RecordKind::Aaaa => RecordType::AAAA,
            RecordKind::Srv => RecordType::SRV,
            RecordKind::Naptr => RecordType::NAPTR,
        };
        let absolute = if self.dns.options().use_search_list { name.to_string() } else { format!("{name}.") };
        let started = tokio::time::Instant::now();
        let outcome = self.resolver().lookup(absolute, record_type).await;
        self.note_slow(name, started.elapsed());
        let (answer, ttl) = match outcome {
            Ok(lookup) => read_records(&lookup, kind),
            Err(e) if e.is_no_records_found() || e.is_nx_domain() => {
                let failed = e.proto().is_some_and(server_failed);
                (Err(if failed { DnsError::Failed } else { DnsError::NotFound }), Duration::ZERO)
            }
            Err(e) => {
                tracing::debug!("lookup of {name} failed: {e}");
                (Err(DnsError::Failed), Duration::ZERO)
            }
        };
        question.outcome = Some((answer.clone(), ttl));
        answer
    }
}

/// True where the server gave up rather than denied.
fn server_failed(error: &hickory_resolver::proto::ProtoError) -> bool {
    use hickory_resolver::proto::ProtoErrorKind;
    use hickory_resolver::proto::op::ResponseCode;
    matches!(
        error.kind(),
        ProtoErrorKind::NoRecordsFound { response_code: ResponseCode::ServFail | ResponseCode::Refused, .. }
    )
}

/// A question under way. Dropping it, also before an answer, lets those who wait go on.
struct Question<'a> {
    dns: &'a Dns,
    name: &'a str,
    kind: RecordKind,
    outcome: Option<(Answer, Duration)>,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let options = self.dns.options();
        lock(&self.dns.cache).finish(self.name, self.kind, self.outcome.take(), &options);
    }
}

/// Lower case without trailing dot, if it can be a host name at all.
fn normalize(name: &str) -> Result<String, DnsError> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = !name.is_empty() && name.len() <= 253 && name.split('.').all(|l| (1..=63).contains(&l.len()));
    let clean = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits && clean { Ok(name.to_ascii_lowercase()) } else { Err(DnsError::BadName) }
}

fn read_records(lookup: &Lookup, kind: RecordKind) -> (Answer, Duration) {
    let ttl = lookup.record_iter().map(|r| r.ttl()).min().unwrap_or(0);
    let data = lookup.iter().take(MAX_RECORDS);
    let text = |name: &hickory_resolver::proto::rr::Name| name.to_ascii().trim_end_matches('.').to_string();
    let bytes = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let (records, empty) = match kind {
        RecordKind::A | RecordKind::Aaaa => {
            let addrs: Vec<IpAddr> = data.filter_map(RData::ip_addr).collect();
            let empty = addrs.is_empty();
            (Records::Addrs(addrs), empty)
        }
        RecordKind::Srv => {
            let all: Vec<Srv> = data
                .filter_map(RData::as_srv)
                .map(|r| Srv {
                    priority: r.priority(),
                    weight: r.weight(),
                    port: r.port(),
                    target: text(r.target()),
                })
                .collect();
            let empty = all.is_empty();
            (Records::Srv(all), empty)
        }
        RecordKind::Naptr => {
            let all: Vec<Naptr> = data
                .filter_map(RData::as_naptr)
                .map(|r| Naptr {
                    order: r.order(),
                    preference: r.preference(),
                    flags: bytes(r.flags()),
                    services: bytes(r.services()),
                    regexp: bytes(r.regexp()),
                    replacement: text(r.replacement()),
                })
                .collect();
            let empty = all.is_empty();
            (Records::Naptr(all), empty)
        }
    };
    let answer = if empty { Err(DnsError::NotFound) } else { Ok(Arc::new(records)) };
    (answer, Duration::from_secs(u64::from(ttl)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
