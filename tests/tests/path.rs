//! The module path: Path headers, and the way back that they lead.
#![allow(missing_docs)]

use kamjit_tests::cases::{Case, send_all};
use kamjit_tests::{Setup, World, scenario};

fn adding(params: &str) -> Setup {
    Setup::script(format!(
        r#"loadmodule "path.so"
{params}
request_route {{
    route(FENCE);
    $du = $hdr(X-Next);
    if ($hdr(X-T) == "plain") $var(r) = add_path();
    if ($hdr(X-T) == "user") $var(r) = add_path("usr");
    if ($hdr(X-T) == "params") $var(r) = add_path("$fU", "ob;x=1");
    if ($hdr(X-T) == "received") $var(r) = add_path_received();
    if ($hdr(X-T) == "received user") $var(r) = add_path_received("usr");
    if ($hdr(X-T) == "received params") $var(r) = add_path_received("usr", "y=2");
    if ($hdr(X-T) == "empty") $var(r) = add_path("", "z");
    if ($hdr(X-T) == "twice") {{ add_path(); $var(r) = add_path_received(); }}
    xlog("$var(r)\n");
    forward();
}}
"#
    ))
}

fn add(world: &mut World) {
    let mut cases = Vec::new();
    for todo in ["plain", "user", "params", "received", "received user", "received params", "empty", "twice"]
    {
        cases.push(Case::new(todo));
        cases.push(Case::new(todo).more("Path: <sip:old;lr>\r\nX: 1\r\n"));
    }
    send_all(world, &cases);
}

scenario!(paths, adding(""), add);
scenario!(paths_with_aliases, adding("modparam(\"path\", \"received_format\", 1)"), add);
scenario!(paths_with_another_name, adding("modparam(\"path\", \"received_name\", \"rcv\")"), add);
scenario!(double_paths, adding("modparam(\"path\", \"enable_r2\", 1)"), add);
scenario!(paths_with_socket_names, adding("modparam(\"path\", \"sockname_mode\", 1)"), add);

scenario!(paths_of_connections, adding("modparam(\"path\", \"enable_r2\", 1)").with_tcp(), |world| {
    let (mut alice, mut bob) = (world.tcp("alice"), world.udp("bob"));
    for todo in ["plain", "received"] {
        let request = alice
            .request("MESSAGE", "sip:u@example.com")
            .add("X-T", todo)
            .add("X-Next", format!("sip:127.0.0.1:{}", bob.local.port()));
        alice.send(&request);
        let received = bob.wait_request("MESSAGE");
        bob.reply(&received, 200, "OK");
        alice.wait_reply("MESSAGE", 200);
    }
});

fn following(params: &str) -> Setup {
    Setup::script(format!(
        r#"loadmodule "path.so"
modparam("path", "use_received", 1)
{params}
request_route {{
    route(FENCE);
    $var(r) = loose_route();
    xlog("$var(r) $du $ru\n");
}}
"#
    ))
}

fn follow(world: &mut World, routes: &[&str]) {
    let mut cases = Vec::new();
    for route in routes {
        cases.push(Case::new("x").more(&format!("Route: {route}\r\n")));
    }
    send_all(world, &cases);
}

scenario!(ways_back, following(""), |world| follow(
    world,
    &[
        "<sip:127.0.0.1:@PORT@;lr;received=sip:1.2.3.4:5>",
        "<sip:127.0.0.1:@PORT@;received=sip:1.2.3.4:5;lr>",
        "<sip:127.0.0.1:@PORT@;lr;received=sip:1.2.3.4:5%3Btransport%3Dtcp>",
        "<sip:127.0.0.1:@PORT@;lr;received=\"sip:1.2.3.4:5\">",
        "<sip:127.0.0.1:@PORT@;lr>",
        "<sip:127.0.0.1:@PORT@;lr;received=sip:1.2.3.4:5>, <sip:9.9.9.9;lr>",
        "<sip:9.9.9.9;lr;received=sip:1.2.3.4:5>",
        "<sip:127.0.0.1:@PORT@;lr;received=>",
        "<sip:127.0.0.1:@PORT@;lr;r2=on;received=sip:1.2.3.4:5>, <sip:127.0.0.1:@PORT@;lr;r2=on>",
    ]
));
scenario!(ways_back_by_aliases, following("modparam(\"path\", \"received_format\", 1)"), |world| follow(
    world,
    &["<sip:127.0.0.1:@PORT@;lr;received=1.2.3.4~5~2>", "<sip:127.0.0.1:@PORT@;lr>"]
));
