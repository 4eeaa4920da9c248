//! One table: items in slots as the real server has them, so that listings and iterators go the same way round.
//! Slots share a bounded number of locks; nothing waits while one is held.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use kamjit_engine::Val;

use super::{hash::key_hash, lock::ScriptLocks};

/// Locks of one table.
const MOST_SHARDS: u32 = 1024;
/// What an item costs beside its name and value, in bytes (estimate).
const ITEM_COST: usize = 128;
/// Bytes that all tables together may hold.
pub(super) const MOST_BYTES: usize = 1 << 30;

/// The value of an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
}

impl Value {
    /// A copy for a run.
    pub fn to_val<'m>(&self, arena: &'m bumpalo::Bump) -> Val<'m> {
        match self {
            Value::Int(n) => Val::Int(*n),
            Value::Str(text) => Val::Str(arena.alloc_slice_copy(text)),
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Value::Int(_) => None,
            Value::Str(text) => Some(text),
        }
    }
}

/// An item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its key.
    pub name: Box<[u8]>,
    /// Its value.
    pub value: Value,
    /// When it ends, in seconds since 1970; 0: never.
    pub expires: i64,
}

impl Item {
    fn cost(&self) -> usize {
        ITEM_COST + self.name.len() + self.value.text().map_or(0, <[u8]>::len)
    }
}

/// Place of an item: slot, hash of its key, order of arrival.
pub(super) type Place = (u32, u32, u64);

/// How a table is defined (`htable` parameter).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    /// Its name.
    pub name: Box<str>,
    /// Its slots are 2 to this power.
    pub size: u32,
    /// Seconds until an item ends that is not touched; 0: never.
    pub auto_expire: i64,
    /// Whether a change puts the end off.
    pub update_expire: bool,
    /// What reads as value of an absent item.
    pub initial: Option<i64>,
    /// Name of the database table.
    pub db_table: Box<str>,
    /// Its columns, key first (`cols`), if they are not those of the parameters.
    pub columns: Box<[Box<str>]>,
    /// Whether the table is written to the database at the end.
    pub db_mode: i64,
    /// Whether it is to be replicated over DMQ.
    pub replicate: i64,
}

#[derive(Default)]
struct Shard {
    items: BTreeMap<Place, Item>,
    arrived: u64,
}

/// There is no room for another item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// A table.
pub(super) struct Table {
    /// How it is defined.
    pub definition: Definition,
    /// Locks that scripts hold.
    pub locks: ScriptLocks,
    shards: Box<[Mutex<Shard>]>,
    /// Slots go to shards by their upper bits, so that shards in order are slots in order.
    shift: u32,
    bytes: Arc<AtomicUsize>,
}

impl Table {
    /// An empty table; `bytes` counts what all tables hold.
    pub fn new(definition: Definition, bytes: &Arc<AtomicUsize>) -> Table {
        let slots = 1u64 << definition.size;
        let shards = slots.min(u64::from(MOST_SHARDS)) as u32;
        Table {
            locks: ScriptLocks::new(shards as usize),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            shift: definition.size - shards.ilog2(),
            bytes: Arc::clone(bytes),
            definition,
        }
    }

    /// True if it is in the database, too.
    pub fn is_stored(&self) -> bool {
        !self.definition.db_table.is_empty()
    }

    /// Number of slots.
    pub fn slots(&self) -> u64 {
        1 << self.definition.size
    }

    /// Slot and hash of a key.
    fn place(&self, name: &[u8]) -> (u32, u32) {
        let hash = key_hash(name);
        ((u64::from(hash) & (self.slots() - 1)) as u32, hash)
    }

    /// The shard that a key belongs to.
    pub fn shard_of(&self, name: &[u8]) -> usize {
        (self.place(name).0 >> self.shift) as usize
    }

