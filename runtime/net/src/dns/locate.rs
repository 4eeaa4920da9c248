//! From a host, port and transport to the servers to try (RFC 3263 section 4).

use super::options::{DnsOptions, Family};
use super::records::{Naptr, RecordKind, Records, Srv};
use super::{DnsClient, DnsError};
use crate::listen::Proto;
use rand::Rng;
use std::net::{IpAddr, SocketAddr};

/// A server to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Transport.
    pub proto: Proto,
    /// Address and port.
    pub addr: SocketAddr,
}

/// Servers that are tried for one URI at most.
const MAX_TARGETS: usize = 32;
/// SRV records whose addresses are looked up for one URI at most.
const MAX_SRV: usize = 16;

/// The target of a host that is an address (IPv6 with or without brackets). Never asks DNS.
pub fn literal(host: &[u8], port: Option<u16>, proto: Option<Proto>, sips: bool) -> Option<Target> {
    let host = std::str::from_utf8(host).ok()?;
    let ip: IpAddr = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(inner) => IpAddr::V6(inner.parse().ok()?),
        None => host.parse().ok()?,
    };
    let proto = proto.unwrap_or(if sips { Proto::Tls } else { Proto::Udp });
    Some(Target {
        proto,
        addr: SocketAddr::new(ip, port.filter(|p| *p != 0).unwrap_or(proto.default_port())),
    })
}

impl DnsClient {
    /// The servers for a host, in the order to try them. `port` and `proto` are what the URI says, if it does;
    /// port 0 counts as none.
    ///
    /// # Errors
    /// [`DnsError`] when no server was found.
    pub async fn resolve(
        &self,
        host: &[u8],
        port: Option<u16>,
        proto: Option<Proto>,
        sips: bool,
    ) -> Result<Vec<Target>, DnsError> {
        if let Some(target) = literal(host, port, proto, sips) {
            return Ok(vec![target]);
        }
        let host = std::str::from_utf8(host).map_err(|_| DnsError::BadName)?;
        let options = self.dns().options();
        let fallback = proto.unwrap_or(if sips { Proto::Tls } else { Proto::Udp });
        if let Some(port) = port.filter(|p| *p != 0) {
            return self.hosts(host, port, fallback, &options).await;
        }
        let mut found = Vec::new();
        if proto.is_none() && options.try_naptr {
            self.by_naptr(host, sips, &options, &mut found).await;
        }
        if found.is_empty() {
            let protos = match proto {
                Some(proto) => vec![proto],
                None if sips => vec![Proto::Tls],
                None if options.try_naptr => options.preferences.ordered(),
                None => vec![Proto::Udp],
            };
            for proto in protos {
                let Some(name) = srv_name(host, proto) else { continue };
                self.by_srv(&name, proto, &options, &mut found).await;
                if !found.is_empty() {
                    break;
                }
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        self.hosts(host, fallback.default_port(), fallback, &options).await
    }

    /// Addresses of a host, as the options want them.
    ///
    /// # Errors
    /// [`DnsError`] when it has none.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        let kinds: &[RecordKind] = match self.dns().options().family {
            Family::Ipv4First => &[RecordKind::A, RecordKind::Aaaa],
            Family::Ipv6First => &[RecordKind::Aaaa, RecordKind::A],
            Family::Ipv4Only => &[RecordKind::A],
            Family::Ipv6Only => &[RecordKind::Aaaa],
        };
        let mut error = DnsError::NotFound;
        for kind in kinds {
            match self.lookup(host, *kind).await {
                Ok(records) => {
                    if let Records::Addrs(addrs) = &*records {
                        return Ok(addrs.clone());
                    }
                }
                Err(DnsError::NotFound) => {}
                Err(e) => error = e,
            }
        }
        Err(error)
    }

    async fn hosts(
        &self,
        host: &str,
        port: u16,
        proto: Proto,
        _options: &DnsOptions,
    ) -> Result<Vec<Target>, DnsError> {
        let addrs = self.addresses(host).await?;
        let targets = addrs.into_iter().take(MAX_TARGETS);
        Ok(targets.map(|ip| Target { proto, addr: SocketAddr::new(ip, port) }).collect())
    }

    async fn by_naptr(&self, host: &str, sips: bool, options: &DnsOptions, found: &mut Vec<Target>) {
        let Ok(records) = self.lookup(host, RecordKind::Naptr).await else { return };
        let Records::Naptr(records) = &*records else { return };
        for (record, proto) in sort_naptr(records, sips, options) {
            if record.flags.eq_ignore_ascii_case("s") {
                self.by_srv(&record.replacement, proto, options, found).await;
            } else if record.flags.eq_ignore_ascii_case("a")
                && let Ok(targets) =
                    self.hosts(&record.replacement, proto.default_port(), proto, options).await
            {
                found.extend(targets);
            }
            if found.len() >= MAX_TARGETS {
                break;
            }
        }
        found.truncate(MAX_TARGETS);
    }

    async fn by_srv(&self, name: &str, proto: Proto, options: &DnsOptions, found: &mut Vec<Target>) {
        let Ok(records) = self.lookup(name, RecordKind::Srv).await else { return };
        let Records::Srv(records) = &*records else { return };
        for record in sort_srv(records, options.srv_lb).into_iter().take(MAX_SRV) {
            // The root as target says that the service is not offered (RFC 2782).
            if record.target.is_empty() || record.port == 0 {
                continue;
            }
            if let Ok(targets) = self.hosts(&record.target, record.port, proto, options).await {
                found.extend(targets);
            }
            if found.len() >= MAX_TARGETS {
                break;
            }
        }
        found.truncate(MAX_TARGETS);
    }
}

