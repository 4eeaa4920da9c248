//! Every pseudo-variable of the catalog, read on messages of many shapes. What is left out, and why: `pvs.rs`.
#![allow(missing_docs)]

use kamjit_tests::{Setup, World, message::sdp, pvs, scenario};

fn script() -> Setup {
    let show = pvs::show("P", &pvs::formats());
    Setup::script(format!(
        "{}\nroute[SHOW] {{\n    route(GROUND);\n{show}}}\n\
         request_route {{ route(FENCE); xlog(\"request $rc\\n\"); route(SHOW); exit; }}\n\
         reply_route {{ xlog(\"reply $rc\\n\"); route(SHOW); drop; }}\n",
        pvs::GROUND
    ))
}

/// Sends lines as they are; `@SRV@` is the server, `@ME@` the sender, `@PORT@` its port.
fn send(world: &mut World, lines: &[&str], body: &str) {
    let mut alice = world.udp("alice");
    let text = format!("{}\r\n\r\n{body}", lines.join("\r\n"))
        .replace("@SRV@", &world.server.address().to_string())
        .replace("@ME@", &alice.local.to_string())
        .replace("@PORT@", &alice.local.port().to_string())
        .replace("@LENGTH@", &body.len().to_string());
    alice.send_raw(text.as_bytes());
}

macro_rules! shapes {
    ($($name:ident: [$($line:literal),* $(,)?] $body:expr;)*) => {
        $(scenario!($name, script(), |world| send(world, &[$($line),*], &$body));)*
    };
}

fn multipart() -> String {
    let sdp = sdp(6000, "sendrecv");
    format!(
        "--b1\r\nContent-Type: application/sdp\r\n\r\n{sdp}--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1--\r\n"
    )
}

