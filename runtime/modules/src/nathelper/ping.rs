//! Keeping the bindings of NATs open: an empty datagram or a SIP request to registered contacts, from the socket that
//! took the registration.
//!
//! Every second a part of the contacts is pinged, so that each gets its ping every `natping_interval` seconds.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use kamjit_engine::{
    Engine, catalog::HostError, dest::pick_socket, fibre::Scope, init::Init, rpc::RpcCall, stand_in,
    worker::Worker,
};
use kamjit_net::SocketId;
use kamjit_rpc::Fault;
use kamjit_sip::{NameAddr, Proto, Uri};

use super::{STATE, keepalive::Keepalive};
use crate::usrloc::{self, Contact, Usrloc, socket_named};

/// What an empty ping is made of (captured).
const EMPTY: &[u8] = &[0; 4];

/// Who is pinged, and how.
pub(super) struct Pings {
    usrloc: Arc<Usrloc>,
    /// Seconds between two pings of a contact.
    interval: u32,
    nated_only: bool,
    /// Branch flag of contacts that are left alone, as a mask.
    disabled: u32,
    sip: Option<SipPing>,
    force_socket: Option<Vec<u8>>,
    pub(super) keepalive: Option<Keepalive>,
}

/// Pings that are requests.
struct SipPing {
    /// Branch flag of the contacts that get one, as a mask.
    flag: u32,
    from: Vec<u8>,
    method: Vec<u8>,
}

fn flag(init: &Init<'_>, name: &str) -> Result<u32, HostError> {
    match init.int(name) {
        -1 => Ok(0),
        n @ 0..=31 => Ok(1 << n),
        n => Err(HostError::new(format!("nathelper.{name} is {n}; flags go from 0 to 31"))),
    }
}

/// Digests the parameters of pings; `None` without `natping_interval`.
pub(super) fn digest(init: &mut Init<'_>) -> Result<Option<Pings>, HostError> {
    let (disabled, sip_flag) = (flag(init, "natping_disable_bflag")?, flag(init, "sipping_bflag")?);
    let interval = u32::try_from(init.int("natping_interval")).unwrap_or(0);
    if interval == 0 {
        return Ok(None);
    }
    let usrloc = init.state(&usrloc::STATE).ok_or_else(|| {
        HostError::new("nathelper.natping_interval needs the module usrloc")
            .help("load usrloc.so before nathelper.so")
    })?;
    let nated_only = init.int("ping_nated_only") != 0;
    if nated_only && usrloc.nat_bflag == 0 {
        return Err(HostError::new("nathelper.ping_nated_only needs the parameter nat_bflag of usrloc"));
    }
    let text = |init: &Init<'_>, name: &str| init.str(name).unwrap_or_default().to_vec();
    let (from, method) = (text(init, "sipping_from"), text(init, "sipping_method"));
    if sip_flag != 0 && (from.is_empty() || method.is_empty()) {
        return Err(HostError::new("nathelper.sipping_bflag needs sipping_from and sipping_method"));
    }
    let timeout = init.int("keepalive_timeout");
    Ok(Some(Pings {
        usrloc,
        interval,
        nated_only,
        disabled,
        sip: (sip_flag != 0).then_some(SipPing { flag: sip_flag, from, method }),
        force_socket: Some(text(init, "force_socket")).filter(|s| !s.is_empty()),
        keepalive: (timeout > 0).then(|| Keepalive::new(timeout)),
    }))
}

impl Pings {
    /// Contacts that answer no ping are removed.
    pub(super) fn expects_answers(&self) -> bool {
        self.keepalive.is_some()
    }

    /// The ping of a contact, if it gets one.
    fn ping_of(&self, aor_hash: u32, contact: &Contact) -> Option<Ping> {
        let flags = contact.cflags;
        if flags & self.disabled != 0 || (self.nated_only && flags & self.usrloc.nat_bflag == 0) {
            return None;
        }
        let sip = self.sip.as_ref().filter(|sip| !self.nated_only || flags & sip.flag != 0);
        let target = if contact.received().is_empty() { contact.uri() } else { contact.received() };
        let mut ping = Ping { target: target.into(), socket: contact.socket(), request: None };
        if let Some(sip) = sip {
            if let Some(first) = first_uri(contact.path()) {
                ping.target = first.into();
            }
            ping.request = Some(Request {
                line: [&sip.method[..], b" ", contact.uri(), b" SIP/2.0\r\n"].concat(),
                rest: rest(sip, aor_hash, contact),
                method: sip.method.clone(),
            });
        }
        Some(ping)
    }

    /// The pings of one second; contacts that have not answered for too long are removed.
    fn due(&self, second: u32) -> Vec<Ping> {
        let now = usrloc::now();
        let mut due = Vec::new();
        for domain in self.usrloc.domains() {
            let mut silent = Vec::new();
            domain.visit(|aor, record| {
                if record.hash % self.interval != second % self.interval {
                    return;
                }
                for contact in record.valid(now) {
                    let Some(ping) = self.ping_of(record.hash, contact) else { continue };
                    let expected = self.keepalive.as_ref().filter(|_| ping.request.is_some());
                    if expected.is_some_and(|keepalive| keepalive.is_silent(contact.ruid(), now)) {
                        silent.push((aor.to_vec(), contact.ruid().to_vec()));
                    } else {
                        due.push(ping);
                    }
                }
            });
            for (aor, ruid) in silent {
                super::keepalive::remove(&self.usrloc, &domain, &aor, &ruid);
            }
        }
        due
    }
}

