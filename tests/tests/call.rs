//! Calls on the stock configuration: one caller, one callee.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, call, exchange, invite, two_phones};
use kamjit_tests::{Dialog, Setup, World, scenario, tools};

scenario!(call_and_bye_from_the_caller, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(bye_from_the_callee, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.callee, &mut bob, &mut alice, "BYE");
});

scenario!(caller_is_not_registered, Setup::stock(), |world| {
    let mut bob = world.udp("bob");
    bob.register();
    let mut alice = world.udp("alice");
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(user_of_the_request_uri_is_kept_by_the_contact, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let other = format!("<sip:line7@{};ob>", bob.local);
    let request = bob.register_request(600).set("Contact", other);
    bob.send(&request);
    bob.wait_status(200);
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

fn rejected(world: &mut World, code: u16, reason: &str) {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    bob.reply(&received, code, reason);
    bob.wait_request("ACK");
    let reply = alice.wait("the final reply", |m| m.code().is_some_and(|c| c >= 300));
    alice.ack_negative(&sent, &reply);
}

scenario!(busy, Setup::stock(), |world| rejected(world, 486, "Busy Here"));
scenario!(declined, Setup::stock(), |world| rejected(world, 603, "Decline"));
scenario!(redirected, Setup::stock(), |world| rejected(world, 302, "Moved Temporarily"));
scenario!(server_error, Setup::stock(), |world| rejected(world, 500, "Oops, <odd> reason"));
scenario!(unavailable, Setup::stock(), |world| rejected(world, 503, "Service Unavailable"));
scenario!(authentication_wanted, Setup::stock(), |world| rejected(
    world,
    407,
    "Proxy Authentication Required"
));
scenario!(odd_code, Setup::stock(), |world| rejected(world, 499, ""));

scenario!(busy_without_ringing, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 486, "Busy Here");
    bob.wait_request("ACK");
    let reply = alice.wait_status(486);
    alice.ack_negative(&sent, &reply);
    // The reply once more: the transaction absorbs it and sends its ACK again.
    bob.reply(&received, 486, "Busy Here");
});

scenario!(several_provisional_replies, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    for (code, reason) in
        [(100, "Trying"), (180, "Ringing"), (183, "Session Progress"), (181, "Forwarded"), (199, "X")]
    {
        bob.reply(&received, code, reason);
        if code > 100 {
            alice.wait_status(code);
        }
    }
    let answered = answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut Dialog::callee(&received, &answered), &mut bob, &mut alice, "BYE");
});

scenario!(cancel_while_ringing, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    alice.cancel(&sent);
    alice.wait_reply("CANCEL", 200);
    let cancel = bob.wait_request("CANCEL");
    bob.reply(&cancel, 200, "OK");
    bob.reply(&received, 487, "Request Terminated");
    bob.wait_request("ACK");
    let reply = alice.wait_status(487);
    alice.ack_negative(&sent, &reply);
});

scenario!(cancel_with_reason, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    let cancel = kamjit_tests::Message::request("CANCEL", sent.uri())
        .add("Via", sent.header("Via"))
        .add("Max-Forwards", "70")
        .add("From", sent.header("From"))
        .add("To", sent.header("To"))
        .add("Call-ID", sent.header("Call-ID"))
        .add("CSeq", "1 CANCEL")
        .add("Reason", "SIP;cause=200;text=\"Call completed elsewhere\"")
        .add("X-Mine", "kept?")
        .add("Content-Length", "0");
    alice.send(&cancel);
    alice.wait_reply("CANCEL", 200);
    let cancel = bob.wait_request("CANCEL");
    bob.reply(&cancel, 200, "OK");
    bob.reply(&received, 487, "Request Terminated");
    bob.wait_request("ACK");
    let reply = alice.wait_status(487);
    alice.ack_negative(&sent, &reply);
});

scenario!(cancel_before_any_reply, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    alice.cancel(&sent);
    alice.wait_reply("CANCEL", 200);
    // The CANCEL goes out with the first provisional reply.
    bob.reply(&received, 180, "Ringing");
    let cancel = bob.wait_request("CANCEL");
    bob.reply(&cancel, 200, "OK");
    bob.reply(&received, 487, "Request Terminated");
    bob.wait_request("ACK");
    let reply = alice.wait_status(487);
    alice.ack_negative(&sent, &reply);
});

scenario!(cancel_too_late, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    alice.cancel(&call.invite);
    alice.wait_reply("CANCEL", 200);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(cancel_crosses_the_answer, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    alice.cancel(&sent);
    alice.wait_reply("CANCEL", 200);
    let cancel = bob.wait_request("CANCEL");
    let answered = answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    bob.reply(&cancel, 481, "Call/Transaction Does Not Exist");
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut Dialog::callee(&received, &answered), &mut bob, &mut alice, "BYE");
});

