//! One queue.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Bytes that all queues together may hold.
pub(super) const MOST_BYTES: usize = 256 << 20;
/// What an item costs beside its texts, in bytes (estimate).
const ITEM_COST: usize = 64;

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its key.
    pub key: Box<[u8]>,
    /// Its value.
    pub value: Box<[u8]>,
}

impl Item {
    fn cost(&self) -> usize {
        ITEM_COST + self.key.len() + self.value.len()
    }
}

/// What happens to an item whose key is in the queue already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddMode {
    /// It is added.
    All,
    /// The one in the queue stays.
    Oldest,
    /// It takes the place of the other, at the end.
    Newest,
}

/// How a queue is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// Its name.
    pub name: Box<str>,
    /// Items that it holds at most; the oldest make room. 0: no limit.
    pub size: usize,
    /// What happens to known keys.
    pub mode: AddMode,
}

/// A queue.
pub(super) struct Queue {
    /// How it is defined.
    pub definition: Definition,
    items: Mutex<VecDeque<Item>>,
    bytes: Arc<AtomicUsize>,
}

impl Queue {
    /// An empty queue; `bytes` counts what all queues hold.
    pub fn new(definition: Definition, bytes: &Arc<AtomicUsize>) -> Queue {
        Queue { definition, items: Mutex::default(), bytes: Arc::clone(bytes) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Adds an item; false if there is no memory for it.
    pub fn add(&self, item: Item) -> bool {
        let mut items = self.lock();
        if self.definition.mode != AddMode::All
            && let Some(at) = items.iter().position(|known| known.key == item.key)
        {
            if self.definition.mode == AddMode::Oldest {
                return true;
            }
            self.gone(items.remove(at));
        }
        if self.bytes.load(Ordering::Relaxed).saturating_add(item.cost()) > MOST_BYTES {
            return false;
        }
        self.bytes.fetch_add(item.cost(), Ordering::Relaxed);
        items.push_back(item);
        if self.definition.size > 0 && items.len() > self.definition.size {
            self.gone(items.pop_front());
        }
        true
    }

    fn gone(&self, item: Option<Item>) {
        if let Some(item) = item {
            self.bytes.fetch_sub(item.cost(), Ordering::Relaxed);
        }
    }

    /// Takes the oldest item.
    pub fn take(&self) -> Option<Item> {
        let item = self.lock().pop_front()?;
        self.bytes.fetch_sub(item.cost(), Ordering::Relaxed);
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(size: usize, mode: AddMode) -> Vec<String> {
        let bytes = Arc::default();
        let queue = Queue::new(Definition { name: "q".into(), size, mode }, &bytes);
        for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
            assert!(queue.add(Item { key: key.as_bytes().into(), value: value.as_bytes().into() }));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let items = std::iter::from_fn(|| queue.take()).map(|i| text(&i.key) + &text(&i.value)).collect();
        assert_eq!(bytes.load(Ordering::Relaxed), 0);
        items
    }

    #[test]
    fn known_keys_are_kept_as_the_mode_says() {
        assert_eq!(keys(0, AddMode::All), ["a1", "b2", "a3"]);
        assert_eq!(keys(0, AddMode::Oldest), ["a1", "b2"]);
        assert_eq!(keys(0, AddMode::Newest), ["b2", "a3"]);
        assert_eq!(keys(2, AddMode::All), ["b2", "a3"]);
    }
}
