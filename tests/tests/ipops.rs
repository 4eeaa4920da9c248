//! The module ipops: addresses as text, and name servers.
#![allow(missing_docs)]

use kamjit_tests::cases::{Case, send_all};
use kamjit_tests::nameserver::Record;
use kamjit_tests::{LogRule, Setup, scenario};
use std::fmt::Write;
use std::net::Ipv4Addr;

const ADDRESSES: [&str; 60] = [
    "1.2.3.4",
    "10.0.0.1",
    "172.16.5.5",
    "172.32.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.1.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/8",
    "",
    "host",
    "::",
    "::1",
    "::ffff:1.2.3.4",
    "::1.2.3.4",
    "::ffff:0:0",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2001:DB8::1",
    "2001:10::1",
    "2002::1",
    "2003::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "64:ff9b::1",
    "4000::1",
    "0100::1",
    "200::",
    "400::",
    "[::1]",
    "::1]",
    "[1.2.3.4]",
    "[2001:db8::1]",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "::g",
    "fe80::1%eth0",
    "12345::",
    "0:0:0:0:0:0:0:0",
];

fn what_addresses_are() -> Setup {
    let mut text =
        String::from("loadmodule \"ipops.so\"\nrequest_route {\n    route(FENCE);\n    $var(o) = \"is\";\n");
    for function in
        ["is_ip", "is_pure_ip", "is_ipv4", "is_ipv6", "is_ipv6_reference", "ip_type", "is_ip_rfc1918"]
    {
        let _ =
            writeln!(text, "    $var(r) = {function}(\"$hdr(X-A)\"); $var(o) = $var(o) + \" \" + $var(r);");
    }
    for function in ["detailed_ip_type", "detailed_ipv4_type", "detailed_ipv6_type"] {
        let _ = writeln!(text, "    $var(t) = \"-\"; $var(r) = {function}(\"$hdr(X-A)\", \"$var(t)\");");
        text.push_str("    $var(o) = $var(o) + \" \" + $var(r) + $var(t);\n");
    }
    text.push_str("    xlog(\"$hdr(X-A) $var(o)\\n\");\n}\n");
    Setup::script(text)
}

scenario!(kinds_of_addresses, what_addresses_are(), |world| {
    let cases: Vec<_> = ADDRESSES.iter().map(|a| Case::new("x").a(a)).collect();
    send_all(world, &cases);
});

