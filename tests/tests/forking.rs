//! One address, several phones: parallel forking on the stock configuration.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, exchange, invite};
use kamjit_tests::{Agent, Dialog, Incoming, Setup, World, scenario, tools};

/// Caller, and `n` phones registered for `bob`, newest last.
fn phones(world: &mut World, qs: &[&str]) -> (Agent, Vec<Agent>) {
    let alice = world.udp("alice");
    let aor = format!("<{}>", world.uri("bob"));
    let phones = qs
        .iter()
        .enumerate()
        .map(|(n, q)| {
            let mut phone = world.udp(&format!("phone{n}"));
            let contact = format!("{}{q}", phone.contact());
            let from = format!("{aor};tag=reg-{n}");
            let request =
                phone.register_request(600).set("To", aor.clone()).set("From", from).set("Contact", contact);
            phone.send(&request);
            phone.wait_status(200);
            phone
        })
        .collect();
    (alice, phones)
}

fn ring_all(phones: &mut [Agent]) -> Vec<Incoming> {
    phones.iter_mut().map(|p| p.wait_request("INVITE")).collect()
}

/// The caller sees provisional replies of the branches in the order sent here.
fn ring(alice: &mut Agent, phones: &mut [Agent], received: &[Incoming]) {
    for (phone, request) in phones.iter_mut().zip(received) {
        phone.reply(request, 180, "Ringing");
        let tag = format!("tag-{}-uas", phone.name);
        alice.wait("its 180", |m| m.code() == Some(180) && m.tag("To") == Some(tag.as_str()));
    }
}

/// The phone is told to stop, and does.
fn stop(phone: &mut Agent, request: &Incoming) {
    let cancel = phone.wait_request("CANCEL");
    phone.reply(&cancel, 200, "OK");
    phone.reply(request, 487, "Request Terminated");
    phone.wait_request("ACK");
}

fn one_answers(world: &mut World, winner: usize) {
    let (mut alice, mut phones) = phones(world, &["", ""]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    answer(&mut phones[winner], &received[winner]);
    let ok = alice.wait_reply("INVITE", 200);
    stop(&mut phones[1 - winner], &received[1 - winner]);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    phones[winner].wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut phones[winner], "BYE");
}

scenario!(first_phone_answers, Setup::stock(), |world| one_answers(world, 0));
scenario!(second_phone_answers, Setup::stock(), |world| one_answers(world, 1));

