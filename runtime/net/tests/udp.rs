//! UDP on loopback: batches, several workers, both families, errors of the kernel.

use kamjit_net::socket_table::BindOptions;
use kamjit_net::udp::{MAX_DATAGRAM, OutQueue, PushError, RecvBatch};
use kamjit_net::{ListenSpec, Proto, SocketId, SocketTable};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

fn bind(addr: &str, workers: usize) -> SocketTable {
    let spec = ListenSpec::new(Proto::Udp, addr.parse().expect("address"));
    SocketTable::bind(&[spec], BindOptions::workers(workers)).expect("bind")
}

fn client(addr: &str) -> UdpSocket {
    let socket = UdpSocket::bind(addr).expect("client");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
    socket
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(future);
}

async fn echo_once(table: &SocketTable, worker: usize, expect: usize) {
    let sockets = table.worker(worker).expect("worker");
    let mut out = OutQueue::new(sockets.udp.clone());
    let mut batch = RecvBatch::new();
    let mut seen = 0;
    while seen < expect {
        seen += sockets.udp[0].recv(&mut batch).await.expect("recv");
        for datagram in batch.iter() {
            out.push(sockets.udp[0].id(), datagram.src, datagram.payload).expect("push");
        }
        let report = out.flush();
        assert_eq!((report.sent, report.failed), (batch.len(), 0));
    }
}

fn echo(listen: &str, from: &str) {
    let table = bind(listen, 1);
    let peer = client(from);
    for i in 0..100u32 {
        peer.send_to(format!("message {i}").as_bytes(), table.infos()[0].addr).expect("send");
    }
    run(echo_once(&table, 0, 100));
    let mut buffer = [0u8; 100];
    for i in 0..100u32 {
        let n = peer.recv(&mut buffer).expect("answer");
        assert_eq!(&buffer[..n], format!("message {i}").as_bytes());
    }
}

#[test]
fn ipv4_echo_keeps_order() {
    echo("127.0.0.1:0", "127.0.0.1:0");
}

#[test]
fn ipv6_echo_keeps_order() {
    echo("[::1]:0", "[::1]:0");
}

#[test]
fn one_peer_is_spread_over_the_workers() {
    let table = bind("127.0.0.1:0", 2);
    let peer = client("127.0.0.1:0");
    for _ in 0..200 {
        peer.send_to(b"x", table.infos()[0].addr).expect("send");
    }
    run(async {
        let mut counts = [0usize; 2];
        let mut batch = RecvBatch::new();
        for (worker, count) in counts.iter_mut().enumerate() {
            let sockets = table.worker(worker).expect("worker");
            loop {
                let n = sockets.udp[0].try_recv(&mut batch).expect("recv");
                if n == 0 {
                    break;
                }
                *count += n;
            }
        }
        assert_eq!(counts.iter().sum::<usize>(), 200);
        assert!(counts.iter().all(|c| *c > 20), "uneven: {counts:?}");
    });
}

#[test]
fn an_address_in_use_is_refused_even_if_shareable() {
    let table = bind("127.0.0.1:0", 4);
    let spec = ListenSpec::new(Proto::Udp, table.infos()[0].addr);
    for workers in [1, 4] {
        let error = SocketTable::bind(std::slice::from_ref(&spec), BindOptions::workers(workers))
            .expect_err("in use");
        assert_eq!(error.error.kind(), std::io::ErrorKind::AddrInUse);
    }
}

#[test]
fn the_largest_datagram_passes_and_more_is_refused() {
    let table = bind("127.0.0.1:0", 1);
    let peer = client("127.0.0.1:0");
    peer.send_to(&vec![b'a'; MAX_DATAGRAM], table.infos()[0].addr).expect("send");
    run(async {
        echo_once(&table, 0, 1).await;
        let sockets = table.worker(0).expect("worker");
        let mut out = OutQueue::new(sockets.udp.clone());
        let dst = peer.local_addr().expect("address");
        assert_eq!(out.push(SocketId(0), dst, &vec![0; MAX_DATAGRAM + 1]), Err(PushError::TooLong));
        let v6: SocketAddr = "[::1]:5060".parse().expect("address");
        assert_eq!(out.push(SocketId(0), v6, b"x"), Err(PushError::BadDestination));
        assert_eq!(out.push(SocketId(7), dst, b"x"), Err(PushError::NoSuchSocket));
        assert!(out.is_empty());
    });
    let mut buffer = vec![0u8; 70_000];
    assert_eq!(peer.recv(&mut buffer).expect("answer"), MAX_DATAGRAM);
}

#[test]
fn a_refused_datagram_does_not_stop_the_others() {
    let table = bind("127.0.0.1:0", 1);
    let peer = client("127.0.0.1:0");
    run(async {
        let sockets = table.worker(0).expect("worker");
        let mut out = OutQueue::new(sockets.udp.clone());
        let good = peer.local_addr().expect("address");
        // A loopback source cannot reach beyond the machine: the kernel answers EINVAL or ENETUNREACH.
        let bad: SocketAddr = "198.51.100.1:5060".parse().expect("address");
        for dst in [good, bad, good] {
            out.push(SocketId(0), dst, b"hello").expect("push");
        }
        let report = out.flush();
        assert_eq!((report.sent, report.failed), (2, 1));
        assert_ne!(report.last_errno, 0);
    });
    let mut buffer = [0u8; 10];
    for _ in 0..2 {
        assert_eq!(peer.recv(&mut buffer).expect("answer"), 5);
    }
}

#[test]
fn many_datagrams_flush_by_themselves() {
    let table = bind("127.0.0.1:0", 1);
    let peer = client("127.0.0.1:0");
    run(async {
        let sockets = table.worker(0).expect("worker");
        let mut out = OutQueue::new(sockets.udp.clone());
        for _ in 0..300 {
            out.push(SocketId(0), peer.local_addr().expect("address"), b"x").expect("push");
        }
        assert!(out.len() < 300);
        assert_eq!(out.flush().sent, 300);
    });
}

#[test]
fn a_closed_peer_does_not_disturb_the_socket() {
    let table = bind("127.0.0.1:0", 1);
    let gone = client("127.0.0.1:0").local_addr().expect("address");
    for _ in 0..3 {
        table.send_udp(SocketId(0), gone, b"x").expect("send");
    }
    let peer = client("127.0.0.1:0");
    peer.send_to(b"y", table.infos()[0].addr).expect("send");
    run(echo_once(&table, 0, 1));
}
