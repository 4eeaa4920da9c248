//! The module nathelper: what is found out about NATs, and what is corrected.
#![allow(missing_docs)]

use kamjit_tests::cases::{Case, send_all};
use kamjit_tests::tools::kamcmd;
use kamjit_tests::{Setup, World, patience, scenario};
use std::fmt::Write;
use std::net::UdpSocket;

const CONTACTS: [&str; 22] = [
    "<sip:c@192.168.1.2:5060>",
    "sip:c@192.168.1.2",
    "\"A, B\" <sip:c:pw@192.168.1.2:5070;transport=tcp?h=1>;q=0.5;expires=10",
    "<sip:192.168.1.2>",
    "<sip:c@a.b;x=1>, <sip:d@e.f;y=2>",
    "*",
    "<sips:c@h>",
    "<tel:+123>",
    "",
    "<sip:c@127.0.0.1:@ALICE@>",
    "<sip:c@127.0.0.1:@ALICE@;transport=udp>",
    "sip:c@1.2.3.4;q=0.5",
    "<sip:c@[::1]:5060>",
    "<sip:c@1.1.1.1;alias=1.1.1.1~5~1>",
    "<sip:c@1.1.1.1;alias=1.1.1.1~5~1;z=1>",
    "sip:c@1.1.1.1;alias=1.1.1.1~5~2",
    "<sip:c@1.1.1.1;transport=TCP;lr>",
    "<sip:c@1.1.1.1;a=b?h=v>;p",
    "<sip:@>",
    "garbage",
    "<sip:c@1.1.1.1>\r\nContact: <sip:e@2.2.2.2>",
    "<sip:c@1.1.1.1;received=old>;received=older",
];

/// A script that does one of `calls` by its number, shows the result and forwards to `bob`.
fn script(params: &str, calls: &[&str]) -> Setup {
    let mut text = format!("loadmodule \"nathelper.so\"\n{params}\n");
    text.push_str("modparam(\"nathelper|registrar\", \"received_avp\", \"$avp(rcv)\")\n");
    text.push_str("request_route {\n    route(FENCE);\n    $du = $hdr(X-Next);\n    $var(r) = 0;\n");
    for (n, call) in calls.iter().enumerate() {
        let _ = writeln!(text, "    if ($hdr(X-T) == \"{n}\") {{ {call} }}");
    }
    text.push_str("    xlog(\"$var(r) $ct $avp(rcv) $avp(al)\\n\");\n    forward();\n}\n");
    Setup::script(text)
}

const CONTACT_CALLS: [&str; 20] = [
    "$var(r) = fix_nated_contact();",
    "$var(r) = add_contact_alias();",
    "$var(r) = add_contact_alias(\"10.0.0.1\", \"5062\", \"tcp\");",
    "$var(r) = set_contact_alias(); set_alias_to_pv(\"$avp(al)\");",
    "$var(r) = set_contact_alias(\"1\");",
    "$var(r) = add_rcv_param();",
    "$var(r) = add_rcv_param(\"1\");",
    "fix_nated_contact(); $var(r) = fix_nated_contact();",
    "fix_nated_contact(); $var(r) = add_contact_alias();",
    "fix_nated_contact(); $var(r) = set_contact_alias();",
    "add_contact_alias(); $var(r) = fix_nated_contact();",
    "add_contact_alias(); $var(r) = add_contact_alias();",
    "add_contact_alias(); $var(r) = set_contact_alias();",
    "set_contact_alias(); $var(r) = add_contact_alias();",
    "fix_nated_contact(); msg_apply_changes(); $var(r) = add_contact_alias();",
    "fix_nated_contact(); $var(r) = add_rcv_param();",
    "$var(r) = fix_nated_register();",
    "append_hf(\"X: 1\\r\\n\", \"Contact\"); $var(r) = add_contact_alias();",
    "remove_hf(\"Contact\"); $var(r) = fix_nated_contact();",
    "$var(r) = set_alias_to_pv(\"$avp(al)\");",
];

scenario!(contacts, script("", &CONTACT_CALLS), |world| {
    let mut cases = Vec::new();
    for call in 0..CONTACT_CALLS.len() {
        for contact in CONTACTS {
            cases.push(Case::new(&call.to_string()).contact(contact));
        }
    }
    send_all(world, &cases);
});

