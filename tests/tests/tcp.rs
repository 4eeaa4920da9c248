//! Streams on the stock configuration.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, exchange, invite};
use kamjit_tests::{Agent, Dialog, Setup, World, scenario};

/// A call over whatever transports the two agents use.
fn full_call(world: &mut World, alice: &mut Agent, bob: &mut Agent) {
    let sent = invite(alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    let answered = answer(bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut Dialog::callee(&received, &answered), bob, alice, "OPTIONS");
    exchange(&mut caller, alice, bob, "BYE");
}

scenario!(register_over_tcp, Setup::stock(), |world| {
    let mut alice = world.tcp("alice");
    alice.register();
});

scenario!(both_over_tcp, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.tcp("alice"), world.tcp("bob"));
    alice.register();
    bob.register();
    full_call(world, &mut alice, &mut bob);
});

scenario!(udp_to_tcp, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.tcp("bob"));
    bob.register();
    full_call(world, &mut alice, &mut bob);
});

scenario!(tcp_to_udp, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.tcp("alice"), world.udp("bob"));
    bob.register();
    full_call(world, &mut alice, &mut bob);
});

scenario!(contact_is_the_open_connection, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.tcp("bob"));
    let local = bob.connect();
    let request = bob.register_request(600).set("Contact", format!("<sip:bob@{local};transport=tcp>"));
    bob.send(&request);
    bob.wait_status(200);
    let request =
        alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "through the open connection");
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
});

scenario!(gone_connection, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.tcp("bob"));
    let contact = format!("<sip:bob@127.0.0.1:{};transport=tcp>", world.server.port2.number);
    let request = bob.register_request(600).set("Contact", contact);
    bob.send(&request);
    bob.wait_status(200);
    bob.hang_up();
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "nobody is there");
    alice.send(&request);
    alice.wait("an answer", |m| m.code().is_some_and(|c| c >= 300));
});

scenario!(several_messages_in_one_segment, Setup::stock().any_order(), |world| {
    let mut alice = world.tcp("alice");
    let mut raw = Vec::new();
    for _ in 0..5 {
        raw.extend(alice.request("OPTIONS", &world.domain()).to_bytes());
    }
    alice.send_raw(&raw);
    for _ in 0..5 {
        alice.wait_status(200);
    }
});

scenario!(one_message_in_many_segments, Setup::stock(), |world| {
    let mut alice = world.tcp("alice");
    let raw = alice.request("OPTIONS", &world.domain()).body("text/plain", "0123456789").to_bytes();
    for chunk in raw.chunks(37) {
        alice.send_unrecorded(chunk);
        world.fence();
    }
    alice.wait_status(200);
});

scenario!(keepalives, Setup::stock(), |world| {
    let mut alice = world.tcp("alice");
    alice.send_raw(b"\r\n\r\n");
    let request = alice.request("OPTIONS", &world.domain());
    alice.send(&request);
    alice.wait_status(200);
    alice.send_raw(b"\r\n");
    let request = alice.request("OPTIONS", &world.domain());
    alice.send(&request);
    alice.wait_status(200);
});

scenario!(large_message, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.tcp("alice"), world.tcp("bob"));
    bob.register();
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", vec![b'x'; 10_000]);
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
});

scenario!(caller_closes_before_the_answer, Setup::stock(), |world| {
    let (mut alice, mut bob) = (world.tcp("alice"), world.udp("bob"));
    bob.register();
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "x");
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    alice.hang_up();
    bob.reply(&received, 200, "OK");
    world.fence();
});

scenario!(message_beyond_the_read_buffer, Setup::stock(), |world| {
    // tcp_rd_buf_size is 16384: the connection is closed without an answer.
    let mut alice = world.tcp("alice");
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", vec![b'x'; 20_000]);
    alice.send(&request);
    alice.wait_closed();
});
