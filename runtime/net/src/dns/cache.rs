//! Answers kept for their time to live, in bounded memory.

use super::records::{RecordKind, Records};
use super::{DnsError, DnsOptions};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What is known about a name.
pub(super) type Answer = Result<Arc<Records>, DnsError>;

/// How long the failure of all servers is remembered: long enough that a burst of messages does not ask again, short
/// enough that recovery shows at once.
const FAILURE_TTL: Duration = Duration::from_secs(2);
/// The least time that an answer is kept.
const SHARED_TTL: Duration = Duration::from_secs(1);
/// Memory of an entry beside its name and records.
const ENTRY_BYTES: usize = 160;

#[derive(Debug)]
struct Entry {
    answer: Answer,
    expires: Instant,
    bytes: usize,
}

/// One entry as an operator sees it (`dns.view`).
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// The name.
    pub name: String,
    /// Record type.
    pub kind: RecordKind,
    /// The records, `None` for a negative answer.
    pub records: Option<Arc<Records>>,
    /// Time left.
    pub ttl: Duration,
    /// Memory, in bytes.
    pub bytes: usize,
}

/// Counters (`dns.stats_get`, `dns.mem_info`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Entries.
    pub entries: usize,
    /// Memory in use, bytes.
    pub bytes: usize,
    /// Questions answered from the cache.
    pub hits: u64,
    /// Questions that went to a server.
    pub misses: u64,
    /// Questions that no server answered.
    pub failed: u64,
    /// Entries thrown out before their time.
    pub evicted: u64,
}

/// Names in lower case without trailing dot -> answers.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<RecordKind, HashMap<Box<str>, Entry>>,
    /// Questions under way; who asks the same waits for the first.
    pending: HashMap<(Box<str>, RecordKind), Arc<Notify>>,
    stats: CacheStats,
}

/// What to do about a question.
pub(super) enum Plan {
    /// The answer is known.
    Known(Answer),
    /// Someone asks already: wait, then look again.
    Wait(Arc<Notify>),
    /// Ask, then [`Cache::finish`].
    Ask,
}

impl Cache {
    pub(super) fn plan(&mut self, name: &str, kind: RecordKind) -> Plan {
        if let Some(entry) = self.entries.get(&kind).and_then(|m| m.get(name))
            && entry.expires > Instant::now()
        {
            self.stats.hits += 1;
            return Plan::Known(entry.answer.clone());
        }
        if let Some(pending) = self.pending.get(&(name.into(), kind)) {
            return Plan::Wait(pending.clone());
        }
        self.stats.misses += 1;
        self.pending.insert((name.into(), kind), Arc::default());
        Plan::Ask
    }

    pub(super) fn is_pending(&self, name: &str, kind: RecordKind) -> bool {
        self.pending.contains_key(&(name.into(), kind))
    }

    /// Ends a question: whoever waits looks again. `answer` is `None` when the question was given up.
    pub(super) fn finish(
        &mut self,
        name: &str,
        kind: RecordKind,
        answer: Option<(Answer, Duration)>,
        options: &DnsOptions,
    ) {
        if let Some(notify) = self.pending.remove(&(name.into(), kind)) {
            notify.notify_waiters();
        }
        let Some((answer, ttl)) = answer else { return };
        self.stats.failed += u64::from(answer.is_err());
        let ttl = match answer {
            Ok(_) => ttl.max(options.min_ttl).min(options.max_ttl),
            Err(DnsError::NotFound) => options.negative_ttl,
            Err(_) => FAILURE_TTL.min(options.negative_ttl),
        };
        // Even a time to live of 0 serves those who asked together with us.
        let ttl = if options.use_cache { ttl.max(SHARED_TTL) } else { Duration::ZERO };
        let bytes = ENTRY_BYTES + name.len() + answer.as_ref().map_or(0, |r| r.size());
        if ttl.is_zero() || bytes > options.cache_bytes {
            return;
        }
        // A year bounds what a hostile server can say.
        let expires = Instant::now() + ttl.min(Duration::from_secs(365 * 86_400));
        let old = self.entries.entry(kind).or_default().insert(name.into(), Entry { answer, expires, bytes });
        self.stats.bytes = self.stats.bytes + bytes - old.map_or(0, |e| e.bytes);
        if self.stats.bytes > options.cache_bytes {
            self.make_room(options.cache_bytes);
        }
    }

