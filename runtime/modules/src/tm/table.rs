//! The table of all transactions of the process: sharded, with locks held for a look at one slot only.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use super::transaction::Transaction;

/// Slots; a slot holds all hashes that are equal in their low bits.
const SLOTS: usize = 4096;
/// Transactions that the process keeps at most; further requests are refused (each may hold some 100 kB).
const MAX_TRANSACTIONS: usize = 1_000_000;

type Slot = Mutex<Vec<(u32, Arc<Transaction>)>>;

/// The table.
pub(super) struct Table {
    slots: Box<[Slot]>,
    count: AtomicUsize,
    labels: AtomicU32,
}

/// The table of this process. It outlives reloads: a transaction keeps the program it began with.
pub(super) fn table() -> &'static Table {
    static TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(|| Table {
        slots: (0..SLOTS).map(|_| Mutex::default()).collect(),
        count: AtomicUsize::new(0),
        labels: AtomicU32::new(rand::random()),
    });
    &TABLE
}

impl Table {
    fn slot(&self, hash: u32) -> MutexGuard<'_, Vec<(u32, Arc<Transaction>)>> {
        self.slots[hash as usize % SLOTS].lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// A number that tells transactions of one hash apart.
    pub(super) fn next_label(&self) -> u32 {
        self.labels.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff
    }

    /// Whether no transaction has this hash: then nothing more expensive need be compared.
    pub(super) fn has_hash(&self, hash: u32) -> bool {
        self.slot(hash).iter().any(|(h, _)| *h == hash)
    }

    /// The first transaction of a hash that `wanted` takes.
    pub(super) fn find(&self, hash: u32, wanted: impl Fn(&Transaction) -> bool) -> Option<Arc<Transaction>> {
        let slot = self.slot(hash);
        slot.iter().find(|(h, tx)| *h == hash && wanted(tx)).map(|(_, tx)| Arc::clone(tx))
    }

    /// Enters a transaction unless one that `same` takes is there already, which is given back then.
    /// `Err(None)`: the table is full.
    pub(super) fn insert(
        &self,
        tx: Arc<Transaction>,
        same: impl Fn(&Transaction) -> bool,
    ) -> Result<(), Option<Arc<Transaction>>> {
        if self.count.load(Ordering::Relaxed) >= MAX_TRANSACTIONS {
            return Err(None);
        }
        let mut slot = self.slot(tx.hash);
        if let Some((_, other)) = slot.iter().find(|(h, other)| *h == tx.hash && same(other)) {
            return Err(Some(Arc::clone(other)));
        }
        slot.push((tx.hash, tx));
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Takes a transaction out. False if it was not there.
    pub(super) fn remove(&self, tx: &Transaction) -> bool {
        let mut slot = self.slot(tx.hash);
        let Some(at) = slot.iter().position(|(_, other)| std::ptr::eq(&raw const **other, tx)) else {
            return false;
        };
        let removed = slot.swap_remove(at);
        if slot.is_empty() && slot.capacity() > 8 {
            *slot = Vec::new();
        }
        drop(slot);
        drop(removed);
        self.count.fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// Visits a copy of every slot's transactions, without a lock held.
    pub(super) fn each(&self, mut visit: impl FnMut(&Arc<Transaction>)) {
        for slot in &self.slots {
            let copy: Vec<Arc<Transaction>> = {
                let slot = slot.lock().unwrap_or_else(|broken| broken.into_inner());
                if slot.is_empty() {
                    continue;
                }
                slot.iter().map(|(_, tx)| Arc::clone(tx)).collect()
            };
            copy.iter().for_each(&mut visit);
        }
    }
}
