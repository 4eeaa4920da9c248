//! Damaged messages: nothing panics, every slice lies inside the message, edits and writers keep going.

use bumpalo::Bump;
use kamjit_sip::build::{self, ReplyOut, RequestOut, Source, ViaOut};
use kamjit_sip::{Edits, Message, NameAddr, Proto, Uri, edit};

/// xorshift: a fixed seed makes every run the same.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

const SEEDS: [&[u8]; 3] = [
    b"INVITE sip:bob:pw@example.com:5070;transport=tcp?x=y SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bKabc (c)\r\n\
Via: SIP/2.0/TCP [::1]:7 ; received = 1.1.1.1, SIP/2.0/UDP b;rport=\"x\"\r\nMax-Forwards: 70\r\nf: \"A, \\\"<\" <sip:a@b;x=y>;tag=1\r\n\
To: <sip:bob@example.com>;a=\"b;c\"\r\ni: c1@h\r\nCSeq: 7 INVITE\r\nContact: \"x\" <sip:a@h>;q=0.5,\r\n <sip:b@h>;expires=3\r\n\
Route: <sip:1.1.1.1;lr>, <sip:2.2.2.2;lr>\r\nRecord-Route: <sip:3.3.3.3;lr>\r\nContent-Length: 4\r\n\r\nbody",
    b"\r\nSIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b\r\nFrom: tel:+1;tag=2\r\nt: x y <urn:service:sos>\r\nCall-ID: z\r\nCSeq: 1 BYE\r\n\r\n",
    b"REGISTER sip:[::1] SIP/2.0\nVia: SIP/2.0/TLS h\nFrom: sip:a@b;tag=2\nTo: sip:a@b\nCall-ID: z\nCSeq: 1 REGISTER\nContact: *\nPath: <sip:p;lr>\n\n",
];

const BYTES: &[u8] = b"\r\n \t;,<>\"\\@:=?()[]%*/\x00\xffaV0";

fn mutate(r: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut m = seed.to_vec();
    for _ in 0..=r.next(6) {
        let at = r.next(m.len());
        match r.next(5) {
            0 => m.insert(at, BYTES[r.next(BYTES.len())]),
            1 if !m.is_empty() => m[at] = BYTES[r.next(BYTES.len())],
            2 if !m.is_empty() => drop(m.remove(at)),
            3 => m.truncate(at),
            _ => {
                let to = (at + r.next(40)).min(m.len());
                let part = m[at.min(to)..to].to_vec();
                let here = r.next(m.len());
                m.splice(here..here, part);
            }
        }
    }
    m
}

fn exercise(arena: &Bump, bytes: &[u8], r: &mut Random) {
    let bytes: &[u8] = arena.alloc_slice_copy(bytes);
    let _ = Uri::parse(bytes);
    let _ = NameAddr::parse(bytes);
    let Ok(m) = Message::parse(arena, bytes) else { return };
    for h in m.headers() {
        assert!(m.offset_of(h.value).is_some() && h.end() <= bytes.len());
        let _ = (Uri::parse(h.value), NameAddr::parse(h.value), NameAddr::parse_strict(h.value));
    }
    let _ = (
        m.from().map(|f| f.params().count()),
        m.contacts().is_ok(),
        m.routes().is_ok(),
        m.record_routes().is_ok(),
    );
    let _ = (m.paths().is_ok(), m.expires(), m.max_forwards(), m.content_length(), m.body());
    let edits = Edits::new(arena);
    for _ in 0..r.next(6) {
        let (at, len) = (r.next(bytes.len() + 1), r.next(30));
        let anchor = if r.next(2) == 0 { edits.anchor(at) } else { edits.delete(at, len) };
        edits.insert_before(anchor, b"<b>");
        edits.insert_after(anchor, b"<a>");
    }
    edits.append_header(m, b"X-New: 1\r\n");
    let source = Some(Source { ip: b"192.0.2.1", port: 9, force_rport: r.next(2) == 0 });
    let via = ViaOut { proto: Proto::Tcp, host: b"h", port: 5060, branch: b"z9hG4bK1", params: b"" };
    let mut out = Vec::new();
    build::request(
        m,
        &edits,
        &RequestOut { uri: Some(b"sip:new"), via, source, path: b"<sip:p>", hop: None },
        &mut out,
    );
    let how = ReplyOut { code: 200, reason: b"OK", to_tag: Some(b"t"), source, server: None, headers: b"" };
    build::reply(m, &edits, &how, &mut out);
    build::reply_forward(m, &edits.freeze().thaw(arena), None, &mut out);
    build::local_cancel(m, &[], b"", &mut out);
    build::local_ack(m, m, &[b"X-"], &mut out);
    let _ = edit::apply(m, &edits, None, None, arena);
}

#[test]
fn damaged_messages_never_panic() {
    let mut r = Random(0x5eed_1234_5678_9abc);
    let mut arena = Bump::new();
    for round in 0..30_000 {
        arena.reset();
        let bytes = mutate(&mut r, SEEDS[round % SEEDS.len()]);
        exercise(&arena, &bytes, &mut r);
    }
}

#[test]
fn size_of_what_a_message_needs_is_bounded() {
    let mut arena = Bump::new();
    for unit in [&b"a:\n"[..], b"Via: SIP/2.0/UDP a\n", b"v:SIP/2.0/UDP a,", b";a", b"Contact: <sip:a>,"] {
        let bytes = [
            &b"BYE sip:a SIP/2.0\nFrom: sip:a\nTo: sip:a\nCall-ID: 1\nCSeq: 1 BYE\n"[..],
            &unit.repeat(65_000 / unit.len()),
        ]
        .concat();
        arena.reset();
        exercise(&arena, &bytes, &mut Random(7));
        assert!(arena.allocated_bytes() < 64 << 20, "{} bytes", arena.allocated_bytes());
    }
}
