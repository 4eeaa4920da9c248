//! pike: how many requests block an address, and what `pike.top` shows.
#![allow(missing_docs)]

use kamjit_tests::tools::kamcmd;
use kamjit_tests::{LogRule, Setup, World, patience, scenario};
use regex::Regex;
use std::net::UdpSocket;
use std::time::Duration;

/// `sip:ADDRESS_COUNT@..` checks an address so many times and logs when the answer changes.
fn setup(limit: u32) -> Setup {
    Setup::script(format!(
        r#"
max_while_loops=1000
loadmodule "pike.so"
modparam("pike", "sampling_time_unit", 600)
modparam("pike", "reqs_density_per_unit", {limit})
modparam("pike", "remove_latency", 1000)
request_route {{
    route(FENCE);
    $var(address) = $(rU{{s.select,0,_}}); $var(count) = $(rU{{s.select,1,_}}{{s.int}}); $var(i) = 0; $var(last) = 9;
    while ($var(i) < $var(count)) {{
        $var(i) = $var(i) + 1;
        $var(r) = pike_check_ip("$var(address)");
        if ($var(r) != $var(last)) {{ xlog("$var(address) hit $var(i) -> $var(r)\n"); }}
        $var(last) = $var(r);
    }}
    sl_send_reply("200", "OK");
}}
"#
    ))
}

fn hit(world: &mut World, hits: &[(&str, u32)]) {
    let mut alice = world.udp("alice");
    for (address, count) in hits {
        let request = alice.request("OPTIONS", &format!("sip:{address}_{count}@example.com"));
        alice.send(&request);
        alice.wait_status(200);
    }
}

fn top(world: &World, args: &[&str]) {
    let seconds = Regex::new(r"expires: \d+").expect("pattern");
    let args: Vec<&str> = args.iter().copied().filter(|arg| !arg.is_empty()).collect();
    let output = kamcmd(world, &args);
    world.note(&args.join(" "), &seconds.replace_all(&output.text, "expires: <seconds>"));
}

macro_rules! limits {
    ($($name:ident: $limit:expr;)*) => {
        $(
            scenario!($name, setup($limit), |world| {
                hit(
                    world,
                    &[
                        ("10.1.2.3", 200),
                        ("10.1.2.4", 200),
                        ("10.1.3.4", 200),
                        ("10.9.3.4", 200),
                        ("11.9.3.4", 200),
                        ("10.1.2.3", 5),
                        ("nonsense", 3),
                    ],
                );
            });
        )*
    };
}

limits! {
    limit_1: 1;
    limit_4: 4;
    limit_10: 10;
    limit_16: 16;
    limit_30: 30;
    limit_64: 64;
}

scenario!(networks_share_what_they_know, setup(16), |world| {
    let networks = [("10.1.2.3", 3), ("10.2.2.3", 3), ("10.3.3.3", 40), ("10.2.2.3", 40), ("10.1.2.3", 40)];
    let others = [("12.1.2.3", 4), ("12.2.2.3", 40), ("13.1.2.3", 5), ("13.1.9.3", 40)];
    hit(world, &[&networks[..], &others[..]].concat());
});

scenario!(addresses_are_listed, setup(16), |world| {
    top(world, &["pike.top", "ALL"]);
    hit(world, &[("9.9.2.3", 8), ("10.1.2.3", 30), ("8.1.2.3", 9), ("10.1.2.1", 5), ("10.1.3.1", 20)]);
    top(world, &["pike.top", "ALL"]);
    top(world, &["pike.top"]);
    top(world, &["pike.top", "HOT"]);
    top(world, &["pike.list", "hot"]);
    top(world, &["pike.top", "nonsense"]);
    top(world, &["stats.get_statistics", "pike:"]);
});

scenario!(
    floods_of_requests_are_found_by_their_source,
    Setup::script(
        r#"
loadmodule "pike.so"
modparam("pike", "sampling_time_unit", 600)
modparam("pike", "reqs_density_per_unit", 4)
request_route {
    route(FENCE);
    if (!pike_check_req()) { xlog("blocked $si $rc\n"); exit; }
    sl_send_reply("200", "OK");
}
"#
    ),
    |world| {
        let mut alice = world.udp("alice");
        for _ in 0..7 {
            let request = alice.request("OPTIONS", "sip:bob@example.com");
            alice.send(&request);
            alice.wait_status(200);
        }
        let request = alice.request("OPTIONS", "sip:bob@example.com");
        alice.send(&request);
        world.server.wait_log("blocked 127.0.0.1");
    }
);

// The stock file's own protection: pike finds the source, htable bans it. Its own address is exempt, so the flood comes
// from another one.
scenario!(
    the_stock_file_bans_who_floods,
    Setup::stock().arg("-A WITH_ANTIFLOOD").log(LogRule::Ignored),
    |world| {
        let socket = UdpSocket::bind("127.0.0.9:0").expect("socket");
        let port = socket.local_addr().expect("address").port();
        let server = world.server.address();
        let mut answered = 0;
        for n in 1..=22 {
            let request = format!(
                "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:{port};branch=z9hG4bK{n}\r\n\
                 From: <sip:alice@example.org>;tag=f\r\nTo: <sip:bob@example.com>\r\nCall-ID: flood-{n}\r\n\
                 CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            );
            socket.send_to(request.as_bytes(), server).expect("sent");
            // The last one is the one that is not answered: its end is the ban.
            let wait = if n < 22 { patience() } else { Duration::from_millis(100) };
            socket.set_read_timeout(Some(wait)).expect("timeout");
            answered += u32::from(socket.recv(&mut [0; 2000]).is_ok());
        }
        world.server.wait_log("pike blocking OPTIONS");
        world.note("flood", &format!("{answered} of 22 answered"));
        top(world, &["pike.top"]);
        let output = kamcmd(world, &["htable.dump", "ipban"]);
        world.note("htable.dump ipban", &output.text);
    }
);
