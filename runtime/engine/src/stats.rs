//! Statistics counters, read by RPC and `$stat(..)`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
};

/// A counter that any worker may add to.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicI64>);

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`, which may be negative.
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Sets the value.
    pub fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The value now.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a statistic's value comes from.
#[derive(Clone)]
pub enum Source {
    /// Counted by the module.
    Counter(Counter),
    /// Computed when asked for.
    Computed(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Source {
    /// The value now.
    pub fn value(&self) -> i64 {
        match self {
            Source::Counter(counter) => counter.get(),
            Source::Computed(f) => f(),
        }
    }
}

/// What the engine itself counts; kex shows it in the group `core`.
#[derive(Clone, Debug, Default)]
pub struct CoreCounters {
    /// Requests whose URI can't be read.
    pub bad_uris: Counter,
    /// Messages with a header that can't be read.
    pub bad_headers: Counter,
    /// Replies that the script dropped.
    pub drop_replies: Counter,
    /// Requests that the script dropped.
    pub drop_requests: Counter,
    /// Replies that could not be forwarded.
    pub err_replies: Counter,
    /// Requests that could not be forwarded.
    pub err_requests: Counter,
    /// Replies forwarded without a transaction.
    pub fwd_replies: Counter,
    /// Requests forwarded without a transaction.
    pub fwd_requests: Counter,
}

/// All statistics by group and name, in the order in which they were registered.
#[derive(Default)]
pub struct Stats {
    /// See [`CoreCounters`].
    pub core: CoreCounters,
    groups: Mutex<Groups>,
}

#[derive(Default)]
struct Groups {
    order: Vec<String>,
    by_name: BTreeMap<String, Vec<(String, Source)>>,
}

impl Stats {
    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Registers a counter; asking again for the same name gives the same counter.
    pub fn counter(&self, group: &str, name: &str) -> Counter {
        if let Some(Source::Counter(counter)) = self.find(group, name) {
            return counter;
        }
        let counter = Counter::default();
        self.register(group, name, Source::Counter(counter.clone()));
        counter
    }

    /// Shows what the engine counts in the group `core`.
    pub fn register_core(&self) {
        let core = &self.core;
        for (name, counter) in [
            ("bad_URIs_rcvd", &core.bad_uris),
            ("bad_msg_hdr", &core.bad_headers),
            ("drop_replies", &core.drop_replies),
            ("drop_requests", &core.drop_requests),
            ("err_replies", &core.err_replies),
            ("err_requests", &core.err_requests),
            ("fwd_replies", &core.fwd_replies),
            ("fwd_requests", &core.fwd_requests),
        ] {
            if self.find("core", name).is_none() {
                self.register("core", name, Source::Counter(counter.clone()));
            }
        }
    }

    /// Registers a statistic that is computed when asked for.
    pub fn computed(&self, group: &str, name: &str, value: impl Fn() -> i64 + Send + Sync + 'static) {
        self.register(group, name, Source::Computed(Arc::new(value)));
    }

    fn register(&self, group: &str, name: &str, source: Source) {
        let mut groups = self.lock();
        if !groups.by_name.contains_key(group) {
            groups.order.push(group.to_owned());
        }
        groups.by_name.entry(group.to_owned()).or_default().push((name.to_owned(), source));
    }

    /// One statistic of a group.
    pub fn find(&self, group: &str, name: &str) -> Option<Source> {
        let groups = self.lock();
        let found = groups.by_name.get(group)?.iter().find(|(n, _)| n == name)?;
        Some(found.1.clone())
    }

    /// One statistic by its name alone, as `$stat(name)` asks.
    pub fn find_anywhere(&self, name: &str) -> Option<Source> {
        let groups = self.lock();
        groups.order.iter().find_map(|group| {
            groups.by_name.get(group)?.iter().find(|(n, _)| n == name).map(|(_, source)| source.clone())
        })
    }

    /// Names of the groups.
    pub fn groups(&self) -> Vec<String> {
        self.lock().order.clone()
    }

    /// Names and sources of one group.
    pub fn group(&self, group: &str) -> Vec<(String, Source)> {
        self.lock().by_name.get(group).cloned().unwrap_or_default()
    }
}