scenario!(
    given_aliases,
    script(
        "",
        &[
            "$var(r) = add_contact_alias(\"$hdr(X-A)\", \"$(hdr(X-B){s.select,0, })\", \"$(hdr(X-B){s.select,1, })\");"
        ]
    ),
    |world| {
        let given = [
            ("10.0.0.1", "5062 tcp"),
            ("::1", "5062 udp"),
            ("[::1]", "1 tls"),
            ("10.0.0.1", "x udp"),
            ("10.0.0.1", "70000 udp"),
            ("10.0.0.1", "5 foo"),
            ("h", "5 sctp"),
            ("10.0.0.1", "5 ws"),
            ("10.0.0.1", "5 WSS"),
            ("10.0.0.1", "0 UDP"),
        ];
        let cases: Vec<_> =
            given.iter().map(|(a, b)| Case::new("0").a(a).b(b).contact("<sip:c@1.1.1.1>")).collect();
        send_all(world, &cases);
    }
);

scenario!(
    aliases_of_request_uris,
    script(
        "",
        &[
            "$du = $null; $var(r) = handle_ruri_alias(); xlog(\"$du $ru\\n\"); exit;",
            "$du = $null; $var(r) = handle_ruri_alias(\"1\"); xlog(\"$du $ru\\n\"); exit;",
            "$var(r) = set_alias_to_pv(\"$avp(al)\");",
        ]
    ),
    |world| {
        let uris = [
            ";alias=1.2.3.4~5060~1",
            ";alias=1.2.3.4~5062~2;x=1",
            ";x=1;alias=1.2.3.4~5062~3",
            ";alias=1.2.3.4~5~6;alias=9.9.9.9~8~4",
            ";alias=[::1]~5~1",
            ";alias=::1~5~1",
            ";alias=",
            ";alias",
            ";alias=1.2.3.4",
            ";alias=1.2.3.4~99999~1",
            ";alias=host~5~1",
            "",
            ";x=1;y",
            ";ALIAS=1.2.3.4~5~1",
            ";alias=1.2.3.4~5~1?h=v",
            ";alias=~~",
            ";xalias=1.1.1.1~1~1",
            ";alias=1.2.3.4~5~5",
            ";alias=1.2.3.4~~1",
            ";a;alias=1.2.3.4~5~1;b;alias=2.2.2.2~6~2;c",
        ];
        let mut cases = Vec::new();
        for uri in uris.map(|rest| format!("sip:u@h.example{rest}")) {
            cases.push(Case::new("0").uri(&uri));
            cases.push(Case::new("2").contact(&format!("<{uri}>")));
        }
        // The real server finds the last alias only if something follows it.
        for uri in ["sip:u@h.example;alias=1.2.3.4~5~1;b;alias=2.2.2.2~6~2;c", "sip:u@h.example;x"] {
            cases.push(Case::new("1").uri(uri));
        }
        send_all(world, &cases);
    }
);

const TESTS: [u32; 14] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 0, 3, 19];

fn tests(params: &str) -> Setup {
    let mut text =
        format!("loadmodule \"nathelper.so\"\n{params}\nroute[ALL] {{\n    $avp(o) = \"found\";\n");
    for flag in TESTS {
        let _ = writeln!(text, "    if (nat_uac_test(\"{flag}\")) $avp(o) = $avp(o) + \" {flag}\";");
    }
    text.push_str("    $var(r) = is_rfc1918(\"$hdr(X-A)\");\n    xlog(\"$avp(o) $var(r) $rr_count/$rr_top_count\\n\");\n}\n");
    text.push_str("request_route {\n    route(FENCE);\n    if ($hdr(X-B) != $null) $du = $hdr(X-B);\n    route(ALL);\n}\n");
    text.push_str("reply_route { route(ALL); drop; }\n");
    Setup::script(text)
}

fn sdp(session: &str, rest: &str) -> String {
    let session: String = session.split('/').filter(|l| !l.is_empty()).map(|l| format!("{l}\r\n")).collect();
    let rest: String = rest.split('|').filter(|l| !l.is_empty()).map(|l| format!("{l}\r\n")).collect();
    format!("v=0\r\n{session}s=-\r\nt=0 0\r\n{rest}")
}

const HOSTS: [&str; 24] = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "172.32.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.0.1",
    "100.128.0.1",
    "192.0.0.1",
    "192.0.0.7",
    "192.0.0.8",
    "192.0.0.200",
    "192.0.1.1",
    "198.18.0.1",
    "169.254.1.1",
    "127.0.0.1",
    "0.0.0.0",
    "[fc00::1]",
    "10.0.0",
    "host.example",
    "10.0.0.1:5060",
    "127.0.0.1:@ALICE@",
    "192.168.1",
    "x",
];