/// The URI of the first route of a Path.
fn first_uri(path: &[u8]) -> Option<&[u8]> {
    let open = memchr::memchr(b'<', path)?;
    let close = open + memchr::memchr(b'>', &path[open..])?;
    NameAddr::parse(&path[open..=close]).map(|addr| addr.uri)
}

/// One ping to be sent.
struct Ping {
    /// Where to, a URI.
    target: Vec<u8>,
    socket: Option<SocketId>,
    /// A request instead of an empty datagram.
    request: Option<Request>,
}

struct Request {
    line: Vec<u8>,
    /// What stands between Via and Call-ID.
    rest: Vec<u8>,
    method: Vec<u8>,
}

/// The headers that do not depend on the socket. The tag of From names the contact, so that its answer is found.
fn rest(sip: &SipPing, aor_hash: u32, contact: &Contact) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    if !contact.path().is_empty() {
        out.extend_from_slice(b"Route: ");
        out.extend_from_slice(contact.path());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"From: ");
    out.extend_from_slice(&sip.from);
    out.extend_from_slice(b";tag=");
    out.extend_from_slice(contact.ruid());
    out.extend_from_slice(format!("-{aor_hash:x}-{:x}\r\nTo: ", rand::random::<u32>()).as_bytes());
    out.extend_from_slice(contact.uri());
    out.extend_from_slice(b"\r\n");
    out
}

/// Starts the thread that looks who is due each second.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    if state.ping.is_none() {
        return Ok(());
    }
    let engine = Arc::clone(engine);
    let run = move || {
        for second in 0u32.. {
            std::thread::sleep(Duration::from_secs(1));
            let Some(pings) = state.ping.as_ref().filter(|_| state.is_pinging()) else { continue };
            let due = pings.due(second);
            if due.is_empty() {
                continue;
            }
            let forced = pings.force_socket.as_deref().and_then(|text| force_socket(&engine, text));
            if let Some(worker) = engine.workers().first() {
                worker.run(move |worker| {
                    worker.spawn(move |scope, worker| send_all(scope, worker, forced, &due));
                });
            }
        }
    };
    std::thread::Builder::new()
        .name("nathelper-timer".to_owned())
        .spawn(run)
        .map(drop)
        .map_err(|e| HostError::new(format!("nathelper cannot start its timer: {e}")))
}

/// The socket that `force_socket` names, with or without transport.
fn force_socket(engine: &Engine, text: &[u8]) -> Option<SocketId> {
    socket_named(engine, text).or_else(|| socket_named(engine, &[b"udp:", text].concat()))
}

/// Only UDP is pinged (captured): connections keep themselves open.
fn send_all(scope: &Scope, worker: &Rc<Worker>, forced: Option<SocketId>, due: &[Ping]) {
    let program = worker.engine.program();
    let Some(mut ctx) = stand_in::context(scope, worker, &program) else { return };
    for ping in due {
        let Ok(uri) = Uri::parse(&ping.target) else { continue };
        if uri.proto() != Some(Proto::Udp) {
            continue;
        }
        let Ok(mut dest) = ctx.resolve_one(&uri, forced.or(ping.socket), false) else { continue };
        if dest.proto != Proto::Udp {
            continue;
        }
        let wanted = forced.or(ping.socket);
        let ipv4 = dest.addr.is_ipv4();
        let Some(socket) = pick_socket(&worker.engine, wanted, None, Proto::Udp, ipv4) else { continue };
        dest.socket = socket;
        match &ping.request {
            None => drop(worker.send(&dest, EMPTY)),
            Some(request) => drop(worker.send(&dest, &write(&worker.engine, socket, request))),
        }
    }
    worker.flush();
}

/// The whole request.
fn write(engine: &Engine, socket: SocketId, request: &Request) -> Vec<u8> {
    let mut out = Vec::with_capacity(request.line.len() + request.rest.len() + 160);
    out.extend_from_slice(&request.line);
    out.extend_from_slice(b"Via: SIP/2.0/UDP ");
    let host: &[u8] = match engine.identity.socket(socket) {
        Some(name) => {
            out.extend_from_slice(&name.host);
            out.extend_from_slice(format!(":{}", name.port).as_bytes());
            &name.host
        }
        None => b"",
    };
    out.extend_from_slice(format!(";branch=z9hG4bK{}\r\n", rand::random::<u32>()).as_bytes());
    out.extend_from_slice(&request.rest);
    let (one, two): (u32, u32) = (rand::random(), rand::random());
    out.extend_from_slice(format!("Call-ID: {one:08x}-{two:08x}@").as_bytes());
    out.extend_from_slice(host);
    out.extend_from_slice(b"\r\nCSeq: 1 ");
    out.extend_from_slice(&request.method);
    out.extend_from_slice(b"\r\nContent-Length: 0\r\n\r\n");
    out
}

/// `nathelper.enable_ping`: 0 stops pings, another number lets them go on.
pub(super) fn enable(call: &mut RpcCall) -> Result<(), Fault> {
    let state = call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "not loaded"))?;
    if state.ping.is_none() {
        return Err(Fault::new(500, "NATping disabled"));
    }
    let wanted = match call.opt_int() {
        Ok(Some(n)) => n != 0,
        _ => return Err(Fault::new(500, "No parameter")),
    };
    state.pinging.store(wanted, Ordering::Relaxed);
    Ok(())
}
