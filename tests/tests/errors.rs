//! Requests that the stock configuration answers itself, or not at all; and targets that need a look-up.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, exchange, invite, two_phones};
use kamjit_tests::{Agent, Dialog, Message, Setup, World, scenario, tools};

/// Sends and waits for any answer.
fn ask(agent: &mut Agent, request: &Message) -> Message {
    agent.send(request);
    let call = request.header("Call-ID").to_owned();
    let cseq = request.header("CSeq").to_owned();
    agent
        .wait("an answer", |m| {
            m.code().is_some_and(|c| c > 100)
                && m.get("Call-ID") == Some(call.as_str())
                && m.get("CSeq") == Some(cseq.as_str())
        })
        .message
}

scenario!(keepalive, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = alice.request("OPTIONS", &world.domain());
    ask(&mut alice, &request);
    let request = alice.request("OPTIONS", &format!("sip:localhost:{}", alice.server.port()));
    ask(&mut alice, &request);
    let request = alice.request("OPTIONS", &format!("{};transport=udp;x=y", world.domain()));
    ask(&mut alice, &request);
    let request = alice.request("OPTIONS", &world.domain()).set("To", "<sip:x@y>;tag=given");
    ask(&mut alice, &request);
});

scenario!(options_to_a_user, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let request = alice.request("OPTIONS", &world.uri("bob"));
    alice.send(&request);
    let received = bob.wait_request("OPTIONS");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("OPTIONS", 200);
    let request = alice.request("OPTIONS", &world.uri("nobody"));
    ask(&mut alice, &request);
});

scenario!(foreign_domain, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    for (method, uri) in [
        ("INVITE", "sip:bob@example.org"),
        ("OPTIONS", "sip:example.org"),
        ("MESSAGE", "sip:bob@127.0.0.2"),
        ("INVITE", "sip:bob@127.0.0.1:9"),
        ("INVITE", "tel:+4930123456"),
        ("SUBSCRIBE", "sips:bob@127.0.0.1"),
        ("INVITE", "sip:bob@[::1]"),
    ] {
        let request = alice.request(method, uri);
        let reply = ask(&mut alice, &request);
        if method == "INVITE" {
            alice.ack_negative(&request, &reply);
        }
    }
});

scenario!(scanners_get_nothing, Setup::stock().any_order(), |world| {
    let mut alice = world.udp("alice");
    for agent in
        ["friendly-scanner", "SIPVicious", "sipcli/v1.8", "VaxSIPUserAgent/3.1", "pplsip", "FRIENDLY"]
    {
        let request = alice.request("OPTIONS", &world.domain()).set("User-Agent", agent);
        alice.send(&request);
        let request = alice.request("REGISTER", &world.domain()).set("User-Agent", agent);
        alice.send(&request);
        world.fence();
    }
});

scenario!(max_forwards, Setup::stock().any_order(), |world| {
    let mut alice = world.udp("alice");
    for hops in ["0", "1", "10", "70", "255", "256", "1000", "abc", "-1", "00", "1 "] {
        let request = alice.request("OPTIONS", &world.domain()).set("Max-Forwards", hops);
        alice.send(&request);
        world.fence();
        let request = alice.request("REGISTER", &world.domain()).set("Max-Forwards", hops).without("Contact");
        alice.send(&request);
        world.fence();
    }
    let request = alice.request("OPTIONS", &world.domain()).without("Max-Forwards");
    ask(&mut alice, &request);
});

scenario!(max_forwards_on_the_way, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    for hops in [Some("1"), Some("70"), Some("200"), Some("10"), Some("100"), Some("0070"), Some("71"), None]
    {
        let mut request = alice.request("SUBSCRIBE", &world.uri("bob")).without("Max-Forwards");
        if let Some(hops) = hops {
            request = request.set("Max-Forwards", hops);
        }
        alice.send(&request);
        let received = bob.wait_request("SUBSCRIBE");
        bob.reply(&received, 200, "OK");
        alice.wait_reply("SUBSCRIBE", 200);
    }
});

scenario!(too_many_hops, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = alice.request("INVITE", &world.uri("bob")).set("Max-Forwards", "0");
    let reply = ask(&mut alice, &request);
    alice.ack_negative(&request, &reply);
});

scenario!(no_user_in_the_request_uri, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    for method in ["INVITE", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "INFO", "REFER"] {
        let request = alice.request(method, &world.domain());
        let reply = ask(&mut alice, &request);
        if method == "INVITE" {
            alice.ack_negative(&request, &reply);
        }
    }
});

scenario!(presence_without_a_server, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let request = alice.request("PUBLISH", &world.uri("alice")).set("Event", "presence");
    ask(&mut alice, &request);
    let request = alice.request("SUBSCRIBE", &world.uri("bob")).set("Event", "message-summary");
    ask(&mut alice, &request);
    let request = alice.request("SUBSCRIBE", &world.uri("nobody")).set("Event", "presence");
    ask(&mut alice, &request);
    let request = alice.request("SUBSCRIBE", &world.uri("bob")).set("Event", "presence").set("Expires", "60");
    alice.send(&request);
    let received = bob.wait_request("SUBSCRIBE");
    let reply = bob.reply(&received, 202, "Accepted");
    let ok = alice.wait_reply("SUBSCRIBE", 202);
    let _ = ok;
    let mut notifier = Dialog::callee(&received, &reply);
    exchange(&mut notifier, &mut bob, &mut alice, "NOTIFY");
});