fn cases_of_tests() -> Vec<Case> {
    let plain = || Case::new("t").contact("<sip:c@127.0.0.1:@ALICE@>");
    let mut cases: Vec<_> =
        HOSTS.iter().map(|host| plain().contact(&format!("<sip:c@{host}>")).a(host)).collect();
    for contact in CONTACTS {
        cases.push(plain().contact(contact));
    }
    for via in [
        "10.0.0.1",
        "10.0.0.1:@ALICE@",
        "127.0.0.1",
        "1.2.3.4:@ALICE@",
        "host:@ALICE@",
        "localhost:@ALICE@",
        "127.0.0.1:@ALICE@;rport",
        "1.2.3.4;rport;received=9.9.9.9",
        "127.0.0.1:@ALICE@;received=1.2.3.4",
        "[::1]:5060",
    ] {
        cases.push(plain().via(&format!("SIP/2.0/UDP {via}")));
    }
    let (good, bad, video) = ("c=IN IP4 127.0.0.1", "c=IN IP4 10.9.9.9", "m=video 1 RTP/AVP 0");
    let audio = "m=audio 1 RTP/AVP 0";
    for body in [
        sdp(bad, audio),
        sdp(good, audio),
        sdp("c=IN IP4 0.0.0.0", audio),
        sdp("", audio),
        sdp(good, &format!("{audio}|{bad}")),
        sdp(bad, &format!("{audio}|{good}")),
        sdp("", &format!("{audio}|{bad}")),
        sdp("", &format!("{audio}|{good}|{video}|{bad}")),
        sdp(bad, &format!("{audio}|{good}|{video}")),
        sdp("c=IN IP6 fc00::1", audio),
        sdp("c=IN IP4 h.example", audio),
        sdp(bad, ""),
        "garbage".into(),
        sdp(bad, audio).replace("\r\n", "\n"),
    ] {
        cases.push(plain().sdp(&body));
        cases.push(plain().body("text/plain", &body));
        cases.push(plain().body("", &body));
        let parts = format!("--b\r\nContent-Type: application/sdp\r\n\r\n{body}\r\n--b--\r\n");
        cases.push(plain().body("multipart/mixed;boundary=b", &parts));
    }
    for (uri, next) in [
        ("sip:u@example.com", "sip:127.0.0.1"),
        ("sip:u@example.com", "sip:example.com"),
        ("sip:u@example.com", "sip:example.com:5060"),
        ("sip:u@example.com", "sip:example.com:5061"),
        ("sip:u@example.com", "sip:1.2.3.4;transport=ws"),
        ("sip:u@example.com", "garbage"),
        ("sip:u@example.com;transport=ws", ""),
    ] {
        cases.push(plain().uri(uri).b(next));
    }
    for more in [
        "Record-Route: <sip:a;lr>\r\n",
        "Record-Route: <sip:a;lr;r2=on>\r\nRecord-Route: <sip:b;lr;r2=on>\r\n",
        "Record-Route: <sip:a;lr;r2=on>,<sip:b;lr;r2=on>,<sip:c;lr>\r\n",
        "Record-Route: garbage\r\n",
        "Record-Route: <sip:a>;r2=on\r\n",
    ] {
        cases.push(plain().more(more));
    }
    cases
}

scenario!(heuristics, tests(""), |world| send_all(world, &cases_of_tests()));
scenario!(
    heuristics_without_reserved_networks,
    tests("modparam(\"nathelper\", \"nat_addr_mode\", 0)"),
    |world| send_all(world, &cases_of_tests()[..HOSTS.len()])
);

