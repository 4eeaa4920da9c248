//! TCP on loopback: framing, pings, limits, bad streams, sending in both directions and from other threads.

use kamjit_net::tcp::{CloseReason, Conn, SendError, TcpOptions, TcpTarget, TcpTransport, TcpWorker};
use kamjit_net::{
    BindOptions, ConnId, ListenSpec, MessageSink, Proto, ReceiveInfo, SocketId, SocketTable, Verdict,
};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const MESSAGE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabc";

#[derive(Debug, PartialEq)]
enum Event {
    Message(Vec<u8>, ReceiveInfo),
    Closed(ConnId, CloseReason),
}

/// Echoes messages and reports what happens.
struct Echo {
    transport: Arc<TcpTransport>,
    events: mpsc::UnboundedSender<Event>,
    echo: bool,
    refuse: RefCell<Option<Vec<u8>>>,
}

impl MessageSink for Echo {
    fn on_message(&self, bytes: &[u8], from: ReceiveInfo) -> Verdict {
        if self.refuse.borrow().as_deref() == Some(bytes) {
            return Verdict::Close;
        }
        if self.echo {
            self.transport.send_to_conn(from.conn.expect("connection"), bytes).expect("send");
        }
        let _ = self.events.send(Event::Message(bytes.to_vec(), from));
        Verdict::Keep
    }

    fn on_closed(&self, conn: &Conn, reason: CloseReason) {
        let _ = self.events.send(Event::Closed(conn.id, reason));
    }
}

struct Server {
    addr: SocketAddr,
    transport: Arc<TcpTransport>,
    events: mpsc::UnboundedReceiver<Event>,
    sink: Rc<Echo>,
}

impl Server {
    fn start(listen: &str, options: TcpOptions, echo: bool) -> Server {
        let spec = ListenSpec::new(Proto::Tcp, listen.parse().expect("address"));
        let table = SocketTable::bind(&[spec], BindOptions::workers(1)).expect("bind");
        let transport = TcpTransport::new(options);
        let (sender, events) = mpsc::unbounded_channel();
        let sink =
            Rc::new(Echo { transport: transport.clone(), events: sender, echo, refuse: RefCell::default() });
        TcpWorker::start(transport.clone(), table.worker(0).expect("worker").tcp, sink.clone())
            .expect("start");
        Server { addr: table.infos()[0].addr, transport, events, sink }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.expect("connect")
    }

    async fn message(&mut self) -> (Vec<u8>, ReceiveInfo) {
        match self.events.recv().await.expect("event") {
            Event::Message(bytes, info) => (bytes, info),
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn closed(&mut self) -> CloseReason {
        match self.events.recv().await.expect("event") {
            Event::Closed(_, reason) => reason,
            other => panic!("unexpected {other:?}"),
        }
    }

    fn target(&self, dst: SocketAddr, connect: bool) -> TcpTarget {
        TcpTarget { proto: Proto::Tcp, dst, socket: SocketId(0), local: self.addr, connect }
    }
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::time::timeout(Duration::from_secs(30), future).await.expect("test took too long");
    });
}

async fn read_exact(stream: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).await.expect("read");
    bytes
}

/// Everything until the peer closes, also by reset.
async fn read_to_close(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

fn echoes(listen: &'static str) {
    run(async move {
        let mut server = Server::start(listen, TcpOptions::default(), true);
        let mut stream = server.connect().await;
        stream.write_all(&MESSAGE.repeat(3)).await.expect("write");
        assert_eq!(read_exact(&mut stream, 3 * MESSAGE.len()).await, MESSAGE.repeat(3));
        let (bytes, info) = server.message().await;
        assert_eq!(bytes, MESSAGE);
        assert_eq!((info.src, info.dst), (stream.local_addr().expect("address"), server.addr));
        assert_eq!((info.proto, info.socket), (Proto::Tcp, SocketId(0)));
        assert_eq!(server.transport.stats().current_connections, 1);
        server.message().await;
        server.message().await;
        drop(stream);
        assert_eq!(server.closed().await, CloseReason::Eof);
        assert_eq!(server.transport.stats().current_connections, 0);
    });
}

#[test]
fn messages_are_echoed_over_ipv4() {
    echoes("127.0.0.1:0");
}

#[test]
fn messages_are_echoed_over_ipv6() {
    echoes("[::1]:0");
}

#[test]
fn pings_are_answered() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), true);
        let mut stream = server.connect().await;
        stream.write_all(b"\r\n\r\n\r\n\r\n").await.expect("write");
        assert_eq!(read_exact(&mut stream, 4).await, b"\r\n\r\n");
        stream.write_all(&[b"\r\n\r\n", MESSAGE].concat()).await.expect("write");
        assert_eq!(read_exact(&mut stream, 2 + MESSAGE.len()).await, [b"\r\n", MESSAGE].concat());
        server.message().await;
    });
}

