//! The records that locating a server needs.

use std::net::IpAddr;

/// Record types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Server (RFC 2782).
    Srv,
    /// Naming authority pointer (RFC 3403).
    Naptr,
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// Lower is tried first.
    pub priority: u16,
    /// Share among records of one priority.
    pub weight: u16,
    /// Port of the server.
    pub port: u16,
    /// Name of the server.
    pub target: String,
}

/// One NAPTR record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// Lower is used first.
    pub order: u16,
    /// Lower is preferred among records of one order.
    pub preference: u16,
    /// `s` for SRV, `a` for addresses.
    pub flags: String,
    /// Such as `SIP+D2U`.
    pub services: String,
    /// A rewriting rule; empty for SIP.
    pub regexp: String,
    /// The next name to look up.
    pub replacement: String,
}

/// The records of one name and type, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// A or AAAA.
    Addrs(Vec<IpAddr>),
    /// SRV.
    Srv(Vec<Srv>),
    /// NAPTR.
    Naptr(Vec<Naptr>),
}

impl Records {
    /// Approximate memory, in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Records::Addrs(addrs) => addrs.len() * size_of::<IpAddr>(),
            Records::Srv(all) => all.iter().map(|r| size_of::<Srv>() + r.target.len()).sum(),
            Records::Naptr(all) => all
                .iter()
                .map(|r| {
                    size_of::<Naptr>()
                        + r.services.len()
                        + r.regexp.len()
                        + r.replacement.len()
                        + r.flags.len()
                })
                .sum(),
        }
    }
}
