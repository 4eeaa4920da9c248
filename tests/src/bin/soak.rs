//! Soak: calls at a steady rate for some minutes, registrations and a little noise beside them, resident memory every
//! minute. `tests/soak` builds what it needs and starts it.

use kamjit_tests::load::{Counts, calls};
use kamjit_tests::noise::Noise;
use kamjit_tests::{Kind, Server, Setup};
use std::net::UdpSocket;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Growth after the first minute that still counts as flat, in kB.
const FLAT_KB: u64 = 4096;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let mut number = |default: u32| args.next().and_then(|a| a.parse().ok()).unwrap_or(default).max(1);
    let (minutes, rate) = (number(30), number(100));
    let server = Server::start(Kind::Candidate, &Setup::stock());
    println!("soak of {} minutes at {rate} calls a second", minutes);
    println!("minute  good calls  failed  resident kB");
    println!("{:6}  {:10}  {:6}  {:11}", 0, 0, 0, server.resident_kb());
    let stop = AtomicBool::new(false);
    let mut total = Counts::default();
    let mut resident = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| beside(&server, &stop));
        for minute in 1..=minutes {
            let counts = calls(&server, rate, 60);
            total.successful += counts.successful;
            total.failed += counts.failed;
            resident.push(server.resident_kb());
            let now = resident.last().copied().unwrap_or(0);
            println!("{minute:6}  {:10}  {:6}  {now:11}", total.successful, total.failed);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let first = resident.first().copied().unwrap_or(0);
    let last = resident.last().copied().unwrap_or(0);
    let flat = last <= first + FLAT_KB;
    let wanted = u64::from(minutes) * 60 * u64::from(rate);
    println!(
        "resident after the first minute {first} kB, at the end {last} kB: {}",
        if flat { "flat" } else { "GROWS" }
    );
    println!("{} of {wanted} calls good, {} failed", total.successful, total.failed);
    if flat && total.failed == 0 && total.successful == wanted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Fifty refreshes of a thousand phones and ten bad datagrams a second.
fn beside(server: &Server, stop: &AtomicBool) {
    let Ok(socket) = UdpSocket::bind("127.0.0.1:0") else { return };
    let _ = socket.set_nonblocking(true);
    let (to, mut noise) = (server.address(), Noise::new(1));
    let Ok(local) = socket.local_addr() else { return };
    let mut buffer = [0; 65_536];
    for n in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let user = n % 1000;
        let request = format!(
            "REGISTER sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK-s{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:u{user}@{to}>;tag=s\r\nTo: <sip:u{user}@{to}>\r\nCall-ID: soak-{user}\r\n\
             CSeq: {} REGISTER\r\nContact: <sip:u{user}@{local}>\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n",
            n / 1000 + 1
        );
        let _ = socket.send_to(request.as_bytes(), to);
        if n % 5 == 0 {
            let len = noise.below(1400);
            let _ = socket.send_to(&noise.bytes(len), to);
        }
        while socket.recv(&mut buffer).is_ok() {}
        std::thread::sleep(Duration::from_millis(20));
    }
}