#[test]
fn bad_streams_end_and_good_ones_go_on() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), true);
        let mut good = server.connect().await;
        let long = vec![b'x'; 50_000];
        let bad: [&[u8]; 6] = [
            b"hello world\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\0\0\0\0\r\n\r\n",
            b"X sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
            b"X sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n",
            &long,
        ];
        for bytes in bad {
            let mut stream = server.connect().await;
            let _ = stream.write_all(bytes).await;
            assert_eq!(read_to_close(&mut stream).await, b"");
            assert_eq!(server.closed().await, CloseReason::BadStream);
            good.write_all(MESSAGE).await.expect("write");
            assert_eq!(read_exact(&mut good, MESSAGE.len()).await, MESSAGE);
            server.message().await;
        }
        // Half a message, then the peer goes away.
        let mut stream = server.connect().await;
        stream.write_all(&MESSAGE[..40]).await.expect("write");
        drop(stream);
        assert_eq!(server.closed().await, CloseReason::Eof);
        assert_eq!(server.transport.stats().current_connections, 1);
    });
}

#[test]
fn the_sink_can_close() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), true);
        *server.sink.refuse.borrow_mut() = Some(MESSAGE.to_vec());
        let mut stream = server.connect().await;
        stream.write_all(MESSAGE).await.expect("write");
        assert_eq!(read_to_close(&mut stream).await, b"");
        assert_eq!(server.closed().await, CloseReason::BadStream);
    });
}

#[test]
fn silent_connections_end_with_their_lifetime() {
    run(async {
        let options = TcpOptions { lifetime: Duration::from_millis(50), ..TcpOptions::default() };
        let mut server = Server::start("127.0.0.1:0", options, true);
        let mut stream = server.connect().await;
        stream.write_all(&MESSAGE[..10]).await.expect("write");
        assert_eq!(read_to_close(&mut stream).await, b"");
        assert_eq!(server.closed().await, CloseReason::Timeout);
        assert_eq!(server.transport.stats().con_timeout, 1);
    });
}

#[test]
fn a_longer_lifetime_can_be_given() {
    run(async {
        let options = TcpOptions { lifetime: Duration::from_secs(100), ..TcpOptions::default() };
        let mut server = Server::start("127.0.0.1:0", options, true);
        let mut stream = server.connect().await;
        stream.write_all(MESSAGE).await.expect("write");
        let id = server.message().await.1.conn.expect("connection");
        let conn = server.transport.get(id).expect("connection");
        conn.set_lifetime(Duration::from_secs(1000));
        assert!(conn.expires_in() > Duration::from_secs(500));
        conn.set_lifetime(Duration::from_millis(1));
        assert_eq!(server.closed().await, CloseReason::Timeout);
    });
}

#[test]
fn connections_beyond_the_limit_are_refused() {
    run(async {
        let options = TcpOptions { max_connections: 2, ..TcpOptions::default() };
        let mut server = Server::start("127.0.0.1:0", options, true);
        let mut streams = Vec::new();
        for _ in 0..2 {
            let mut stream = server.connect().await;
            stream.write_all(MESSAGE).await.expect("write");
            server.message().await;
            streams.push(stream);
        }
        let mut third = server.connect().await;
        assert_eq!(read_to_close(&mut third).await, b"");
        assert_eq!(server.transport.stats().local_reject, 1);
        let full = server.transport.send(server.target("127.0.0.1:9".parse().expect("address"), true), b"x");
        assert!(matches!(full, Err(SendError::TooManyConnections)), "{full:?}");
    });
}

#[test]
fn sending_opens_a_connection_and_uses_it_again() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), false);
        let peer = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let target = server.target(peer.local_addr().expect("address"), true);
        let id = server.transport.send(target, MESSAGE).expect("send");
        assert_eq!(server.transport.send(target, MESSAGE).expect("send"), id);
        let (mut stream, from) = peer.accept().await.expect("accept");
        assert_eq!(read_exact(&mut stream, 2 * MESSAGE.len()).await, MESSAGE.repeat(2));
        stream.write_all(MESSAGE).await.expect("write");
        let (bytes, info) = server.message().await;
        assert_eq!((bytes.as_slice(), info.conn, info.dst), (MESSAGE, Some(id), from));
        // From a thread that is no worker.
        let transport = server.transport.clone();
        std::thread::spawn(move || transport.send_to_conn(id, b"hello").expect("send"))
            .join()
            .expect("thread");
        assert_eq!(read_exact(&mut stream, 5).await, b"hello");
        server.transport.get(id).expect("connection").close();
        assert_eq!(read_to_close(&mut stream).await, b"");
        assert_eq!(server.closed().await, CloseReason::Asked);
        assert!(matches!(server.transport.send_to_conn(id, b"x"), Err(SendError::NoConnection)));
    });
}