shapes! {
    plain: [
        "INVITE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-1", "Max-Forwards: 70",
        "From: \"Alice A\" <sip:alice:pw@example.org:5070;x=1>;tag=ft;y=2", "To: Bob <sip:bob@example.com>",
        "Call-ID: c1@x", "CSeq: 101 INVITE", "Contact: <sip:alice@@ME@;transport=udp>;expires=60",
        "User-Agent: tests/1.0 (x)", "X-A: 1", "X-A: 2, 3", "Content-Type: application/sdp",
        "Content-Length: @LENGTH@",
    ] sdp(6000, "sendrecv");
    compact: [
        "INVITE sip:bob@example.com;user=phone SIP/2.0", "v: SIP/2.0/UDP @ME@;branch=z9hG4bK-2",
        "f: <sip:al@h>;tag=a", "t: sip:b@h;tag=b", "i: c2", "CSeq: 2 INVITE",
        "m: <sip:a@1.2.3.4>;q=0.5,<sip:b@1.2.3.4:5070>;expires=30", "s: Hello", "k: path, timer",
        "c: text/plain", "x-a: low", "e: gzip", "o: presence", "r: <sip:c@d>", "l: @LENGTH@",
    ] "abcd";
    folded: [
        "OPTIONS sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-3",
        "From:", " \"Al\t B\" <sip:alice@h.org>", "\t;tag=fold", "To: <sip:bob@h.org>", "Call-ID: c3",
        "CSeq: 3 OPTIONS", "Subject: first", " second", "\tthird", "X-A: a", " b", "Contact: <sip:a@b>,",
        " <sip:c@d>", "Content-Length: 0",
    ] "";
    // In a header of several, kamailio gives $hfl(Via) the comma as well: hence one each.
    several_vias_and_routes: [
        "OPTIONS sip:@SRV@ SIP/2.0", "Via: SIP/2.0/UDP @ME@;rport;branch=z9hG4bK-4;i=55;comp=sigcomp",
        "Via: SIP/2.0/TCP 10.0.0.1:5061;branch=z9hG4bKb1;received=9.9.9.9;rport=77",
        "Via: SIP/2.0/TLS host.example.com;branch=z9hG4bKb2;ttl=5;maddr=224.0.0.1",
        "Via: SIP / 2.0 / UDP [2001:db8::1]:5090;branch=z9hG4bKb3;alias", "From: <sip:alice@h.org>;tag=v",
        "To: <sip:bob@h.org>;tag=tt", "Call-ID: c4", "CSeq: 4 OPTIONS",
        "Route: <sip:@SRV@;lr;ftag=v>, <sip:p2.example.com;lr>", "Route: <sip:p3.example.com:5080;lr>;x=y",
        "Record-Route: <sip:rr1;lr>", "Record-Route: <sip:rr2;lr>,<sip:rr3;lr>", "Content-Length: 0",
    ] "";
    upstream: [
        "BYE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-5",
        "From: <sip:alice@h.org>;tag=one", "To: <sip:bob@h.org>;tag=two", "Call-ID: c5", "CSeq: 5 BYE",
        "Route: <sip:@SRV@;lr;ftag=two>", "Content-Length: 0",
    ] "";
    tel: [
        "INVITE tel:+4930123456;phone-context=example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-6",
        "From: <tel:+4912345;isub=1>;tag=tel", "To: <tel:112>", "Call-ID: c6", "CSeq: 5 INVITE",
        "Contact: <tel:+1>", "Content-Length: 0",
    ] "";
    sips_and_star: [
        "MESSAGE sips:bob:secret@example.com:5091;transport=tcp;lr?subject=x&y=z SIP/2.0",
        "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-7", "From: sips:alice@h.org;tag=sips",
        "To: <sips:bob@h.org:99>", "Call-ID: c7", "CSeq: 6 MESSAGE", "Contact: *", "Expires: 0",
        "Content-Type: text/plain;charset=utf-8", "Content-Length: @LENGTH@",
    ] "hi!";
    ipv6: [
        "OPTIONS sip:bob@[2001:db8::7]:5070;transport=sctp SIP/2.0",
        "Via: SIP/2.0/UDP [::1]:5060;branch=z9hG4bK-8;received=127.0.0.1;rport=@PORT@",
        "From: <sip:alice@[::1]>;tag=six", "To: <sip:[2001:DB8::8]>", "Call-ID: c8@[::1]", "CSeq: 7 OPTIONS",
        "Contact: <sip:a@[::1]:5062>", "Content-Length: 0",
    ] "";
    escapes_and_quotes: [
        "INVITE sip:%61lice%40x;phone=1@ex%61mple.com;a=%20b SIP/2.0",
        "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-9",
        "From: \"A \\\"quoted\\\" %41, B\" <sip:al%69ce@h.org>;tag=e%20",
        "To: \"Doe, John; x\" <sip:j%5c@h.org>;tag=1;z=\"q, <r>\"", "Call-ID: %63c9", "CSeq: 8 INVITE",
        "Contact: \"C, D\" <sip:c%20d@h>;q=1.0;x=\"a,b\"", "Content-Length: 0",
    ] "";
    as_little_as_possible: [
        "OPTIONS sip:h SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-10", "From: sip:x;tag=b", "To: sip:y",
        "Call-ID: c10", "CSeq: 9 OPTIONS",
    ] "";
    multipart_body: [
        "INVITE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-11",
        "From: <sip:alice@h.org>;tag=m", "To: <sip:bob@h.org>", "Call-ID: c11", "CSeq: 10 INVITE",
        "MIME-Version: 1.0", "Content-Type: multipart/mixed;boundary=b1", "Content-Length: @LENGTH@",
    ] multipart();
    huge_numbers: [
        "SUBSCRIBE sip:1234567890123456789012345678901234567890@h:65535 SIP/2.0",
        "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-12", "Max-Forwards: 255",
        "From: <sip:99999999999@h.org:1>;tag=h", "To: <sip:0@h.org:0>", "Call-ID: c12",
        "CSeq: 4294967295 SUBSCRIBE", "Expires: 4294967295", "Contact: <sip:a@b>;expires=99999999999",
        "Event: presence", "Content-Length: 0",
    ] "";
    wrapped_expires: [
        "SUBSCRIBE sip:h SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-13", "From: <sip:a@h.org>;tag=h",
        "To: <sip:a@h.org>", "Call-ID: c13", "CSeq: 1 SUBSCRIBE", "Expires: 4294967296", "Content-Length: 0",
    ] "";
    identities: [
        "INVITE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-14",
        "From: \"anon\" <sip:anonymous@anonymous.invalid>;tag=i", "To: <sip:bob@h.org>", "Call-ID: c14",
        "CSeq: 12 INVITE", "P-Asserted-Identity: \"Al, A\" <sip:pai@h.org>, tel:+49301",
        "P-Asserted-Identity: <sip:second@h>",
        "P-Preferred-Identity: \"Pp\" <sip:ppi:x@pp.org:99;a=b>, <tel:+77>",
        "Remote-Party-ID: \"R\" <sip:rpid@h>;party=calling;screen=yes",
        "Diversion: <sip:div@h>;reason=user-busy;privacy=\"full\";counter=3, <sip:div2@h>;reason=x",
        "Diversion: <sip:div3@h>", "Refer-To: \"R\" <sip:refer@h?Replaces=a>",
        "Authorization: Digest username=\"bob@dom.org\", realm=\"h.org\", nonce=\"nn\", uri=\"sip:h\", \
         response=\"rr\", algorithm=MD5, cnonce=\"cc\", opaque=\"oo\", qop=auth, nc=00000001",
        "Content-Length: 0",
    ] "";
    registration: [
        "REGISTER sip:h.org SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-15",
        "From: <sip:alice@h.org>;tag=a", "To: <sip:alice@h.org>", "Call-ID: c15", "CSeq: 13 REGISTER",
        "Proxy-Authorization: Digest username=\"alice\",realm=\"h.org\",nonce=\"n\",uri=\"sip:h.org\",response=\"0123\"",
        "Contact: <sip:a@1.1.1.1>;expires=100;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
        "Contact: \"B\" <sip:a@2.2.2.2>;q=0.3", "Expires: 200", "Content-Length: 0",
    ] "";
    credentials_without_user: [
        "FOOBAR sip:h.org SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-16", "From: <sip:alice@h.org>",
        "To: alice <sip:alice@h.org>", "Call-ID: c16", "CSeq: 14 FOOBAR", "Authorization: Basic Zm9v",
        "Proxy-Authorization: Digest realm=\"x\"", "Contact: sip:bare@h;x=1", "Content-Length: 0",
    ] "";
    broken_headers: [
        "OPTIONS sip:h.org SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-17", "From: <sip:alice@h.org>;tag=b",
        "To: <sip:b@h.org>", "Call-ID: c17", "CSeq: 15 OPTIONS", "Contact: <sip:a@b", "Route: nonsense",
        "P-Asserted-Identity: \"x", "Diversion: ;", "Remote-Party-ID: <>", "Expires: abc", "X-A:",
        "Content-Length: 0",
    ] "";
    broken_uris: [
        "OPTIONS nonsense SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-18", "From: <nonsense>;tag=b",
        "To: <sip:@h.org>", "Call-ID: c18", "CSeq: 16 OPTIONS", "Content-Length: 0",
    ] "";
    cancel_of_nothing: [
        "CANCEL sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-19", "Max-Forwards: 70",
        "From: <sip:alice@h>;tag=c", "To: Bob <sip:bob@example.com>", "Call-ID: c19", "CSeq: 101 CANCEL",
        "Content-Length: 0",
    ] "";
    ack_with_tag: [
        "ACK sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bK-20", "From: <sip:a@b>;tag=1",
        "To: <sip:bob@h.org>;tag=2", "Call-ID: c20", "CSeq: 18 ACK", "Content-Length: 0",
    ] "";
    provisional_reply: [
        "SIP/2.0 183 Session  Progress", "Via: SIP/2.0/UDP @SRV@;branch=z9hG4bK-21",
        "Via: SIP/2.0/UDP @ME@;branch=z9hG4bKz;rport=@PORT@;received=127.0.0.1", "From: <sip:a@b>;tag=1",
        "To: \"B\" <sip:bob@h.org>;tag=2", "Call-ID: c21", "CSeq: 19 INVITE", "Contact: <sip:b@c>",
        "Record-Route: <sip:x;lr>", "Server: srv", "X-A: reply", "Content-Length: 0",
    ] "";
    final_reply: [
        "SIP/2.0 200   OK  ", "v: SIP/2.0/UDP @SRV@;branch=z9hG4bK-22", "v: SIP/2.0/UDP @ME@;branch=z9hG4bKz",
        "f: sip:a@b;tag=1", "t: sip:bob@h.org", "i: c22", "CSeq: 20 REGISTER", "l: 0",
    ] "";
    reply_without_reason: [
        "SIP/2.0 404 ", "Via: SIP/2.0/UDP @SRV@;branch=z9hG4bK-23", "Via: SIP/2.0/UDP @ME@;branch=z9hG4bKz",
        "From: <sip:a@b>;tag=1", "To: <sip:bob@h.org>;tag=3", "Call-ID: c23", "CSeq: 20 OPTIONS",
        "Content-Length: 0",
    ] "";
}

scenario!(over_ipv6, script().with_ipv6(), |world| {
    let mut alice = world.udp6("alice");
    let request = alice.request("INFO", "sip:bob@[::1]:5070").add("X-A", "six");
    alice.send(&request);
});

scenario!(over_tcp, script().with_tcp(), |world| {
    let mut alice = world.tcp("alice");
    // The port of the connection is no agent's: give it a name.
    let local = alice.connect();
    world.recorder.name_port(local.port(), "connection");
    let request = alice.request("INFO", "sip:bob@127.0.0.1;transport=tcp").add("X-A", "stream");
    alice.send(&request);
    world.server.wait_log("$(ulc(p=>count))");
});
