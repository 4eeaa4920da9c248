//! Scripts of our own around transactions: failure, branch and reply routes, branches, stateless forwarding, replies.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, exchange, invite};
use kamjit_tests::proxy::{HEAD, finish, script, target};
use kamjit_tests::{Agent, Dialog, Setup, scenario};

/// Rejects the INVITE that arrives at an agent.
fn reject(agent: &mut Agent, code: u16, reason: &str) {
    let received = agent.wait_request("INVITE");
    agent.reply(&received, code, reason);
    agent.wait_request("ACK");
}

scenario!(
    serial_forking,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $avp(next) = $(rU{{s.select,1,.}});
    $ru = "sip:first@127.0.0.1:" + $(rU{{s.select,0,.}});
    t_on_failure("NEXT"); t_on_branch("BRANCH"); t_on_reply("REPLY");
    xlog("L|request $rm\n");
    t_relay();
}}
failure_route[NEXT] {{
    xlog("L|failure $T_reply_code $rm $ru $rs idx $T_branch_idx\n");
    if (t_is_canceled()) {{ xlog("L|canceled\n"); exit; }}
    if (t_check_status("486|408|5[0-9][0-9]")) {{
        xlog("L|again\n");
        $ru = "sip:second@127.0.0.1:" + $avp(next);
        t_on_branch("BRANCH"); t_on_reply("REPLY"); t_on_failure("LAST");
        t_relay();
    }}
}}
failure_route[LAST] {{ xlog("L|last $T_reply_code\n"); if (t_any_timeout()) xlog("L|timeout\n"); if (t_branch_timeout()) xlog("L|bt\n"); if (t_branch_replied()) xlog("L|br\n"); if (t_any_replied()) xlog("L|ar\n"); }}
branch_route[BRANCH] {{ xlog("L|branch $T_branch_idx $ru\n"); append_hf("X-Branch: $T_branch_idx\r\n"); }}
onreply_route[REPLY] {{ xlog("L|reply $rs $rr branch $T_branch_idx\n"); if ($rs == 183) drop; append_hf("X-Reply: $rs\r\n"); }}
reply_route {{ xlog("L|any reply $rs $rm\n"); }}
"#
    )),
    |world| {
        let (mut alice, mut one, mut two) = (world.udp("alice"), world.udp("one"), world.udp("two"));
        let uri = target(world, &[&one, &two]);
        let sent = invite(&mut alice, &uri);
        let received = one.wait_request("INVITE");
        one.reply(&received, 183, "Dropped by the script");
        one.reply(&received, 180, "Ringing");
        alice.wait_status(180);
        one.reply(&received, 486, "Busy Here");
        one.wait_request("ACK");
        finish(&mut alice, &mut two, &sent);
        let sent = invite(&mut alice, &uri);
        reject(&mut one, 500, "Oops");
        reject(&mut two, 404, "Not Found");
        let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
        alice.ack_negative(&sent, &reply);
        let sent = invite(&mut alice, &uri);
        reject(&mut one, 480, "Away");
        let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
        alice.ack_negative(&sent, &reply);
    }
);

scenario!(
    timeout_in_a_failure_route,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $ru = "sip:first@127.0.0.1:" + $rU;
    t_set_fr(2000, 3000);
    t_on_failure("NEXT");
    t_relay();
}}
failure_route[NEXT] {{
    xlog("L|failure $T_reply_code\n");
    if (t_any_timeout()) {{ xlog("L|any timeout\n"); }}
    if (t_branch_timeout()) {{ xlog("L|branch timeout\n"); }}
    if (t_any_replied()) {{ xlog("L|any replied\n"); }}
    if (t_branch_replied()) {{ xlog("L|branch replied\n"); }}
    t_reply("480", "Nobody $rU");
}}
"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        one.wait_request("INVITE");
        let reply = alice.wait_status(480);
        alice.ack_negative(&sent, &reply);
        let sent = invite(&mut alice, &uri);
        let received = one.wait_request("INVITE");
        one.reply(&received, 180, "Ringing");
        let cancel = one.wait_request("CANCEL");
        one.reply(&cancel, 200, "OK");
        one.reply(&received, 487, "Request Terminated");
        one.wait_request("ACK");
        let reply = alice.wait_status(480);
        alice.ack_negative(&sent, &reply);
    }
);

