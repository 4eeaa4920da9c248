//! Doing what a registration asks, under the lock of its address.

use bumpalo::collections::Vec as ArenaVec;

use super::{
    State,
    register::{Wanted, flags},
    reply::Refusal,
};
use crate::usrloc::{Changes, ContactInfo, Event, Found, Record};

/// What a registration did, as `save()` returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Contacts were added (or nothing was to be done).
    Inserted = 1,
    /// Contacts were refreshed.
    Updated = 2,
    /// Contacts were removed.
    Deleted = 3,
    /// Contacts were only asked for.
    Listed = 4,
}

/// Applies what is asked for each contact; the last thing done counts (captured).
pub(super) fn apply<'m>(
    state: &State,
    record: &mut Record,
    changes: &mut Changes,
    wanted: &[Wanted<'m>],
    max_contacts: i64,
    save_flags: i64,
    now: i64,
) -> Result<Done, Refusal> {
    let known = !record.contacts.is_empty();
    if known {
        // The real server takes an id for what it prepares first; ids are visible, so they are counted alike.
        state.ruids.take();
    }
    if max_contacts > 0 && too_many(state, record, wanted, max_contacts, now) {
        return Err(Refusal::TooMany);
    }
    let mut done = Done::Inserted;
    for Wanted { info, remove } in wanted {
        if let Some(step) = one(state, record, changes, info, *remove, now)? {
            done = step;
            if known && save_flags & flags::SINGLE != 0 && !remove {
                keep_only(record, changes, info);
            }
        }
    }
    Ok(done)
}

fn one(
    state: &State,
    record: &mut Record,
    changes: &mut Changes,
    info: &ContactInfo<'_>,
    remove: bool,
    now: i64,
) -> Result<Option<Done>, Refusal> {
    let keeping = &state.usrloc.keeping;
    let number = state.ruids.take();
    match record.find(info, &keeping.rules, now) {
        Found::OldCSeq => Err(Refusal::OldCSeq),
        Found::Retransmission => Ok(None),
        Found::Nothing if remove => Ok(None),
        Found::Nothing => {
            let mut ruid = Vec::with_capacity(32);
            state.ruids.write(number, &mut ruid);
            if !record.insert(&ContactInfo { ruid: &ruid, ..*info }, &keeping.rules, &keeping.agents) {
                return Err(Refusal::CannotStore);
            }
            changes.note(Event::Inserted, record.contacts.iter().find(|c| c.ruid() == ruid.as_slice()));
            Ok(Some(Done::Inserted))
        }
        Found::At(at) if remove => {
            let contact = record.contacts.remove(at);
            changes.note(Event::Deleted, Some(&contact));
            Ok(Some(Done::Deleted))
        }
        Found::At(at) => {
            if !record.update(at, info, &keeping.rules, &keeping.agents) {
                return Err(Refusal::CannotStore);
            }
            changes.note(Event::Updated, record.contacts.iter().find(|c| same(c.info(), info)));
            Ok(Some(Done::Updated))
        }
    }
}

/// Whether a stored contact is what a registration has just made of it.
fn same(stored: ContactInfo<'_>, info: &ContactInfo<'_>) -> bool {
    stored.call_id == info.call_id
        && stored.cseq == info.cseq
        && stored.instance == info.instance
        && (stored.uri == info.uri || stored.modified == info.modified)
}

/// Removes all contacts but the one just stored.
fn keep_only(record: &mut Record, changes: &mut Changes, info: &ContactInfo<'_>) {
    let Some(kept) = record.contacts.iter().position(|c| same(c.info(), info)) else { return };
    let kept = record.contacts.swap_remove(kept);
    for contact in std::mem::replace(&mut record.contacts, vec![kept]) {
        changes.note(Event::Deleted, Some(&contact));
    }
}

/// Whether the address would have more contacts than it may; a refresh is never refused.
fn too_many(state: &State, record: &Record, wanted: &[Wanted<'_>], max: i64, now: i64) -> bool {
    let before = record.valid(now).count() as i64;
    let mut after = before;
    for Wanted { info, remove } in wanted {
        match (record.find(info, &state.usrloc.keeping.rules, now), remove) {
            (Found::Nothing, false) => after += 1,
            (Found::At(_), true) => after -= 1,
            _ => {}
        }
    }
    after > max && after > before
}

/// Removes everything: `Contact: *`.
pub(super) fn clear(record: &mut Record, changes: &mut Changes) {
    for contact in std::mem::take(&mut record.contacts) {
        changes.note(Event::Deleted, Some(&contact));
    }
}

/// An empty list for replies.
pub(super) fn list<'m>(arena: &'m bumpalo::Bump) -> ArenaVec<'m, u8> {
    ArenaVec::with_capacity_in(256, arena)
}
