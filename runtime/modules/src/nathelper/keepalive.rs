//! `keepalive_timeout`: contacts that answer no ping are removed.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use kamjit_engine::Ctx;

use super::STATE;
use crate::usrloc::{Domain, Event, Usrloc};

/// When contacts answered last, in seconds since 1970, by our id.
pub(super) struct Keepalive {
    timeout: i64,
    answered: Mutex<HashMap<Box<[u8]>, i64>>,
}

impl Keepalive {
    pub(super) fn new(timeout: i64) -> Keepalive {
        Keepalive { timeout, answered: Mutex::default() }
    }

    fn answered(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, i64>> {
        self.answered.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Whether a contact has not answered for too long. The first ping begins its time; who is silent is forgotten.
    pub(super) fn is_silent(&self, ruid: &[u8], now: i64) -> bool {
        let mut answered = self.answered();
        match answered.get(ruid) {
            Some(last) if last.saturating_add(self.timeout) < now => {
                answered.remove(ruid);
                // Contacts that went by themselves leave their entries behind.
                let old = now.saturating_sub(self.timeout.saturating_mul(2));
                answered.retain(|_, last| *last > old);
                true
            }
            Some(_) => false,
            None => {
                answered.insert(ruid.into(), now);
                false
            }
        }
    }

    fn note(&self, ruid: &[u8], now: i64) {
        if let Some(last) = self.answered().get_mut(ruid) {
            *last = now;
        }
    }
}

/// Takes note of the reply to a ping: the tag of From is our id, the hash of the address and a random number.
pub(super) fn see_reply(ctx: &mut Ctx<'_>) {
    let Some(state) = STATE.get(ctx) else { return };
    let Some(keepalive) = state.ping.as_ref().and_then(|ping| ping.keepalive.as_ref()) else { return };
    let Some(tag) = ctx.msg.from().ok().and_then(|from| from.tag) else { return };
    let mut parts = tag.rsplitn(3, |b| *b == b'-');
    if let Some(ruid) = parts.nth(2) {
        keepalive.note(ruid, crate::usrloc::now());
    }
}

/// Removes a contact as if its time was over.
pub(super) fn remove(usrloc: &Usrloc, domain: &Domain, aor: &[u8], ruid: &[u8]) {
    let ((), changes) = domain.edit(aor, usrloc.is_hooked(), |record, changes| {
        let Some(at) = record.contacts.iter().position(|contact| contact.ruid() == ruid) else { return };
        let contact = record.contacts.remove(at);
        changes.note(Event::Expired, Some(&contact));
        domain.expired.inc();
    });
    usrloc.announce(domain, aor, &changes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_stays() {
        let keepalive = Keepalive::new(10);
        assert!(!keepalive.is_silent(b"a", 100));
        assert!(!keepalive.is_silent(b"a", 110));
        keepalive.note(b"a", 111);
        assert!(!keepalive.is_silent(b"a", 121));
        assert!(keepalive.is_silent(b"a", 122));
        assert!(!keepalive.is_silent(b"a", 123));
    }
}
