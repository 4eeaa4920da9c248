//! Requests inside dialogs, and what routes them, on the stock configuration.
#![allow(missing_docs)]

use kamjit_tests::call::{Call, call, exchange, two_phones};
use kamjit_tests::{Agent, Dialog, Message, Setup, World, scenario, sdp};

/// A re-INVITE with that media direction, answered and acknowledged.
fn reinvite(dialog: &mut Dialog, from: &mut Agent, to: &mut Agent, mode: &str, answer_mode: &str) {
    let request = dialog.request(from, "INVITE").body("application/sdp", sdp(6000, mode));
    from.send(&request);
    let received = to.wait_request("INVITE");
    let reply = to.reply_to(&received, 200, "OK").body("application/sdp", sdp(40_002, answer_mode));
    to.send_reply(&received, &reply);
    from.wait_reply("INVITE", 200);
    dialog.send(from, "ACK");
    to.wait_request("ACK");
}

/// An established call between two registered phones.
fn established(world: &mut World) -> (Agent, Agent, Call) {
    let (mut alice, mut bob) = two_phones(world);
    let call = call(&mut alice, &mut bob);
    (alice, bob, call)
}

scenario!(reinvite_from_the_caller, Setup::stock(), |world| {
    let (mut alice, mut bob, mut call) = established(world);
    reinvite(&mut call.caller, &mut alice, &mut bob, "sendrecv", "sendrecv");
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(hold_and_resume, Setup::stock(), |world| {
    let (mut alice, mut bob, mut call) = established(world);
    reinvite(&mut call.callee, &mut bob, &mut alice, "sendonly", "recvonly");
    reinvite(&mut call.callee, &mut bob, &mut alice, "sendrecv", "sendrecv");
    exchange(&mut call.callee, &mut bob, &mut alice, "BYE");
});

scenario!(reinvite_rejected, Setup::stock(), |world| {
    let (mut alice, mut bob, mut call) = established(world);
    let request = call.caller.send(&mut alice, "INVITE");
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 488, "Not Acceptable Here");
    bob.wait_request("ACK");
    let reply = alice.wait_status(488);
    alice.ack_negative(&request, &reply);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(other_methods, Setup::stock(), |world| {
    let (mut alice, mut bob, mut call) = established(world);
    for method in ["UPDATE", "INFO", "MESSAGE", "OPTIONS", "NOTIFY", "REFER", "SUBSCRIBE", "PRACK", "FOO"] {
        exchange(&mut call.caller, &mut alice, &mut bob, method);
        exchange(&mut call.callee, &mut bob, &mut alice, method);
    }
    exchange(&mut call.callee, &mut bob, &mut alice, "BYE");
});

scenario!(cancelled_reinvite, Setup::stock(), |world| {
    let (mut alice, mut bob, mut call) = established(world);
    let request = call.caller.send(&mut alice, "INVITE");
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_reply("INVITE", 180);
    let cancel = alice.cancel(&request);
    let _ = cancel;
    // A CANCEL built from the re-INVITE carries its To tag.
    alice.wait_reply("CANCEL", 200);
    let cancel = bob.wait_request("CANCEL");
    bob.reply(&cancel, 200, "OK");
    bob.reply(&received, 487, "Request Terminated");
    bob.wait_request("ACK");
    let reply = alice.wait_status(487);
    alice.ack_negative(&request, &reply);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

/// A request with a To tag and these Route headers for a made-up dialog with `bob`.
fn routed(alice: &mut Agent, method: &str, target: &str, routes: &[String]) -> Message {
    let mut request = alice.request(method, target);
    request = request.set("To", "<sip:bob@127.0.0.1>;tag=bob-far-tag");
    for route in routes {
        request = request.add("Route", route.as_str());
    }
    request
}

scenario!(route_with_more_hops, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut next = world.udp("next");
    let own = format!("<sip:{};lr>", alice.server);
    let hop = format!("<sip:{};lr>", next.local);
    let far = "sip:bob@192.0.2.1:5066";
    for routes in [
        vec![own.clone(), hop.clone()],
        vec![format!("{own}, {hop}, <sip:192.0.2.7;lr>")],
        vec![own.clone(), own.clone(), hop.clone()],
        vec![format!("\"Me, myself\" <sip:user@{};lr=on;x=y>", alice.server), hop.clone()],
        vec![format!("<sip:{};transport=udp;lr>", alice.server), hop.clone()],
        vec![hop.clone()],
        vec![format!("<sip:localhost:{};lr>", alice.server.port()), hop.clone()],
    ] {
        let request = routed(&mut alice, "INFO", far, &routes);
        alice.send(&request);
        let received = next.wait_request("INFO");
        next.reply(&received, 200, "OK");
        alice.wait_reply("INFO", 200);
    }
});

scenario!(strict_routing, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut next = world.udp("next");
    let own = format!("<sip:{};lr>", alice.server);
    let strict = format!("<sip:strict@{}>", next.local);
    // The next hop is a strict router: its URI becomes the request URI, the old one the last Route.
    let request = routed(&mut alice, "INFO", "sip:bob@192.0.2.1", &[own.clone(), strict.clone()]);
    alice.send(&request);
    let received = next.wait_request("INFO");
    next.reply(&received, 200, "OK");
    alice.wait_reply("INFO", 200);
    // The previous hop was a strict router: our URI is the request URI.
    let target = format!("sip:{};lr", alice.server);
    let request = routed(&mut alice, "INFO", &target, &[format!("<{}>", next.uri())]);
    alice.send(&request);
    let received = next.wait_request("INFO");
    next.reply(&received, 200, "OK");
    alice.wait_reply("INFO", 200);
    let loose = format!("<sip:{};lr>", next.local);
    let request = routed(&mut alice, "INFO", &target, &[loose, "<sip:bob@192.0.2.1>".into()]);
    alice.send(&request);
    let received = next.wait_request("INFO");
    next.reply(&received, 200, "OK");
    alice.wait_reply("INFO", 200);
});

scenario!(no_route_at_all, Setup::stock().any_order(), |world| {
    let mut alice = world.udp("alice");
    for (method, target) in [
        ("BYE", world.uri("bob")),
        ("INVITE", world.uri("bob")),
        ("INFO", "sip:bob@192.0.2.1".into()),
        ("SUBSCRIBE", world.uri("bob")),
        ("NOTIFY", world.domain()),
        ("REGISTER", world.domain()),
    ] {
        let request = routed(&mut alice, method, &target, &[]);
        alice.send(&request);
        world.fence();
    }
    let request = routed(&mut alice, "ACK", &world.uri("bob"), &[]);
    alice.send(&request);
});

scenario!(request_with_an_own_route_only, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let own = format!("<sip:{};lr>", alice.server);
    let target = bob.uri();
    let request = routed(&mut alice, "BYE", &target, std::slice::from_ref(&own));
    alice.send(&request);
    let received = bob.wait_request("BYE");
    bob.reply(&received, 481, "No Dialog");
    alice.wait_reply("BYE", 481);
    // Our own address as the final target.
    let target = world.uri("bob");
    let request = routed(&mut alice, "MESSAGE", &target, std::slice::from_ref(&own));
    alice.send(&request);
    alice.wait("an answer", |m| m.method() == "MESSAGE");
});

scenario!(preloaded_route, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let own = format!("<sip:{};lr>", alice.server);
    let request =
        alice.request("MESSAGE", &world.uri("bob")).add("Route", own).add("Route", "<sip:192.0.2.3;lr>");
    let request = request.body("text/plain", "hello");
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
});

scenario!(bad_routes, Setup::stock().any_order(), |world| {
    let mut alice = world.udp("alice");
    for route in ["<sip:", "garbage", "", "<sip:127.0.0.1;lr", "<sip:[::1;lr>", "<sip:a@b@c;lr>"] {
        let request = routed(&mut alice, "INFO", "sip:bob@192.0.2.1", &[route.into()]);
        alice.send(&request);
        world.fence();
    }
});

scenario!(unresolvable_route, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = routed(&mut alice, "INFO", "sip:bob@192.0.2.1", &["<tel:123>".into()]);
    alice.send(&request);
    // The script answers statelessly, then tm closes the transaction it had made.
    alice.wait("the script's answer", |m| m.start.contains("478/SL"));
    alice.wait("the answer of tm", |m| m.start.contains("478/TM"));
});
