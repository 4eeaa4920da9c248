//! baresip registers twice and calls through each server over UDP and TCP; media flows both ways.
#![allow(missing_docs)]

use kamjit_tests::softphone::Softphone;
use kamjit_tests::{Kind, Server, Setup, Transport};

fn phones(kind: Kind, transport: Transport) {
    let server = Server::start(kind, &Setup::stock());
    let bob = Softphone::start("bob", &server, transport, 60);
    let alice = Softphone::start("alice", &server, transport, 2);
    for phone in [&alice, &bob] {
        phone.wait("the registration", |out| out.contains("200 OK") && out.contains("[1 binding]"));
    }
    // The caller's phone is switched off without a word and comes back with another contact.
    drop(alice);
    let alice = Softphone::start("alice", &server, transport, 2);
    alice.wait("the second registration", |out| out.contains("200 OK") && out.contains("[2 bindings]"));
    alice.command("dial", &format!("sip:bob@{}", server.address()));
    for phone in [&alice, &bob] {
        phone.wait("the call", |out| out.contains("Call established"));
        phone.wait("incoming media", |out| out.contains("incoming rtp for 'audio' established"));
    }
    for phone in [&alice, &bob] {
        phone.wait("the end of the call", |out| out.contains("packets:") && out.contains("errors:"));
        let packets = phone.packets();
        let enough = |(sent, received): &(u32, u32)| *sent > 40 && *received > 40;
        assert!(packets.iter().all(enough) && packets.len() == 1, "media packets {packets:?}");
    }
}

#[test]
fn udp_kamailio() {
    phones(Kind::Reference, Transport::Udp);
}

#[test]
fn udp_kamjit() {
    phones(Kind::Candidate, Transport::Udp);
}

#[test]
fn tcp_kamailio() {
    phones(Kind::Reference, Transport::Tcp);
}

#[test]
fn tcp_kamjit() {
    phones(Kind::Candidate, Transport::Tcp);
}
