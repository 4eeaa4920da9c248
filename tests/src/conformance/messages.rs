//! Messages in many shapes.

use super::generator::Gen;
use crate::message::{Message, sdp};

/// The message of cases that are not about messages. `@CALLER@` and the like become ports when it is sent.
pub fn common(id: &str) -> Message {
    Message::request("MESSAGE", "sip:bob;p=1@127.0.0.1:@SINK@;transport=udp;user=phone?h=v")
        .add("Via", format!("SIP/2.0/UDP 127.0.0.1:@CALLER@;branch=z9hG4bK-{id}"))
        .add("Max-Forwards", "70")
        .add("From", "\"Alice A\" <sip:alice:pw@example.org:5070;x=1>;tag=from-tag;y=2")
        .add("To", "Bob <sip:bob@example.com>")
        .add("Call-ID", id)
        .add("CSeq", "7 MESSAGE")
        .add("Contact", "<sip:alice@127.0.0.1:@CALLER@>")
        .add("User-Agent", "tests/1.0 (x)")
        .add("X-Num", "42")
        .add("X-List", "a, b")
        .add("X-List", "c")
        .body("application/sdp", sdp(6000, "sendrecv"))
}

const USERS: &[&str] = &[
    "bob",
    "alice",
    "+49.30-1(2)3",
    "a%20b",
    "a;p=1",
    "u:pw",
    "123456",
    "x&y=z",
    "B_o!b~*'",
    "%",
    "",
    "a.b-c",
];
const HOSTS: &[&str] =
    &["example.com", "127.0.0.1", "[::1]", "EXAMPLE.org", "sub-1.example.com", "10.0.0.1", "h"];
const PARAMETERS: &[&str] = &[
    "transport=tcp",
    "transport=UDP",
    "user=phone",
    "lr",
    "lr=on",
    "maddr=127.0.0.1",
    "ttl=5",
    "method=INVITE",
    "p",
    "p=",
    "p=v",
    "gr=urn:x",
    "x=%41",
    "r2=on",
    "ob",
    "alias=1.2.3.4~5060~1",
];
const DISPLAYS: &[&str] =
    &["", "Bob ", "\"Bob B\" ", "\"B, o <b>\" ", "\"q\\\"q\" ", "Bob  van B ", "\"\" ", "B\u{f6}b "];

/// A URI, of scheme sip: mostly.
pub fn uri(g: &mut Gen) -> String {
    if g.percent(8) {
        return g
            .pick(&[
                "tel:+4930123",
                "tel:123;phone-context=+49",
                "sips:bob@example.com",
                "mailto:a@b.c",
                "urn:service:sos",
                "sip:h",
                "sip:@h",
            ])
            .into();
    }
    let mut out = String::from("sip:");
    if g.percent(85) {
        out.push_str(g.pick(USERS));
        out.push('@');
    }
    out.push_str(g.pick(HOSTS));
    if g.percent(40) {
        out.push_str(g.pick(&[":5060", ":5061", ":1", ":65535", ":15060"]));
    }
    for _ in 0..g.below(4) {
        out.push(';');
        out.push_str(g.pick(PARAMETERS));
    }
    if g.percent(10) {
        out.push_str(g.pick(&["?h=v", "?a=b&c=d", "?Route=%3Csip:x%3E"]));
    }
    out
}

/// A From, To or Contact value.
pub fn name_addr(g: &mut Gen, tag: Option<&str>) -> String {
    let mut out = if g.percent(12) {
        let plain = uri(g);
        plain.split([';', '?']).next().unwrap_or_default().to_owned()
    } else {
        format!("{}<{}>", g.pick(DISPLAYS), uri(g))
    };
    if let Some(tag) = tag {
        out.push_str(&format!(";tag={tag}"));
    }
    if g.percent(20) {
        out.push_str(g.pick(&[";x=1", ";q=0.5", ";expires=60", ";y", ";z=\"a;b\"", " ; sp = 1"]));
    }
    out
}

/// Whether the header can be written in the compact form, and which.
fn compact(name: &str) -> Option<&'static str> {
    Some(match name {
        "Via" => "v",
        "From" => "f",
        "To" => "t",
        "Call-ID" => "i",
        "Contact" => "m",
        "Content-Type" => "c",
        "Content-Length" => "l",
        "Supported" => "k",
        "Subject" => "s",
        _ => return None,
    })
}

