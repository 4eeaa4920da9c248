//! Unique ids of contacts: `uloc-<start of the process>-<its id>-<count>`, all hexadecimal (captured).

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Makes ids with a prefix of their own.
#[derive(Debug)]
pub struct Ruids {
    prefix: Vec<u8>,
    count: AtomicU32,
}

impl Ruids {
    /// Ids that begin with `name`.
    pub fn new(name: &str) -> Ruids {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let prefix = format!("{name}-{start:x}-{:x}-", std::process::id()).into_bytes();
        Ruids { prefix, count: AtomicU32::new(0) }
    }

    /// Takes the next number.
    pub fn take(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// Writes the id with a number.
    pub fn write(&self, number: u32, out: &mut impl kamjit_sip::Sink) {
        out.put(&self.prefix);
        out.put(kamjit_sip::text::hex(u64::from(number), &mut [0; 16]));
    }
}
