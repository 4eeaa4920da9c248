//! RFC 3263 against a small name server on loopback.

use kamjit_net::Proto;
use kamjit_net::dns::{Dns, DnsClient, DnsError, DnsOptions, Family, RecordKind};
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::UdpSocket;

const A: u16 = 1;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const NAPTR: u16 = 35;

/// Type and data.
type Record = (u16, Vec<u8>);

/// Records by name and type; a name without any is NXDOMAIN, `servfail.*` fails, `mute.*` gets no answer.
#[derive(Default)]
struct Zone {
    records: HashMap<(String, u16), Vec<Record>>,
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|l| !l.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

impl Zone {
    fn add(&mut self, name: &str, asked: u16, kind: u16, data: Vec<u8>) -> &mut Self {
        self.records.entry((name.to_string(), asked)).or_default().push((kind, data));
        self
    }

    fn a(&mut self, name: &str, ip: &str) -> &mut Self {
        let ip: Ipv4Addr = ip.parse().expect("address");
        self.add(name, A, A, ip.octets().to_vec())
    }

    fn aaaa(&mut self, name: &str, ip: &str) -> &mut Self {
        let ip: Ipv6Addr = ip.parse().expect("address");
        self.add(name, AAAA, AAAA, ip.octets().to_vec())
    }

    fn srv(&mut self, name: &str, priority: u16, weight: u16, port: u16, target: &str) -> &mut Self {
        let mut data: Vec<u8> = [priority, weight, port].iter().flat_map(|n| n.to_be_bytes()).collect();
        data.extend(wire_name(target));
        self.add(name, SRV, SRV, data)
    }

    fn naptr(&mut self, name: &str, order: u16, flags: &str, services: &str, replacement: &str) -> &mut Self {
        let mut data: Vec<u8> = [order, 0].iter().flat_map(|n| n.to_be_bytes()).collect();
        for text in [flags, services, ""] {
            data.push(text.len() as u8);
            data.extend_from_slice(text.as_bytes());
        }
        data.extend(wire_name(replacement));
        self.add(name, NAPTR, NAPTR, data)
    }

    fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let (mut labels, mut at) = (Vec::new(), 12);
        while let Some(&len) = query.get(at).filter(|l| **l != 0) {
            labels.push(String::from_utf8_lossy(&query[at + 1..at + 1 + len as usize]).to_ascii_lowercase());
            at += 1 + len as usize;
        }
        let (name, kind) = (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]));
        if name.starts_with("mute") {
            return None;
        }
        let records = self.records.get(&(name.clone(), kind)).cloned().unwrap_or_default();
        let exists = self.records.keys().any(|(n, _)| *n == name);
        let rcode = if name.starts_with("servfail") { 2 } else { u8::from(!exists) * 3 };
        let mut reply = vec![query[0], query[1], 0x85, 0x80 | rcode, 0, 1, 0, records.len() as u8];
        reply.extend([0, u8::from(records.is_empty()), 0, 0]);
        reply.extend_from_slice(&query[12..at + 5]);
        for (kind, data) in &records {
            reply.extend([0xc0, 12]);
            reply.extend(kind.to_be_bytes());
            reply.extend([0, 1, 0, 0, 0, 30]);
            reply.extend((data.len() as u16).to_be_bytes());
            reply.extend(data);
        }
        if records.is_empty() {
            let mut soa = [wire_name("ns.test"), wire_name("root.test")].concat();
            soa.extend([1u32, 2, 3, 4, 5].iter().flat_map(|n| n.to_be_bytes()));
            reply.extend([0, 0, SOA as u8, 0, 1, 0, 0, 0, 30]);
            reply.extend((soa.len() as u16).to_be_bytes());
            reply.extend(soa);
        }
        Some(reply)
    }
}

struct Server {
    addr: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    queries: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Server {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        let addr = socket.local_addr().expect("address");
        let (zone, queries) = (Arc::new(Mutex::new(Zone::default())), Arc::new(AtomicUsize::new(0)));
        let (answers, count) = (zone.clone(), queries.clone());
        tokio::spawn(async move {
            let mut buffer = [0u8; 1500];
            while let Ok((n, peer)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::Relaxed);
                let reply = answers.lock().expect("zone").answer(&buffer[..n]);
                if let Some(reply) = reply {
                    let _ = socket.send_to(&reply, peer).await;
                }
            }
        });
        Server { addr, zone, queries }
    }

    fn client(&self, options: DnsOptions) -> DnsClient {
        let options = DnsOptions {
            name_servers: vec![self.addr],
            timeout: Some(Duration::from_millis(200)),
            attempts: Some(1),
            use_search_list: false,
            hosts_file: None,
            ..options
        };
        Dns::new(options).client()
    }

    fn zone(&self, fill: impl FnOnce(&mut Zone)) {
        fill(&mut self.zone.lock().expect("zone"));
    }

    fn queries(&self) -> usize {
        self.queries.swap(0, Ordering::Relaxed)
    }
}