scenario!(
    branches_by_hand,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $var(a) = $(rU{{s.select,0,.}}); $var(b) = $(rU{{s.select,1,.}}); $var(c) = $(rU{{s.select,2,.}});
    $ru = "sip:a@127.0.0.1:" + $var(a);
    append_branch("sip:b@127.0.0.1:$var(b)");
    append_branch("sip:c@127.0.0.1:$var(c)", "0.5");
    xlog("L|branches $br $branch(count) $(branch(uri)[0]) $(branch(uri)[1]) $(branch(q)[1])\n");
    t_on_branch("BRANCH"); t_on_failure("F");
    t_relay();
}}
branch_route[BRANCH] {{ xlog("L|branch $T_branch_idx $ru\n"); if ($ru =~ "sip:b@") drop; $rU = "changed" + $T_branch_idx; }}
failure_route[F] {{ xlog("L|failure $T_reply_code $(T_reply_reason)\n"); }}
"#
    )),
    |world| {
        let mut alice = world.udp("alice");
        let (mut one, mut two, mut three) = (world.udp("one"), world.udp("two"), world.udp("three"));
        let uri = target(world, &[&one, &two, &three]);
        let sent = invite(&mut alice, &uri);
        let first = one.wait_request("INVITE");
        let third = three.wait_request("INVITE");
        one.reply(&first, 404, "No");
        one.wait_request("ACK");
        three.reply(&third, 486, "Busy");
        three.wait_request("ACK");
        let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 300));
        alice.ack_negative(&sent, &reply);
        let _ = &mut two;
    }
);

scenario!(
    replies_from_the_script,
    script(
        r#"request_route {
    route(FENCE);
    if (is_method("ACK")) { t_check_trans(); exit; }
    append_to_reply("X-Added: by the script\r\n");
    switch ($rU) {
        case "t": t_newtran(); t_reply("480", "From a transaction"); break;
        case "sl": sl_send_reply("481", "Stateless"); break;
        case "send": send_reply("482", "Either"); break;
        case "sendt": t_newtran(); send_reply("483", "In a transaction"); break;
        case "error": sl_reply_error(); break;
        case "trying": t_newtran(); t_reply("100", "Trying"); t_reply("180", "Ringing"); t_reply("404", "Gone"); break;
        case "body": set_reply_body("hello $rU", "text/plain"); sl_send_reply("200", "With body"); break;
        case "tbody": set_reply_body("hello", "text/plain"); t_newtran(); t_reply("200", "With body"); break;
        case "odd": sl_send_reply("799", "Odd"); break;
        case "var": $var(code) = 488; sl_send_reply("$var(code)", "$fU is not here"); break;
        case "redirect": $ru = "sip:x@192.0.2.1"; append_branch("sip:y@192.0.2.2"); sl_send_reply("302", "Moved"); break;
        case "tredirect": $ru = "sip:x@192.0.2.1"; append_branch("sip:y@192.0.2.2"); t_newtran(); t_reply("300", "Choose"); break;
        case "new": t_newtran(); xlog("L|$rc\n"); exit;
        default: xlog("L|no reply\n");
    }
}"#
    ),
    |world| {
        let mut alice = world.udp("alice");
        for user in [
            "t",
            "sl",
            "send",
            "sendt",
            "error",
            "trying",
            "body",
            "tbody",
            "odd",
            "var",
            "redirect",
            "tredirect",
        ] {
            let sent = invite(&mut alice, &world.uri(user));
            let reply = alice.wait("a final reply", |m| m.code().is_some_and(|c| c >= 200));
            if reply.code().is_some_and(|c| c >= 300) {
                alice.ack_negative(&sent, &reply);
            }
        }
        let request = alice.request("MESSAGE", &world.uri("none"));
        alice.send(&request);
        world.fence();
    }
);

scenario!(
    stateless_forwarding,
    script(
        r#"request_route {
    route(FENCE);
    if (has_totag()) { loose_route(); }
    else { record_route(); $du = "sip:127.0.0.1:" + $rU; }
    xlog("L|$rm $ru $du\n");
    forward();
}
onreply_route { xlog("L|reply $rs\n"); if ($rs == 183) drop; }"#
    ),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        let received = one.wait_request("INVITE");
        one.reply(&received, 183, "Dropped");
        finish_forwarded(&mut alice, &mut one, &received, &sent);
    }
);

fn finish_forwarded(
    alice: &mut Agent,
    one: &mut Agent,
    received: &kamjit_tests::Incoming,
    sent: &kamjit_tests::Message,
) {
    answer(one, received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut dialog = Dialog::caller(sent, &ok);
    dialog.send(alice, "ACK");
    one.wait_request("ACK");
    exchange(&mut dialog, alice, one, "BYE");
}

scenario!(
    relay_variants,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $var(port) = $(rU{{s.select,1,-}});
    switch ($(rU{{s.select,0,-}})) {{
        case "du": $du = "sip:127.0.0.1:" + $var(port); t_relay(); xlog("L|$rc\n"); break;
        case "to": t_relay_to("0x00"); break;
        case "flag": $ru = "sip:x@127.0.0.1:" + $var(port); t_set_auto_inv_100("0"); t_relay(); break;
        case "twice": $ru = "sip:x@127.0.0.1:" + $var(port); t_relay(); xlog("L|$rc\n"); t_relay(); xlog("L|$rc\n"); break;
        case "replied": $ru = "sip:x@127.0.0.1:" + $var(port); t_relay(); t_reply("480", "Too fast"); break;
    }}
}}"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        for kind in ["du", "flag"] {
            let uri = world.uri(&format!("{kind}-{}", one.local.port()));
            let sent = invite(&mut alice, &uri);
            finish(&mut alice, &mut one, &sent);
        }
    }
);