scenario!(
    comparisons,
    Setup::script(
        r#"loadmodule "ipops.so"
request_route {
    route(FENCE);
    $var(r) = compare_ips("$hdr(X-A)", "$hdr(X-B)");
    $var(q) = compare_pure_ips("$hdr(X-A)", "$hdr(X-B)");
    $var(s) = is_in_subnet("$hdr(X-A)", "$hdr(X-B)");
    xlog("$hdr(X-A) $hdr(X-B) $var(r) $var(q) $var(s)\n");
}
"#
    ),
    |world| {
        let pairs = [
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.3.4", "1.2.3.5"),
            ("::1", "0:0::1"),
            ("::1", "[::1]"),
            ("[::1]", "[0::1]"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("x", "x"),
            ("1.2.3.4", "1.2.3.0/24"),
            ("1.2.3.4", "1.2.3.4/32"),
            ("1.2.3.4", "1.2.4.0/24,1.2.3.0/24"),
            ("1.2.3.4", "1.2.4.0/24, 1.2.3.0/24"),
            ("1.2.3.4", "1.2.3.0/255.255.255.0"),
            ("1.2.3.4", "0.0.0.0/0"),
            ("1.2.3.4", "1.2.3.0/33"),
            ("1.2.3.4", "x/24"),
            ("1.2.3.4", ""),
            ("::1", "::/64"),
            ("[::1]", "::/64"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2001:db8::1", "1.2.3.0/24,2001:db8::/32"),
            ("x", "1.2.3.0/24"),
            ("1.2.3.4", "1.2.3.0/24,"),
            ("1.2.3.4", ",1.2.3.0/24"),
            ("1.2.3.4", "1.2.3.9/24"),
            ("1.2.3.4", "bad,1.2.3.0/24"),
            ("10.0.0.1", "10.0.0.0/8 ,1.2.3.0/24"),
        ];
        let cases: Vec<_> = pairs.iter().map(|(a, b)| Case::new("x").a(a).b(b)).collect();
        send_all(world, &cases);
    }
);

const QUESTIONS: &str = r#"loadmodule "ipops.so"
request_route {
    route(FENCE);
    $var(i) = 1; $var(n) = 9;
    if ($hdr(X-A) == "a.test") xlog("none $dns(x=>count) $srvquery(s=>count) $naptrquery(n=>count)\n");
    $var(r) = dns_query("$hdr(X-A)", "x");
    xlog("dns $var(r) $dns(x=>count) $dns(x=>ipv4) $dns(x=>ipv6) $dns(x=>addr[0]) $dns(x=>type[0]) $dns(x=>addr) $dns(x=>addr[-1]) $dns(x=>addr[$var(n)])\n");
    $var(r) = dns_query("1.2.3.4", "y"); xlog("dns $var(r) $dns(y=>count) $dns(y=>addr[0]) $dns(y=>type[0])\n");
    $var(r) = dns_query("::1", "z"); xlog("dns $var(r) $dns(z=>count) $dns(z=>ipv4) $dns(z=>ipv6) $dns(z=>addr[0]) $dns(z=>type[0])\n");
    $var(r) = dns_sys_match_ip("$hdr(X-A)", "127.0.0.1"); xlog("match $var(r)\n");
    $var(r) = dns_sys_match_ip("$hdr(X-A)", "127.0.0.2"); xlog("match $var(r)\n");
    $var(r) = dns_sys_match_ip("1.2.3.4", "1.2.3.4"); xlog("match $var(r)\n");
    $var(r) = dns_int_match_ip("$hdr(X-A)", "127.0.0.1"); xlog("match $var(r)\n");
    $var(r) = dns_int_match_ip("$hdr(X-A)", "1.2.3.4"); xlog("match $var(r)\n");
    $var(r) = dns_int_match_ip("$hdr(X-A)", "garbage"); xlog("match $var(r)\n");
    $var(r) = srv_query("_sip._udp.$hdr(X-A)", "s");
    xlog("srv $var(r) $srvquery(s=>count) $srvquery(s=>port[0]) $srvquery(s=>priority[0]) $srvquery(s=>weight[0]) $srvquery(s=>target[0])\n");
    xlog("srv $srvquery(s=>port[$var(i)]) $srvquery(s=>port[2]) $srvquery(s=>weight[2]) $srvquery(s=>port[9])\n");
    $var(r) = srv_query("", "s"); xlog("srv $var(r)\n");
    $var(r) = srv_query("x", ""); xlog("srv $var(r)\n");
    $var(r) = naptr_query("$hdr(X-A)", "n");
    xlog("naptr $var(r) $naptrquery(n=>count) $naptrquery(n=>order[0]) $naptrquery(n=>pref[0]) $naptrquery(n=>flags[0]) $naptrquery(n=>services[0]) $naptrquery(n=>regex[0]) $naptrquery(n=>replace[0])\n");
    xlog("naptr $naptrquery(n=>order[1]) $naptrquery(n=>services[$var(i)]) $naptrquery(n=>order[9])\n");
    $var(r) = dns_set_local_ttl("10"); xlog("ttl $var(r)\n");
}
"#;

// A script that waits lets others pass, so the order of lines is not the reference's.
scenario!(questions, Setup::script(QUESTIONS).with_dns().log(LogRule::Sorted), |world| {
    let names = world.server.names();
    names.add("a.test", Record::A(Ipv4Addr::LOCALHOST));
    names.add("two.test", Record::A(Ipv4Addr::new(127, 0, 0, 1)));
    names.add("two.test", Record::Naptr(20, "SIP+D2T", "_sip._tcp.two.test"));
    names.add("two.test", Record::Naptr(10, "SIP+D2U", "_sip._udp.two.test"));
    names.add("_sip._udp.two.test", Record::Srv(20, 10, 5062, "b.test"));
    names.add("_sip._udp.two.test", Record::Srv(10, 10, 5061, "a.test"));
    names.add("_sip._udp.two.test", Record::Srv(15, 30, 5060, "a.test"));
    let cases = ["a.test", "two.test", "nowhere.test"].map(|name| Case::new("x").a(name));
    send_all(world, &cases);
});
