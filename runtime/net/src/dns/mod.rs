//! DNS without blocking: finding the servers of a SIP URI (RFC 3263), with a cache shared by all workers.
//!
//! [`Dns`] is the process-wide part: options, cache, `/etc/hosts`. Each worker has a [`DnsClient`] on its own
//! runtime. A cached or literal answer is ready at the first poll.

mod cache;
mod client;
mod hosts;
mod locate;
mod options;
mod records;

pub use cache::{CacheEntry, CacheStats};
pub use client::{Dns, DnsClient, DnsError};
pub use locate::{Target, literal};
pub use options::{DnsOptions, Family, Preferences};
pub use records::{Naptr, RecordKind, Records, Srv};
