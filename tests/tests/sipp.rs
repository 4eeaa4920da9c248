//! Load: sipp holds 200 calls a second through each server without one failure.
#![allow(missing_docs)]

use kamjit_tests::load::{calls, figure, full_length};
use kamjit_tests::{Kind, Server, Setup};

fn hold(kind: Kind) {
    let seconds = if full_length() { 60 } else { 10 };
    let server = Server::start(kind, &Setup::stock());
    let before = server.resident_kb();
    let counts = calls(&server, 200, seconds);
    figure(&format!(
        "sipp, 200 calls/s for {seconds} s through {}: {} good, {} failed, {} retransmissions, resident {before} -> {} kB",
        server.kind.name(),
        counts.successful,
        counts.failed,
        counts.retransmissions,
        server.resident_kb()
    ));
    assert_eq!(
        (counts.successful, counts.failed),
        (u64::from(200 * seconds), 0),
        "calls through {}",
        server.kind.name()
    );
}

#[test]
fn two_hundred_calls_a_second_kamailio() {
    hold(Kind::Reference);
}

#[test]
fn two_hundred_calls_a_second_kamjit() {
    hold(Kind::Candidate);
}