async fn find(client: &DnsClient, host: &str, port: Option<u16>, proto: Option<Proto>, sips: bool) -> String {
    match client.resolve(host.as_bytes(), port, proto, sips).await {
        Ok(targets) => {
            targets.iter().map(|t| format!("{}:{}", t.proto, t.addr)).collect::<Vec<_>>().join(" ")
        }
        Err(e) => format!("{e:?}"),
    }
}

#[tokio::test]
async fn a_host_with_port_is_only_an_address() {
    let server = Server::start().await;
    server.zone(|z| {
        z.a("pbx.test", "10.0.0.1").a("pbx.test", "10.0.0.2").srv("_sip._udp.pbx.test", 1, 1, 9999, "x.test");
    });
    let client = server.client(DnsOptions { try_naptr: true, ..DnsOptions::default() });
    assert_eq!(
        find(&client, "pbx.test", Some(5070), None, false).await,
        "udp:10.0.0.1:5070 udp:10.0.0.2:5070"
    );
    assert_eq!(
        find(&client, "PBX.test.", Some(5070), Some(Proto::Tcp), false).await,
        "tcp:10.0.0.1:5070 tcp:10.0.0.2:5070"
    );
    assert_eq!(server.queries(), 1);
    assert_eq!(find(&client, "none.test", Some(5070), None, false).await, "NotFound");
}

#[tokio::test]
async fn srv_comes_before_addresses() {
    let server = Server::start().await;
    server.zone(|z| {
        z.a("sip.test", "10.0.0.9")
            .srv("_sip._udp.sip.test", 20, 0, 5062, "b.test")
            .srv("_sip._udp.sip.test", 10, 0, 5061, "a.test")
            .srv("_sip._tcp.sip.test", 10, 0, 5063, "a.test")
            .srv("_sips._tcp.sip.test", 10, 0, 5064, "a.test")
            .a("a.test", "10.0.0.1")
            .a("b.test", "10.0.0.2");
    });
    let client = server.client(DnsOptions::default());
    assert_eq!(find(&client, "sip.test", None, None, false).await, "udp:10.0.0.1:5061 udp:10.0.0.2:5062");
    assert_eq!(find(&client, "sip.test", Some(0), Some(Proto::Tcp), false).await, "tcp:10.0.0.1:5063");
    assert_eq!(find(&client, "sip.test", None, None, true).await, "tls:10.0.0.1:5064");
    assert_eq!(find(&client, "a.test", None, None, false).await, "udp:10.0.0.1:5060");
    assert_eq!(find(&client, "a.test", None, Some(Proto::Tls), false).await, "tls:10.0.0.1:5061");
}

#[tokio::test]
async fn naptr_comes_before_srv() {
    let server = Server::start().await;
    server.zone(|z| {
        z.naptr("n.test", 10, "s", "SIP+D2T", "_sip._tcp.n.test")
            .naptr("n.test", 20, "S", "SIP+D2U", "_sip._udp.n.test")
            .srv("_sip._udp.n.test", 1, 1, 5070, "a.test")
            .srv("_sip._tcp.n.test", 1, 1, 5080, "a.test")
            .srv("_sip._tcp.m.test", 1, 1, 5090, "a.test")
            .a("a.test", "10.0.0.1");
    });
    let client = server.client(DnsOptions { try_naptr: true, ..DnsOptions::default() });
    assert_eq!(find(&client, "n.test", None, None, false).await, "udp:10.0.0.1:5070 tcp:10.0.0.1:5080");
    assert_eq!(find(&client, "m.test", None, None, false).await, "tcp:10.0.0.1:5090");
    let rfc = DnsOptions { try_naptr: true, naptr_ignore_rfc: false, ..DnsOptions::default() };
    let client = server.client(rfc);
    assert_eq!(find(&client, "n.test", None, None, false).await, "tcp:10.0.0.1:5080 udp:10.0.0.1:5070");
}

