//! `sht_lock()`: locks that a script run holds over several operations. Who waits for one suspends its fibre.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use kamjit_engine::{Cancelled, Ctx};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::table::Table;

/// The locks of one table, made when first used.
pub(super) struct ScriptLocks {
    slots: Box<[OnceLock<Arc<Mutex<()>>>]>,
    held: AtomicUsize,
}

impl ScriptLocks {
    /// That many locks.
    pub fn new(count: usize) -> ScriptLocks {
        ScriptLocks { slots: (0..count).map(|_| OnceLock::new()).collect(), held: AtomicUsize::new(0) }
    }

    fn get(&self, at: usize) -> Option<Arc<Mutex<()>>> {
        self.slots.get(at).map(|slot| Arc::clone(slot.get_or_init(Arc::default)))
    }
}

/// A lock that this run holds; let go when the run ends at the latest.
struct Held {
    table: Arc<Table>,
    at: usize,
    times: u32,
    _guard: OwnedMutexGuard<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.table.locks.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Locks(Vec<Held>);

impl Locks {
    fn find(&mut self, table: &Arc<Table>, at: usize) -> Option<usize> {
        self.0.iter().position(|held| held.at == at && Arc::ptr_eq(&held.table, table))
    }
}

/// Takes the lock of a key's slot; a run that has it already only counts.
pub(super) fn lock(ctx: &mut Ctx<'_>, table: &Arc<Table>, key: &[u8]) -> Result<(), Cancelled> {
    let at = table.shard_of(key);
    let locks = ctx.ext.or_default::<Locks>();
    if let Some(held) = locks.find(table, at).and_then(|place| locks.0.get_mut(place)) {
        held.times = held.times.saturating_add(1);
        return Ok(());
    }
    let Some(mutex) = table.locks.get(at) else { return Ok(()) };
    let guard = ctx.wait(mutex.lock_owned())?;
    table.locks.held.fetch_add(1, Ordering::Relaxed);
    let held = Held { table: Arc::clone(table), at, times: 1, _guard: guard };
    ctx.ext.or_default::<Locks>().0.push(held);
    Ok(())
}

/// Lets go of it.
pub(super) fn unlock(ctx: &mut Ctx<'_>, table: &Arc<Table>, key: &[u8]) {
    let at = table.shard_of(key);
    let Some(locks) = ctx.ext.get_mut::<Locks>() else { return };
    let Some(place) = locks.find(table, at) else { return };
    let Some(held) = locks.0.get_mut(place) else { return };
    held.times -= 1;
    if held.times == 0 {
        locks.0.swap_remove(place);
    }
}

/// Waits while another run holds the lock of a key's slot, as every operation does.
pub(super) fn pass(ctx: &mut Ctx<'_>, table: &Arc<Table>, key: &[u8]) -> Result<(), Cancelled> {
    if table.locks.held.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    let at = table.shard_of(key);
    if ctx.ext.get_mut::<Locks>().is_some_and(|locks| locks.find(table, at).is_some()) {
        return Ok(());
    }
    match table.locks.get(at) {
        Some(mutex) => ctx.wait(mutex.lock_owned()).map(drop),
        None => Ok(()),
    }
}
