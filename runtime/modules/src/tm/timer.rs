//! Timers of a transaction: retransmissions, final response timers, the stay after the end.
//!
//! One timer at a time counts for a transaction; it is never cancelled but looks at the deadlines when it fires. It
//! fires every few seconds at least, so that an ended transaction is not kept alive by a deadline of its youth.

use std::{rc::Rc, sync::Arc, sync::atomic::Ordering, time::Duration};

use kamjit_engine::{
    dest::Destination,
    timer::{OnTimer, TICK},
    worker::Worker,
};

use super::{
    failure,
    table::table,
    transaction::{Inner, Transaction},
};

/// Longest time between two looks at a transaction, in ticks.
const LOOK_EVERY: u64 = 4 * 16;

/// Milliseconds as ticks of 1/16 s, rounded up.
pub(super) fn ticks(ms: i64) -> u64 {
    (ms.clamp(0, 1 << 40) as u64 * 16).div_ceil(1000)
}

/// Now, in ticks since the start; never 0.
pub(super) fn now(worker: &Worker) -> u64 {
    worker.engine.ticks.load(Ordering::Relaxed) + 1
}

/// Makes sure that the transaction's timer fires when its next deadline is due.
pub(super) fn arm(worker: &Worker, tx: &Arc<Transaction>, inner: &mut Inner) {
    let now = now(worker);
    let due = next_deadline(inner).unwrap_or(u64::MAX).clamp(now + 1, now + LOOK_EVERY);
    if inner.timer_due > now && inner.timer_due <= due {
        return;
    }
    inner.timer_due = due;
    inner.timer_number += 1;
    let after = Duration::from_micros(TICK.as_micros() as u64 * (due - now));
    worker.schedule(after, Arc::clone(tx) as Arc<dyn OnTimer>, inner.timer_number);
}

fn next_deadline(inner: &Inner) -> Option<u64> {
    let uas = [inner.uas.repeat_at, inner.uas.ack_until, inner.wait_until, inner.expires_at];
    let uacs =
        inner.uacs.iter().flat_map(|u| [u.repeat_at, u.give_up_at, u.cancel_repeat_at, u.cancel_until]);
    uas.into_iter().chain(uacs).filter(|&at| at != 0).min()
}

impl OnTimer for Transaction {
    fn fire(self: Arc<Self>, worker: &Rc<Worker>, token: u64) {
        let mut overdue = false;
        {
            let mut inner = self.inner();
            if inner.timer_number != token || self.is_removed() {
                return;
            }
            let now = now(worker);
            inner.timer_due = 0;
            if inner.wait_until != 0 && now >= inner.wait_until {
                drop(inner);
                self.remove();
                return;
            }
            if inner.uas.ack_until != 0 && now >= inner.uas.ack_until {
                self.put_on_wait(worker, &mut inner);
            }
            let expired = inner.expires_at != 0 && now >= inner.expires_at && !inner.switches.waiting;
            if expired {
                inner.expires_at = 0;
            }
            for uac in &mut inner.uacs {
                if uac.status < 200 && (expired || (uac.give_up_at != 0 && now >= uac.give_up_at)) {
                    uac.stop_timers();
                    uac.overdue = true;
                    overdue = true;
                }
            }
            repeat(worker, &mut inner, now);
            arm(worker, &self, &mut inner);
        }
        if overdue {
            failure::spawn_timeouts(worker, self);
        }
    }
}

/// Sends again what is due.
fn repeat(worker: &Rc<Worker>, inner: &mut Inner, now: u64) {
    let longest = inner.timers.retr2;
    let again = |at: &mut u64, step: &mut u32, dest: Option<&Destination>, bytes: &[u8]| {
        if *at == 0 || now < *at {
            return;
        }
        if let Some(dest) = dest.filter(|_| !bytes.is_empty()) {
            worker.send(dest, bytes);
        }
        *step = (*step * 2).min(longest.max(1));
        *at = now + u64::from(*step);
    };
    let uas = &mut inner.uas;
    again(&mut uas.repeat_at, &mut uas.repeat_step, uas.dest.as_ref(), &uas.reply);
    for uac in &mut inner.uacs {
        again(&mut uac.repeat_at, &mut uac.repeat_step, uac.dest.as_ref(), &uac.sent);
        if uac.cancel_until != 0 && now >= uac.cancel_until {
            uac.stop_cancel();
        }
        let cancel = &mut uac.cancel_repeat_at;
        again(cancel, &mut uac.cancel_repeat_step, uac.dest.as_ref(), &uac.cancel_sent);
    }
}

impl Transaction {
    /// The end of the transaction's work: it stays `wt_timer` to absorb retransmissions.
    pub(super) fn put_on_wait(&self, worker: &Worker, inner: &mut Inner) {
        if inner.switches.waiting {
            return;
        }
        inner.switches.waiting = true;
        inner.uas.repeat_at = 0;
        inner.uas.ack_until = 0;
        inner.expires_at = 0;
        let wait = super::STATE.find(&self.program).map_or(80, |s| ticks(s.params.wt_timer.get()));
        inner.wait_until = now(worker) + wait.max(1);
        super::stats::waiting(&self.program);
    }

    /// Takes it out of the table.
    pub(super) fn remove(self: &Arc<Self>) {
        if self.removed.swap(true, Ordering::Relaxed) {
            return;
        }
        table().remove(self);
        super::stats::ended(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tm::transaction::Uac;

    #[test]
    fn milliseconds_round_up_to_ticks() {
        assert_eq!([0, 1, 62, 63, 500, 30_000].map(ticks), [0, 1, 1, 2, 8, 480]);
        assert_eq!(ticks(-5), 0);
    }

    #[test]
    fn the_next_deadline_is_the_first_of_all() {
        let mut inner = Inner::default();
        assert_eq!(next_deadline(&inner), None);
        inner.uacs.push(Uac { give_up_at: 90, repeat_at: 40, ..Uac::default() });
        inner.uacs.push(Uac { cancel_repeat_at: 30, ..Uac::default() });
        inner.expires_at = 1000;
        assert_eq!(next_deadline(&inner), Some(30));
    }
}