#[tokio::test]
async fn ipv6_is_used_as_the_options_say() {
    let server = Server::start().await;
    server.zone(|z| {
        z.a("both.test", "10.0.0.1").aaaa("both.test", "2001:db8::1").aaaa("six.test", "2001:db8::2");
    });
    for (family, both, six) in [
        (Family::Ipv4First, "udp:10.0.0.1:1", "udp:[2001:db8::2]:1"),
        (Family::Ipv6First, "udp:[2001:db8::1]:1", "udp:[2001:db8::2]:1"),
        (Family::Ipv4Only, "udp:10.0.0.1:1", "NotFound"),
        (Family::Ipv6Only, "udp:[2001:db8::1]:1", "udp:[2001:db8::2]:1"),
    ] {
        let client = server.client(DnsOptions { family, ..DnsOptions::default() });
        assert_eq!(find(&client, "both.test", Some(1), None, false).await, both);
        assert_eq!(find(&client, "six.test", Some(1), None, false).await, six);
    }
}

#[tokio::test]
async fn aliases_are_followed() {
    let server = Server::start().await;
    server.zone(|z| {
        z.add("www.test", A, CNAME, wire_name("pbx.test")).a("pbx.test", "10.0.0.1");
    });
    let client = server.client(DnsOptions::default());
    assert_eq!(find(&client, "www.test", Some(5060), None, false).await, "udp:10.0.0.1:5060");
}

#[tokio::test]
async fn answers_and_denials_are_cached() {
    let server = Server::start().await;
    server.zone(|z| {
        z.a("a.test", "10.0.0.1");
    });
    let client = server.client(DnsOptions::default());
    for _ in 0..3 {
        assert_eq!(find(&client, "a.test", Some(1), None, false).await, "udp:10.0.0.1:1");
        assert_eq!(find(&client, "none.test", Some(1), None, false).await, "NotFound");
    }
    assert_eq!(server.queries(), 3, "A of a.test; A and AAAA of none.test");
    assert!(client.dns().cache_remove("A.test", RecordKind::A));
    assert_eq!(find(&client, "a.test", Some(1), None, false).await, "udp:10.0.0.1:1");
    assert_eq!(server.queries(), 1);
    assert_eq!(client.dns().cache_list().len(), 3);
    let uncached = server.client(DnsOptions { use_cache: false, ..DnsOptions::default() });
    for _ in 0..2 {
        find(&uncached, "a.test", Some(1), None, false).await;
    }
    assert_eq!(server.queries(), 2);
}

#[tokio::test]
async fn one_question_serves_all_who_ask() {
    let server = Server::start().await;
    server.zone(|z| {
        z.a("a.test", "10.0.0.1");
    });
    let client = server.client(DnsOptions::default());
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.addresses("a.test").await })
        })
        .collect();
    for task in asking {
        assert_eq!(task.await.expect("task").map(|a| a.len()), Ok(1));
    }
    assert_eq!(server.queries(), 1);
}

#[tokio::test]
async fn who_waits_goes_on_when_the_asker_gives_up() {
    let server = Server::start().await;
    let client = server.client(DnsOptions::default());
    let (first, second) = (client.clone(), client.clone());
    let asker = tokio::spawn(async move { first.lookup("mute.test", RecordKind::A).await });
    tokio::task::yield_now().await;
    let waiter = tokio::spawn(async move { second.lookup("mute.test", RecordKind::A).await });
    tokio::task::yield_now().await;
    asker.abort();
    assert_eq!(waiter.await.expect("task"), Err(DnsError::Failed));
}

#[tokio::test]
async fn failing_servers_are_told_from_missing_names() {
    let server = Server::start().await;
    let client = server.client(DnsOptions::default());
    assert_eq!(find(&client, "servfail.test", Some(1), None, false).await, "Failed");
    assert_eq!(find(&client, "mute.test", Some(1), None, false).await, "Failed");
    for bad in ["", "a..b", "a b", "\u{fc}.test", &"x".repeat(300), &format!("{}.test", "y".repeat(64))] {
        assert_eq!(find(&client, bad, None, None, false).await, "BadName", "{bad:?}");
    }
}

#[tokio::test]
async fn the_hosts_file_comes_first() {
    let server = Server::start().await;
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), "10.1.1.1 local.test\n").expect("write");
    let options = DnsOptions {
        name_servers: vec![server.addr],
        hosts_file: Some(file.path().to_path_buf()),
        use_search_list: false,
        ..DnsOptions::default()
    };
    let client = Dns::new(options).client();
    assert_eq!(find(&client, "LOCAL.test", Some(1), None, false).await, "udp:10.1.1.1:1");
    assert_eq!(server.queries(), 0);
}
