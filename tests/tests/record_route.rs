//! Record-Route and what follows from it, own addresses and aliases.
#![allow(missing_docs)]

use kamjit_tests::call::{answer, exchange, invite};
use kamjit_tests::proxy::{HEAD, finish, script, target};
use kamjit_tests::{Dialog, LogRule, Setup, World, scenario};

/// One call through a `request_route` with this record-routing, then a BYE each way is routed by it.
fn record_routed(world: &mut World) {
    let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
    let uri = target(world, &[&one]);
    let sent = invite(&mut alice, &uri);
    finish(&mut alice, &mut one, &sent);
}

fn routing(params: &str, record: &str) -> Setup {
    let head = HEAD.replace("record_route();", "{ }").replace("if (is_method(\"INVITE\")) { }", "");
    script(&format!(
        r#"{params}
request_route {{
    {head}
    if (has_totag()) {{ xlog("L|never\n"); }}
    {record}
    $ru = "sip:x@127.0.0.1:" + $rU;
    t_relay();
}}"#
    ))
}

scenario!(
    record_route_full_lr,
    routing("modparam(\"rr\", \"enable_full_lr\", 1)", "record_route();"),
    record_routed
);
scenario!(
    record_route_without_tag,
    routing("modparam(\"rr\", \"append_fromtag\", 0)", "record_route();"),
    record_routed
);
scenario!(
    record_route_with_user,
    routing("modparam(\"rr\", \"add_username\", 1)", "record_route();"),
    record_routed
);
scenario!(
    record_route_params,
    routing("", "record_route(\";x=y\"); add_rr_param(\";nat=yes\");"),
    record_routed
);
scenario!(
    record_route_preset,
    routing("", "record_route_preset(\"127.0.0.1:@PORT@;transport=udp\");"),
    record_routed
);
scenario!(
    record_route_advertised,
    routing("", "record_route_advertised_address(\"127.0.0.1:@PORT@\");"),
    record_routed
);
scenario!(no_record_route, routing("", ""), |world| {
    let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
    let uri = target(world, &[&one]);
    let sent = invite(&mut alice, &uri);
    let received = one.wait_request("INVITE");
    answer(&mut one, &received);
    alice.wait_reply("INVITE", 200);
    let _ = sent;
});

scenario!(
    routing_helpers,
    script(
        r#"modparam("rr", "append_fromtag", 1)
request_route {
    route(FENCE);
    if (has_totag()) {
        $var(lr) = loose_route();
        xlog("L|$rm loose $var(lr) down $route_uri ru $ru du $du\n");
        if (check_route_param("nat=yes")) xlog("L|nat\n");
        if (is_direction("downstream")) xlog("L|downstream\n");
        if (is_direction("upstream")) xlog("L|upstream\n");
        t_relay();
        exit;
    }
    record_route(); add_rr_param(";nat=yes");
    $ru = "sip:x@127.0.0.1:" + $rU;
    t_relay();
}"#
    )
    .log(LogRule::Ordered),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        let received = one.wait_request("INVITE");
        let answered = answer(&mut one, &received);
        let ok = alice.wait_reply("INVITE", 200);
        let mut dialog = Dialog::caller(&sent, &ok);
        dialog.send(&mut alice, "ACK");
        one.wait_request("ACK");
        exchange(&mut Dialog::callee(&received, &answered), &mut one, &mut alice, "INFO");
        exchange(&mut dialog, &mut alice, &mut one, "BYE");
    }
);

scenario!(
    advertised_address,
    Setup {
        listen: false,
        ..script(
            r#"listen=udp:127.0.0.1:@PORT@ advertise 127.0.0.1:@PORT2@
alias="example.com"
request_route {
    route(FENCE);
    if (uri == myself) xlog("L|myself $rd\n"); else xlog("L|foreign $rd\n");
    if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    record_route();
    $ru = "sip:x@127.0.0.1:" + $rU;
    t_relay();
}"#
        )
    },
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        for uri in [
            "sip:example.com",
            "sip:example.com:5060",
            "sip:sub.example.com",
            "sip:other.org",
            "sip:x@EXAMPLE.com",
            "sip:localhost",
        ] {
            let request = alice.request("OPTIONS", uri);
            alice.send(&request);
            alice.wait_status(200);
        }
        let uri = target(world, &[&one]);
        let sent = invite(&mut alice, &uri);
        let received = one.wait_request("INVITE");
        one.reply(&received, 486, "Busy");
        one.wait_request("ACK");
        let reply = alice.wait_status(486);
        alice.ack_negative(&sent, &reply);
    }
);
