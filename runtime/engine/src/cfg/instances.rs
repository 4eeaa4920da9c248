//! Instances of groups: other values of the same variables, which a script chooses with `cfg_select("group", id)`. What
//! an instance does not set it has from its group.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::CfgCell;

/// Instances that may exist at a time: they come over the network, too.
const MAX_INSTANCES: usize = 10_000;

type Values = BTreeMap<String, CfgCell>;

/// All of them.
#[derive(Debug, Default)]
pub struct Instances {
    values: Mutex<BTreeMap<(String, u32), Values>>,
    own: Mutex<BTreeSet<String>>,
}

impl Instances {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, u32), Values>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one, if it is not there. The caller knows that the group exists. False if there are too many.
    pub fn add(&self, group: &str, id: u32) -> bool {
        let mut all = self.lock();
        let room = all.len() < MAX_INSTANCES;
        let key = (group.to_owned(), id);
        if room {
            all.entry(key).or_default();
            return true;
        }
        all.contains_key(&key)
    }

    /// Removes one; false if it is not there.
    pub fn remove(&self, group: &str, id: u32) -> bool {
        self.lock().remove(&(group.to_owned(), id)).is_some()
    }

    /// True if there is such an instance.
    pub fn exists(&self, group: &str, id: u32) -> bool {
        self.lock().contains_key(&(group.to_owned(), id))
    }

    /// The instance's own value, if it has one; `None` without that instance.
    pub fn value(&self, group: &str, id: u32, name: &str) -> Option<Option<CfgCell>> {
        Some(self.lock().get(&(group.to_owned(), id))?.get(name).cloned())
    }

    /// Gives it a value of its own; false without that instance.
    pub fn set(&self, group: &str, id: u32, name: &str, cell: CfgCell) -> bool {
        match self.lock().get_mut(&(group.to_owned(), id)) {
            Some(values) => {
                values.insert(name.to_owned(), cell);
                true
            }
            None => false,
        }
    }

    /// Takes its own value away; false without that instance.
    pub fn unset(&self, group: &str, id: u32, name: &str) -> bool {
        self.lock().get_mut(&(group.to_owned(), id)).map(|values| values.remove(name)).is_some()
    }

    /// Notes that a group is the configuration's own: all its reads go through the script, so that instances count.
    pub fn mark_own(&self, group: &str) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned());
    }

    /// True for a group that the configuration declares.
    pub fn is_own(&self, group: &str) -> bool {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).contains(group)
    }
}

/// Splits `group[id]`.
pub fn split_instance(text: &str) -> Option<(&str, u32)> {
    let (group, id) = text.strip_suffix(']')?.split_once('[')?;
    Some((group, id.parse().ok()?))
}
