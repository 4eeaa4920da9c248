//! `lock()`, `trylock()`, `unlock()`: locks of the script. Who waits suspends its fibre; what a run has not unlocked
//! is let go when it ends.

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{STATE, hash::core_hash};

/// Greatest power of two (captured: greater ones are cut to it).
const MOST: i64 = 14;

/// The set of locks; keys are spread over it.
pub(super) struct Locks(Box<[Arc<Mutex<()>>]>);

impl Locks {
    /// 2 to the power of `size` locks, none for 0.
    pub fn new(size: i64) -> Locks {
        let count = if size <= 0 { 0 } else { 1usize << size.min(MOST) };
        Locks((0..count).map(|_| Arc::default()).collect())
    }

    fn find(&self, key: u32) -> Option<(usize, Arc<Mutex<()>>)> {
        let at = key as usize & self.0.len().checked_sub(1)?;
        self.0.get(at).map(|lock| (at, Arc::clone(lock)))
    }
}

/// Locks that this run holds.
#[derive(Default)]
struct Held(Vec<(usize, OwnedMutexGuard<()>)>);

fn find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(usize, Arc<Mutex<()>>)> {
    let first = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let second = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let found = STATE.get(ctx)?.locks.find(core_hash(first, second));
    if found.is_none() {
        log::module(
            Level::Err,
            "cfgutils",
            format_args!("lock set not initialized: see the parameter lock_set_size"),
        );
    }
    found
}

fn holds(ctx: &mut Ctx<'_>, at: usize) -> bool {
    ctx.ext.or_default::<Held>().0.iter().any(|(held, _)| *held == at)
}

/// `lock(key[, key])`. A run that holds the lock already goes on.
pub(super) fn lock<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((at, mutex)) = find(ctx, args) else { return Ret::FALSE };
    if holds(ctx, at) {
        return Ret::TRUE;
    }
    match ctx.wait(mutex.lock_owned()) {
        Ok(guard) => {
            ctx.ext.or_default::<Held>().0.push((at, guard));
            Ret::TRUE
        }
        Err(cancelled) => cancelled.into(),
    }
}

/// `trylock(key[, key])`: false if anybody holds it, this run included (captured).
pub(super) fn try_lock<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((at, mutex)) = find(ctx, args) else { return Ret::FALSE };
    match mutex.try_lock_owned() {
        Ok(guard) => {
            ctx.ext.or_default::<Held>().0.push((at, guard));
            Ret::TRUE
        }
        Err(_) => Ret::FALSE,
    }
}

/// `unlock(key[, key])`: true also if it was not locked (captured).
pub(super) fn unlock<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((at, _)) = find(ctx, args) else { return Ret::FALSE };
    ctx.ext.or_default::<Held>().0.retain(|(held, _)| *held != at);
    Ret::TRUE
}
