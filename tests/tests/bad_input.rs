//! What no phone should send: torture messages, truncated, oversized and random datagrams, broken streams. Replies or
//! silence as the real server; the process lives, its memory stays flat, and good calls go on.
#![allow(missing_docs)]

use kamjit_tests::call::{call, exchange, two_phones};
use kamjit_tests::noise::Noise;
use kamjit_tests::{Agent, Kind, LogRule, Message, Server, Setup, World, patience, scenario, sdp};
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// A plain OPTIONS to the server with the headers that a test wants to spoil.
fn options(port: u16) -> String {
    format!(
        "OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;rport;branch=z9hG4bK-bad\r\n\
         Max-Forwards: 70\r\nFrom: \"A\" <sip:alice@127.0.0.1>;tag=from\r\nTo: <sip:bob@127.0.0.1>\r\n\
         Call-ID: bad-input@127.0.0.1\r\nCSeq: 7 OPTIONS\r\nContact: <sip:alice@127.0.0.1:5999>\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// Sends one after the other; whatever comes back is recorded.
fn send_all(world: &mut World, messages: &[Vec<u8>]) {
    let mut alice = world.udp("alice");
    for message in messages {
        alice.send_raw(message);
        world.fence();
    }
}

/// Replaces parts of the plain OPTIONS.
fn spoiled(world: &mut World, changes: &[(&str, &str)]) {
    let plain = options(world.server.port.number);
    let messages: Vec<Vec<u8>> = changes
        .iter()
        .enumerate()
        .map(|(n, (from, to))| {
            assert!(plain.contains(from), "{from:?} is not in the message");
            plain.replace(from, to).replace("-input@", &format!("-{n}@")).into_bytes()
        })
        .collect();
    send_all(world, &messages);
}

scenario!(start_lines, Setup::stock().any_order(), |world| {
    spoiled(
        world,
        &[
            ("OPTIONS sip", "\r\n\r\nOPTIONS sip"),
            ("OPTIONS sip", " OPTIONS sip"),
            ("OPTIONS sip", "OPTIONS  sip"),
            ("OPTIONS sip", "OPTIONS\tsip"),
            ("SIP/2.0\r\nVia", "SIP/2.1\r\nVia"),
            ("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"),
            ("SIP/2.0\r\nVia", "HTTP/1.1\r\nVia"),
            (" SIP/2.0\r\nVia", "\r\nVia"),
            (" SIP/2.0\r\nVia", " SIP/2.0 \r\nVia"),
            (" SIP/2.0\r\nVia", " SIP/2.0\nVia"),
            ("OPTIONS sip", "!interesting-Method0123456789_*+`.%indeed'~ sip"),
            ("OPTIONS sip", "OPTI(NS sip"),
            ("OPTIONS sip:", "OPTIONS "),
            ("OPTIONS sip:", "OPTIONS sip:a b@"),
            ("OPTIONS sip:", "OPTIONS <sip:"),
            ("OPTIONS sip:", "OPTIONS nobodyKnowsThisScheme:"),
            ("OPTIONS sip:", "OPTIONS sip:%"),
            ("OPTIONS sip:", "OPTIONS sip:sip%3Auser%40example.com@"),
            ("OPTIONS sip:", "OPTIONS sip::@"),
            ("OPTIONS sip:127.0.0.1", "OPTIONS sip:[::1"),
            ("OPTIONS sip:127.0.0.1", "OPTIONS sip:999.999.999.999"),
        ],
    );
});

scenario!(mandatory_headers, Setup::stock().any_order(), |world| {
    spoiled(
        world,
        &[
            ("To: <sip:bob@127.0.0.1>\r\n", ""),
            ("From: \"A\" <sip:alice@127.0.0.1>;tag=from\r\n", ""),
            ("Call-ID: bad-input@127.0.0.1\r\n", ""),
            ("CSeq: 7 OPTIONS\r\n", ""),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999;rport;branch=z9hG4bK-bad\r\n", ""),
            ("Max-Forwards: 70\r\n", ""),
            ("Content-Length: 0\r\n", ""),
            ("To: <sip:bob@127.0.0.1>\r\n", "To: <sip:bob@127.0.0.1>\r\nTo: <sip:x@y>\r\n"),
            ("CSeq: 7 OPTIONS\r\n", "CSeq: 7 OPTIONS\r\nCSeq: 8 OPTIONS\r\n"),
            ("Call-ID: bad", "Call-ID: one\r\nCall-ID: bad"),
            ("Max-Forwards: 70\r\n", "Max-Forwards: 70\r\nMax-Forwards: 5\r\n"),
            ("CSeq: 7 OPTIONS", "CSeq: 7 INVITE"),
            ("CSeq: 7 OPTIONS", "CSeq: 36893488147419103232 OPTIONS"),
            ("CSeq: 7 OPTIONS", "CSeq: 4294967295 OPTIONS"),
            ("CSeq: 7 OPTIONS", "CSeq: -7 OPTIONS"),
            ("CSeq: 7 OPTIONS", "CSeq: OPTIONS"),
            ("CSeq: 7 OPTIONS", "CSeq: 7"),
            ("CSeq: 7 OPTIONS", "CSeq:    0007\t  OPTIONS  "),
            ("CSeq: 7 OPTIONS", "CSeq: 7\r\n OPTIONS"),
            ("CSeq: 7 OPTIONS", "CSeq:"),
            ("Content-Length: 0", "Content-Length: -1"),
            ("Content-Length: 0", "Content-Length: 99999999999"),
            ("Content-Length: 0", "Content-Length: 10"),
            ("Content-Length: 0", "Content-Length: abc"),
            ("Content-Length: 0", "Content-Length: 0, 0"),
            ("Content-Length: 0", "l: 0"),
        ],
    );
});

scenario!(header_syntax, Setup::stock().any_order(), |world| {
    spoiled(
        world,
        &[
            ("To: <", "To : <"),
            ("To: <", "To\t:\r\n <"),
            ("To: <", "TO:<"),
            ("To: <sip:bob@127.0.0.1>", "t: sip:bob@127.0.0.1"),
            ("To: <sip:bob@127.0.0.1>", "To: <sip:bob@127.0.0.1"),
            ("To: <sip:bob@127.0.0.1>", "To: sip:bob@127.0.0.1>"),
            ("To: <sip:bob@127.0.0.1>", "To: \"unterminated <sip:bob@127.0.0.1>"),
            ("To: <sip:bob@127.0.0.1>", "To: "),
            ("To: <sip:bob@127.0.0.1>", "To: <>"),
            ("To: <sip:bob@127.0.0.1>", "To: <sip:bob@127.0.0.1>;tag="),
            ("To: <sip:bob@127.0.0.1>", "To: <sip:bob@127.0.0.1> ; tag = x ; y"),
            ("To: <sip:bob@127.0.0.1>", "To: *"),
            ("From: \"A\" <sip:alice@127.0.0.1>;tag=from", "From: sip:alice@127.0.0.1?x=y;tag=from"),
            ("From: \"A\" <sip:alice@127.0.0.1>;tag=from", "From: <sip:alice@127.0.0.1>"),
            ("From: \"A\"", "From: Unquoted, with comma"),
            ("From: \"A\"", "From: \"\\\"\\\\\""),
            ("From: \"A\"", "From: \"\u{e4}\u{20ac}\u{1f600}\""),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/UDP"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/XYZ 127.0.0.1:5999"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/TCP 127.0.0.1:5999"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/3.0/UDP 127.0.0.1:5999"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/UDP 127.0.0.1:99999"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/UDP 127.0.0.1:"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: SIP/2.0/UDP :5999"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "Via: garbage"),
            ("Via: SIP/2.0/UDP 127.0.0.1:5999", "v:\r\n\tSIP  / 2.0\r\n / UDP 127.0.0.1:5999"),
            ("branch=z9hG4bK-bad", "branch"),
            ("branch=z9hG4bK-bad", "branch="),
            ("branch=z9hG4bK-bad", "branch=\"z9hG4bK-bad\""),
            (";rport;branch=z9hG4bK-bad", ";rport=abc;branch=z9hG4bK-bad"),
            (";rport;branch=z9hG4bK-bad", ";;;"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "Contact: <sip:alice@127.0.0.1:5999"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "Contact: *"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "Contact:"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "No colon here"),
            ("Contact: <sip:alice@127.0.0.1:5999>", ": no name"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "X-Odd\0: x"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "X-Odd: \u{1}\u{7f}"),
            ("Contact: <sip:alice@127.0.0.1:5999>", "X: folded\r\n \r\n\t\r\n more"),
            ("Max-Forwards: 70", "Require: nothing, something"),
            ("Max-Forwards: 70", "Proxy-Require: nothing, something"),
            ("Max-Forwards: 70", "Expires: 99999999999"),
            ("Max-Forwards: 70", "Date: Fri, 01 Jan 2010 16:00:00 EST"),
            ("Max-Forwards: 70", "Route: <sip:x"),
            ("Max-Forwards: 70", "Authorization: NoOneKnowsThisScheme opaque"),
            ("\r\n\r\n", "\r\n"),
            ("\r\n\r\n", ""),
        ],
    );
    let bare = options(world.server.port.number).replace("\r\n", "\n");
    send_all_as(world, "bare", &[bare.into_bytes()]);
});

/// Like [`send_all`], from an agent of another name.
fn send_all_as(world: &mut World, name: &str, messages: &[Vec<u8>]) {
    let mut agent = world.udp(name);
    for message in messages {
        agent.send_raw(message);
        world.fence();
    }
}

scenario!(replies_nobody_asked_for, Setup::stock().any_order(), |world| {
    let messages: Vec<Vec<u8>> = [
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK-x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 999 Odd\r\nVia: SIP/2.0/UDP 127.0.0.1:5999\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 4294967301 better not break the receiver\r\nVia: SIP/2.0/UDP 127.0.0.1:5999\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        "SIP/2.0 200\r\n\r\n",
        "SIP/2.0 100 \r\nVia: SIP/2.0/UDP 127.0.0.1:5999\r\n\r\n",
        "SIP/2.0 \r\n\r\n",
        "SIP/2.0",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    send_all(world, &messages);
});

scenario!(truncated, Setup::stock().any_order(), |world| {
    let mut alice = world.udp("alice");
    let invite = alice
        .request("INVITE", &world.uri("nobody"))
        .set("Via", "SIP/2.0/UDP 127.0.0.1:5999;rport;branch=z9hG4bK-cut")
        .without("Contact")
        .body("application/sdp", sdp(6000, "sendrecv"))
        .to_bytes();
    for len in (0..invite.len()).step_by(11) {
        // A cut inside a port would make another number of it; the agent's own records would differ.
        let cut = invite.get(..len).unwrap_or_default();
        if cut.last().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        alice.send_raw(cut);
        world.fence();
    }
});

scenario!(oversized, Setup::stock().any_order(), |world| {
    let port = world.server.port.number;
    let plain = options(port);
    let many = (0..2000).fold(String::new(), |all, n| format!("{all}X-Header-{n}: value {n}\r\n"));
    let vias =
        (0..300).fold(String::new(), |all, n| format!("{all}Via: SIP/2.0/UDP 127.0.0.1:{}\r\n", 6000 + n));
    let messages: Vec<Vec<u8>> = [
        plain.replace("Contact:", &format!("{many}Contact:")),
        plain.replace("Contact:", &format!("X-Long: {}\r\nContact:", "x".repeat(60_000))),
        plain.replace("Max-Forwards", &format!("{vias}Max-Forwards")),
        plain.replace("tag=from", &format!("tag={}", "f".repeat(8_000))),
        plain.replace("\"A\"", &format!("\"{}\"", "\\\"".repeat(4_000))),
        plain.replace("bad-input@", &format!("{}@", "c".repeat(4_000))),
        plain.replace("OPTIONS sip:", &format!("OPTIONS sip:{}@", "u".repeat(2_000))),
        plain.replace("Contact:", &format!("Route: {}\r\nContact:", "<sip:192.0.2.1;lr>,".repeat(500))),
        plain.replace("Contact:", &format!("Contact: {}\r\nX:", "<sip:a@127.0.0.1>,".repeat(500))),
        plain.replace(
            "Content-Length: 0\r\n\r\n",
            &format!("Content-Length: 60000\r\n\r\n{}", "b".repeat(60_000)),
        ),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect();
    send_all(world, &messages);
});

/// Seeded changes of good messages; every reply must be the real server's.
fn mutations(world: &mut World, seed: u64, rounds: usize) {
    let port = world.server.port.number.to_string();
    let plain = options(world.server.port.number);
    let register = plain
        .replace("OPTIONS", "REGISTER")
        .replace("Contact:", "Expires: 600\r\nContact:")
        .replace("sip:bob@127.0.0.1", "sip:alice@127.0.0.1");
    let mut noise = Noise::new(seed);
    let mut alice = world.udp("alice");
    for n in 0..rounds {
        let base = if n % 2 == 0 { &plain } else { &register };
        // Each for an address of its own, so that one difference does not show in all later lists of contacts.
        let base = base.replace("bad-input@", &format!("m{n}@"));
        let base = base.replace("To: <sip:alice@", &format!("To: <sip:u{n}@"));
        let message = noise.mutate(base.as_bytes(), &[&port, " SIP/2.0"]);
        alice.send_raw(&message);
        world.fence();
    }
}

scenario!(mutations_one, Setup::stock().any_order().log(LogRule::Ignored), |world| mutations(world, 1, 300));
scenario!(mutations_two, Setup::stock().any_order().log(LogRule::Ignored), |world| mutations(world, 2, 300));
scenario!(mutations_three, Setup::stock().any_order().log(LogRule::Ignored), |world| mutations(
    world, 3, 300
));

scenario!(calls_go_on_under_noise, Setup::stock(), |world| {
    let (mut alice, mut bob) = two_phones(world);
    let to = world.server.address();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
            let mut noise = Noise::new(77);
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let len = noise.below(1400);
                let _ = socket.send_to(&noise.bytes(len), to);
                // A breath after each, so that the flood does not fill the receive buffer and drop the good calls.
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..20 {
                let mut call = call(&mut alice, &mut bob);
                exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
            }
        }));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
});

scenario!(broken_streams, Setup::stock().any_order(), |world| {
    let plain = options(world.server.port.number).replace("/UDP", "/TCP");
    let with = |from: &str, to: &str| plain.replace(from, to).into_bytes();
    let streams = [
        ("negative", with("Content-Length: 0", "Content-Length: -5")),
        ("huge", with("Content-Length: 0", "Content-Length: 999999999")),
        ("letters", with("Content-Length: 0", "Content-Length: abc")),
        ("missing", with("Content-Length: 0\r\n", "")),
        ("twice", with("Content-Length: 0", "Content-Length: 0\r\nContent-Length: 5")),
        ("short", with("Content-Length: 0", "l: 0")),
        ("folded", with("Content-Length: 0", "Content-Length:\r\n 0")),
        ("noise", Noise::new(5).bytes(3000)),
        ("zeros", vec![0; 3000]),
        ("newlines", b"\r\n".repeat(200)),
        ("text", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("endless", vec![b'a'; 70_000]),
        ("two", [with("", ""), with("CSeq: 7", "CSeq: 8")].concat()),
    ];
    let mut agents: Vec<Agent> = streams.iter().map(|(name, _)| world.tcp(name)).collect();
    for (agent, (_, raw)) in agents.iter_mut().zip(&streams) {
        agent.send_raw(raw);
    }
    // Answers and closings come at once; silence is what is left after a while.
    for agent in &mut agents {
        agent.drain(Duration::from_millis(700));
    }
});

scenario!(half_open_streams, Setup::stock(), |world| {
    let to = world.server.address();
    let mut open: Vec<TcpStream> = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(to).expect("connection");
        // Nothing, a started line, a started body.
        let part: &[u8] = match n % 3 {
            0 => b"",
            1 => b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP ",
            _ => b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nContent-Length: 100\r\n\r\nabc",
        };
        stream.write_all(part).expect("part of a message");
        open.push(stream);
    }
    let (mut alice, mut bob) = (world.tcp("alice"), world.tcp("bob"));
    alice.register();
    bob.register();
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
    drop(open);
    let mut late = world.tcp("late");
    late.register();
});

#[test]
fn memory_stays_flat() {
    let mut server = Server::start(Kind::Candidate, &Setup::stock());
    let to = server.address();
    let plain = options(to.port());
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    let mut noise = Noise::new(9);
    let mut round = |count: usize| {
        let mut buffer = [0; 65_536];
        socket.set_nonblocking(true).expect("non-blocking socket");
        for n in 0..count {
            let message = match n % 4 {
                0 => {
                    let len = noise.below(3000);
                    noise.bytes(len)
                }
                1 => plain.replace("bad-input@", &format!("r{n}@")).into_bytes(),
                _ => noise.mutate(plain.as_bytes(), &[]),
            };
            let _ = socket.send_to(&message, to);
            while socket.recv(&mut buffer).is_ok() {}
        }
        for _ in 0..20 {
            let Ok(mut stream) = TcpStream::connect(to) else { continue };
            let _ = stream.write_all(&noise.bytes(2000));
            let _ = stream.set_read_timeout(Some(Duration::from_millis(5)));
            let _ = stream.read(&mut buffer);
        }
    };
    round(20_000);
    let before = server.resident_kb();
    for _ in 0..3 {
        round(20_000);
    }
    let after = server.resident_kb();
    println!("resident before {before} kB, after 60000 more bad messages {after} kB");
    assert!(server.exited().is_none(), "the server died:\n{}", server.log().join("\n"));
    assert!(after < before + 6_000, "memory grew from {before} to {after} kB");
    let deadline = Instant::now() + patience();
    let good = Message::parse(plain.as_bytes());
    socket.set_nonblocking(false).expect("blocking socket");
    socket.set_read_timeout(Some(Duration::from_millis(200))).expect("timeout");
    loop {
        let _ = socket.send_to(&good.clone().set("Call-ID", "good").to_bytes(), to);
        let mut buffer = [0; 65_536];
        match socket.recv(&mut buffer) {
            Ok(len) if buffer.get(..len).is_some_and(|b| b.starts_with(b"SIP/2.0 200")) => break,
            _ => assert!(Instant::now() < deadline, "no answer to a good request"),
        }
    }
}