    /// Drops what has expired; if that is not enough, anything, down to seven eighths.
    fn make_room(&mut self, limit: usize) {
        let now = Instant::now();
        let target = limit - limit / 8;
        for expired_only in [true, false] {
            let stats = &mut self.stats;
            for map in self.entries.values_mut() {
                map.retain(|_, entry| {
                    let drop = if expired_only { entry.expires <= now } else { stats.bytes > target };
                    if drop {
                        stats.bytes -= entry.bytes;
                        stats.evicted += u64::from(!expired_only);
                    }
                    !drop
                });
            }
            if self.stats.bytes <= target {
                return;
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.stats.bytes = 0;
    }

    /// Forgets one answer; true if there was one.
    pub(super) fn remove(&mut self, name: &str, kind: RecordKind) -> bool {
        let old = self.entries.get_mut(&kind).and_then(|m| m.remove(name));
        self.stats.bytes -= old.as_ref().map_or(0, |e| e.bytes);
        old.is_some()
    }

    pub(super) fn stats(&self) -> CacheStats {
        CacheStats { entries: self.entries.values().map(HashMap::len).sum(), ..self.stats }
    }

    pub(super) fn list(&self) -> Vec<CacheEntry> {
        let now = Instant::now();
        let mut all: Vec<CacheEntry> = Vec::new();
        for (kind, map) in &self.entries {
            all.extend(map.iter().filter(|(_, e)| e.expires > now).map(|(name, e)| CacheEntry {
                name: name.to_string(),
                kind: *kind,
                records: e.answer.clone().ok(),
                ttl: e.expires - now,
                bytes: e.bytes,
            }));
        }
        all.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addrs() -> Answer {
        Ok(Arc::new(Records::Addrs(vec!["10.0.0.1".parse().expect("address")])))
    }

    fn known(cache: &mut Cache, name: &str) -> bool {
        let plan = cache.plan(name, RecordKind::A);
        if matches!(plan, Plan::Ask) {
            cache.finish(name, RecordKind::A, None, &DnsOptions::default());
        }
        matches!(plan, Plan::Known(_))
    }

    #[tokio::test(start_paused = true)]
    async fn answers_live_for_their_time_within_bounds() {
        let options = DnsOptions {
            min_ttl: Duration::from_secs(10),
            max_ttl: Duration::from_secs(100),
            ..DnsOptions::default()
        };
        let mut cache = Cache::default();
        for (name, ttl) in [("short", 1), ("long", 100_000)] {
            cache.finish(name, RecordKind::A, Some((addrs(), Duration::from_secs(ttl))), &options);
        }
        cache.finish("none", RecordKind::A, Some((Err(DnsError::NotFound), Duration::ZERO)), &options);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(known(&mut cache, "short") && known(&mut cache, "long") && known(&mut cache, "none"));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!known(&mut cache, "short") && known(&mut cache, "long") && known(&mut cache, "none"));
        tokio::time::advance(Duration::from_secs(100)).await;
        assert!(!known(&mut cache, "long") && !known(&mut cache, "none"));
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let options = DnsOptions { cache_bytes: 10_000, ..DnsOptions::default() };
        let mut cache = Cache::default();
        for i in 0..10_000 {
            let answer = Some((addrs(), Duration::from_secs(1000)));
            cache.finish(&format!("host{i}"), RecordKind::A, answer, &options);
            assert!(cache.stats().bytes <= 10_000);
        }
        let stats = cache.stats();
        assert!(stats.entries > 20 && stats.evicted > 9000, "{stats:?}");
        cache.clear();
        assert_eq!((cache.stats().entries, cache.stats().bytes), (0, 0));
    }
}
