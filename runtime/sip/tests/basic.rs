//! The message API on a call's first request.

use bumpalo::Bump;
use kamjit_sip::build::{self, ReplyOut, RequestOut, Source, ViaOut};
use kamjit_sip::edit::ReplyPart;
use kamjit_sip::{Contacts, Edits, HeaderKind, Message, Method, ParseError, Proto};

const INVITE: &[u8] = b"INVITE sip:bob@example.com SIP/2.0\r\n\
Via: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bKabc\r\n\
Max-Forwards: 70\r\n\
f: \"Alice\" <sip:alice@example.com>;tag=1\r\n\
To: <sip:bob@example.com>\r\n\
i: c1@h\r\n\
CSeq: 7 INVITE\r\n\
Contact: <sip:alice@10.0.0.9:5070>;q=0.5,\r\n <sip:alice@10.0.0.8>\r\n\
X-Odd: a\r\n\
Content-Type: text/plain\r\n\
Content-Length: 4\r\n\
\r\n\
body";

fn lines(out: &[u8]) -> String {
    String::from_utf8_lossy(out).replace("\r\n", "\n")
}

#[test]
fn getters() {
    let arena = Bump::new();
    let m = Message::parse(&arena, INVITE).unwrap();
    assert_eq!(m.method(), Method::INVITE);
    assert_eq!(m.request_uri(), Some(&b"sip:bob@example.com"[..]));
    assert_eq!(m.via(0).unwrap().branch, Some(&b"z9hG4bKabc"[..]));
    assert_eq!(m.from().unwrap().tag, Some(&b"1"[..]));
    assert_eq!(m.to().tag, None);
    assert_eq!((m.cseq().number, m.call_id()), (7, &b"c1@h"[..]));
    assert_eq!(m.max_forwards(), Some(Ok(70)));
    let Ok(Contacts::List(list)) = m.contacts() else { panic!() };
    assert_eq!(list.len(), 2);
    assert_eq!(list[1].uri, b"sip:alice@10.0.0.8");
    assert_eq!(m.headers_named(b"x-odd").next().unwrap().value, b"a");
    assert_eq!(m.headers_named(b"F").count(), 1);
    assert_eq!(m.body(), b"body");
    assert_eq!(m.header(HeaderKind::ContentType).unwrap().value, b"text/plain");
}

#[test]
fn dropped() {
    let arena = Bump::new();
    assert_eq!(Message::parse(&arena, b"\r\n\r\n").err(), Some(ParseError::Empty));
    assert_eq!(Message::parse(&arena, b"").err(), Some(ParseError::Empty));
    assert_eq!(Message::parse(&arena, b"GET / HTTP/1.1\r\n\r\n").err(), Some(ParseError::FirstLine));
    assert_eq!(
        Message::parse(&arena, b"OPTIONS sip:a SIP/2.0\r\n\r\n").err(),
        Some(ParseError::Header(HeaderKind::Via))
    );
}

#[test]
fn forwarded_request() {
    let arena = Bump::new();
    let m = Message::parse(&arena, INVITE).unwrap();
    let edits = Edits::new(&arena);
    edits.append_header(m, b"X-One: 1\r\n");
    edits.append_header(m, b"X-Two: 2\r\n");
    edits.prepend_header(m, b"Record-Route: <sip:10.0.0.1;lr>\r\n");
    edits.remove_header(m.headers_named(b"X-Odd").next().unwrap());
    let mf = m.header(HeaderKind::MaxForwards).unwrap();
    edits.replace(m.offset_of(mf.value).unwrap(), mf.value.len(), b"69");
    edits.replace(m.body_offset(), 4, b"longer body");
    let how = RequestOut {
        uri: Some(b"sip:bob@10.0.0.2"),
        via: ViaOut {
            proto: Proto::Udp,
            host: b"10.0.0.1",
            port: 5060,
            branch: b"z9hG4bK1.2.0",
            params: b"",
        },
        source: Some(Source { ip: b"10.0.0.7", port: 5071, force_rport: false }),
        path: b"",
        hop: None,
    };
    let thawed = edits.freeze().thaw(&arena);
    for edits in [&edits, &thawed] {
        let mut out = Vec::new();
        build::request(m, edits, &how, &mut out);
        assert_eq!(
            lines(&out),
            "INVITE sip:bob@10.0.0.2 SIP/2.0\n\
             Record-Route: <sip:10.0.0.1;lr>\n\
             Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1.2.0\n\
             Via: SIP/2.0/UDP 10.0.0.9:5070;received=10.0.0.7;rport=5071;branch=z9hG4bKabc\n\
             Max-Forwards: 69\n\
             f: \"Alice\" <sip:alice@example.com>;tag=1\n\
             To: <sip:bob@example.com>\n\
             i: c1@h\n\
             CSeq: 7 INVITE\n\
             Contact: <sip:alice@10.0.0.9:5070>;q=0.5,\n <sip:alice@10.0.0.8>\n\
             Content-Type: text/plain\n\
             Content-Length: 11\n\
             X-One: 1\n\
             X-Two: 2\n\
             \n\
             longer body"
        );
    }
}

#[test]
fn replies() {
    let arena = Bump::new();
    let m = Message::parse(&arena, INVITE).unwrap();
    let edits = Edits::new(&arena);
    edits.add_to_replies(ReplyPart::Header, b"X-R: 1\r\n");
    let how = ReplyOut {
        code: 404,
        reason: b"Not Found",
        to_tag: Some(b"abc"),
        source: Some(Source { ip: b"10.0.0.9", port: 5071, force_rport: false }),
        server: Some(b"Server: kamailio (5.6.3 (x86_64/linux))"),
        headers: b"",
    };
    let mut out = Vec::new();
    build::reply(m, &edits, &how, &mut out);
    assert_eq!(
        lines(&out),
        "SIP/2.0 404 Not Found\n\
         Via: SIP/2.0/UDP 10.0.0.9:5070;rport=5071;branch=z9hG4bKabc;received=10.0.0.9\n\
         f: \"Alice\" <sip:alice@example.com>;tag=1\n\
         To: <sip:bob@example.com>;tag=abc\n\
         i: c1@h\n\
         CSeq: 7 INVITE\n\
         X-R: 1\n\
         Server: kamailio (5.6.3 (x86_64/linux))\n\
         Content-Length: 0\n\n"
    );
    let reply = arena.alloc_slice_copy(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c\r\nFrom: <sip:a@b>\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n");
    let r = Message::parse(&arena, reply).unwrap();
    assert_eq!(r.status(), Some(200));
    let mut out = Vec::new();
    build::reply_forward(r, &Edits::new(&arena), None, &mut out);
    assert!(
        lines(&out).starts_with("SIP/2.0 200 OK\nVia: SIP/2.0/UDP b\nVia: SIP/2.0/UDP c\nFrom"),
        "{}",
        lines(&out)
    );
}
