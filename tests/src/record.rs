//! What each end sent and received, in order.

use crate::mask::Names;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Direction of a recorded message, seen from the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The agent sent it.
    Sent,
    /// The agent received it.
    Received,
    /// Something else worth comparing, such as the end of a connection or the answer to a command.
    Note,
}

/// One line of the record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Direction.
    pub way: Way,
    /// The raw bytes.
    pub raw: Vec<u8>,
}

#[derive(Debug, Default)]
struct Inner {
    by_agent: BTreeMap<String, Vec<Entry>>,
    names: Names,
}

/// The record of one run; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Inner>>);

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Appends to an agent's record.
    pub fn push(&self, agent: &str, way: Way, raw: &[u8]) {
        self.lock().by_agent.entry(agent.into()).or_default().push(Entry { way, raw: raw.to_vec() });
    }

    /// Tells the masks what a port number stands for.
    pub fn name_port(&self, port: u16, name: &str) {
        self.lock().names.port(port, name);
    }

    /// What the masks know.
    pub fn names(&self) -> Names {
        self.lock().names.clone()
    }

    /// Everything recorded so far.
    pub fn entries(&self) -> BTreeMap<String, Vec<Entry>> {
        self.lock().by_agent.clone()
    }
}
