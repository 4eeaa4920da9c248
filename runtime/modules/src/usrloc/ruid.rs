//! Unique ids of contacts: `uloc-<start of the process>-<its id>-<count>`, all hexadecimal, the count with its least
//! digit first (captured).

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
        put_reversed_hex(number, out);
    }
}

/// Writes a number in hexadecimal, least digit first, as the real server writes counts and hashes.
pub fn put_reversed_hex(number: u32, out: &mut impl kamjit_sip::Sink) {
    let mut rest = number;
    loop {
        out.put(&[b"0123456789abcdef"[(rest & 15) as usize]]);
        rest >>= 4;
        if rest == 0 {
            return;
        }
    }
}
