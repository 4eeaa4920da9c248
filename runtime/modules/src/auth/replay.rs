//! Which nonces were used: a ring of the last ones, without locks. An old entry is overwritten by a new nonce, and its
//! nonce is stale from then on, as in the real server.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The largest count that a ring remembers (README.auth, `nonce_count`).
pub(super) const MOST: u32 = 255;

/// The last nonces with a count each.
pub(super) struct Ring {
    next: AtomicU32,
    /// Number of the nonce in the upper half, its count in the lower.
    slots: Box<[AtomicU64]>,
}

/// What became of an attempt to use a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Its count is higher than any before.
    Fresh,
    /// It was used with this count or a higher one.
    Again,
    /// Nobody remembers it.
    Forgotten,
}

impl Ring {
    /// A ring for at least one nonce; rounded down to a power of two.
    pub(super) fn new(size: u64) -> Ring {
        let size = 1_usize << size.clamp(1, 1 << 26).ilog2();
        Ring { next: AtomicU32::new(1), slots: (0..size).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Enters a new nonce; its number travels in it.
    pub(super) fn enter(&self) -> u32 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.slot(number).store(u64::from(number) << 32, Ordering::Relaxed);
        number
    }

    /// Uses a nonce with a count, from 1 on.
    pub(super) fn try_use(&self, number: u32, count: u32) -> Use {
        if count > MOST {
            return Use::Again;
        }
        let slot = self.slot(number);
        let wanted = (u64::from(number) << 32) | u64::from(count);
        let raise = |old: u64| (old >> 32 == u64::from(number) && old < wanted).then_some(wanted);
        match slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise) {
            Ok(_) => Use::Fresh,
            Err(old) if old >> 32 == u64::from(number) => Use::Again,
            Err(_) => Use::Forgotten,
        }
    }

    fn slot(&self, number: u32) -> &AtomicU64 {
        &self.slots[number as usize & (self.slots.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_rise() {
        let ring = Ring::new(4);
        let nonce = ring.enter();
        let uses: Vec<Use> = [1, 1, 5, 4, 255, 256].iter().map(|count| ring.try_use(nonce, *count)).collect();
        assert_eq!(uses, [Use::Fresh, Use::Again, Use::Fresh, Use::Again, Use::Fresh, Use::Again]);
        for _ in 0..4 {
            ring.enter();
        }
        assert_eq!(ring.try_use(nonce, 6), Use::Forgotten);
    }
}
