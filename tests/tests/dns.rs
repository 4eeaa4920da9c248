//! Names in targets: A, CNAME, SRV, NAPTR, unknown names, a name server that does not answer.
#![allow(missing_docs)]

use kamjit_tests::nameserver::Record;
use kamjit_tests::{Agent, Setup, World, scenario};
use std::net::Ipv4Addr;

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Registers `contact` for `bob`, then sends a MESSAGE that must arrive at `bob` in the end.
fn reaches(world: &mut World, alice: &mut Agent, bob: &mut Agent, contact: &str) {
    let request = bob.register_request(600).set("Contact", format!("<{contact}>"));
    bob.send(&request);
    bob.wait_reply("REGISTER", 200);
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", contact);
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
    let request = bob.register_request(0).set("Contact", "*");
    bob.send(&request);
    bob.wait_reply("REGISTER", 200);
}

scenario!(names_that_lead_somewhere, Setup::stock().with_dns(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let port = bob.local.port();
    let names = world.server.names();
    names.add("a.test", Record::A(LOOPBACK));
    names.add("alias.test", Record::Cname("a.test"));
    names.add("_sip._udp.srv.test", Record::Srv(10, 10, port, "a.test"));
    names.add("srv.test", Record::A(Ipv4Addr::new(127, 0, 0, 99)));
    names.add("_sip._udp.order.test", Record::Srv(20, 10, 9, "a.test"));
    names.add("_sip._udp.order.test", Record::Srv(10, 10, port, "a.test"));
    for contact in [
        format!("sip:bob@a.test:{port}"),
        format!("sip:bob@alias.test:{port}"),
        "sip:bob@srv.test".into(),
        "sip:bob@SRV.Test;transport=udp".into(),
        "sip:bob@order.test".into(),
    ] {
        reaches(world, &mut alice, &mut bob, &contact);
    }
});

scenario!(service_over_tcp, Setup::stock().with_dns(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let names = world.server.names();
    names.add("a.test", Record::A(LOOPBACK));
    names.add("_sip._tcp.tcp.test", Record::Srv(10, 10, bob.local.port(), "a.test"));
    reaches(world, &mut alice, &mut bob, "sip:bob@tcp.test;transport=tcp");
});

fn unreachable(world: &mut World, contact: &str) {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let request = bob.register_request(600).set("Contact", format!("<{contact}>"));
    bob.send(&request);
    bob.wait_status(200);
    let request = alice.request("MESSAGE", &world.uri("bob"));
    alice.send(&request);
    alice.wait("the script's answer", |m| m.start.contains("/SL)"));
    alice.wait("the answer of tm", |m| m.start.contains("/TM)"));
}

scenario!(unknown_name, Setup::stock().with_dns(), |world| unreachable(world, "sip:bob@nowhere.test"));
scenario!(name_without_address, Setup::stock().with_dns(), |world| {
    world.server.names().add("empty.test", Record::Srv(1, 1, 1, "x.test"));
    unreachable(world, "sip:bob@empty.test:5070");
});

scenario!(others_do_not_wait_for_a_silent_name_server, Setup::stock().with_dns(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    world.server.names().be_silent(true);
    let request = bob.register_request(600).set("Contact", "<sip:bob@slow.test>");
    bob.send(&request);
    bob.wait_status(200);
    let slow = alice.request("MESSAGE", &world.uri("bob"));
    alice.send(&slow);
    let mut carol = world.udp("carol");
    for _ in 0..20 {
        let request = carol.request("OPTIONS", &world.domain());
        carol.send(&request);
        carol.wait_status(200);
    }
    alice.wait("the script's answer", |m| m.start.contains("/SL)"));
    alice.wait("the answer of tm", |m| m.start.contains("/TM)"));
});

scenario!(
    name_authority_pointers,
    Setup::text(format!(
        "{}\ndns_try_naptr=yes\nrequest_route {{ route(FENCE); $ru = \"sip:x@naptr.test\"; t_relay(); }}\n",
        kamjit_tests::server::PRELUDE
    ))
    .with_dns(),
    |world| {
        let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
        let names = world.server.names();
        names.add("a.test", Record::A(LOOPBACK));
        names.add("naptr.test", Record::Naptr(10, "SIP+D2U", "_sip._udp.target.test"));
        names.add("_sip._udp.target.test", Record::Srv(10, 10, bob.local.port(), "a.test"));
        let request = alice.request("MESSAGE", &world.uri("bob"));
        alice.send(&request);
        let received = bob.wait_request("MESSAGE");
        bob.reply(&received, 200, "OK");
        alice.wait_reply("MESSAGE", 200);
    }
);