    fn shard(&self, slot: u32) -> MutexGuard<'_, Shard> {
        self.lock((slot >> self.shift) as usize)
    }

    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        // `shift` keeps the index in range for every 32-bit slot of the table.
        let shard = &self.shards[shard.min(self.shards.len() - 1)];
        shard.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// True if the item's time is over although it was not removed yet.
    fn is_over(&self, item: &Item, now: i64) -> bool {
        self.definition.auto_expire > 0 && item.expires != 0 && item.expires < now
    }

    /// Looks at an item, if it is there and its time is not over.
    pub fn read<R>(&self, name: &[u8], now: i64, look: impl FnOnce(&Item) -> R) -> Option<R> {
        let (slot, hash) = self.place(name);
        let shard = self.shard(slot);
        let item = shard.items.range(range(slot, hash)).map(|(_, item)| item).find(|i| *i.name == *name)?;
        if self.is_over(item, now) { None } else { Some(look(item)) }
    }

    /// Changes an item; `change` gets it, or nothing if it is absent or its time is over, and gives what to store
    /// (nothing: it stays as it is).
    fn edit<R>(
        &self,
        name: &[u8],
        now: i64,
        change: impl FnOnce(Option<&mut Item>) -> (Option<Item>, R),
    ) -> Result<R, Full> {
        let (slot, hash) = self.place(name);
        let mut guard = self.shard(slot);
        let shard = &mut *guard;
        let place =
            shard.items.range(range(slot, hash)).find(|(_, item)| *item.name == *name).map(|(p, _)| *p);
        let existing = place.and_then(|place| shard.items.get_mut(&place));
        let (before, (stored, result)) = match existing {
            Some(item) => {
                let before = item.cost();
                let over = self.is_over(item, now);
                let (new, result) = change(if over { None } else { Some(item) });
                let new = match (new, over) {
                    (Some(new), _) => new,
                    (None, true) => return Ok(result),
                    (None, false) => {
                        let after = item.cost();
                        self.account(before, after);
                        return Ok(result);
                    }
                };
                *item = new;
                self.account(before, item.cost());
                return Ok(result);
            }
            None => (0, change(None)),
        };
        if let Some(item) = stored {
            if self.bytes.load(Ordering::Relaxed).saturating_add(item.cost()) > MOST_BYTES {
                return Err(Full);
            }
            self.account(before, item.cost());
            shard.arrived += 1;
            let place = (slot, hash, shard.arrived);
            shard.items.insert(place, item);
        }
        Ok(result)
    }

    fn account(&self, before: usize, after: usize) {
        if after >= before {
            self.bytes.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.bytes.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    /// When an item ends that is set now.
    pub fn end_of_new(&self, now: i64) -> i64 {
        if self.definition.auto_expire > 0 { now + self.definition.auto_expire } else { 0 }
    }

    /// When an item ends that is given `seconds`. Without `autoexpire` nothing ever ends, and what is stored only
    /// shows (captured).
    fn end_after(&self, seconds: i64, now: i64) -> i64 {
        match seconds {
            ..=0 => 0,
            _ if self.definition.auto_expire > 0 => now.saturating_add(seconds),
            _ => seconds,
        }
    }

    /// Sets a value.
    pub fn set(&self, name: &[u8], value: Value, now: i64) -> Result<(), Full> {
        let end = self.end_of_new(now);
        self.edit(name, now, |item| match item {
            Some(item) => {
                item.value = value;
                if self.definition.update_expire {
                    item.expires = end;
                }
                (None, ())
            }
            None => (Some(Item { name: name.into(), value, expires: end }), ()),
        })
    }

    /// Sets a value and the seconds until its end.
    pub fn set_both(&self, name: &[u8], value: Value, seconds: i64, now: i64) -> Result<(), Full> {
        let expires = self.end_after(seconds, now);
        self.edit(name, now, |item| match item {
            Some(item) => {
                (item.value, item.expires) = (value, expires);
                (None, ())
            }
            None => (Some(Item { name: name.into(), value, expires }), ()),
        })
    }

    /// Sets the seconds until an item's end (0: never). Absent items stay absent; without `autoexpire` it does
    /// nothing (captured).
    pub fn set_end(&self, name: &[u8], seconds: i64, now: i64) {
        if self.definition.auto_expire <= 0 {
            return;
        }
        let end = self.end_after(seconds, now);
        let _ = self.edit(name, now, |item| {
            if let Some(item) = item {
                item.expires = end;
            }
            (None, ())
        });
    }

    /// Adds to a number and gives the sum. An absent item begins with the table's `initval`; without it, and for
    /// text, there is no sum.
    pub fn add(&self, name: &[u8], now: i64, sum: impl FnOnce(i64) -> i64) -> Result<Option<i64>, Full> {
        let end = self.end_of_new(now);
        self.edit(name, now, |item| match (item, self.definition.initial) {
            (Some(Item { value: Value::Int(n), expires, .. }), _) => {
                *n = sum(*n);
                if self.definition.update_expire {
                    *expires = end;
                }
                (None, Some(*n))
            }
            (Some(_), _) | (None, None) => (None, None),
            (None, Some(initial)) => {
                let n = sum(initial);
                (Some(Item { name: name.into(), value: Value::Int(n), expires: end }), Some(n))
            }
        })
    }

    /// Removes an item; true if it was there.
    pub fn remove(&self, name: &[u8]) -> bool {
        let (slot, hash) = self.place(name);
        let mut shard = self.shard(slot);
        let place =
            shard.items.range(range(slot, hash)).find(|(_, item)| *item.name == *name).map(|(p, _)| *p);
        let Some(item) = place.and_then(|place| shard.items.remove(&place)) else { return false };
        self.account(item.cost(), 0);
        true
    }

    /// Removes every item that `unwanted` names; gives those that `keep_copies` asks for.
    fn remove_if(&self, keep_copies: bool, unwanted: impl Fn(&Item) -> bool) -> Vec<Item> {
        let mut removed = Vec::new();
        for at in 0..self.shards.len() {
            let mut shard = self.lock(at);
            shard.items.retain(|_, item| {
                let gone = unwanted(item);
                if gone {
                    self.account(item.cost(), 0);
                    if keep_copies {
                        removed.push(item.clone());
                    }
                }
                !gone
            });
        }
        removed
    }

    /// Removes every item that `unwanted` names.
    pub fn remove_all(&self, unwanted: impl Fn(&Item) -> bool) {
        self.remove_if(false, unwanted);
    }

    /// Removes the items whose time is over, and gives them if somebody wants to know.
    pub fn sweep(&self, now: i64, wanted: bool) -> Vec<Item> {
        if self.definition.auto_expire <= 0 {
            return Vec::new();
        }
        self.remove_if(wanted, |item| self.is_over(item, now))
    }

    /// True if an item is as `wanted` says.
    pub fn any(&self, wanted: impl Fn(&Item) -> bool) -> bool {
        (0..self.shards.len()).any(|at| self.lock(at).items.values().any(&wanted))
    }

    /// Looks at all items in the order of their slots; called with a short lock held.
    pub fn visit(&self, mut look: impl FnMut(u32, &Item)) {
        for at in 0..self.shards.len() {
            for ((slot, ..), item) in &self.lock(at).items {
                look(*slot, item);
            }
        }
    }

    /// Puts other items in the place of all. An item that comes twice counts as it comes last.
    pub fn replace(&self, items: Vec<Item>) -> Result<(), Full> {
        let fresh = Table::new(self.definition.clone(), &self.bytes);
        for item in items {
            let value = item.value;
            fresh.edit(&item.name.clone(), 0, |known| match known {
                Some(known) => {
                    (known.value, known.expires) = (value, item.expires);
                    (None, ())
                }
                None => (Some(Item { value, ..item }), ()),
            })?;
        }
        for at in 0..self.shards.len() {
            std::mem::swap(&mut *self.lock(at), &mut *fresh.lock(at));
        }
        // What was in the table goes with `fresh`.
        fresh.remove_all(|_| true);
        Ok(())
    }

    /// The place behind `after`, from the beginning without it.
    pub fn next(&self, after: Option<Place>) -> Option<Place> {
        let from = after.map_or(0, |(slot, ..)| (slot >> self.shift) as usize);
        let bound = after.map_or(Bound::Unbounded, Bound::Excluded);
        (from..self.shards.len()).find_map(|at| {
            let shard = self.lock(at);
            shard.items.range((bound, Bound::Unbounded)).next().map(|(place, _)| *place)
        })
    }

    /// Looks at the item at a place.
    pub fn at<R>(&self, place: Place, look: impl FnOnce(&mut Item) -> R) -> Option<R> {
        let mut shard = self.shard(place.0);
        let item = shard.items.get_mut(&place)?;
        let before = item.cost();
        let result = look(item);
        let after = item.cost();
        drop(shard);
        self.account(before, after);
        Some(result)
    }

    /// Removes the item at a place; true if it was there.
    pub fn remove_at(&self, place: Place) -> bool {
        let removed = self.shard(place.0).items.remove(&place);
        removed.inspect(|item| self.account(item.cost(), 0)).is_some()
    }

    /// When an item ends that is given `seconds` from now, for iterators.
    pub fn end_for(&self, seconds: i64, now: i64) -> i64 {
        self.end_after(seconds, now)
    }
}

fn range(slot: u32, hash: u32) -> std::ops::RangeInclusive<Place> {
    (slot, hash, 0)..=(slot, hash, u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(auto_expire: i64, update_expire: bool, initial: Option<i64>) -> Table {
        let definition = Definition {
            name: "t".into(),
            size: 4,
            auto_expire,
            update_expire,
            initial,
            db_table: "".into(),
            columns: Box::default(),
            db_mode: 0,
            replicate: 0,
        };
        Table::new(definition, &Arc::default())
    }

    fn get(table: &Table, name: &str, now: i64) -> Option<Value> {
        table.read(name.as_bytes(), now, |item| item.value.clone())
    }

    #[test]
    fn items_end_and_begin_again() {
        let table = table(10, false, Some(7));
        table.set(b"a", Value::Int(1), 100).unwrap();
        table.set(b"a", Value::Int(2), 105).unwrap();
        assert_eq!(get(&table, "a", 110), Some(Value::Int(2)));
        assert_eq!(get(&table, "a", 111), None);
        assert_eq!(table.add(b"a", 111, |n| n + 1), Ok(Some(8)));
        assert_eq!(table.sweep(121, true).len(), 0);
        let gone = table.sweep(122, true);
        assert_eq!(gone.iter().map(|item| &*item.name).collect::<Vec<_>>(), [b"a"]);
        assert_eq!(table.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn items_are_walked_by_slot_and_hash() {
        let table = table(0, true, None);
        for name in ["123", "q", "xy", "x", "y", "abc"] {
            table.set(name.as_bytes(), Value::Str(name.as_bytes().into()), 0).unwrap();
        }
        let (mut names, mut at) = (Vec::new(), None);
        while let Some(place) = table.next(at) {
            names.push(table.at(place, |item| String::from_utf8_lossy(&item.name).into_owned()).unwrap());
            at = Some(place);
        }
        // Captured.
        assert_eq!(names, ["abc", "y", "x", "xy", "q", "123"]);
    }

    #[test]
    fn memory_is_bounded() {
        let bytes = Arc::new(AtomicUsize::new(MOST_BYTES));
        let full = Table::new(table(0, true, None).definition, &bytes);
        assert_eq!(full.set(b"a", Value::Int(1), 0), Err(Full));
        assert_eq!(get(&full, "a", 0), None);
    }
}
