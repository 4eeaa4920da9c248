//! What tm counts: `tm.stats` and the statistics group `tmx`.

use std::sync::atomic::{AtomicI64, Ordering};

use kamjit_engine::program::Program;

use super::transaction::Transaction;

/// Counters of the process; they live as long as the table of transactions does.
#[derive(Default)]
pub(crate) struct Stats {
    pub(crate) created: AtomicI64,
    pub(crate) created_local: AtomicI64,
    pub(crate) freed: AtomicI64,
    pub(crate) waiting: AtomicI64,
    pub(crate) replies_received: AtomicI64,
    pub(crate) replies_generated: AtomicI64,
    pub(crate) replies_sent: AtomicI64,
    /// Finals sent upstream, by class 2 to 6.
    pub(crate) classes: [AtomicI64; 5],
}

/// The counters.
pub(crate) static STATS: Stats = Stats {
    created: AtomicI64::new(0),
    created_local: AtomicI64::new(0),
    freed: AtomicI64::new(0),
    waiting: AtomicI64::new(0),
    replies_received: AtomicI64::new(0),
    replies_generated: AtomicI64::new(0),
    replies_sent: AtomicI64::new(0),
    classes: [const { AtomicI64::new(0) }; 5],
};

/// Adds one.
pub(super) fn count(counter: &AtomicI64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Reads one.
pub(crate) fn read(counter: &AtomicI64) -> i64 {
    counter.load(Ordering::Relaxed)
}

pub(super) fn began(local: bool) {
    count(&STATS.created);
    if local {
        count(&STATS.created_local);
    }
}

pub(super) fn waiting(_: &Program) {
    count(&STATS.waiting);
}

pub(super) fn ended(tx: &Transaction) {
    count(&STATS.freed);
    if tx.inner().switches.waiting {
        STATS.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A reply was sent upstream.
pub(super) fn sent(code: u16, local: bool) {
    count(&STATS.replies_sent);
    if local {
        count(&STATS.replies_generated);
    }
    if let Some(class) = usize::from(code / 100).checked_sub(2).and_then(|at| STATS.classes.get(at)) {
        count(class);
    }
}
