//! Steps that many scenarios share: two registered phones, one call.

use crate::agent::{Agent, Incoming};
use crate::dialog::Dialog;
use crate::message::{Message, sdp};
use crate::world::World;

/// An established call.
#[derive(Debug)]
pub struct Call {
    /// The INVITE as the caller sent it.
    pub invite: Message,
    /// The INVITE as the callee got it.
    pub received: Incoming,
    /// The 200 as the callee sent it.
    pub answer: Message,
    /// The 200 as the caller got it.
    pub ok: Incoming,
    /// The caller's dialog.
    pub caller: Dialog,
    /// The callee's dialog.
    pub callee: Dialog,
}

/// `alice` and `bob`, both registered over UDP.
#[track_caller]
pub fn two_phones(world: &mut World) -> (Agent, Agent) {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    alice.register();
    bob.register();
    (alice, bob)
}

/// Sends an INVITE with a session description.
pub fn invite(caller: &mut Agent, uri: &str) -> Message {
    let request = caller.request("INVITE", uri).body("application/sdp", sdp(6000, "sendrecv"));
    caller.send(&request);
    request
}

/// Answers an INVITE with 200 and a session description.
pub fn answer(callee: &mut Agent, request: &Incoming) -> Message {
    let reply = callee.reply_to(request, 200, "OK").body("application/sdp", sdp(40_002, "sendrecv"));
    callee.send_reply(request, &reply);
    reply
}

/// Sets up a call up to and including the ACK at the callee.
#[track_caller]
pub fn call(caller: &mut Agent, callee: &mut Agent) -> Call {
    let uri = format!("sip:{}@{}", callee.name, caller.server);
    let sent = invite(caller, &uri);
    let received = callee.wait_request("INVITE");
    callee.reply(&received, 180, "Ringing");
    caller.wait_status(180);
    let answered = answer(callee, &received);
    let ok = caller.wait_reply("INVITE", 200);
    let mut dialog = Dialog::caller(&sent, &ok);
    dialog.send(caller, "ACK");
    callee.wait_request("ACK");
    let other = Dialog::callee(&received, &answered);
    Call { invite: sent, received, answer: answered, ok, caller: dialog, callee: other }
}

/// Sends an in-dialog request from one end and answers it with 200 at the other.
#[track_caller]
pub fn exchange(dialog: &mut Dialog, from: &mut Agent, to: &mut Agent, method: &str) {
    dialog.send(from, method);
    let request = to.wait_request(method);
    to.reply(&request, 200, "OK");
    from.wait_reply(method, 200);
}
