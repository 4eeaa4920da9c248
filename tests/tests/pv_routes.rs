//! Pseudo-variables in all kinds of routes of a transaction: request, branch, reply, failure, branch failure, CANCEL.
#![allow(missing_docs)]

use kamjit_tests::{Setup, World, pvs, scenario};

/// What depends on the route. Those of `pvs.rs` that the same message shows the same everywhere are left out.
const SHOWN: &[&str] = &[
    "$?",
    "$(rc)",
    "$(ru)",
    "$(rU)",
    "$(du)",
    "$(nh(u))",
    "$(br)",
    "$(bR)",
    "$(ds)",
    "$(branch(uri))",
    "$(branch(q))",
    "$(branch(count))",
    "$(sbranch(count))",
    "$(bf)",
    "$(mf)",
    "$(sf)",
    "$(avp(many)[*])",
    "$(xavp(x=>a))",
    "$(T(reply_type))",
    "$(T(branch_index))",
    "$(T_branch(flags))",
    "$(T_branch(uri))",
    "$(T_branch(ruid))",
    "$(T_branch(id_index))",
    "$(T_branch_idx)",
    "$(T_reply_code)",
    "$(T_reply_reason)",
    "$(T_reply_last)",
    "$(T_reply_ruid)",
    "$(T_req($ru))",
    "$(T_req($du))",
    "$(T_req($hdr(X-A)))",
    "$(T_rpl($rs))",
    "$(T_rpl($rr))",
    "$(T_rpl($hdr(X-A)))",
    "$(T_inv($ru))",
    "$(T_inv($rm))",
    "$(rs)",
    "$(rr)",
    "$(rm)",
    "$(cfg(route))",
    "$(rdir(name))",
    "$(fti)",
    "$(tti)",
    "$(route_uri)",
    "$(si)",
    "$(Ri)",
    "$(fs)",
];

fn show(mark: &str) -> String {
    let formats: Vec<String> = SHOWN.iter().map(|f| (*f).to_owned()).collect();
    let known = "    if (defined $T(id_index)) { xlog(\"known\\n\"); } else { xlog(\"not known\\n\"); }\n";
    format!("    xlog(\"{mark}\\n\");\n{}{known}", pvs::show(mark, &formats))
}

fn script(before: &str) -> Setup {
    Setup::script(format!(
        "request_route {{
    route(FENCE);
    if ($rm == \"CANCEL\") {{\n{cancel}    t_relay();\n{cancelled}    exit;\n    }}
    if ($rm != \"INVITE\") {{ t_check_trans(); exit; }}
    $avp(many) = 1; $avp(many) = \"two\"; $xavp(x=>a) = 3; setflag(2); setsflag(1);
    {before}\n{begin}
    $var(second) = \"sip:two@\" + $hdr(X-To); setbflag(3);
    append_branch($var(second), \"0.3\");
    $ru = \"sip:one@\" + $hdr(X-To);
    t_on_branch(\"B\"); t_on_reply(\"R\"); t_on_failure(\"F\"); t_on_branch_failure(\"BF\");
    t_relay();\n{relayed}\n    exit;
}}
branch_route[B] {{\n{branch}}}
onreply_route[R] {{\n{onreply}}}
reply_route {{\n{reply}}}
failure_route[F] {{\n{failure}}}
event_route[tm:branch-failure:BF] {{\n{branch_failure}}}
",
        cancel = show("CANCEL"),
        cancelled = show("CANCELLED"),
        begin = show("BEGIN"),
        relayed = show("RELAYED"),
        branch = show("BRANCH"),
        onreply = show("ONREPLY"),
        reply = show("REPLY"),
        failure = show("FAILURE"),
        branch_failure = show("BRANCH FAILURE"),
    ))
}

/// Two branches ring; the second is busy, then the first.
fn both_fail(world: &mut World) {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let to = bob.local.to_string();
    let request = alice.request("INVITE", "sip:bob@example.com").add("X-To", to).add("X-A", "request");
    alice.send(&request);
    let one = bob.wait("the first branch", |m| m.start.contains("sip:one@"));
    let two = bob.wait("the second branch", |m| m.start.contains("sip:two@"));
    bob.reply(&one, 180, "Ringing");
    world.fence();
    bob.reply(&two, 183, "Progress");
    world.fence();
    let busy = bob.reply_to(&two, 486, "Busy Here").add("X-A", "busy");
    bob.send_reply(&two, &busy);
    bob.wait_request("ACK");
    world.fence();
    bob.reply(&one, 404, "Nobody");
    bob.wait_request("ACK");
    let answer = alice.wait("a final answer", |m| m.code().is_some_and(|code| code >= 400));
    alice.ack_negative(&request, &answer);
}

scenario!(forked_with_t_newtran, script("t_newtran();"), both_fail);
scenario!(forked_without, script(""), both_fail);

scenario!(cancelled, script("t_newtran();"), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let request = alice.request("INVITE", "sip:bob@example.com").add("X-To", bob.local.to_string());
    alice.send(&request);
    let one = bob.wait("the first branch", |m| m.start.contains("sip:one@"));
    let two = bob.wait("the second branch", |m| m.start.contains("sip:two@"));
    bob.reply(&one, 180, "Ringing");
    world.fence();
    bob.reply(&two, 404, "Nobody");
    bob.wait_request("ACK");
    world.fence();
    alice.cancel(&request);
    bob.wait_request("CANCEL");
    alice.wait_reply("CANCEL", 200);
});

scenario!(
    charging_vector,
    Setup::script(
        "request_route { route(FENCE); xlog(\"$pcv(all)|$pcv(value)|$pcv(genaddr)|$pcv(orig)|$pcv(term)|\\n\"); }"
    ),
    |world| {
        let mut alice = world.udp("alice");
        let value = "icid-value=abc123;icid-generated-at=1.2.3.4;orig-ioi=home1.net;term-ioi=home2.net";
        let request = alice.request("INVITE", "sip:bob@h").add("P-Charging-Vector", value);
        alice.send(&request);
        world.fence();
    }
);
