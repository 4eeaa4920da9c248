//! `modparam("corex", "dns_cache", "type=A;name=x;addr=1.2.3.4;ttl=3600")`: records that need no query.

use std::{net::IpAddr, time::Duration};

use kamjit_catalog::HostError;
use kamjit_net::dns::{Dns, RecordKind, Records, Srv};
use kamjit_sip::Params;

/// A record to be put into the cache.
pub(super) struct Record {
    name: String,
    kind: RecordKind,
    records: Records,
    ttl: Duration,
}

impl Record {
    pub(super) fn parse(text: &[u8]) -> Result<Record, HostError> {
        let bad = |what: &str| {
            HostError::new(format!("corex: dns_cache: {what} in '{}'", text.escape_ascii()))
                .help("type=A;name=example.org;addr=192.0.2.1;ttl=3600")
        };
        let params = Params::new(text);
        let get = |name: &str| {
            params.get(name.as_bytes()).map(|p| String::from_utf8_lossy(p.unquoted()).into_owned())
        };
        let number = |name: &str, default: u64| match get(name) {
            Some(text) => text.parse::<u64>().map_err(|_| bad(&format!("bad {name}"))),
            None => Ok(default),
        };
        let name = get("name").filter(|n| !n.is_empty()).ok_or_else(|| bad("no name"))?;
        let addr = get("addr").ok_or_else(|| bad("no addr"))?;
        let small = |name: &str| u16::try_from(number(name, 0)?).map_err(|_| bad(&format!("bad {name}")));
        if number("flags", 0)? & 1 != 0 {
            return Err(bad("a name that shall not resolve is not supported"));
        }
        let (kind, records) = match get("type").as_deref() {
            Some("A" | "a") => (RecordKind::A, address(&addr, true)),
            Some("AAAA" | "aaaa") => (RecordKind::Aaaa, address(&addr, false)),
            Some("SRV" | "srv") => {
                let srv = Srv {
                    priority: small("priority")?,
                    weight: small("weight")?,
                    port: small("port")?,
                    target: addr.clone(),
                };
                (RecordKind::Srv, Some(Records::Srv(vec![srv])))
            }
            _ => return Err(bad("the type is none of A, AAAA, SRV")),
        };
        let records = records.ok_or_else(|| bad("bad addr"))?;
        Ok(Record { name, kind, records, ttl: Duration::from_secs(number("ttl", 3600)?) })
    }

    pub(super) fn add_to(&self, dns: &Dns) {
        dns.cache_add(&self.name, self.kind, self.records.clone(), self.ttl);
    }
}

fn address(text: &str, ipv4: bool) -> Option<Records> {
    let ip: IpAddr = text.parse().ok()?;
    (ip.is_ipv4() == ipv4).then(|| Records::Addrs(vec![ip]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_nonsense_is_refused() {
        let record = Record::parse(b"type=A;name=kam.org;addr=193.22.119.66;ttl=3600000;flags=0").unwrap();
        assert_eq!(record.records, Records::Addrs(vec!["193.22.119.66".parse().unwrap()]));
        assert!(Record::parse(b"type=AAAA;name=kam.org;addr=1.2.3.4").is_err());
        assert!(Record::parse(b"type=A;addr=1.2.3.4").is_err());
        assert!(Record::parse(b"").is_err());
    }
}