scenario!(
    flags_and_avps_over_the_transaction,
    script(&format!(
        r#"request_route {{
    {HEAD}
    setflag(3); setbflag(4); setsflag(5); $avp(kept) = "kept"; $xavp(x=>a) = 7; $var(lost) = "var";
    $ru = "sip:x@127.0.0.1:" + $rU;
    t_on_failure("F"); t_on_reply("R"); t_on_branch("B");
    t_relay();
}}
branch_route[B] {{ xlog("L|B $mf $bf $sf $avp(kept) $xavp(x=>a)\n"); setbflag(6); setflag(7); }}
onreply_route[R] {{ xlog("L|R $mf $bf $sf $avp(kept) $xavp(x=>a)\n"); $avp(reply) = "seen"; setflag(8); }}
failure_route[F] {{ xlog("L|F $mf $bf $sf $avp(kept) $xavp(x=>a) $avp(reply)\n"); resetflag(3); xlog("L|F $mf\n"); }}
"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        reject(&mut one, 486, "Busy Here");
        let reply = alice.wait_status(486);
        alice.ack_negative(&sent, &reply);
    }
);

scenario!(
    events,
    script(&format!(
        r#"event_route[tm:local-request] {{ xlog("L|local request $rm\n"); }}
event_route[sl:filtered-ack] {{ xlog("L|filtered ack\n"); }}
event_route[tm:branch-failure:B] {{ xlog("L|branch failure $T_reply_code\n"); if (t_check_status("486")) {{ $ru = "sip:again@127.0.0.1:" + $avp(port); t_relay(); }} }}
event_route[core:worker-one-init] {{ xlog("L|worker one\n"); }}
request_route {{
    {HEAD}
    if ($rU == "nobody") {{ sl_send_reply("404", "Nobody"); exit; }}
    $avp(port) = $rU;
    $ru = "sip:x@127.0.0.1:" + $rU;
    t_on_branch_failure("B");
    t_relay();
}}"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let sent = invite(&mut alice, &world.uri("nobody"));
        let reply = alice.wait_status(404);
        alice.ack_negative(&sent, &reply);
        world.fence();
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        reject(&mut one, 486, "Busy Here");
        finish(&mut alice, &mut one, &sent);
    }
);

scenario!(
    location_script,
    script(&format!(
        r#"modparam("registrar", "received_avp", "$avp(rcv)")
request_route {{
    {HEAD}
    if (is_method("REGISTER")) {{
        if (is_present_hf("X-Flag")) setbflag(2);
        $var(r) = save("location", "0x00"); xlog("L|save $var(r)\n"); exit;
    }}
    if (registered("location")) xlog("L|registered\n");
    $var(r) = reg_fetch_contacts("location", "$ru", "caller");
    xlog("L|fetch $var(r) $(ulc(caller=>count)) $(ulc(caller=>addr))\n");
    if (!lookup("location")) {{ xlog("L|lookup $rc\n"); sl_send_reply("404", "Not Found"); exit; }}
    xlog("L|$ru $du $bf $branch(count)\n");
    if (is_method("UNREG")) {{ unregister("location", "$tu"); sl_send_reply("200", "Gone"); exit; }}
    t_relay();
}}"#
    )),
    |world| {
        let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
        bob.register();
        let request = bob.register_request(600).add("X-Flag", "1");
        bob.send(&request);
        bob.wait_status(200);
        let sent = invite(&mut alice, &world.uri("bob"));
        finish(&mut alice, &mut bob, &sent);
        let request = alice.request("UNREG", &world.uri("bob"));
        alice.send(&request);
        alice.wait_status(200);
        let request = alice.request("MESSAGE", &world.uri("bob"));
        alice.send(&request);
        alice.wait_status(404);
    }
);

scenario!(
    children_share_what_they_must,
    Setup::text(format!(
        "{}\nrequest_route {{ route(FENCE); $shv(n) = $shv(n) + 1; sl_send_reply(\"200\", \"OK\"); }}\n",
        kamjit_tests::server::PRELUDE.replace("children=1", "children=4")
    ))
    .any_order(),
    |world| {
        let mut alice = world.udp("alice");
        for _ in 0..40 {
            let request = alice.request("OPTIONS", &world.domain());
            alice.send(&request);
            alice.wait_status(200);
        }
        let output = kamjit_tests::tools::kamcmd(world, &["pv.shvGet", "n"]);
        world.note("kamcmd pv.shvGet n", &output.text);
    }
);
