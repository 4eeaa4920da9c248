//! The table of defines.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Generation, Options};
use crate::span::Span;

/// A name and the text it stands for.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The text; empty for a name that is only tested.
    pub(super) value: Rc<[u8]>,
    /// The directive; `None` for the command line and built-in names.
    pub(super) at: Option<Span>,
}

/// All names defined so far.
#[derive(Debug, Default)]
pub(super) struct Defines {
    table: HashMap<Vec<u8>, Entry>,
}

/// What to do when the name is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// An error.
    New,
    /// Keep the first.
    Try,
    /// Take the new one.
    Replace,
}

impl Defines {
    /// The names a server of this generation has from the start, and those of `-A`.
    pub(super) fn new(options: &Options) -> Defines {
        let mut defines = Defines::default();
        let version: &[&str] = match options.generation {
            Generation::V5_6 => &["KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"],
            Generation::V6 => &["KAMAILIO_6", "KAMAILIO_6_2", "KAMAILIO_6_2_0"],
        };
        for name in version {
            defines.put(name.as_bytes(), b"", None);
        }
        if options.generation == Generation::V6 {
            defines.put(b"KAMAILIO_VERSION", b"6002000", None);
            defines.put(b"OS_NAME", std::env::consts::OS.as_bytes(), None);
        }
        for (name, value) in &options.defines {
            defines.put(name.as_bytes(), value.as_deref().unwrap_or("").as_bytes(), None);
        }
        defines
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Entry> {
        self.table.get(name)
    }

    /// All names with their texts, sorted by name.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut names: Vec<_> = self.table.iter().map(|(name, e)| (text(name), text(&e.value))).collect();
        names.sort();
        names
    }

    pub(super) fn put(&mut self, name: &[u8], value: &[u8], at: Option<Span>) {
        self.table.insert(name.to_vec(), Entry { value: value.into(), at });
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        self.table.remove(name).is_some()
    }
}
