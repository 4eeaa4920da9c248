//! Selects: `@from.uri.user` in expressions and `$sel(from.uri.user)`, over messages of several shapes.
#![allow(missing_docs)]

use kamjit_tests::{Kind, Server, Setup, World, patience, scenario, sdp};
use std::fmt::Write;

/// Selects of the core.
const CORE: &[&str] = &[
    "method",
    "status",
    "code",
    "reason",
    "version",
    "call_id",
    "cseq",
    "cseq.num",
    "cseq.method",
    "ruri",
    "ruri.type",
    "ruri.user",
    "ruri.rn_user",
    "ruri.pwd",
    "ruri.host",
    "ruri.port",
    "ruri.hostport",
    "ruri.params",
    "ruri.params.p",
    "ruri.params.transport",
    "ruri.transport",
    "request_uri",
    "dst_uri",
    "dst_uri.host",
    "next_hop",
    "next_hop.host",
    "next_hop.type",
    "next_hop.transport",
    "next_hop.hostport",
    "from",
    "f",
    "from.uri",
    "from.uri.user",
    "from.uri.pwd",
    "from.uri.host",
    "from.uri.port",
    "from.uri.hostport",
    "from.uri.params",
    "from.uri.transport",
    "from.uri.type",
    "from.name",
    "from.tag",
    "from.params.y",
    "From.URI",
    "to",
    "t",
    "to.uri",
    "to.uri.host",
    "to.uri.type",
    "to.uri.hostport",
    "to.name",
    "to.tag",
    "to.params.y",
    "contact",
    "m",
    "contact.uri",
    "contact.uri.host",
    "contact.uri.hostport",
    "contact.uri.params",
    "contact.name",
    "contact.expires",
    "contact.q",
    "contact.methods",
    "contact.received",
    "contact.instance",
    "contact.params.expires",
    "refer_to",
    "refer_to.uri",
    "refer_to.uri.host",
    "refer_to.name",
    "refer_to.params.a",
    "rpid",
    "rpid.uri",
    "rpid.name",
    "rpid.params.party",
    "remote_party_id.uri",
    "rr",
    "rr.uri",
    "rr.uri.host",
    "rr.uri.params",
    "rr.name",
    "rr.params.x",
    "record_route.uri",
    "via",
    "v",
    "via[1]",
    "via[2]",
    "via[-1]",
    "via.host",
    "via.port",
    "via[2].host",
    "via[2].port",
    "via[3].host",
    "via[-1].host",
    "via[9].host",
    "via.transport",
    "via[2].transport",
    "via.name",
    "via.version",
    "via[-1].comment",
    "via.branch",
    "via[2].branch",
    "via.received",
    "via.i",
    "via.params.x",
    "content_length",
    "content_type",
    "date",
    "event",
    "expires",
    "identity",
    "identity_info",
    "max_forwards",
    "min_se",
    "organization",
    "priority",
    "session_expires",
    "sip_if_match",
    "subject",
    "user_agent",
    "src.ip",
    "src.port",
    "src.ip_port",
    "dst.ip",
    "dst.port",
    "dst.ip_port",
    "received.ip",
    "received.port",
    "received.proto",
    "received.ip_port",
    "received.proto_ip_port",
    "msg",
    "message.first_line",
    "msg.first_line",
    "msg.type",
    "msg.flags",
    "msg.len",
    "msg.body",
    "msg.content",
    "msg.body.sdp",
    "msg.h",
    "msg.header",
    "msg.h.X_Num",
    "msg.h.X_List",
    "msg.h.X_List[1]",
    "msg.h.X_List[2]",
    "msg.h.X_List[-1]",
    "msg.h.X_List[7]",
    "msg.h.X_Addr.nameaddr.name",
    "msg.h.X_Addr.nameaddr.uri",
    "msg.h.X_Addr.nameaddr.uri.host",
    "msg.h.X_Addr.nameaddr.params",
    "msg.h.X_Addr.nameaddr.params.p",
    "msg.request.method",
    "msg.req.uri",
    "msg.req.uri.host",
    "msg.req.version",
    "msg.res",
    "msg.res.code",
    "msg.res.reason",
    "authorization.realm1",
    "authorization.realm1.username",
    "authorization.realm1.nonce",
    "authorization.realm1.uri",
    "authorization.realm1.qop",
    "authorization.realm2.username",
    "authorization.nowhere.nonce",
    "authorization.nonce",
    "proxy_authorization.realm2.username",
    "branch.count",
    "branch.uri",
    "branch.uri[0]",
    "branch.uri[1]",
    "branch.uri[5]",
    "branch.q",
    "branch.dst_uri",
    "branch.uriq",
    "branch.uriq[1]",
    "branch.uriq[1].uri",
    "branch.uriq[1].name",
    "cfg_get.core.debug",
    "cfg_get.mine.number",
    "cfg_get.mine.text",
    "cfg_get.mine.text.uri.host",
    "cfg_get.mine.text.nameaddr.uri",
    "sys.server_id",
    "sys.now.local.X",
    "sys.now.utc.Y",
];

/// Selects of textopsx: not known yet where `$sel()` is read outside strings.
const LATE: &[&str] = &[
    "hf_value.x_list",
    "hf_value.X_List[1]",
    "hf_value.x_list[2]",
    "hf_value.x_list[-1]",
    "hf_value.x_list[9]",
    "hf_value.x_addr.uri",
    "hf_value.x_addr[1].uri",
    "hf_value.x_addr[1].uri.port",
    "hf_value.x_addr[1].name",
    "hf_value.x_addr[1].p.p",
    "hf_value.x_addr[1].param.pp",
    "hf_value.x_addr[1].nameaddr.name",
    "hf_value.none",
    "hf_value.none[1]",
    "hf_value_exists.x_list.a",
    "hf_value_exists.x_list.nope",
    "hf_value_exists.none.a",
];

