//! `onsend_route`: when it runs, what it sees, what its `drop` does.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, invite};
use kamjit_tests::proxy::{HEAD, finish, script, target};
use kamjit_tests::scenario;

/// Logs all that is defined only while a message is sent.
const ONSEND: &str = r#"onsend_route {
    xlog("L|send $rm ru=$ru T=$T_branch_idx to $snd(ip) $snd(port) $snd(proto) $snd(sproto) $snd(af) = $sndto(port)\n");
    xlog("L|from $sndfrom(ip) $sndfrom(port) $sndfrom(sproto) $sndfrom(af); received $si $sp\n");
    xlog("L|text [$snd(buf)] [$(sndfrom(buf){s.len})] received [$mb]\n");
    if (snd_ip == 127.0.0.1) xlog("L|snd_ip\n");
    if (snd_port == $Rp) xlog("L|snd_port is ours\n");
    if (to_ip == 127.0.0.1) xlog("L|to_ip\n");
    if (to_port == $snd(port)) xlog("L|to_port is the target's\n");
    if (snd_proto == UDP and snd_af == INET) xlog("L|udp\n");
    if (msg:len == $snd(len)) xlog("L|msg:len is that of what is sent\n");
    if (is_present_hf("X-Branch") or is_present_hf("X-Main")) xlog("L|sees edits\n");
    if (isflagset(3)) xlog("L|flag 3\n");
    xlog("L|avp $avp(a)\n");
    $avp(a) = "changed";
    append_hf("X-Late: 1\r\n");
    if ($tU == "nothing") return 0;
    if ($tU == "exit") exit;
}
"#;

fn forking(globals: &str) -> String {
    format!(
        r#"{globals}
request_route {{
    xlog("L|outside $snd(ip) $sndto(port) $sndfrom(buf)\n");
    {HEAD}
    append_hf("X-Main: 1\r\n");
    setflag(3); $avp(a) = "set";
    t_on_branch("B"); t_on_reply("R");
    $avp(second) = "sip:second@127.0.0.1:" + $(rU{{s.select,1,.}});
    $ru = "sip:first@127.0.0.1:" + $(rU{{s.select,0,.}});
    append_branch("$avp(second)");
    t_relay();
}}
branch_route[B] {{ xlog("L|branch $ru\n"); append_hf("X-Branch: 1\r\n"); }}
onreply_route[R] {{ xlog("L|reply $rs\n"); }}
{ONSEND}"#
    )
}

scenario!(runs_for_each_branch_after_all_branch_routes, script(&forking("")), |world| {
    let (mut alice, mut one, mut two) = (world.udp("alice"), world.udp("one"), world.udp("two"));
    let sent = invite(&mut alice, &target(world, &[&one, &two]));
    let (first, second) = (one.wait_request("INVITE"), two.wait_request("INVITE"));
    one.reply(&first, 486, "Busy Here");
    one.wait_request("ACK");
    two.reply(&second, 404, "Not Found");
    two.wait_request("ACK");
    let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
    alice.ack_negative(&sent, &reply);
});

scenario!(runs_for_replies_if_asked_to, script(&forking("onsend_route_reply=yes")), |world| {
    let (mut alice, mut one, mut two) = (world.udp("alice"), world.udp("one"), world.udp("two"));
    let sent = invite(&mut alice, &target(world, &[&one, &two]));
    let first = one.wait_request("INVITE");
    let second = two.wait_request("INVITE");
    for (agent, received) in [(&mut one, &first), (&mut two, &second)] {
        agent.reply(received, 180, "Ringing");
        alice.wait_status(180);
    }
    answer(&mut one, &first);
    let ok = alice.wait_reply("INVITE", 200);
    kamjit_tests::Dialog::caller(&sent, &ok).send(&mut alice, "ACK");
    one.wait_request("ACK");
    two.wait_request("CANCEL");
});

scenario!(
    a_dropped_branch_fails_and_the_other_goes_on,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $avp(second) = "sip:second@127.0.0.1:" + $(rU{{s.select,1,.}});
    $ru = "sip:first@127.0.0.1:" + $(rU{{s.select,0,.}});
    append_branch("$avp(second)");
    t_relay();
}}
onsend_route {{ xlog("L|send $rm\n"); if ($snd(buf) =~ "^INVITE sip:first") drop; }}"#
    )),
    |world| {
        let (mut alice, one, mut two) = (world.udp("alice"), world.udp("one"), world.udp("two"));
        let sent = invite(&mut alice, &target(world, &[&one, &two]));
        finish(&mut alice, &mut two, &sent);
    }
);

scenario!(
    dropping_the_only_branch_fails_the_relay,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $du = "sip:127.0.0.1:" + $rU;
    if (!t_relay()) {{ xlog("L|failed\n"); send_reply("503", "Dropped"); }}
}}
onsend_route {{ xlog("L|send $rm\n"); drop; }}"#
    )),
    |world| {
        let (mut alice, one) = (world.udp("alice"), world.udp("one"));
        let sent = invite(&mut alice, &target(world, &[&one]));
        let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
        alice.ack_negative(&sent, &reply);
    }
);

scenario!(
    runs_for_stateless_forwarding,
    script(
        &format!(
            r#"onsend_route_reply=1
request_route {{
    route(FENCE);
    $du = "sip:127.0.0.1:" + $rU;
    if (!forward()) {{ xlog("L|not forwarded\n"); sl_send_reply("503", "Dropped"); }}
    exit;
}}
{ONSEND}
"#
        )
        .replace("if ($tU == \"exit\") exit;", "if ($hdr(X-T) == \"drop\") drop;")
    ),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let request = alice.request("OPTIONS", &target(world, &[&one]));
        alice.send(&request);
        let received = one.wait_request("OPTIONS");
        one.reply(&received, 200, "OK");
        alice.wait_reply("OPTIONS", 200);
        let request = alice.request("OPTIONS", &target(world, &[&one])).add("X-T", "drop");
        alice.send(&request);
        alice.wait_reply("OPTIONS", 503);
    }
);
