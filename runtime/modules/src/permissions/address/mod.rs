//! Groups of addresses.

mod functions;
mod source;

pub(super) use functions::{allow, allow_source, group, group_of_source};
pub(super) use source::Source;

use std::{collections::BTreeMap, net::IpAddr};

/// An entry: what is common to its kinds.
#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    /// The group.
    pub(super) group: i64,
    /// A name, an address, a net.
    pub(super) what: T,
    /// 0: any.
    pub(super) port: u16,
    /// Its tag.
    pub(super) tag: Option<Box<[u8]>>,
}

impl<T> Entry<T> {
    fn takes(&self, port: u16) -> bool {
        self.port == 0 || self.port == port
    }
}

/// A subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    pub(super) address: IpAddr,
    pub(super) bits: u8,
}

impl Net {
    fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits.min(32))).unwrap_or(0);
                (u32::from(net) ^ u32::from(ip)) & mask == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits.min(128))).unwrap_or(0);
                (u128::from(net) ^ u128::from(ip)) & mask == 0
            }
            _ => false,
        }
    }
}

/// All addresses, in the three kinds that the remote commands show.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Whole addresses. A few thousand carriers are common, so they are found by key.
    pub(super) hosts: BTreeMap<IpAddr, Vec<Entry<IpAddr>>>,
    /// Subnets, by group.
    pub(super) nets: Vec<Entry<Net>>,
    /// Names; they are compared, never looked up.
    pub(super) names: Vec<Entry<Box<[u8]>>>,
}

/// What is looked for.
pub(super) enum Asked<'a> {
    Ip(IpAddr),
    Name(&'a [u8]),
}

impl<'a> Asked<'a> {
    /// An address, with or without brackets, else a name.
    pub(super) fn read(text: &'a [u8]) -> Asked<'a> {
        let bare = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]")).unwrap_or(text);
        match std::str::from_utf8(bare).ok().and_then(|text| text.parse().ok()) {
            Some(ip) => Asked::Ip(ip),
            None => Asked::Name(text),
        }
    }
}

/// A match.
pub(super) struct Match<'a> {
    pub(super) group: i64,
    pub(super) tag: Option<&'a [u8]>,
}

impl Table {
    /// Adds an entry; whether it is a whole address, a subnet or a name shows in the text and mask.
    pub(super) fn add(&mut self, group: i64, text: &str, mask: i64, port: u16, tag: Option<Box<[u8]>>) {
        let Asked::Ip(ip) = Asked::read(text.as_bytes()) else {
            let what = text.as_bytes().into();
            self.names.push(Entry { group, what, port, tag });
            return;
        };
        let whole = if ip.is_ipv4() { 32 } else { 128 };
        match u8::try_from(mask) {
            Ok(bits) if bits < whole => {
                let at = self.nets.partition_point(|entry| entry.group <= group);
                self.nets.insert(at, Entry { group, what: Net { address: ip, bits }, port, tag });
            }
            _ => self.hosts.entry(ip).or_default().push(Entry { group, what: ip, port, tag }),
        }
    }

    /// The entry that matches: of a group, or of any.
    pub(super) fn find(&self, group: Option<i64>, asked: &Asked<'_>, port: u16) -> Option<Match<'_>> {
        fn hit<T>(entry: &Entry<T>) -> Match<'_> {
            Match { group: entry.group, tag: entry.tag.as_deref() }
        }
        fn fits<T>(entry: &Entry<T>, group: Option<i64>, port: u16) -> bool {
            group.is_none_or(|group| entry.group == group) && entry.takes(port)
        }
        match asked {
            Asked::Ip(ip) => {
                let whole = self.hosts.get(ip).and_then(|all| all.iter().find(|e| fits(e, group, port)));
                whole.map(hit).or_else(|| {
                    let net = self.nets.iter().find(|e| fits(e, group, port) && e.what.contains(*ip));
                    net.map(hit)
                })
            }
            Asked::Name(name) => {
                self.names.iter().find(|e| fits(e, group, port) && *e.what == **name).map(hit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        table.add(1, "127.0.0.1", 32, 0, Some((*b"lo").into()));
        table.add(1, "10.1.2.3", 32, 5060, None);
        table.add(200, "192.168.1.0", 24, 0, None);
        table.add(5, "192.168.1.0", 25, 5062, Some((*b"half").into()));
        table.add(3, "2001:db8::", 32, 0, None);
        table.add(4, "carrier.example.org", 32, 0, None);
        table.add(9, "0.0.0.0", 0, 7, None);
        table
    }

    fn group(table: &Table, group: Option<i64>, text: &str, port: u16) -> Option<i64> {
        table.find(group, &Asked::read(text.as_bytes()), port).map(|found| found.group)
    }

    #[test]
    fn addresses_nets_and_names_match_with_their_port() {
        let table = table();
        assert_eq!(group(&table, Some(1), "127.0.0.1", 9), Some(1));
        assert_eq!(group(&table, Some(1), "10.1.2.3", 5061), None);
        assert_eq!(group(&table, Some(200), "192.168.1.7", 1), Some(200));
        assert_eq!(group(&table, Some(200), "192.168.2.7", 1), None);
        assert_eq!(group(&table, None, "192.168.1.7", 5062), Some(5));
        assert_eq!(group(&table, None, "192.168.1.200", 5062), Some(200));
        assert_eq!(group(&table, Some(3), "[2001:db8:1::1]", 1), Some(3));
        assert_eq!(group(&table, Some(4), "carrier.example.org", 1), Some(4));
        assert_eq!(group(&table, Some(4), "CARRIER.example.org", 1), None);
        assert_eq!(group(&table, None, "8.8.8.8", 7), Some(9));
        assert_eq!(group(&table, None, "", 7), None);
    }
}