/// Each select as text, as value of an assignment, as a condition and compared.
fn script() -> Setup {
    let mut script = String::from(
        "modparam(\"xlog\", \"buf_size\", 65536)\n\
         mine.number = 5 desc \"a number\"\nmine.text = \"sip:a@b;x=1\" desc \"a text\"\n\
         request_route {\n    route(FENCE);\n    setflag(3);\n    if ($rU == \"fork\") { $du = \"sip:9.9.9.9:1\"; \
         append_branch(\"sip:b1@h1\", \"0.5\"); $du = $null; append_branch(\"\\\"x\\\" <sip:b2@h2>\"); \
         $du = \"sip:8.8.8.8\"; }\n",
    );
    for (n, select) in CORE.iter().chain(LATE).enumerate() {
        let _ = writeln!(script, "    xlog(\"S{n}|{select}|$sel({select})|\\n\");");
        let _ = writeln!(script, "    $avp(r) = $null; $avp(r) = @{select}; xlog(\"L{n}|$avp(r)|\\n\");");
        let _ = writeln!(script, "    if (@{select}) xlog(\"C{n}|true\\n\");");
        let _ = writeln!(script, "    if (@{select} == \"\") xlog(\"C{n}|empty\\n\");");
    }
    script.push_str("    sl_send_reply(\"200\", \"Done\");\n}\n");
    Setup::script(script).arg("-M 64")
}

fn send(world: &mut World) {
    let mut alice = world.udp("alice");
    let full = alice
        .request("INVITE", "sip:bob;p=1:pw@example.com:5066;transport=udp;user=phone;p=2?h=v")
        .set("From", "\"Alice A\" <sip:alice:pw@example.org:5070;x=1>;tag=from-tag;y=\"2 3\"")
        .set("To", "Bob <sip:bob@example.com>;y=3")
        .add("Via", "SIP/2.0/TCP host.example.com:5061;branch=z9hG4bK-2;x=y , SIP/2.0/UDP [::1];branch=z9hG4bK-3 (hi)")
        .set("Contact", "\"C\" <sip:alice@h:9;x=1>;expires=60;q=0.5;methods=\"A,B\";received=\"sip:r\";+sip.instance=\"<urn:u>\"")
        .add("Record-Route", "<sip:rr1@10.0.0.1;lr>;x=1, \"RR2\" <sip:10.0.0.2;lr=on>")
        .add("Refer-To", "\"R\" <sip:ref@h?Replaces=x>;a=b")
        .add("Remote-Party-ID", "\"P\" <sip:rpid@h>;party=calling")
        .add("User-Agent", "tests/1.0 (x)")
        .add("Subject", "hi there")
        .add("Priority", "urgent")
        .add("Organization", "org")
        .add("Date", "Sat, 13 Nov 2010 23:29:00 GMT")
        .add("Expires", "300")
        .add("Event", "presence;id=4")
        .add("Session-Expires", "1800;refresher=uac")
        .add("Min-SE", "90")
        .add("SIP-If-Match", "etag")
        .add("Identity", "\"abc\"")
        .add("Identity-Info", "<https://h>;alg=rsa")
        .add("X-Num", "42")
        .add("X-List", "a, b")
        .add("X-List", "\"c,d\" , <sip:x;y=1>")
        .add("X-Addr", "\"N\" <sip:u@h:7;x=1>;p=1;pp=\"2\"")
        .add(
            "Authorization",
            "Digest username=\"alice@h\", realm=\"realm1\", nonce=\"n1\", uri=\"sip:x\", response=\"0123\", qop=auth",
        )
        .add("Authorization", "Digest username=bob, realm=\"realm2\", nonce=\"n2\", uri=\"sip:y\", response=\"9\"")
        .add("Proxy-Authorization", "Digest username=\"bob\", realm=\"realm2\", nonce=\"n3\", uri=\"sip:y\", response=\"4\"")
        .body("application/sdp", sdp(6000, "sendrecv"));
    alice.send(&full);
    alice.wait_status(200);
    let fork = alice
        .request("INVITE", "sips:fork@[2001:db8::1];lr")
        .set("From", "sips:a@b;tag=1")
        .set("Contact", "sip:a@b;expires=5");
    alice.send(&fork);
    alice.wait_status(200);
    let number = alice
        .request("MESSAGE", "tel:+1234;phone-context=x")
        .set("From", "<tel:+1>;tag=a")
        .set("Contact", "*")
        .body("text/plain", "hello");
    alice.send(&number);
    alice.wait_status(200);
    let broken = alice
        .request("FOO", "sip:h")
        .set("Contact", "<sip:x")
        .add("Record-Route", "garbage")
        .add("X-List", "");
    alice.send(&broken);
    alice.wait_status(200);
}

scenario!(requests, script(), send);

// The real server logs an error for these and starts all the same; the statement never runs.
#[test]
fn refused_at_the_start() {
    for select in [
        "nosuch",
        "from.nosuch",
        "ruri.nosuch",
        "from.uri.user.x",
        "contact[2].uri",
        "method.x",
        "route",
        "branch",
    ] {
        let script = format!("request_route {{\n    route(FENCE);\n    $avp(r) = @{select};\n}}\n");
        let mut server = Server::spawn(Kind::Candidate, &Setup::script(script));
        let status = server.ended_within(patience());
        assert_eq!(status.and_then(|s| s.code()), Some(255), "@{select}");
    }
}
