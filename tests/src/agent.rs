//! A SIP user agent for tests: it sends what the test says, receives, and records both.

use crate::io::{Io, Origin};
use crate::message::{Message, bare_uri};
use crate::record::{Recorder, Way};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long an expected message may take. Generous: machines are slow when many tests run, and a test that waits this
/// long has failed anyway.
pub fn patience() -> Duration {
    let seconds = std::env::var("KAMJIT_TEST_PATIENCE").ok().and_then(|v| v.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}

/// Transport that an agent uses for its own requests and names in its Contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

impl Transport {
    /// As written in Via.
    pub fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// A received message and the way back.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The message.
    pub message: Message,
    /// As it came.
    pub raw: Vec<u8>,
    /// Where it came from.
    pub origin: Origin,
}

impl Deref for Incoming {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

/// One user agent with a UDP socket and a TCP listener on the same port.
#[derive(Debug)]
pub struct Agent {
    /// User name, and name in the record.
    pub name: String,
    /// The agent's own address.
    pub local: SocketAddr,
    /// Transport of its requests.
    pub transport: Transport,
    /// Where requests go.
    pub server: SocketAddr,
    io: Arc<Mutex<Io>>,
    backlog: VecDeque<Incoming>,
    recorder: Recorder,
    scenario: String,
    branches: u32,
    calls: u32,
}

impl Agent {
    pub(crate) fn new(
        name: &str,
        transport: Transport,
        server: SocketAddr,
        recorder: &Recorder,
        scenario: &str,
    ) -> Self {
        let io = Io::bind(name, server, recorder.clone());
        let local = io.local();
        recorder.name_port(local.port(), name);
        Self {
            name: name.into(),
            local,
            transport,
            server,
            io: Arc::new(Mutex::new(io)),
            backlog: VecDeque::new(),
            recorder: recorder.clone(),
            scenario: scenario.into(),
            branches: 0,
            calls: 0,
        }
    }

    pub(crate) fn shared_io(&self) -> Arc<Mutex<Io>> {
        self.io.clone()
    }

    fn io(&self) -> MutexGuard<'_, Io> {
        self.io.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// `sip:NAME@HOST:PORT` of the agent itself, with `;transport=tcp` where that is its transport.
    pub fn uri(&self) -> String {
        let transport = if self.transport == Transport::Tcp { ";transport=tcp" } else { "" };
        format!("sip:{}@{}{transport}", self.name, self.local)
    }

    /// The agent's address of record at the server.
    pub fn aor(&self) -> String {
        format!("sip:{}@{}", self.name, self.server)
    }

    /// A Contact value.
    pub fn contact(&self) -> String {
        format!("<{}>", self.uri())
    }

    /// A fresh top Via of this agent.
    pub fn via(&mut self) -> String {
        self.branches += 1;
        format!(
            "SIP/2.0/{} {};rport;branch=z9hG4bK-{}-{}",
            self.transport.via(),
            self.local,
            self.name,
            self.branches
        )
    }

    /// A request outside any dialog, complete and ready to send: `To` is the request URI, CSeq 1.
    pub fn request(&mut self, method: &str, uri: &str) -> Message {
        self.calls += 1;
        let via = self.via();
        let n = self.calls;
        Message::request(method, uri)
            .add("Via", via)
            .add("Max-Forwards", "70")
            .add("From", format!("<{}>;tag=tag-{}-{n}", self.aor(), self.name))
            .add("To", format!("<{}>", bare_uri(uri)))
            .add("Call-ID", format!("{}-{}-{n}", self.scenario, self.name))
            .add("CSeq", format!("1 {method}"))
            .add("Contact", self.contact())
            .add("User-Agent", "kamjit-tests")
            .add("Content-Length", "0")
    }

    /// The same request with a fresh branch and the next CSeq number (a refresh, a repeated subscription).
    pub fn again(&mut self, request: &Message) -> Message {
        let via = self.via();
        let cseq: u32 = request.header("CSeq").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        request.clone().set("Via", via).set("CSeq", format!("{} {}", cseq + 1, request.method()))
    }

    /// A REGISTER of the agent's own contact; `expires` in seconds.
    pub fn register_request(&mut self, expires: u32) -> Message {
        let domain = format!("sip:{}", self.server);
        let aor = format!("<{}>", self.aor());
        self.request("REGISTER", &domain).set("To", aor).set("Expires", expires.to_string())
    }

    /// Registers and waits for the 200.
    #[track_caller]
    pub fn register(&mut self) -> Incoming {
        let request = self.register_request(600);
        self.send(&request);
        self.wait_status(200)
    }

    /// Sends a message to the server and records it.
    pub fn send(&mut self, message: &Message) {
        self.send_raw(&message.to_bytes());
    }

    /// Sends bytes to the server over the agent's transport and records them.
    pub fn send_raw(&mut self, raw: &[u8]) {
        self.recorder.push(&self.name, Way::Sent, raw);
        let transport = self.transport;
        self.io().send(raw, transport);
    }

    /// Sends bytes to the server without a record (load that is not compared).
    pub fn send_unrecorded(&mut self, raw: &[u8]) {
        let transport = self.transport;
        self.io().send(raw, transport);
    }

    /// Sends bytes to another address, by UDP.
    pub fn send_to(&mut self, raw: &[u8], to: SocketAddr) {
        self.recorder.push(&self.name, Way::Sent, raw);
        self.io().send_udp(raw, to);
    }

    /// Sends a reply the way its request came.
    pub fn send_reply(&mut self, to: &Incoming, reply: &Message) {
        let raw = reply.to_bytes();
        self.recorder.push(&self.name, Way::Sent, &raw);
        self.io().send_back(&raw, to.origin);
    }

    /// A reply to a received request: Via, Record-Route, From, To (with this agent's tag), Call-ID, CSeq, Contact.
    pub fn reply_to(&self, request: &Message, code: u16, reason: &str) -> Message {
        let mut reply = Message::status(code, reason);
        for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
            for value in request.all(name) {
                let mut value = value.to_owned();
                if name == "To" && code > 100 && !value.contains(";tag=") {
                    value.push_str(&format!(";tag=tag-{}-uas", self.name));
                }
                reply = reply.add(name, value);
            }
        }
        reply.add("Contact", self.contact()).add("Content-Length", "0")
    }

    /// Builds and sends a reply; returns what was sent.
    pub fn reply(&mut self, request: &Incoming, code: u16, reason: &str) -> Message {
        let reply = self.reply_to(request, code, reason);
        self.send_reply(request, &reply);
        reply
    }

    /// The ACK of a negative final reply to `invite`, as the transaction layer sends it.
    pub fn ack_negative(&mut self, invite: &Message, reply: &Message) {
        let ack = Message::request("ACK", invite.uri())
            .add("Via", invite.header("Via"))
            .add("Max-Forwards", "70")
            .add("From", invite.header("From"))
            .add("To", reply.header("To"))
            .add("Call-ID", invite.header("Call-ID"))
            .add("CSeq", invite.header("CSeq").replace("INVITE", "ACK"))
            .add("Content-Length", "0");
        self.send(&ack);
    }

    /// The CANCEL of a sent INVITE.
    pub fn cancel(&mut self, invite: &Message) -> Message {
        let cancel = Message::request("CANCEL", invite.uri())
            .add("Via", invite.header("Via"))
            .add("Max-Forwards", "70")
            .add("From", invite.header("From"))
            .add("To", invite.header("To"))
            .add("Call-ID", invite.header("Call-ID"))
            .add("CSeq", invite.header("CSeq").replace("INVITE", "CANCEL"))
            .add("Content-Length", "0");
        self.send(&cancel);
        cancel
    }

    /// The next message that is no retransmission, or `None` after `timeout`.
    pub fn receive(&mut self, timeout: Duration) -> Option<Incoming> {
        if let Some(message) = self.backlog.pop_front() {
            return Some(message);
        }
        self.io().receive(timeout)
    }

    /// Waits for the first message that `wanted` accepts; others stay for later waits.
    #[track_caller]
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Incoming) -> bool) -> Incoming {
        if let Some(at) = self.backlog.iter().position(&wanted)
            && let Some(found) = self.backlog.remove(at)
        {
            return found;
        }
        let deadline = Instant::now() + patience();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let got = self.io().receive(left);
            match got {
                Some(message) if wanted(&message) => return message,
                Some(message) => self.backlog.push_back(message),
                None => {
                    let have: Vec<_> = self.backlog.iter().map(|m| m.start.as_str()).collect();
                    panic!("{}: {what} did not come; waiting: {have:?}", self.name)
                }
            }
        }
    }

    /// Waits for a reply with that code.
    #[track_caller]
    pub fn wait_status(&mut self, code: u16) -> Incoming {
        self.wait(&format!("reply {code}"), |m| m.code() == Some(code))
    }

    /// Waits for a reply with that code to that method.
    #[track_caller]
    pub fn wait_reply(&mut self, method: &str, code: u16) -> Incoming {
        self.wait(&format!("reply {code} to {method}"), |m| m.code() == Some(code) && m.method() == method)
    }

    /// Waits for a request of that method.
    #[track_caller]
    pub fn wait_request(&mut self, method: &str) -> Incoming {
        self.wait(&format!("request {method}"), |m| m.code().is_none() && m.method() == method)
    }

    /// Waits until a message that was received before (byte for byte) arrives once more.
    #[track_caller]
    pub fn wait_copy(&mut self, of: &Incoming) {
        let deadline = Instant::now() + patience();
        let before = self.io().copies(&of.raw);
        while self.io().copies(&of.raw) <= before {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{}: no retransmission of {}", self.name, of.start);
            let got = self.io().receive(left.min(Duration::from_millis(100)));
            self.backlog.extend(got);
        }
    }

    /// Waits until the server has closed all of the agent's TCP connections.
    #[track_caller]
    pub fn wait_closed(&mut self) {
        let deadline = Instant::now() + patience();
        while self.io().any_open() {
            assert!(Instant::now() < deadline, "{}: the server keeps the connection open", self.name);
            let got = self.io().receive(Duration::from_millis(50));
            self.backlog.extend(got);
        }
    }

    /// Reads until the server has closed the connection, or nothing came for that long.
    pub fn drain(&mut self, quiet: Duration) {
        while self.io().any_open() {
            let got = self.io().receive(quiet);
            if got.is_none() && self.io().any_open() {
                return;
            }
            self.backlog.extend(got);
        }
    }

    /// Closes the agent's TCP connections.
    pub fn hang_up(&mut self) {
        self.io().close();
    }

    /// Opens the TCP connection to the server now and returns its local address.
    pub fn connect(&mut self) -> SocketAddr {
        self.io().connect()
    }
}
