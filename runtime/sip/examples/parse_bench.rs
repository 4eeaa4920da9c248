//! Parses one 1.2 kB INVITE many times: for `valgrind --tool=callgrind` (divide by the count) or the clock.
//! Usage: `parse_bench [count] [parse|getters|forward|reply]`.

use bumpalo::Bump;
use kamjit_sip::build::{self, ReplyOut, RequestOut, Source, ViaOut};
use kamjit_sip::{Edits, Message, Proto, Uri};

const INVITE: &[u8] = include_bytes!("invite.sip");

fn main() {
    let mut args = std::env::args().skip(1);
    let count: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let what = args.next().unwrap_or_else(|| "parse".into());
    let mut arena = Bump::with_capacity(64 << 10);
    let mut out = Vec::with_capacity(4096);
    let mut sum = 0;
    let begin = std::time::Instant::now();
    for _ in 0..count {
        arena.reset();
        out.clear();
        let m = Message::parse(&arena, std::hint::black_box(INVITE)).expect("valid");
        let source = Some(Source { ip: b"192.0.2.4", port: 5060, force_rport: false });
        match what.as_str() {
            "getters" => {
                sum += m.from().map_or(0, |f| f.uri.len())
                    + m.max_forwards().map_or(0, |v| v.unwrap_or(0) as usize);
                sum += m.contacts().is_ok() as usize + m.routes().is_ok() as usize;
                sum += Uri::parse(m.request_uri().unwrap_or(b"")).map_or(0, |u| u.host.len());
            }
            "forward" => {
                let edits = Edits::new(&arena);
                edits.prepend_header(m, b"Record-Route: <sip:192.0.2.1;lr;ftag=88asd7>\r\n");
                let via = ViaOut {
                    proto: Proto::Udp,
                    host: b"192.0.2.1",
                    port: 5060,
                    branch: b"z9hG4bK1.2.0",
                    params: b"",
                };
                let how =
                    RequestOut { uri: Some(b"sip:bob@192.0.2.9:5062"), via, source, path: b"", hop: None };
                build::request(m, &edits, &how, &mut out);
                sum += out.len();
            }
            "reply" => {
                let how = ReplyOut {
                    code: 404,
                    reason: b"Not Found",
                    to_tag: Some(b"2580992359066b42b513252e6d502cf5.4a9f1b5c"),
                    source,
                    server: Some(b"Server: kamailio (5.6.3 (x86_64/linux))"),
                    headers: b"",
                };
                build::reply(m, &Edits::new(&arena), &how, &mut out);
                sum += out.len();
            }
            _ => sum += m.headers().len(),
        }
    }
    let ns = begin.elapsed().as_nanos() as usize / count.max(1);
    println!("{what}: {} bytes, {ns} ns each, check {}", INVITE.len(), sum / count.max(1));
}