scenario!(two_answers, Setup::stock(), |world| {
    let (mut alice, mut phones) = phones(world, &["", ""]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    answer(&mut phones[0], &received[0]);
    let first = alice.wait_reply("INVITE", 200);
    let cancel = phones[1].wait_request("CANCEL");
    answer(&mut phones[1], &received[1]);
    let second = alice.wait_reply("INVITE", 200);
    phones[1].reply(&cancel, 481, "Too late");
    for (ok, n) in [(first, 0), (second, 1)] {
        let mut caller = Dialog::caller(&sent, &ok);
        caller.send(&mut alice, "ACK");
        phones[n].wait_request("ACK");
        exchange(&mut caller, &mut alice, &mut phones[n], "BYE");
    }
});

/// All phones reject, in this order; the best reply goes to the caller.
fn all_reject(world: &mut World, codes: &[(u16, &str)]) {
    let qs = vec![""; codes.len()];
    let (mut alice, mut phones) = phones(world, &qs);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    for ((phone, request), (code, reason)) in phones.iter_mut().zip(&received).zip(codes) {
        let reply = phone.reply_to(request, *code, reason);
        let name = phone.name.clone();
        let reply = match code {
            401 => reply.set("WWW-Authenticate", format!("Digest realm=\"{name}\", nonce=\"1\"")),
            407 => reply.set("Proxy-Authenticate", format!("Digest realm=\"{name}\", nonce=\"2\"")),
            302 => reply.set("Contact", "<sip:elsewhere@192.0.2.9>;q=0.5"),
            _ => reply.set("X-From", name),
        };
        phone.send_reply(request, &reply);
        phone.wait_request("ACK");
    }
    let reply = alice.wait("the best reply", |m| m.code().is_some_and(|c| c >= 300));
    alice.ack_negative(&sent, &reply);
}

scenario!(both_busy, Setup::stock(), |world| all_reject(world, &[(486, "Busy"), (486, "Busy too")]));
scenario!(busy_and_not_found, Setup::stock(), |world| all_reject(world, &[(486, "Busy"), (404, "No")]));
scenario!(server_error_and_busy, Setup::stock(), |world| all_reject(world, &[(503, "Down"), (486, "Busy")]));
scenario!(two_server_errors, Setup::stock(), |world| all_reject(world, &[(500, "Five"), (503, "Three")]));
scenario!(redirect_and_busy, Setup::stock(), |world| all_reject(world, &[(486, "Busy"), (302, "Moved")]));
scenario!(unauthorized_twice, Setup::stock(), |world| all_reject(world, &[(401, "Who"), (407, "And who")]));
scenario!(challenge_and_busy, Setup::stock(), |world| all_reject(world, &[(486, "Busy"), (407, "Who")]));
scenario!(challenge_and_not_found, Setup::stock(), |world| all_reject(world, &[(401, "Who"), (404, "No")]));
scenario!(three_rejections, Setup::stock(), |world| {
    all_reject(world, &[(480, "Away"), (415, "What"), (488, "Not here")]);
});
scenario!(special_codes, Setup::stock(), |world| {
    all_reject(world, &[(420, "Ext"), (484, "Short"), (408, "Late"), (487, "Gone")]);
});

scenario!(decline_stops_the_others, Setup::stock(), |world| {
    let (mut alice, mut phones) = phones(world, &["", "", ""]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    phones[1].reply(&received[1], 603, "Decline");
    phones[1].wait_request("ACK");
    stop(&mut phones[0], &received[0]);
    stop(&mut phones[2], &received[2]);
    let reply = alice.wait_status(603);
    alice.ack_negative(&sent, &reply);
});

scenario!(cancelled_fork, Setup::stock(), |world| {
    let (mut alice, mut phones) = phones(world, &["", ""]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    alice.cancel(&sent);
    alice.wait_reply("CANCEL", 200);
    stop(&mut phones[0], &received[0]);
    stop(&mut phones[1], &received[1]);
    let reply = alice.wait_status(487);
    alice.ack_negative(&sent, &reply);
});

scenario!(one_rings_one_is_silent, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_timer", "3000"]);
    let (mut alice, mut phones) = phones(world, &["", ""]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    phones[0].reply(&received[0], 486, "Busy Here");
    phones[0].wait_request("ACK");
    let reply = alice.wait("the best reply", |m| m.code().is_some_and(|c| c >= 300));
    alice.ack_negative(&sent, &reply);
});

scenario!(contacts_with_q, Setup::stock(), |world| {
    let (mut alice, mut phones) = phones(world, &[";q=0.2", ";q=0.9", ";q=0.5"]);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = ring_all(&mut phones);
    ring(&mut alice, &mut phones, &received);
    answer(&mut phones[2], &received[2]);
    let ok = alice.wait_reply("INVITE", 200);
    stop(&mut phones[0], &received[0]);
    stop(&mut phones[1], &received[1]);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    phones[2].wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut phones[2], "BYE");
});

scenario!(message_to_two_phones, Setup::stock(), |world| {
    let (mut alice, mut phones) = phones(world, &["", ""]);
    let request = alice.request("MESSAGE", &world.uri("bob")).body("text/plain", "hello");
    alice.send(&request);
    let first = phones[0].wait_request("MESSAGE");
    let second = phones[1].wait_request("MESSAGE");
    phones[0].reply(&first, 480, "Away");
    phones[1].reply(&second, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
});