#[test]
fn nothing_is_opened_when_it_must_not() {
    run(async {
        let server = Server::start("127.0.0.1:0", TcpOptions::default(), false);
        let dst = "127.0.0.1:9".parse().expect("address");
        let outcome = server.transport.send(server.target(dst, false), b"x");
        assert!(matches!(outcome, Err(SendError::NoConnection)), "{outcome:?}");
        server.transport.set_options(TcpOptions { no_connect: true, ..TcpOptions::default() });
        let outcome = server.transport.send(server.target(dst, true), b"x");
        assert!(matches!(outcome, Err(SendError::NoConnection)), "{outcome:?}");
    });
}

#[test]
fn a_refused_connect_is_known_at_once() {
    run(async {
        let server = Server::start("127.0.0.1:0", TcpOptions::default(), false);
        let gone = TcpListener::bind("127.0.0.1:0").await.expect("listen").local_addr().expect("address");
        let outcome = server.transport.send(server.target(gone, true), MESSAGE);
        assert!(matches!(outcome, Err(SendError::Io(_))), "{outcome:?}");
        let stats = server.transport.stats();
        assert_eq!((stats.connect_failed, stats.current_connections, stats.queued_bytes), (1, 0, 0));
    });
}

#[test]
fn a_connect_without_answer_is_reported() {
    run(async {
        let options = TcpOptions { connect_timeout: Duration::from_millis(20), ..TcpOptions::default() };
        let mut server = Server::start("127.0.0.1:0", options, false);
        // A listener whose queue is full does not answer.
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("socket");
        let any: SocketAddr = "127.0.0.1:0".parse().expect("address");
        full.bind(&any.into()).expect("bind");
        full.listen(0).expect("listen");
        let addr = full.local_addr().expect("address").as_socket().expect("address");
        let _first = TcpStream::connect(addr).await.expect("connect");
        server.transport.send(server.target(addr, true), MESSAGE).expect("queued");
        assert_eq!(server.closed().await, CloseReason::ConnectFailed);
        let stats = server.transport.stats();
        assert_eq!((stats.connect_failed, stats.current_connections, stats.queued_bytes), (1, 0, 0));
    });
}

#[test]
fn aliases_lead_to_the_connection() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), false);
        let mut stream = server.connect().await;
        stream.write_all(MESSAGE).await.expect("write");
        let id = server.message().await.1.conn.expect("connection");
        assert!(server.transport.add_alias(id, 5060));
        let alias: SocketAddr = "127.0.0.1:5060".parse().expect("address");
        assert_eq!(server.transport.send(server.target(alias, false), b"hi").expect("send"), id);
        assert_eq!(read_exact(&mut stream, 2).await, b"hi");
        let mut other = server.connect().await;
        other.write_all(MESSAGE).await.expect("write");
        let other_id = server.message().await.1.conn.expect("connection");
        assert!(!server.transport.add_alias(other_id, 5060), "the alias is taken");
        drop(stream);
        server.closed().await;
        assert!(server.transport.find(Proto::Tcp, alias).is_none());
    });
}

#[test]
fn a_peer_that_does_not_read_is_dropped() {
    run(async {
        let mut server = Server::start("127.0.0.1:0", TcpOptions::default(), false);
        let mut stream = server.connect().await;
        stream.write_all(MESSAGE).await.expect("write");
        let id = server.message().await.1.conn.expect("connection");
        let block = vec![b'x'; 30_000];
        let outcome = (0..10_000).map(|_| server.transport.send_to_conn(id, &block)).find(Result::is_err);
        assert!(matches!(outcome, Some(Err(SendError::QueueFull))), "{outcome:?}");
        assert_eq!(server.closed().await, CloseReason::QueueFull);
        let stats = server.transport.stats();
        assert_eq!((stats.queued_bytes, stats.sendq_full), (0, 1));
    });
}

#[test]
fn queued_bytes_follow_in_order() {
    run(async {
        let options = TcpOptions { max_conn_queue: 64 << 20, max_queue: 64 << 20, ..TcpOptions::default() };
        let mut server = Server::start("127.0.0.1:0", options, false);
        let mut stream = server.connect().await;
        stream.write_all(MESSAGE).await.expect("write");
        let id = server.message().await.1.conn.expect("connection");
        let mut expect = Vec::new();
        for i in 0..400u32 {
            let block = i.to_be_bytes().repeat(10_000);
            server.transport.send_to_conn(id, &block).expect("send");
            expect.extend_from_slice(&block);
        }
        assert!(server.transport.stats().queued_bytes > 0);
        assert!(read_exact(&mut stream, expect.len()).await == expect);
        assert_eq!(server.transport.stats().queued_bytes, 0);
    });
}
