//! A table of addresses of record (`location`): sharded, with short locks.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use kamjit_engine::stats::{Counter, Stats};

use super::{
    contact::{Agents, Contact},
    hash::aor_hash,
    record::{Event, Record, Rules},
};

/// Locks of a table.
const SHARDS: usize = 64;

type Shard = HashMap<Box<[u8]>, Record>;

/// What happened to contacts in one go; kept only if somebody wants to know.
#[derive(Debug, Default)]
pub struct Changes {
    wanted: bool,
    /// What happened, in order.
    pub events: Vec<(Event, Contact)>,
}

impl Changes {
    /// Notes that something happened to a contact.
    pub fn note(&mut self, event: Event, contact: Option<&Contact>) {
        if let (true, Some(contact)) = (self.wanted, contact) {
            self.events.push((event, contact.clone()));
        }
    }
}

/// One table.
pub struct Domain {
    name: Box<str>,
    shards: Box<[Mutex<Shard>]>,
    sequence: AtomicU32,
    /// Addresses.
    pub users: Counter,
    /// Contacts.
    pub contacts: Counter,
    /// Contacts that expired so far.
    pub expired: Counter,
}

impl Domain {
    /// An empty table; registers its statistics.
    pub fn new(name: &str, stats: &Stats) -> Domain {
        let counter = |what: &str| stats.counter("usrloc", &format!("{name}_{what}"));
        Domain {
            name: name.into(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            sequence: AtomicU32::new(0),
            contacts: counter("contacts"),
            expired: counter("expires"),
            users: counter("users"),
        }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn shard(&self, hash: u32) -> MutexGuard<'_, Shard> {
        let at = hash as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Reads the record of an address under its lock: be brief.
    pub fn read<R>(&self, aor: &[u8], look: impl FnOnce(Option<&Record>) -> R) -> R {
        look(self.shard(aor_hash(aor)).get(aor))
    }

    /// Changes the record of an address under its lock. A record without contacts is passed if there is none yet,
    /// and none is kept when it is left without contacts. `wanted`: collect what happens.
    pub fn edit<R>(
        &self,
        aor: &[u8],
        wanted: bool,
        change: impl FnOnce(&mut Record, &mut Changes) -> R,
    ) -> (R, Changes) {
        let hash = aor_hash(aor);
        let mut changes = Changes { wanted, events: Vec::new() };
        let mut shard = self.shard(hash);
        let Some(record) = shard.get_mut(aor) else {
            let mut record = Record::new(hash);
            let result = change(&mut record, &mut changes);
            if !record.contacts.is_empty() {
                record.sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
                self.users.inc();
                self.contacts.add(record.contacts.len() as i64);
                shard.insert(aor.into(), record);
            }
            return (result, changes);
        };
        let before = record.contacts.len() as i64;
        let result = change(record, &mut changes);
        self.contacts.add(record.contacts.len() as i64 - before);
        if record.contacts.is_empty() {
            shard.remove(aor);
            self.users.add(-1);
        }
        (result, changes)
    }

    /// Removes an address; false if it was not there.
    pub fn remove(&self, aor: &[u8], wanted: bool) -> (bool, Changes) {
        self.edit(aor, wanted, |record, changes| {
            let existed = !record.contacts.is_empty();
            for contact in std::mem::take(&mut record.contacts) {
                changes.note(Event::Deleted, Some(&contact));
            }
            existed
        })
    }

    /// Removes what is no longer valid, one shard after another; gives back the removed if they are wanted.
    pub fn sweep(&self, wanted: bool, over: impl Fn(&Contact) -> bool) -> Vec<(Box<[u8]>, Contact)> {
        let mut removed = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(|broken| broken.into_inner());
            shard.retain(|aor, record| {
                let before = record.contacts.len();
                record.contacts.retain(|contact| {
                    let keep = !over(contact);
                    if !keep && wanted {
                        removed.push((aor.clone(), contact.clone()));
                    }
                    keep
                });
                let gone = (before - record.contacts.len()) as i64;
                self.contacts.add(-gone);
                self.expired.add(gone);
                if record.contacts.is_empty() {
                    self.users.add(-1);
                }
                !record.contacts.is_empty()
            });
        }
        removed
    }

    /// The contact with one of our ids among the addresses of a hash (as a temporary GRUU names it).
    pub fn find_ruid<R>(&self, hash: u32, ruid: &[u8], look: impl FnOnce(&[u8], &Contact) -> R) -> Option<R> {
        let shard = self.shard(hash);
        let mut records = shard.iter().filter(|(_, record)| record.hash == hash);
        let (aor, contact) = records
            .find_map(|(aor, record)| Some((aor, record.contacts.iter().find(|c| c.ruid() == ruid)?)))?;
        Some(look(aor, contact))
    }

    /// Visits all records, one shard after another, in no order.
    pub fn visit(&self, mut see: impl FnMut(&[u8], &Record)) {
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(|broken| broken.into_inner());
            shard.iter().for_each(|(aor, record)| see(aor, record));
        }
    }
}

/// How a table keeps contacts, and the names that its contacts share.
pub struct Keeping {
    /// Matching and order.
    pub rules: Rules,
    /// Names of user agents.
    pub agents: Agents,
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            contact::{ContactInfo, tests::sample},
            record::Matching,
        },
        *,
    };

    const RULES: Rules = Rules { matching: Matching::Contact, cseq_delay: 20, newest_first: false };

    fn add(domain: &Domain, aor: &[u8], info: &ContactInfo<'_>) {
        let agents = Agents::default();
        domain.edit(aor, false, |record, _| record.insert(info, &RULES, &agents));
    }

    fn counts(domain: &Domain) -> (i64, i64, i64) {
        (domain.users.get(), domain.contacts.get(), domain.expired.get())
    }

    #[test]
    fn records_come_and_go_with_their_contacts() {
        let domain = Domain::new("location", &Stats::default());
        domain.edit(b"bob", false, |_, _| ());
        assert_eq!(counts(&domain), (0, 0, 0));
        add(&domain, b"bob", &sample());
        add(&domain, b"bob", &ContactInfo { uri: b"sip:two", ..sample() });
        assert_eq!(counts(&domain), (1, 2, 0));
        let (existed, changes) = domain.remove(b"bob", true);
        assert!(existed);
        assert_eq!(changes.events.iter().map(|(e, _)| *e).collect::<Vec<_>>(), [Event::Deleted; 2]);
        assert_eq!(counts(&domain), (0, 0, 0));
    }

    #[test]
    fn the_sweep_takes_what_has_expired() {
        let domain = Domain::new("location", &Stats::default());
        add(&domain, b"bob", &ContactInfo { expires: 10, ..sample() });
        add(&domain, b"bob", &ContactInfo { uri: b"sip:two", expires: 0, ..sample() });
        add(&domain, b"al", &ContactInfo { expires: 10, ..sample() });
        let removed = domain.sweep(true, |c| !c.is_valid(11));
        assert_eq!(removed.len(), 2);
        assert_eq!(counts(&domain), (1, 1, 2));
        assert!(domain.read(b"al", |record| record.is_none()));
    }
}
