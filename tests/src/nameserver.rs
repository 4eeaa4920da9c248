//! A name server with a few records, on an address of its own in 127.0.0.0/8, and a `resolv.conf` that names it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a record says.
#[derive(Clone, Debug)]
pub enum Record {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// Another name.
    Cname(&'static str),
    /// Priority, weight, port, host.
    Srv(u16, u16, u16, &'static str),
    /// Order, service (such as `SIP+D2U`), replacement name.
    Naptr(u16, &'static str, &'static str),
}

impl Record {
    fn kind(&self) -> u16 {
        match self {
            Self::A(_) => 1,
            Self::Cname(_) => 5,
            Self::Srv(..) => 33,
            Self::Naptr(..) => 35,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::A(address) => address.octets().to_vec(),
            Self::Cname(name) => encode_name(name),
            Self::Srv(priority, weight, port, host) => {
                let mut out: Vec<u8> =
                    [priority, weight, port].iter().flat_map(|n| n.to_be_bytes()).collect();
                out.extend(encode_name(host));
                out
            }
            Self::Naptr(order, service, replacement) => {
                let mut out: Vec<u8> = [*order, 10].iter().flat_map(|n| n.to_be_bytes()).collect();
                for text in ["s", service, ""] {
                    out.push(text.len() as u8);
                    out.extend_from_slice(text.as_bytes());
                }
                out.extend(encode_name(replacement));
                out
            }
        }
    }
}

type Zone = Arc<Mutex<HashMap<String, Vec<Record>>>>;

/// A running name server; it ends with this value.
#[derive(Debug)]
pub struct NameServer {
    address: Ipv4Addr,
    zone: Zone,
    silent: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl NameServer {
    /// Starts one; `unique` (a reserved port) picks its address.
    #[track_caller]
    pub fn start(unique: u16) -> Self {
        let [high, low] = unique.to_be_bytes();
        let address = Ipv4Addr::new(127, 53, high, low);
        let socket =
            UdpSocket::bind((address, 53)).expect("port 53 on a loopback address; run the tests as root");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("timeout");
        let (zone, silent, stop) =
            (Zone::default(), Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let (records, mute, end) = (zone.clone(), silent.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !end.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
                if !mute.load(Ordering::Relaxed) {
                    answer(&socket, from, buffer.get(..len).unwrap_or_default(), &records);
                }
            }
        });
        Self { address, zone, silent, stop }
    }

    /// Adds a record.
    pub fn add(&self, name: &str, record: Record) {
        self.zone
            .lock()
            .unwrap_or_else(|p| p.into_inner())
            .entry(name.to_lowercase())
            .or_default()
            .push(record);
    }

    /// Stops or resumes answering.
    pub fn be_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    /// Text for `resolv.conf`.
    pub fn resolv_conf(&self) -> String {
        format!("nameserver {}\noptions timeout:1 attempts:1\n", self.address)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn encode_name(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|l| !l.is_empty()) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

/// Name, type and end of the first question.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let (mut at, mut name) = (12, String::new());
    loop {
        let len = usize::from(*query.get(at)?);
        at += 1;
        if len == 0 {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(query.get(at..at + len)?).to_lowercase());
        at += len;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    Some((name, kind, at + 4))
}

fn answer(socket: &UdpSocket, to: SocketAddr, query: &[u8], zone: &Zone) {
    let Some((name, kind, end)) = question(query) else { return };
    let zone = zone.lock().unwrap_or_else(|p| p.into_inner());
    let mut found: Vec<(String, Record)> = Vec::new();
    let mut owner = name;
    let mut known = zone.contains_key(&owner);
    for _ in 0..4 {
        let records = zone.get(&owner).cloned().unwrap_or_default();
        let alias = records.iter().find_map(|r| if let Record::Cname(to) = r { Some(*to) } else { None });
        found.extend(records.into_iter().filter(|r| r.kind() == kind).map(|r| (owner.clone(), r)));
        let Some(to) = alias.filter(|_| kind != 5) else { break };
        found.push((owner, Record::Cname(to)));
        owner = to.to_owned();
        known = true;
    }
    let mut out = query.get(..end).unwrap_or_default().to_vec();
    let code = if known { 0 } else { 3 };
    let counts = [0x8580 | code, 1, found.len() as u16, 0, 0];
    for (n, value) in counts.iter().enumerate() {
        let bytes = value.to_be_bytes();
        if let Some(slot) = out.get_mut(2 + n * 2..4 + n * 2) {
            slot.copy_from_slice(&bytes);
        }
    }
    for (owner, record) in &found {
        let data = record.data();
        out.extend(encode_name(owner));
        out.extend(record.kind().to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    let _ = socket.send_to(&out, to);
}