fn srv_name(host: &str, proto: Proto) -> Option<String> {
    let service = match proto {
        Proto::Udp => "_sip._udp",
        Proto::Tcp => "_sip._tcp",
        Proto::Tls => "_sips._tcp",
        Proto::Sctp => "_sip._sctp",
        Proto::Ws | Proto::Wss => return None,
    };
    Some(format!("{service}.{host}"))
}

/// Transport of a NAPTR service.
fn naptr_proto(services: &str) -> Option<Proto> {
    let known = [
        ("SIP+D2U", Proto::Udp),
        ("SIP+D2T", Proto::Tcp),
        ("SIPS+D2T", Proto::Tls),
        ("SIP+D2S", Proto::Sctp),
    ];
    known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(services)).map(|(_, proto)| proto)
}

/// The records that we can use, the first to try first.
fn sort_naptr<'a>(records: &'a [Naptr], sips: bool, options: &DnsOptions) -> Vec<(&'a Naptr, Proto)> {
    let mut usable: Vec<_> = records
        .iter()
        .filter_map(|r| Some((r, naptr_proto(&r.services)?)))
        .filter(|(_, p)| options.preferences.of(*p) >= 0 && (!sips || *p == Proto::Tls))
        .collect();
    usable.sort_by_key(|(record, proto)| {
        let ours = std::cmp::Reverse(options.preferences.of(*proto));
        let theirs = (record.order, record.preference);
        if options.naptr_ignore_rfc { (0, Some(ours), theirs) } else { (record.order, None, theirs) }
    });
    usable
}

/// By priority; within one priority by weight, at random if load is to be shared.
fn sort_srv(records: &[Srv], balance: bool) -> Vec<&Srv> {
    let mut sorted: Vec<&Srv> = records.iter().collect();
    sorted.sort_by_key(|r| (r.priority, std::cmp::Reverse(r.weight)));
    if balance {
        let mut rng = rand::rng();
        for group in sorted.chunk_by_mut(|a, b| a.priority == b.priority) {
            shuffle_by_weight(group, &mut rng);
        }
    }
    sorted
}

/// RFC 2782: draws one after the other, each with a chance in proportion to its weight; weight 0 has a small one.
fn shuffle_by_weight(group: &mut [&Srv], rng: &mut impl Rng) {
    let mut rest = group;
    while rest.len() > 1 {
        let total: u64 = rest.iter().map(|r| u64::from(r.weight)).sum();
        let mut draw = rng.random_range(0..=total);
        let chosen = rest
            .iter()
            .rposition(|r| {
                let weight = u64::from(r.weight);
                let hit = draw <= weight;
                draw = draw.saturating_sub(weight);
                hit
            })
            .unwrap_or(0);
        rest.swap(0, chosen);
        rest = rest.split_first_mut().map(|(_, tail)| tail).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 5060, target: target.to_string() }
    }

    #[test]
    fn literals_need_no_dns() {
        let target =
            |h: &str, p, t, s| literal(h.as_bytes(), p, t, s).map(|t| format!("{}:{}", t.proto, t.addr));
        assert_eq!(target("10.0.0.1", None, None, false).as_deref(), Some("udp:10.0.0.1:5060"));
        assert_eq!(
            target("10.0.0.1", Some(0), Some(Proto::Tls), false).as_deref(),
            Some("tls:10.0.0.1:5061")
        );
        assert_eq!(target("[::1]", Some(7), None, true).as_deref(), Some("tls:[::1]:7"));
        assert_eq!(target("::1", None, Some(Proto::Tcp), false).as_deref(), Some("tcp:[::1]:5060"));
        for bad in ["example.org", "[10.0.0.1]", "1.2.3", "[::1", ""] {
            assert_eq!(target(bad, None, None, false), None, "{bad}");
        }
    }

    #[test]
    fn srv_records_go_by_priority_then_weight() {
        let records = [srv(20, 1, "c"), srv(10, 1, "b"), srv(10, 9, "a")];
        let names: Vec<&str> = sort_srv(&records, false).iter().map(|r| r.target.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn load_is_shared_by_weight() {
        let records = [srv(1, 10, "small"), srv(1, 90, "large"), srv(2, 5, "backup")];
        let mut large_first = 0;
        for _ in 0..1000 {
            let sorted = sort_srv(&records, true);
            assert_eq!((sorted.len(), sorted[2].target.as_str()), (3, "backup"));
            large_first += usize::from(sorted[0].target == "large");
        }
        assert!((800..970).contains(&large_first), "{large_first}");
    }

    #[test]
    fn naptr_order_is_ours_or_theirs() {
        let record = |order, services: &str| Naptr {
            order,
            preference: 0,
            flags: "s".into(),
            services: services.into(),
            regexp: String::new(),
            replacement: "x".into(),
        };
        let records =
            [record(3, "SIP+D2U"), record(1, "SIPS+D2T"), record(2, "SIP+D2T"), record(0, "E2U+sip")];
        let protos = |ignore, sips| -> Vec<Proto> {
            let options = DnsOptions { naptr_ignore_rfc: ignore, ..DnsOptions::default() };
            sort_naptr(&records, sips, &options).into_iter().map(|(_, p)| p).collect()
        };
        assert_eq!(protos(true, false), [Proto::Udp, Proto::Tcp, Proto::Tls]);
        assert_eq!(protos(false, false), [Proto::Tls, Proto::Tcp, Proto::Udp]);
        assert_eq!(protos(true, true), [Proto::Tls]);
    }
}
