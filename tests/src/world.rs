//! What a scenario works with: one server and the agents around it.

use crate::agent::{Agent, Transport, patience};
use crate::io::Io;
use crate::message::Message;
use crate::record::{Recorder, Way};
use crate::server::{Kind, Server, Setup, fence_request};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One server and its agents.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The record of this run.
    pub recorder: Recorder,
    scenario: String,
    io: Vec<Arc<Mutex<Io>>>,
    fence: UdpSocket,
    fences: u32,
}

impl World {
    /// Starts the server.
    #[track_caller]
    pub fn new(kind: Kind, setup: &Setup, scenario: &str) -> Self {
        let server = Server::start(kind, setup);
        let recorder = Recorder::default();
        recorder.name_port(server.port.number, "srv");
        recorder.name_port(server.port2.number, "srv2");
        let fence = UdpSocket::bind("127.0.0.1:0").expect("fence socket");
        Self { server, recorder, scenario: scenario.into(), io: Vec::new(), fence, fences: 0 }
    }

    /// An agent that speaks UDP.
    pub fn udp(&mut self, name: &str) -> Agent {
        self.agent(name, Transport::Udp, self.server.address())
    }

    /// An agent that speaks TCP.
    pub fn tcp(&mut self, name: &str) -> Agent {
        self.agent(name, Transport::Tcp, self.server.address())
    }

    /// An agent on `::1`.
    pub fn udp6(&mut self, name: &str) -> Agent {
        let server = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], self.server.port.number));
        self.agent(name, Transport::Udp, server)
    }

    /// An agent for any server address.
    pub fn agent(&mut self, name: &str, transport: Transport, server: SocketAddr) -> Agent {
        let agent = Agent::new(name, transport, server, &self.recorder, &self.scenario);
        self.io.push(agent.shared_io());
        agent
    }

    /// `sip:USER@127.0.0.1:PORT`.
    pub fn uri(&self, user: &str) -> String {
        format!("sip:{user}@{}", self.server.address())
    }

    /// `sip:127.0.0.1:PORT`.
    pub fn domain(&self) -> String {
        format!("sip:{}", self.server.address())
    }

    /// Puts something that is no SIP message into the record (the output of a command, say).
    pub fn note(&self, about: &str, text: &str) {
        self.recorder.push(about, Way::Note, text.as_bytes());
    }

    /// Asks the server once and waits for its answer: whatever it was sent before has been read by then. With several
    /// worker processes, repeat.
    #[track_caller]
    pub fn fence(&mut self) {
        self.fences += 1;
        let deadline = Instant::now() + patience();
        self.fence.set_read_timeout(Some(Duration::from_secs(2))).expect("timeout");
        let call = format!("fence-{}-", self.fences);
        while Instant::now() < deadline {
            let request = fence_request(self.server.address(), &self.fence, self.fences);
            let _ = self.fence.send_to(&request, self.server.address());
            let mut buffer = [0; 4096];
            while let Ok(len) = self.fence.recv(&mut buffer) {
                let reply = Message::parse(buffer.get(..len).unwrap_or_default());
                if reply.get("Call-ID").is_some_and(|c| c.starts_with(&call)) {
                    return;
                }
            }
        }
        panic!("{} answers no more; its log:\n{}", self.server.kind.name(), self.server.log().join("\n"));
    }

    /// Reads what still arrives after the last step of a scenario, so that messages nobody waited for count as well.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        for _ in 0..10 {
            self.fence();
        }
        // Another worker than the one that answered may still be at a message of the scenario.
        let mut quiet = Duration::from_millis(250);
        for io in &self.io {
            let mut io = io.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            while io.receive(quiet).is_some() {}
            quiet = Duration::from_millis(20);
        }
    }
}