scenario!(cancel_of_nothing, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let never_sent = alice.request("INVITE", &world.uri("bob"));
    alice.cancel(&never_sent);
});

scenario!(unregistered_callee, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let sent = invite(&mut alice, &world.uri("bob"));
    let reply = alice.wait_status(404);
    alice.ack_negative(&sent, &reply);
});

scenario!(retransmitted_invite, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let trying = alice.wait_status(100);
    let received = bob.wait_request("INVITE");
    // Before any reply: the 100 comes once more.
    alice.send(&sent);
    alice.wait_copy(&trying);
    bob.reply(&received, 180, "Ringing");
    let ringing = alice.wait_status(180);
    alice.send(&sent);
    alice.wait_copy(&ringing);
    bob.reply(&received, 486, "Busy Here");
    let busy = alice.wait_status(486);
    bob.wait_request("ACK");
    alice.send(&sent);
    alice.wait_copy(&busy);
    alice.ack_negative(&sent, &busy);
});

scenario!(retransmitted_invite_is_not_forwarded_twice, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    let sent = call.invite.clone();
    alice.send(&sent);
    alice.send(&sent);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

scenario!(retransmitted_bye, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    let bye = call.caller.send(&mut alice, "BYE");
    let received = bob.wait_request("BYE");
    alice.send(&bye);
    bob.reply(&received, 200, "OK");
    let ok = alice.wait_reply("BYE", 200);
    alice.send(&bye);
    alice.wait_copy(&ok);
});

scenario!(lost_answer, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    let answered = answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    // The callee repeats its 200 until the ACK arrives (RFC 3261 13.3.1.4): each copy goes through.
    bob.send_reply(&received, &answered);
    alice.wait_copy(&ok);
    bob.send_reply(&received, &answered);
    alice.wait_copy(&ok);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut bob, "BYE");
});

scenario!(silent_callee_gets_retransmissions, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.wait_copy(&received);
    bob.wait_copy(&received);
    bob.reply(&received, 404, "Not Found");
    bob.wait_request("ACK");
    let reply = alice.wait_status(404);
    alice.ack_negative(&sent, &reply);
});

scenario!(lost_negative_answer_is_retransmitted, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 486, "Busy Here");
    bob.wait_request("ACK");
    let busy = alice.wait_status(486);
    alice.wait_copy(&busy);
    alice.wait_copy(&busy);
    alice.ack_negative(&sent, &busy);
});

scenario!(silent_callee_at_bye, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    call.caller.send(&mut alice, "BYE");
    let received = bob.wait_request("BYE");
    bob.wait_copy(&received);
    bob.reply(&received, 481, "Call/Transaction Does Not Exist");
    alice.wait_reply("BYE", 481);
});

scenario!(no_answer, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_inv_timer", "1500"]);
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    bob.reply(&received, 180, "Ringing");
    alice.wait_status(180);
    let cancel = bob.wait_request("CANCEL");
    bob.reply(&cancel, 200, "OK");
    let reply = alice.wait_status(408);
    alice.ack_negative(&sent, &reply);
    bob.reply(&received, 487, "Request Terminated");
    bob.wait_request("ACK");
});

scenario!(dead_callee, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_timer", "1500"]);
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    bob.wait_request("INVITE");
    let reply = alice.wait_status(408);
    alice.ack_negative(&sent, &reply);
});

scenario!(late_answer, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_timer", "1500"]);
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    let reply = alice.wait_status(408);
    alice.ack_negative(&sent, &reply);
    answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&sent, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    exchange(&mut caller, &mut alice, &mut bob, "BYE");
});

scenario!(cancelled_and_silent, Setup::stock(), |world| {
    tools::kamcmd(world, &["cfg.seti", "tm", "fr_timer", "1500"]);
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    bob.wait_request("INVITE");
    alice.cancel(&sent);
    alice.wait_reply("CANCEL", 200);
    let reply = alice.wait_status(487);
    alice.ack_negative(&sent, &reply);
});

scenario!(answer_without_contact_or_tag, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let sent = invite(&mut alice, &world.uri("bob"));
    let received = bob.wait_request("INVITE");
    let reply = bob.reply_to(&received, 480, "Temporarily Unavailable").without("Contact");
    let reply = reply.set("To", received.header("To")).set("X-Odd", "  spaces  and\ttab ");
    bob.send_reply(&received, &reply);
    bob.wait_request("ACK");
    let reply = alice.wait_status(480);
    alice.ack_negative(&sent, &reply);
});
