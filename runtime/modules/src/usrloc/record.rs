//! The contacts of one address of record.

use super::contact::{Agents, Contact, ContactInfo};

/// How a registration finds the contact that it refreshes (`matching_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// By URI.
    Contact,
    /// By URI and Call-ID.
    ContactAndCallId,
    /// By URI and path.
    ContactAndPath,
    /// By Call-ID.
    CallId,
}

/// What a registration finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No such contact.
    Nothing,
    /// The contact at this place.
    At(usize),
    /// The same request once more: nothing is to be done.
    Retransmission,
    /// An older request of the same phone.
    OldCSeq,
}

/// What happened to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Inserted,
    /// It was refreshed.
    Updated,
    /// It was removed on request.
    Deleted,
    /// Its time was over.
    Expired,
}

/// How contacts are kept.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// See [`Matching`].
    pub matching: Matching,
    /// Seconds in which the same CSeq is a retransmission.
    pub cseq_delay: i64,
    /// Newest first instead of by q.
    pub newest_first: bool,
}

/// An address of record with its contacts, in the order in which they are tried.
#[derive(Debug)]
pub struct Record {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Kamailio's hash of the address.
    pub hash: u32,
    /// Counts records of a table, for the order of listings.
    pub(super) sequence: u32,
}

impl Record {
    pub(super) fn new(hash: u32) -> Record {
        Record { contacts: Vec::new(), hash, sequence: 0 }
    }

    /// The contacts that are valid at a time.
    pub fn valid(&self, now: i64) -> impl Iterator<Item = &Contact> {
        self.contacts.iter().filter(move |c| c.is_valid(now))
    }

    /// Looks for the contact that a registration means. With an instance only instance and reg-id count (captured).
    pub fn find(&self, info: &ContactInfo<'_>, rules: &Rules, now: i64) -> Found {
        let same = |c: &Contact| {
            if !info.instance.is_empty() {
                return c.instance() == info.instance && c.reg_id() == info.reg_id;
            }
            match rules.matching {
                Matching::Contact => c.uri() == info.uri,
                Matching::ContactAndCallId => c.uri() == info.uri && c.call_id() == info.call_id,
                Matching::ContactAndPath => {
                    c.uri() == info.uri && (info.path.is_empty() || c.path() == info.path)
                }
                Matching::CallId => c.call_id() == info.call_id,
            }
        };
        let Some(at) = self.contacts.iter().position(same) else { return Found::Nothing };
        let contact = &self.contacts[at];
        if contact.call_id() != info.call_id || info.cseq > contact.cseq() {
            return Found::At(at);
        }
        if info.cseq == contact.cseq() && contact.modified + rules.cseq_delay > now {
            return Found::Retransmission;
        }
        Found::OldCSeq
    }

    /// Adds a contact: before those with a smaller q, or in front of all.
    pub fn insert(&mut self, info: &ContactInfo<'_>, rules: &Rules, agents: &Agents) -> bool {
        let Some(contact) = Contact::new(info, agents) else { return false };
        let at = if rules.newest_first {
            0
        } else {
            self.contacts.iter().position(|c| c.q() < contact.q()).unwrap_or(self.contacts.len())
        };
        // Most addresses have one contact: no room is kept for more.
        self.contacts.reserve_exact(1);
        self.contacts.insert(at, contact);
        true
    }

    /// Refreshes the contact at a place; its place changes only with the newest first (captured).
    pub fn update(&mut self, at: usize, info: &ContactInfo<'_>, rules: &Rules, agents: &Agents) -> bool {
        let Some(contact) = self.contacts.get_mut(at) else { return false };
        // By Call-ID alone the first URI stays (captured).
        let refreshed = if rules.matching == Matching::CallId && info.instance.is_empty() {
            let kept = contact.uri().to_vec();
            contact.refresh(&ContactInfo { uri: &kept, ..*info }, agents)
        } else {
            contact.refresh(info, agents)
        };
        if !refreshed {
            return false;
        }
        if rules.newest_first && at > 0 {
            let contact = self.contacts.remove(at);
            self.contacts.insert(0, contact);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{super::contact::tests::sample, *};

    const RULES: Rules = Rules { matching: Matching::Contact, cseq_delay: 20, newest_first: false };

    fn record(rules: &Rules, contacts: &[(&'static [u8], i32)]) -> Record {
        let (agents, mut record) = (Agents::default(), Record::new(0));
        for (uri, q) in contacts {
            record.insert(&ContactInfo { uri, q: *q, ..sample() }, rules, &agents);
        }
        record
    }

    fn uris(record: &Record) -> Vec<&str> {
        record.contacts.iter().map(|c| std::str::from_utf8(c.uri()).unwrap()).collect()
    }

    #[test]
    fn contacts_stand_by_q_then_by_arrival() {
        let record = record(&RULES, &[(b"a", -1), (b"b", 500), (b"c", -1), (b"d", 500), (b"e", 1000)]);
        assert_eq!(uris(&record), ["e", "b", "d", "a", "c"]);
    }

    #[test]
    fn or_the_newest_first() {
        let rules = Rules { newest_first: true, ..RULES };
        let mut record = record(&rules, &[(b"a", -1), (b"b", 500), (b"c", -1)]);
        assert_eq!(uris(&record), ["c", "b", "a"]);
        record.update(2, &ContactInfo { uri: b"a", ..sample() }, &rules, &Agents::default());
        assert_eq!(uris(&record), ["a", "c", "b"]);
    }

    #[test]
    fn a_repeated_request_is_told_from_an_old_one() {
        let record = record(&RULES, &[(b"a", -1)]);
        let find = |cseq, call_id: &'static [u8], now| {
            record.find(&ContactInfo { uri: b"a", cseq, call_id, ..sample() }, &RULES, now)
        };
        assert_eq!(find(1, b"call-1", 0), Found::Retransmission);
        assert_eq!(find(1, b"call-1", 30), Found::OldCSeq);
        assert_eq!(find(0, b"call-1", 0), Found::OldCSeq);
        assert_eq!(find(0, b"call-2", 0), Found::At(0));
        assert_eq!(find(2, b"call-1", 0), Found::At(0));
    }

    #[test]
    fn an_instance_is_matched_by_itself_and_reg_id() {
        let mut record = Record::new(0);
        let agents = Agents::default();
        let phone = ContactInfo { instance: b"<urn:1>", reg_id: 1, call_id: b"c", ..sample() };
        record.insert(&phone, &RULES, &agents);
        let find = |info: ContactInfo<'_>| record.find(&ContactInfo { cseq: 9, ..info }, &RULES, 0);
        assert_eq!(find(ContactInfo { uri: b"sip:moved", ..phone }), Found::At(0));
        assert_eq!(find(ContactInfo { reg_id: 2, ..phone }), Found::Nothing);
        assert_eq!(find(ContactInfo { instance: b"", reg_id: 0, ..phone }), Found::At(0));
    }
}
