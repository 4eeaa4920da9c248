//! The module uac: other identities, requests of the script, answers to challenges.
#![allow(missing_docs)]

use kamjit_tests::proxy::{HEAD, finish, script, target};
use kamjit_tests::{Dialog, Setup, World, call, scenario};

/// A call through a script that does `todo` first; both sides hang up once.
fn calls(params: &str, todo: &str) -> Setup {
    script(&format!(
        r#"loadmodule "uac.so"
{params}
request_route {{
    {HEAD}
    $var(port) = $rU;
    {todo}
    xlog("$var(r) $fu $tu\n");
    $ru = "sip:x@127.0.0.1:" + $var(port);
    t_relay();
}}
reply_route {{ if ($fU != "fence") xlog("reply $rs $fu $tu\n"); }}
"#
    ))
}

fn one_call(world: &mut World) {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let uri = target(world, &[&bob]);
    let invite = alice
        .request("INVITE", &uri)
        .set("From", "\"Al\" <sip:alice@example.org>;tag=f")
        .set("To", "<sip:bob@example.org>");
    alice.send(&invite);
    finish(&mut alice, &mut bob, &invite);
    // Once more, and the callee hangs up.
    let invite = alice
        .request("INVITE", &uri)
        .set("From", "sip:alice@example.org;tag=g")
        .set("To", "Bob <sip:bob@example.org>");
    alice.send(&invite);
    let received = bob.wait_request("INVITE");
    let answer = call::answer(&mut bob, &received);
    let ok = alice.wait_reply("INVITE", 200);
    let mut caller = Dialog::caller(&invite, &ok);
    caller.send(&mut alice, "ACK");
    bob.wait_request("ACK");
    let mut callee = Dialog::callee(&received.message, &answer);
    call::exchange(&mut callee, &mut bob, &mut alice, "BYE");
}

scenario!(other_from, calls("", r#"$var(r) = uac_replace_from("\"New\"", "sip:new@x.y");"#), one_call);
scenario!(other_from_uri, calls("", r#"$var(r) = uac_replace_from("sip:new@x.y");"#), one_call);
scenario!(no_display_name, calls("", r#"$var(r) = uac_replace_from("", "");"#), one_call);
scenario!(only_display_name, calls("", r#"$var(r) = uac_replace_from("Disp", "");"#), one_call);
scenario!(other_to, calls("", r#"$var(r) = uac_replace_to("", "sip:longer.than.before@x.y.z");"#), one_call);
scenario!(
    both_others,
    calls("", r#"uac_replace_from("sip:n@m"); $var(r) = uac_replace_to("T", "sip:tt@m");"#),
    one_call
);
scenario!(
    only_once,
    calls("", r#"uac_replace_from("sip:n@m"); $var(r) = uac_replace_from("sip:o@m");"#),
    one_call
);
scenario!(
    never_restored,
    calls("modparam(\"uac\", \"restore_mode\", \"none\")", r#"$var(r) = uac_replace_from("X", "sip:n@m");"#),
    one_call
);
scenario!(
    restored_in_replies,
    calls(
        "modparam(\"uac\", \"restore_mode\", \"manual\")",
        r#"$var(r) = uac_replace_from("X", "sip:n@m");"#
    ),
    one_call
);
scenario!(
    with_password,
    calls(
        "modparam(\"uac\", \"restore_passwd\", \"secret\")\nmodparam(\"uac\", \"rr_from_store_param\", \"ff\")",
        r#"$var(r) = uac_replace_from("X", "sip:new@x.y");"#
    ),
    one_call
);

const SENDING: &str = r#"loadmodule "uac.so"
request_route {
    route(FENCE);
    $uac_req(method) = "NOTIFY";
    $uac_req(ruri) = $hdr(X-Next);
    if ($hdr(X-T) == "full") {
        $uac_req(furi) = "sip:me@h"; $uac_req(turi) = "sip:you@h"; $uac_req(callid) = $ci;
        $uac_req(hdrs) = "X-A: 1\r\nX-B: 2\r\n"; $uac_req(body) = "hello"; $uac_req(evroute) = 1;
    }
    xlog("$uac_req(method) $uac_req(furi) $uac_req(turi) $uac_req(ouri) $uac_req(callid) $uac_req(evroute)\n");
    $var(r) = uac_req_send();
    xlog("$var(r) $uac_req(method)\n");
    $uac_req(all) = $null;
    xlog("$uac_req(method)\n");
    sl_send_reply("200", "OK");
}
event_route[uac:reply] { xlog("reply $uac_req(evcode) $uac_req(evtype) $rs $rr $rm $fu $tu\n"); }
"#;

scenario!(requests_of_the_script, Setup::script(SENDING), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let next = format!("sip:127.0.0.1:{}", bob.local.port());
    for (todo, code) in [("full", 200), ("full", 486)] {
        let request = alice.request("MESSAGE", "sip:u@example.com").add("X-T", todo).add("X-Next", &next);
        alice.send(&request);
        alice.wait_status(200);
        let received = bob.wait_request("NOTIFY");
        bob.reply(&received, code, "Answer");
    }
});

const CHALLENGED: &str = r#"loadmodule "uac.so"
modparam("uac", "auth_username_avp", "$avp(user)")
modparam("uac", "auth_password_avp", "$avp(password)")
modparam("uac", "auth_realm_avp", "$avp(realm)")
modparam("uac", "credential", "carl:known.example:pw")
request_route {
    route(FENCE);
    $ru = $hdr(X-Next);
    t_on_failure("CHALLENGED");
    t_relay();
}
failure_route[CHALLENGED] {
    if ($hdr(X-T) == "avp") { $avp(user) = "al"; $avp(password) = "secret"; }
    if ($hdr(X-T) == "realm") { $avp(user) = "al"; $avp(password) = "secret"; $avp(realm) = "other.example"; }
    $var(r) = uac_auth();
    xlog("$var(r)\n");
    if ($var(r) > 0) t_relay();
}
"#;

scenario!(challenges, Setup::script(CHALLENGED), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let next = format!("sip:127.0.0.1:{}", bob.local.port());
    for (todo, name, challenge, answered) in [
        ("avp", "WWW-Authenticate", "Digest realm=\"r.example\", nonce=\"n1\"", true),
        (
            "avp",
            "Proxy-Authenticate",
            "Digest realm=\"r.example\", nonce=\"n1\", opaque=\"o\", algorithm=MD5",
            true,
        ),
        ("credential", "WWW-Authenticate", "Digest realm=\"known.example\", nonce=\"n2\"", true),
        ("credential", "WWW-Authenticate", "Digest realm=\"unknown.example\", nonce=\"n2\"", false),
        ("realm", "WWW-Authenticate", "Digest realm=\"r.example\", nonce=\"n2\"", false),
        ("avp", "WWW-Authenticate", "Basic realm=\"r.example\"", false),
    ] {
        let request = alice.request("MESSAGE", "sip:u@example.com").add("X-T", todo).add("X-Next", &next);
        alice.send(&request);
        let received = bob.wait_request("MESSAGE");
        let code = if name.starts_with("WWW") { 401 } else { 407 };
        let reply = bob.reply_to(&received.message, code, "Who are you").add(name, challenge);
        bob.send_reply(&received, &reply);
        if answered {
            let again =
                bob.wait("an answer", |m| m.message.headers.iter().any(|(n, _)| n.ends_with("uthorization")));
            bob.reply(&again, 200, "OK");
            alice.wait_reply("MESSAGE", 200);
        } else {
            alice.wait_reply("MESSAGE", code);
        }
    }
});