scenario!(message_to_a_user, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let request =
        alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "h\u{e4}llo\r\n\r\nworld\0end");
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 202, "Accepted");
    alice.wait_reply("MESSAGE", 202);
    let request = alice.request("MESSAGE", &world.uri("nobody")).body("text/plain", "x");
    ask(&mut alice, &request);
});

scenario!(unknown_methods, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    for method in ["FOO", "invite", "X-1", "INVITEX", "PING"] {
        let request = alice.request(method, &world.uri("bob"));
        alice.send(&request);
        let received = bob.wait_request(method);
        bob.reply(&received, 405, "Method Not Allowed");
        alice.wait_reply(method, 405);
        let request = alice.request(method, &world.uri("nobody"));
        ask(&mut alice, &request);
        let request = alice.request(method, &world.domain());
        ask(&mut alice, &request);
    }
});

scenario!(methods_the_contact_does_not_list, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let request = bob.register_request(600);
    let contact = format!("{};methods=\"INVITE, ACK, BYE\"", bob.contact());
    ask(&mut bob, &request.set("Contact", contact));
    let request = alice.request("MESSAGE", &world.uri("bob"));
    ask(&mut alice, &request);
    let mut carol = world.udp("carol");
    let request = carol.register_request(600).set("Allow", "INVITE, ACK, CANCEL, BYE");
    ask(&mut carol, &request);
    let request = alice.request("MESSAGE", &world.uri("carol"));
    alice.send(&request);
    world.fence();
});

scenario!(unresolvable_contact, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let request = bob.register_request(600).set("Contact", "<sip:bob@no-such-host.invalid>");
    ask(&mut bob, &request);
    let sent = invite(&mut alice, &world.uri("bob"));
    alice.wait("the script's answer", |m| m.start.contains("/SL)"));
    let reply = alice.wait("the answer of tm", |m| m.start.contains("/TM)"));
    alice.ack_negative(&sent, &reply);
});

scenario!(nobody_listens_at_the_contact, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_timer", "1500"]);
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    // The second port of the server is reserved and unused.
    let contact = format!("<sip:bob@127.0.0.1:{}>", world.server.port2.number);
    let request = bob.register_request(600).set("Contact", contact);
    ask(&mut bob, &request);
    let sent = invite(&mut alice, &world.uri("bob"));
    let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
    alice.ack_negative(&sent, &reply);
});

scenario!(contact_with_path, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let mut edge = world.udp("edge");
    let path = format!("<sip:{};lr>", edge.local);
    let request = bob.register_request(600).add("Path", path).add("Supported", "path");
    ask(&mut bob, &request);
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "x");
    alice.send(&request);
    let received = edge.wait_request("MESSAGE");
    edge.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
});

scenario!(ipv6, Setup::stock().with_ipv6(), |world| {
    let mut alice = world.udp6("alice");
    let mut bob = world.udp6("bob");
    alice.register();
    bob.register();
    let uri = format!("sip:bob@{}", alice.server);
    let sent = invite(&mut alice, &uri);
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut bob, "BYE");
});

scenario!(ipv4_to_ipv6, Setup::stock().with_ipv6(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp6("bob");
    bob.register();
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut bob, "BYE");
});

/// Via forms: where the reply goes, and what the server writes into the Via.
fn via_forms(world: &mut World) {
    let mut alice = world.udp("alice");
    let mut other = world.udp("other");
    for via in [
        format!("SIP/2.0/UDP {};branch=z9hG4bK-v1", alice.local),
        format!("SIP/2.0/UDP {};rport;branch=z9hG4bK-v2", other.local),
        "SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK-v3".into(),
        "SIP/2.0/UDP host.invalid;branch=z9hG4bK-v4".into(),
        format!("SIP/2.0/UDP {};received=192.0.2.1;rport=99;branch=z9hG4bK-v5", alice.local),
        format!("SIP/2.0/UDP {};branch=nocookie", alice.local),
        format!("SIP/2.0/UDP {}", alice.local),
        format!("SIP / 2.0 / UDP {} ; branch = z9hG4bK-v8 ; x", alice.local),
        format!("SIP/2.0/UDP {};branch=z9hG4bK-v9, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-old", alice.local),
        format!("SIP/2.0/UDP {};maddr=127.0.0.1;ttl=3;branch=z9hG4bK-v10", alice.local),
        format!("SIP/2.0/UDP {};branch=z9hG4bK-v11;rport=", alice.local),
        "SIP/2.0/UDP [::1]:5070;branch=z9hG4bK-v12".into(),
    ] {
        let request = alice.request("OPTIONS", &world.domain()).set("Via", via);
        alice.send(&request);
        world.fence();
    }
    let _ = &mut other;
}

scenario!(via_forms_stock, Setup::stock().any_order(), via_forms);