const MORE: &[(&str, &str)] = &[
    ("Supported", "path, 100rel"),
    ("Supported", "timer"),
    ("Require", "x-none"),
    ("Allow", "INVITE, ACK,BYE , CANCEL"),
    ("Event", "presence;id=1"),
    ("Expires", "3600"),
    ("Expires", " 0 "),
    ("Subject", "Hi there, \"you\""),
    ("Diversion", "<sip:div@example.com>;reason=unconditional;privacy=off"),
    ("P-Asserted-Identity", "\"P\" <sip:pai@example.com>"),
    ("P-Asserted-Identity", "<tel:+123>"),
    ("P-Preferred-Identity", "<sip:ppi@example.com:5070>, <tel:+1>"),
    ("Remote-Party-ID", "\"R\" <sip:rpid@example.com>;party=calling;privacy=full"),
    ("Refer-To", "<sip:refer@example.com?Replaces=1>"),
    ("Privacy", "id;user"),
    ("Accept", "application/sdp, text/*"),
    ("Accept-Language", "de"),
    (
        "Authorization",
        "Digest username=\"alice\", realm=\"example.org\", nonce=\"abc\", uri=\"sip:x\", response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c\", qop=auth, nc=00000001, opaque=\"o\"",
    ),
    (
        "Proxy-Authorization",
        "Digest username=\"bob@example.net\", realm=\"r\", nonce=\"n\", uri=\"sip:y\", response=\"0123456789abcdef0123456789abcdef\"",
    ),
    ("Organization", ""),
    ("X-Empty", ""),
    ("X-Sp", "  spaces  in  "),
    ("X-List", "a, b;p=1, \"c,d\", <sip:e>"),
    ("X-Num", "42"),
    ("X-Num", "-7"),
    ("x-num", "0x1f"),
    ("X-Long-Header-Name-That-Goes-On", "v"),
    ("Record-Route", "<sip:1.2.3.4;lr;ftag=x>"),
    ("Route", "<sip:9.9.9.9;lr>, <sip:8.8.8.8>"),
    ("Path", "<sip:7.7.7.7;lr>"),
    ("Identity", "abc"),
    ("Session-Expires", "1800;refresher=uac"),
    ("Min-SE", "90"),
    ("Reason", "SIP;cause=200;text=\"x\""),
    ("Server", "srv/1"),
];

/// A request in any shape that both servers can read.
pub fn any(g: &mut Gen) -> Message {
    let method = g.pick(&[
        "MESSAGE",
        "INVITE",
        "SUBSCRIBE",
        "PUBLISH",
        "INFO",
        "REFER",
        "UPDATE",
        "BYE",
        "REGISTER",
        "NOTIFY",
        "FOO",
    ]);
    let target = if g.percent(50) { "sip:bob@127.0.0.1:@SINK@".to_owned() } else { uri(g) };
    let mut message = Message::request(method, &target);
    let id = g.id();
    let mut top = format!("SIP/2.0/UDP 127.0.0.1:@CALLER@;branch=z9hG4bK-{id}");
    if g.percent(30) {
        top.push_str(g.pick(&[";rport", ";alias", ";x=1;y", " (comment)", ";rport;i=5", ";ttl=3"]));
    }
    message = message.add("Via", top);
    if g.percent(30) {
        message = message.add(
            "Via",
            g.pick(&[
                "SIP/2.0/TCP 10.1.1.1:5061;branch=z9hG4bKsecond;received=1.1.1.1;rport=5",
                "SIP/2.0/TLS host.example.com;branch=z9hG4bKs, SIP/2.0/UDP third:1;branch=old",
                "SIP / 2.0 / UDP  [::1]:5060 ;branch=b",
            ]),
        );
    }
    if g.percent(85) {
        message = message.add("Max-Forwards", g.pick(&["70", "0", "1", "255", "007"]));
    }
    let to_tag = g.percent(30).then_some("to-tag");
    let (from, to) = (name_addr(g, Some("from-tag")), name_addr(g, to_tag));
    let number = g.pick(&["1", "7", "0", "2147483647", "0012", "65536"]);
    message =
        message.add("From", from).add("To", to).add("Call-ID", id).add("CSeq", format!("{number} {method}"));
    for _ in 0..g.below(3) {
        let contact = if g.percent(5) { "*".into() } else { name_addr(g, None) };
        message = message.add("Contact", contact);
    }
    if g.percent(60) {
        message = message.add("User-Agent", "tests/1.0 (x)");
    }
    for _ in 0..g.below(5) {
        let (name, value) = *g.choose(MORE);
        message = message.add(name, value);
    }
    message = body(g, message);
    for header in &mut message.headers {
        if g.percent(12)
            && let Some(short) = compact(&header.0)
        {
            header.0 = short.into();
        } else if g.percent(5) {
            header.0 = if g.percent(50) { header.0.to_uppercase() } else { header.0.to_lowercase() };
        }
        let foldable = ["Allow", "Accept", "Supported", "X-List"].contains(&header.0.as_str());
        if foldable && g.percent(20) && header.1.contains(", ") {
            header.1 = header.1.replacen(", ", ",\r\n ", 1);
        }
    }
    message
}

fn body(g: &mut Gen, message: Message) -> Message {
    match g.below(6) {
        0 | 1 => message.body("application/sdp", sdp(6000, "sendrecv")),
        2 => message.body("text/plain; charset=utf-8", "Hello\r\nWorld\r\n"),
        3 => message.body(
            "multipart/mixed;boundary=xyz",
            "--xyz\r\nContent-Type: text/plain\r\n\r\none\r\n--xyz\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--xyz--\r\n",
        ),
        4 => message.add("Content-Length", "0"),
        _ => message,
    }
}
