//! A worker's timer wheel: coarse (1/16 s, as the real server's timers tick), without allocation per timer.
//!
//! Timers are not cancelled: whoever is fired looks at its own state and decides whether the call still means
//! anything, and schedules itself again if its deadline moved.

use std::{sync::Arc, time::Duration};

/// Length of a tick.
pub const TICK: Duration = Duration::from_micros(62_500);
/// Slots of the wheel: 64 s; longer timers go round more than once.
const SLOTS: usize = 1024;
/// Timers that a slot keeps room for.
const KEEP: usize = 16;

/// Something that a timer wakes.
pub trait OnTimer: Send + Sync {
    /// Called on the worker that scheduled it, outside any fibre. `token` is what was given to `schedule`.
    fn fire(self: Arc<Self>, worker: &std::rc::Rc<crate::worker::Worker>, token: u64);
}

/// One armed timer.
pub struct Armed {
    due: u64,
    target: Arc<dyn OnTimer>,
    token: u64,
}

impl Armed {
    /// Fires it.
    pub fn fire(self, worker: &std::rc::Rc<crate::worker::Worker>) {
        self.target.fire(worker, self.token);
    }
}

/// The wheel itself; time comes from the caller.
pub struct Wheel {
    slots: Vec<Vec<Armed>>,
    now: u64,
    armed: usize,
}

impl Default for Wheel {
    fn default() -> Self {
        Wheel { slots: (0..SLOTS).map(|_| Vec::new()).collect(), now: 0, armed: 0 }
    }
}

impl Wheel {
    /// Ticks that have passed.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Timers that are armed.
    pub fn armed(&self) -> usize {
        self.armed
    }

    /// Arms a timer; it fires not before `after` has passed.
    pub fn schedule(&mut self, after: Duration, target: Arc<dyn OnTimer>, token: u64) {
        let ticks = after.as_micros().div_ceil(TICK.as_micros()).max(1) as u64;
        let due = self.now + ticks;
        self.slots[due as usize % SLOTS].push(Armed { due, target, token });
        self.armed += 1;
    }

    /// Advances one tick and moves what is due into `fired`.
    pub fn tick(&mut self, fired: &mut Vec<Armed>) {
        self.now += 1;
        let slot = &mut self.slots[self.now as usize % SLOTS];
        let mut at = 0;
        while at < slot.len() {
            if slot[at].due <= self.now {
                fired.push(slot.swap_remove(at));
                self.armed -= 1;
            } else {
                at += 1;
            }
        }
        // Room that one busy second needed is not kept for ever.
        if slot.capacity() > KEEP && slot.len() < slot.capacity() / 4 {
            slot.shrink_to(KEEP);
        }
    }
}