scenario!(heuristics_of_replies, tests(""), |world| {
    let mut alice = world.udp("alice");
    let top = format!("SIP/2.0/UDP {};branch=z9hG4bK1", world.server.address());
    for (n, second) in [
        "",
        "SIP/2.0/UDP 1.1.1.1:5060;branch=2",
        "SIP/2.0/UDP 1.1.1.1:5060;branch=2;received=2.2.2.2",
        "SIP/2.0/UDP 1.1.1.1:5060;branch=2;received=1.1.1.1;rport=5061",
        "SIP/2.0/UDP 1.1.1.1;branch=2;received=1.1.1.1;rport=5060",
        "SIP/2.0/WS 1.1.1.1;branch=2",
        "SIP/2.0/UDP 1.1.1.1:5060;branch=2;rport",
    ]
    .iter()
    .enumerate()
    {
        let second = if second.is_empty() { String::new() } else { format!("Via: {second}\r\n") };
        let text = format!(
            "SIP/2.0 200 OK\r\nVia: {top}\r\n{second}From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: r{n}\r\n\
             CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        alice.send_raw(text.as_bytes());
        world.fence();
    }
});

const SDP_CALLS: [&str; 16] = [
    "$var(r) = fix_nated_sdp(\"1\");",
    "$var(r) = fix_nated_sdp(\"2\");",
    "$var(r) = fix_nated_sdp(\"4\");",
    "$var(r) = fix_nated_sdp(\"8\");",
    "$var(r) = fix_nated_sdp(\"3\");",
    "$var(r) = fix_nated_sdp(\"10\");",
    "$var(r) = fix_nated_sdp(\"15\");",
    "$var(r) = fix_nated_sdp(\"0\");",
    "$var(r) = fix_nated_sdp(\"16\");",
    "$var(r) = fix_nated_sdp(\"2\", \"9.8.7.6\");",
    "$var(r) = fix_nated_sdp(\"8\", \"9.8.7.6\");",
    "$var(r) = fix_nated_sdp(\"10\", \"9.8.7.6\");",
    "$var(r) = fix_nated_sdp(\"2\", \"::1\");",
    "$var(r) = fix_nated_sdp(\"2\", \"x\");",
    "fix_nated_sdp(\"2\"); $var(r) = fix_nated_sdp(\"8\");",
    "fix_nated_sdp(\"4\"); msg_apply_changes(); $var(r) = fix_nated_sdp(\"2\");",
];

fn descriptions() -> Vec<String> {
    let (origin, audio) = ("o=- 1 1 IN IP4 10.0.0.1", "m=audio 6000 RTP/AVP 0");
    let plain = format!("{origin}/c=IN IP4 10.0.0.2");
    vec![
        sdp(&plain, audio),
        sdp(origin, &format!("{audio}|c=IN IP4 10.0.0.3|a=sendrecv|m=video 1 RTP/AVP 1|c=IN IP4 10.0.0.4")),
        sdp(&plain, &format!("{audio}|a=rtcp:1 IN IP4 10.7.7.7|a=x|a=rtcp:2 IN IP4 10.8.8.8")),
        sdp(&plain, &format!("{audio}|a=rtcp:6001|a=rtcp-mux")),
        sdp(&format!("{origin}/c=IN IP4 0.0.0.0"), audio),
        sdp(&format!("{origin}/c=IN IP6 ::1"), audio),
        sdp(&plain, &format!("{audio}|a=nortpproxy:yes")),
        sdp(&plain, &format!("{audio}|c=IN IP4 10.0.0.3|a=direction:active|o=- 1 1 IN IP4 10.7.7.7")),
        sdp(origin, audio),
        sdp(&plain, audio).trim_end().to_owned(),
        sdp("o=- 1 1 IN IP4 127.0.0.1/c=IN IP4 127.0.0.1", audio),
        sdp("o=- 1 IN IP4/c=IN IP4 10.0.0.2", audio),
        sdp(&format!("{origin}/c=IN IP4"), audio),
        sdp(&format!("{origin}/c=IN IP4 h.example"), audio),
        sdp(&plain, ""),
        sdp(&plain, audio).replace("\r\n", "\n"),
    ]
}

scenario!(descriptions_behind_nats, script("", &SDP_CALLS), |world| {
    let mut cases = Vec::new();
    for body in descriptions() {
        cases.extend((0..SDP_CALLS.len()).map(|call| Case::new(&call.to_string()).sdp(&body)));
        cases.push(Case::new("6").body("text/plain", &body));
        let parts = format!(
            "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/sdp\r\n\r\n{body}\r\n--b--\r\n"
        );
        cases.push(Case::new("6").body("multipart/mixed;boundary=b", &parts));
    }
    cases.push(Case::new("6"));
    send_all(world, &cases);
});

scenario!(
    other_marks_in_descriptions,
    script(
        "modparam(\"nathelper\", \"nortpproxy_str\", \"a=mangled:yes\\r\\n\")\n\
         modparam(\"nathelper\", \"append_sdp_oldmediaip\", 0)\nmodparam(\"nathelper\", \"alias_name\", \"saddr\")",
        &["$var(r) = fix_nated_sdp(\"15\");", "$var(r) = add_contact_alias();"]
    ),
    |world| {
        let mut cases: Vec<_> = descriptions().iter().map(|body| Case::new("0").sdp(body)).collect();
        cases.push(Case::new("1").contact("<sip:c@1.1.1.1>"));
        send_all(world, &cases);
    }
);

scenario!(
    registrations_behind_nats,
    Setup::script(
        r#"loadmodule "nathelper.so"
modparam("nathelper|registrar", "received_avp", "$avp(rcv)")
request_route {
    route(FENCE);
    if ($hdr(X-T) == "fix") fix_nated_contact();
    if ($hdr(X-T) == "alias") add_contact_alias();
    if ($hdr(X-T) == "set") set_contact_alias();
    if ($hdr(X-T) == "register") { fix_nated_register(); xlog("$avp(rcv)\n"); }
    if ($hdr(X-T) == "param") add_rcv_param();
    if ($hdr(X-T) == "apply") { fix_nated_contact(); msg_apply_changes(); }
    save("location");
}
"#
    ),
    |world| {
        let (mut alice, domain) = (world.udp("alice"), world.domain());
        for todo in ["fix", "alias", "set", "register", "param", "apply"] {
            let request = alice
                .request("REGISTER", &domain)
                .set("To", format!("<sip:{todo}@example.com>"))
                .set("Contact", "<sip:c@1.1.1.1>")
                .add("X-T", todo)
                .add("Expires", "600");
            alice.send(&request);
            alice.wait_status(200);
        }
    }
);

const PINGS: &str = r#"loadmodule "nathelper.so"
modparam("usrloc", "nat_bflag", 6)
modparam("nathelper", "natping_interval", 1)
modparam("nathelper", "ping_nated_only", 1)
modparam("nathelper", "sipping_bflag", 7)
modparam("nathelper", "sipping_from", "sip:pinger@example.com")
modparam("nathelper", "sipping_method", "INFO")
modparam("nathelper|registrar", "received_avp", "$avp(rcv)")
modparam("registrar", "use_path", 1)
request_route {
    route(FENCE);
    if ($hdr(X-T) != "none") setbflag(6);
    if ($hdr(X-Received) != $null) $avp(rcv) = $hdr(X-Received);
    if ($hdr(X-T) == "sip") setbflag(7);
    save("location");
}
"#;

/// The first datagram that a phone gets, without what the server makes up.
fn first_ping(world: &World, phone: &UdpSocket, name: &str) {
    phone.set_read_timeout(Some(patience())).expect("timeout");
    let mut buffer = [0; 2048];
    let len = phone.recv(&mut buffer).expect("a ping");
    let mut shown = String::new();
    for line in String::from_utf8_lossy(&buffer[..len]).split("\r\n") {
        let end = [";branch=z9hG4bK", ";tag=uloc-", "Call-ID: "]
            .iter()
            .find_map(|mark| line.find(mark).map(|at| at + mark.len()))
            .unwrap_or(line.len());
        let _ = writeln!(shown, "{}", &line[..end]);
    }
    world.note(name, &shown);
}

scenario!(pings, Setup::script(PINGS), |world| {
    let mut alice = world.udp("alice");
    let domain = world.domain();
    for (todo, path) in [("sip", ""), ("sip", "yes"), ("empty", ""), ("empty", "yes"), ("none", "")] {
        let phone = UdpSocket::bind("127.0.0.1:0").expect("socket");
        let port = phone.local_addr().expect("address").port();
        world.recorder.name_port(port, "phone");
        let mut request = alice
            .request("REGISTER", &domain)
            .set("To", format!("<sip:{todo}{path}@example.com>"))
            .set("Contact", format!("<sip:phone@127.0.0.1:{port}>"))
            .add("X-T", todo);
        if !path.is_empty() {
            request = request
                .set("Contact", "<sip:phone@192.0.2.1;x=1>")
                .add("Supported", "path")
                .add("Path", format!("<sip:127.0.0.1:{port};lr>"))
                .add("X-Received", format!("sip:127.0.0.1:{port}"));
        }
        alice.send(&request);
        alice.wait_status(200);
        if todo != "none" {
            first_ping(world, &phone, &format!("{todo}{path}"));
        }
        let gone = alice
            .request("REGISTER", &domain)
            .set("To", format!("<sip:{todo}{path}@example.com>"))
            .set("Contact", "*")
            .add("Expires", "0");
        alice.send(&gone);
        alice.wait_status(200);
    }
});

scenario!(switching_pings, Setup::script(PINGS), |world| {
    for call in ["nathelper.enable_ping 0", "nathelper.enable_ping 1", "nathelper.enable_ping"] {
        let words: Vec<&str> = call.split(' ').collect();
        let output = kamcmd(world, &words);
        world.note("kamcmd", &output.text);
    }
});
