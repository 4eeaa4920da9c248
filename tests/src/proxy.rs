//! What the tests with scripts of their own share: the beginning of a `request_route`, and calls through it.

use crate::agent::Agent;
use crate::call::{answer, exchange};
use crate::dialog::Dialog;
use crate::message::Message;
use crate::server::Setup;
use crate::world::World;

/// A script whose `request_route` sends everything to the agent that the request's user names: the port stands in
/// the user part (`sip:40001@...`), so the script needs no location table.
pub fn script(routes: &str) -> Setup {
    Setup::script(routes)
}

/// Common beginning of a `request_route`: the harness, retransmissions, requests inside dialogs.
pub const HEAD: &str = "route(FENCE);
    if (is_method(\"CANCEL\")) { if (t_check_trans()) { t_relay(); } exit; }
    t_check_trans();
    if (has_totag()) { if (loose_route()) { t_relay(); } else if (is_method(\"ACK\")) { t_relay(); } exit; }
    if (is_method(\"INVITE\")) record_route();";

/// `sip:PORT-OF-FIRST.PORT-OF-SECOND@server`: the script takes its targets from the user part.
pub fn target(world: &World, agents: &[&Agent]) -> String {
    let ports: Vec<String> = agents.iter().map(|a| a.local.port().to_string()).collect();
    world.uri(&ports.join("."))
}

/// Answers, acknowledges and ends the call of a sent INVITE.
#[track_caller]
pub fn finish(caller: &mut Agent, callee: &mut Agent, sent: &Message) {
    let received = callee.wait_request("INVITE");
    answer(callee, &received);
    let ok = caller.wait_reply("INVITE", 200);
    let mut dialog = Dialog::caller(sent, &ok);
    dialog.send(caller, "ACK");
    callee.wait_request("ACK");
    exchange(&mut dialog, caller, callee, "BYE");
}
