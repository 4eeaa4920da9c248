//! Sockets of one agent: a UDP socket, a TCP listener on the same port, and the connections made either way.

use crate::agent::{Incoming, Transport};
use crate::message::{Message, find, latin1};
use crate::record::{Recorder, Way};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A datagram from that address.
    Udp(SocketAddr),
    /// The connection with that index.
    Tcp(usize),
}

#[derive(Debug)]
struct Connection {
    /// `None` once either side closed it.
    stream: Option<TcpStream>,
    pending: Vec<u8>,
}

/// The sockets; see the module's text.
#[derive(Debug)]
pub struct Io {
    name: String,
    server: SocketAddr,
    udp: UdpSocket,
    listener: TcpListener,
    connections: Vec<Connection>,
    ready: Vec<Incoming>,
    copies: HashMap<Vec<u8>, usize>,
    recorder: Recorder,
}

impl Io {
    pub(crate) fn bind(name: &str, server: SocketAddr, recorder: Recorder) -> Self {
        let (udp, listener) = bind_both(server.ip());
        Self {
            name: name.into(),
            server,
            udp,
            listener,
            connections: Vec::new(),
            ready: Vec::new(),
            copies: HashMap::new(),
            recorder,
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.udp.local_addr().expect("bound socket")
    }

    pub(crate) fn copies(&self, raw: &[u8]) -> usize {
        self.copies.get(raw).copied().unwrap_or(0)
    }

    pub(crate) fn send_udp(&self, raw: &[u8], to: SocketAddr) {
        // A closed port on the other side shows as an error of the next call; it is no error of this datagram.
        let _ = self.udp.send_to(raw, to).or_else(|_| self.udp.send_to(raw, to));
    }

    /// Sends to the server; over TCP on the first open connection, or a new one.
    pub(crate) fn send(&mut self, raw: &[u8], transport: Transport) {
        match transport {
            Transport::Udp => self.send_udp(raw, self.server),
            Transport::Tcp => {
                let at = match self.connections.iter().position(|c| c.stream.is_some()) {
                    Some(at) => at,
                    None => self.open(),
                };
                self.write(at, raw);
            }
        }
    }

    pub(crate) fn send_back(&mut self, raw: &[u8], origin: Origin) {
        match origin {
            Origin::Udp(to) => self.send_udp(raw, to),
            Origin::Tcp(at) => self.write(at, raw),
        }
    }

    pub(crate) fn connect(&mut self) -> SocketAddr {
        let at = self.open();
        let stream = self.connections.get(at).and_then(|c| c.stream.as_ref()).expect("just opened");
        stream.local_addr().expect("connected socket")
    }

    pub(crate) fn any_open(&self) -> bool {
        self.connections.iter().any(|c| c.stream.is_some())
    }

    pub(crate) fn close(&mut self) {
        for connection in &mut self.connections {
            connection.stream = None;
        }
    }

    fn open(&mut self) -> usize {
        let stream = TcpStream::connect(self.server).expect("TCP connection to the server");
        self.adopt(stream)
    }

    fn adopt(&mut self, stream: TcpStream) -> usize {
        stream.set_nonblocking(false).expect("blocking stream");
        let n = self.connections.len();
        for (end, address) in [("", stream.local_addr()), ("peer", stream.peer_addr())] {
            let known = [self.local().port(), self.server.port()];
            if let Ok(address) = address
                && !known.contains(&address.port())
            {
                self.recorder.name_port(address.port(), &format!("{}.tcp{end}{n}", self.name));
            }
        }
        self.connections.push(Connection { stream: Some(stream), pending: Vec::new() });
        n
    }

    fn write(&mut self, at: usize, raw: &[u8]) {
        if let Some(stream) = self.connections.get_mut(at).and_then(|c| c.stream.as_mut())
            && stream.write_all(raw).is_err()
        {
            self.recorder.push(&self.name, Way::Note, b"write failed: connection closed");
        }
    }

    /// The next message that was not received before, or `None` after `timeout`.
    pub(crate) fn receive(&mut self, timeout: Duration) -> Option<Incoming> {
        let deadline = Instant::now() + timeout;
        loop {
            while !self.ready.is_empty() {
                let message = self.ready.remove(0);
                let count = self.copies.entry(message.raw.clone()).or_default();
                *count += 1;
                if *count == 1 {
                    self.recorder.push(&self.name, Way::Received, &message.raw);
                    return Some(message);
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.poll(left) && left.is_zero() {
                return None;
            }
        }
    }

    /// Waits for any socket to become readable and reads it; false when nothing came.
    fn poll(&mut self, timeout: Duration) -> bool {
        let mut fds = vec![pollfd(self.udp.as_raw_fd()), pollfd(self.listener.as_raw_fd())];
        let open: Vec<usize> = (0..self.connections.len()).filter(|i| self.is_open(*i)).collect();
        for at in &open {
            fds.extend(
                self.connections.get(*at).and_then(|c| c.stream.as_ref()).map(|s| pollfd(s.as_raw_fd())),
            );
        }
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: `fds` is a live array of that length; the descriptors belong to `self`.
        let n = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, millis) };
        if n <= 0 {
            return false;
        }
        let readable = |at: usize| fds.get(at).is_some_and(|f| f.revents != 0);
        if readable(0) {
            self.read_datagrams();
        }
        if readable(1)
            && let Ok((stream, _)) = self.listener.accept()
        {
            self.adopt(stream);
        }
        for (n, at) in open.iter().enumerate() {
            if readable(n + 2) {
                self.read_stream(*at);
            }
        }
        true
    }

    fn is_open(&self, at: usize) -> bool {
        self.connections.get(at).is_some_and(|c| c.stream.is_some())
    }

    fn read_datagrams(&mut self) {
        let mut buffer = vec![0; 70_000];
        loop {
            match self.udp.recv_from(&mut buffer) {
                Ok((len, from)) => {
                    let raw = buffer.get(..len).unwrap_or_default().to_vec();
                    self.ready.push(Incoming {
                        message: Message::parse(&raw),
                        raw,
                        origin: Origin::Udp(from),
                    });
                }
                Err(e) if e.kind() == ErrorKind::ConnectionRefused => {}
                Err(_) => return,
            }
        }
    }

    fn read_stream(&mut self, at: usize) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        let Some(stream) = connection.stream.as_mut() else { return };
        let mut buffer = vec![0; 70_000];
        match stream.read(&mut buffer) {
            Ok(len) if len > 0 => {
                connection.pending.extend_from_slice(buffer.get(..len).unwrap_or_default());
                while let Some(raw) = split_frame(&mut connection.pending) {
                    self.ready.push(Incoming { message: Message::parse(&raw), raw, origin: Origin::Tcp(at) });
                }
            }
            _ => {
                connection.stream = None;
                self.recorder.push(&self.name, Way::Note, b"connection closed by the server");
            }
        }
    }
}

/// Takes one message by its Content-Length (or a bare CRLF keepalive) off a stream buffer.
fn split_frame(pending: &mut Vec<u8>) -> Option<Vec<u8>> {
    if pending.starts_with(b"\r\n") && !pending.starts_with(b"\r\n\r\n") {
        return Some(pending.drain(..2).collect());
    }
    let head = find(pending, b"\r\n\r\n")? + 4;
    let text = latin1(pending.get(..head)?);
    let length = text
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    if pending.len() < head + length {
        return None;
    }
    Some(pending.drain(..head + length).collect())
}

fn pollfd(fd: i32) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

/// A UDP socket and a TCP listener on one free port of that address.
fn bind_both(ip: IpAddr) -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind((ip, 0)).expect("UDP socket");
        let port = udp.local_addr().expect("bound socket").port();
        if let Ok(listener) = TcpListener::bind((ip, port)) {
            udp.set_nonblocking(true).expect("non-blocking socket");
            listener.set_nonblocking(true).expect("non-blocking listener");
            return (udp, listener);
        }
    }
    panic!("no free port for an agent")
}
