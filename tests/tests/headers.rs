//! What becomes of headers: Vias and replies, edits, Record-Route and Route, and the small modules that look at them.
//! Each scenario sends a table of messages; the script says with `X-T` what to do, everything goes to `bob`.
#![allow(missing_docs)]

use kamjit_tests::{Setup, World, scenario};

/// One request: what the script shall do, and which headers are not the usual ones.
struct Request<'a> {
    todo: &'a str,
    uri: &'a str,
    via: &'a str,
    from: &'a str,
    to: &'a str,
    more: &'a str,
    method: &'a str,
}

const PLAIN: Request<'_> = Request {
    todo: "",
    uri: "sip:u@192.0.2.9",
    via: "SIP/2.0/UDP 127.0.0.1:@ALICE@;branch=z9hG4bKa",
    from: "<sip:a@b>;tag=f",
    to: "<sip:b@c>",
    more: "",
    method: "MESSAGE",
};

/// Sends one after the other and waits until all are answered or forwarded.
fn send_all(world: &mut World, requests: &[Request<'_>]) {
    let mut alice = world.udp("alice");
    let bob = world.udp("bob");
    let (port, own) = (world.server.port.number, alice.uri());
    let own = own.rsplit(':').next().unwrap_or_default().to_owned();
    let next = bob.uri().rsplit(':').next().unwrap_or_default().to_owned();
    for (n, r) in requests.iter().enumerate() {
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: c{n}\r\nCSeq: 1 {method}\r\n\
             X-T: {todo}\r\nX-Next: sip:127.0.0.1:{next}\r\n{more}Content-Length: 0\r\n\r\n",
            method = r.method,
            uri = r.uri,
            via = r.via,
            from = r.from,
            to = r.to,
            todo = r.todo,
            more = r.more,
        );
        let text = text.replace("@ALICE@", &own).replace("@PORT@", &port.to_string());
        let text = text.replace("@PORT2@", &world.server.port2.number.to_string());
        alice.send_raw(text.as_bytes());
        world.fence();
    }
}

const VIAS: &str = r#"
request_route {
    if ($ci =~ "^fence") { sl_send_reply("200", "fence"); exit; }
    $du = $hdr(X-Next);
    if ($hdr(X-T) == "fwd") { forward(); exit; }
    if ($hdr(X-T) == "force") { force_rport(); forward(); exit; }
    if ($hdr(X-T) == "local") { add_local_rport(); forward(); exit; }
    if ($hdr(X-T) == "reply") { append_to_reply("X-R: 1\r\n"); sl_send_reply("480", "Nope"); exit; }
    if ($hdr(X-T) == "force_reply") { force_rport(); sl_send_reply("480", "Nope"); exit; }
    if ($hdr(X-T) == "183") { sl_send_reply("183", "Progress"); exit; }
    if ($hdr(X-T) == "100") { sl_send_reply("100", "Trying"); exit; }
    if ($hdr(X-T) == "300") { sl_send_reply("300", "Elsewhere"); exit; }
    if ($hdr(X-T) == "edit") {
        append_hf("X-One: 1\r\n"); insert_hf("X-Ins: 1\r\n"); insert_hf("X-Ins: 2\r\n");
        append_hf("X-After: 1\r\n", "From"); append_hf("X-After: 2\r\n", "From");
        insert_hf("X-Before: 1\r\n", "From"); insert_hf("X-Before: 2\r\n", "From"); remove_hf("X-A");
        append_hf("X-Two: 2\r\n"); forward(); exit;
    }
}
"#;

scenario!(vias, Setup::script(VIAS), |world| {
    let vias = [
        "SIP/2.0/UDP 127.0.0.1:@ALICE@;branch=1",
        "SIP/2.0/UDP 127.0.0.1:@ALICE@",
        "SIP/2.0/UDP 127.0.0.1:@ALICE@ ",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=z9hG4bKa;x=1",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport;branch=b;x=1",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport=;branch=b",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport=9;branch=b",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;received=192.0.2.3;branch=b",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;received=192.0.2.3;rport;branch=b",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport=7;received=192.0.2.3;branch=b",
        "SIP/2.0/UDP 127.0.0.1:@ALICE@;received=192.0.2.3;branch=b;rport=1",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport;branch=b, SIP/2.0/UDP 192.0.2.2;branch=2",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=b  , SIP/2.0/UDP 192.0.2.2\r\n ;branch=2 ",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=b\r\nVia: SIP/2.0/UDP 192.0.2.2;received=1.1.1.1",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=b (hi)",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@ ; rport ; branch=b",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=b;rport ",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;branch=b;rport\r\n ;x=1",
        "SIP/2.0/UDP 192.0.2.1:@ALICE@;rport;branch=b;rport",
        "SIP/2.0/UDP [::1]:@ALICE@;branch=b;rport",
        "SIP/2.0/UDP localhost:@ALICE@;branch=b;RPORT",
    ];
    let todo = ["fwd", "force", "local", "reply", "force_reply"];
    let all: Vec<_> =
        vias.iter().flat_map(|via| todo.iter().map(|todo| Request { todo, via, ..PLAIN })).collect();
    send_all(world, &all);
});

scenario!(replies_and_edits, Setup::script(VIAS), |world| {
    let recorded = "Record-Route: <sip:192.0.2.1;lr>\r\nRecord-Route: <sip:192.0.2.2;lr>\r\n";
    let mut all = Vec::new();
    for to in [
        "<sip:b@c>",
        "sip:b@c",
        "sip:b@c;x=y  ",
        "sip:b@c;tag=",
        "\"x\"\r\n <sip:b@c>\r\n ;x=1\r\n  ",
        "<sip:b@c>;tag=q",
    ] {
        all.push(Request { todo: "reply", to, ..PLAIN });
    }
    for todo in ["100", "183", "300"] {
        all.push(Request { todo, more: recorded, ..PLAIN });
        all.push(Request { todo, more: recorded, to: "<sip:b@c>;tag=t", ..PLAIN });
    }
    for method in ["BYE", "ACK", "FOO"] {
        all.push(Request { todo: "reply", method, ..PLAIN });
    }
    all.push(Request { todo: "edit", more: "X-A: 1\r\nx-a: 2\r\nX-B: 3\r\n", ..PLAIN });
    all.push(Request { todo: "edit", ..PLAIN });
    send_all(world, &all);
});

const ROUTES: &str = r#"
modparam("rr", "enable_full_lr", 0)
modparam("rr", "append_fromtag", 1)
request_route {
    if ($ci =~ "^fence") { sl_send_reply("200", "fence"); exit; }
    if ($hdr(X-T) == "lr" || $hdr(X-T) == "lrp" || $hdr(X-T) == "lrm" || $hdr(X-T) == "lrrr") {
        if ($hdr(X-T) == "lrp") { $var(rc) = loose_route_preloaded(); }
        else if ($hdr(X-T) == "lrm") { $var(rc) = loose_route_mode("1"); }
        else { $var(rc) = loose_route(); }
        $var(down) = is_direction("downstream");
        xlog("rc=$var(rc) ru=$ru du=$du fs=$fs rdir=$rdir(id)/$rdir(name) down=$var(down) fti=$fti tti=$tti\n");
        if (check_route_param("foo=1")) xlog("foo=1\n");
        if (check_route_param("^;lr")) xlog(";lr\n");
        if (rr_next_hop_route()) xlog("next hop\n");
        if ($hdr(X-T) == "lrrr") record_route();
    }
    if ($hdr(X-T) == "rr") { $var(a) = record_route(); $var(b) = record_route(); xlog("rr $var(a) $var(b)\n"); }
    if ($hdr(X-T) == "rrp") { record_route(";foo=1"); add_rr_param(";bar=2"); }
    if ($hdr(X-T) == "rrp2") { add_rr_param(";bar=2"); add_rr_param(";baz=$ft"); record_route(";foo=$rU"); }
    if ($hdr(X-T) == "pre") { add_rr_param(";b=1"); record_route_preset("192.0.2.1:5090;nat=yes"); }
    if ($hdr(X-T) == "pre2") { record_route_preset("192.0.2.1:5090;r2=on", "192.0.2.2;r2=on"); }
    if ($hdr(X-T) == "adv") { add_rr_param(";b=1"); record_route_advertised_address("pub.example:5080"); add_rr_param(";c=1"); }
    $du = $hdr(X-Next);
    forward();
}
"#;

scenario!(loose_and_strict_routes, Setup::script(ROUTES), |world| {
    let own = "<sip:127.0.0.1:@PORT@;lr>";
    let us = "sip:127.0.0.1:@PORT@";
    let (foreign, with_user) = (PLAIN.uri, "sip:x@127.0.0.1:@PORT@");
    let sets: Vec<(&str, String)> = vec![
        (foreign, String::new()),
        (foreign, format!("Route: {own}\r\n")),
        (foreign, "Route: <sip:127.0.0.1:@PORT@;lr;ftag=f;foo=1>\r\n".into()),
        (foreign, "Route: <sip:127.0.0.1:@PORT@;lr=on;ftag=t>\r\n".into()),
        (foreign, format!("Route: {own}\r\nRoute: <sip:2.2.2.2;lr>\r\n")),
        (foreign, format!("Route: {own} ;x=1 ,  <sip:2.2.2.2;lr> , <sip:3.3.3.3;lr>\r\n")),
        (foreign, format!("Route: {own}\r\nX-Y: 1\r\nRoute: <sip:2.2.2.2>\r\nX-Z: 2\r\n")),
        (foreign, format!("Route: {own},<sip:2.2.2.2>,<sip:3.3.3.3;lr>\r\n")),
        (foreign, "Route: <sip:2.2.2.2;lr>\r\n".into()),
        (foreign, "Route: <sip:2.2.2.2>\r\n".into()),
        (foreign, "Route: <sip:2.2.2.2:5070;maddr=5.5.5.5;transport=tcp;lr>\r\n".into()),
        (
            foreign,
            "Route: <sip:127.0.0.1:@PORT@;r2=on;lr> , <sip:127.0.0.1:@PORT@;r2=on;lr> , <sip:4.4.4.4;lr>\r\n"
                .into(),
        ),
        (
            foreign,
            "Route: <sip:127.0.0.1:@PORT@;r2=on;lr>\r\nRoute: <sip:127.0.0.1:@PORT@;r2=on;lr>\r\n".into(),
        ),
        (foreign, "Route: <sip:127.0.0.1:@PORT@;r2=on;lr>\r\nRoute: <sip:4.4.4.4;r2=on;lr>\r\n".into()),
        (foreign, "Route: sip:127.0.0.1:@PORT@;lr\r\n".into()),
        (foreign, format!("Route: {own}, <foo>\r\n")),
        (foreign, format!("Route: {own}\r\nRoute: <foo>\r\n")),
        (foreign, format!("Route:\r\n {own}\r\n ,\r\n <sip:2.2.2.2;lr>\r\n")),
        (us, "Route: <sip:2.2.2.2;lr>\r\nRoute: <sip:u@9.9.9.9>\r\n".into()),
        (us, "Route: <sip:2.2.2.2;lr>,<sip:3.3.3.3;lr> ,<sip:u@9.9.9.9>\r\n".into()),
        (us, "Route: <sip:u@9.9.9.9>\r\n".into()),
        (us, "Route: <sip:2.2.2.2>,<sip:u@9.9.9.9>\r\n".into()),
        (us, format!("Route: {own}\r\n")),
        (with_user, format!("Route: {own},<sip:2.2.2.2;lr>\r\n")),
        (with_user, "Route: <sip:2.2.2.2;lr>\r\n".into()),
        ("foo:u@9.9.9.9", format!("Route: {own},<sip:2.2.2.2;lr>\r\n")),
    ];
    let mut all = Vec::new();
    for (uri, more) in &sets {
        for to in ["<sip:b@c>", "<sip:b@c>;tag=t"] {
            for todo in ["lr", "lrp", "lrm", "lrrr"] {
                all.push(Request { todo, uri, to, more, ..PLAIN });
            }
        }
    }
    send_all(world, &all);
});

scenario!(record_routes, Setup::script(ROUTES), |world| {
    let mut all = Vec::new();
    for todo in ["rr", "rrp", "rrp2", "pre", "pre2", "adv"] {
        all.push(Request { todo, ..PLAIN });
        all.push(Request { todo, uri: "sips:u@192.0.2.9", ..PLAIN });
        all.push(Request { todo, from: "<sip:a@b>", ..PLAIN });
        all.push(Request { todo, more: "Record-Route: <sip:8.8.8.8;lr>\r\n", ..PLAIN });
        all.push(Request {
            todo,
            to: "<sip:b@c>;tag=t",
            more: "Route: <sip:127.0.0.1:@PORT@;lr;ftag=t>\r\n",
            ..PLAIN
        });
    }
    send_all(world, &all);
});

const HOPS: &str = r#"
modparam("sanity", "autodrop", 0)
request_route {
    if ($ci =~ "^fence") { sl_send_reply("200", "fence"); exit; }
    if ($hdr(X-T) == "sanity") { $var(a) = sanity_check(); xlog("sanity $var(a)\n"); exit; }
    $var(a) = is_maxfwd_lt("5"); $var(b) = maxfwd_at_least("5"); $var(c) = mf_process_maxfwd_header("10");
    $var(d) = mf_process_maxfwd_header("10"); $var(e) = is_maxfwd_lt("5");
    xlog("$var(a) $var(b) $var(c) $var(d) $var(e)\n");
    $du = $hdr(X-Next);
    forward();
}
"#;

scenario!(max_forwards, Setup::script(HOPS), |world| {
    let values = [
        "",
        "70",
        "0",
        "1",
        "4",
        "5",
        "255",
        "256",
        "100000",
        "x",
        "-1",
        "7 ",
        "  07",
        "5x",
        "99999999999",
        "\r\n 6",
    ];
    let lines: Vec<String> = values.iter().map(|v| format!("Max-Forwards: {v}\r\n")).collect();
    let mut all: Vec<_> = lines.iter().map(|more| Request { more, ..PLAIN }).collect();
    all.push(PLAIN);
    send_all(world, &all);
});

scenario!(sanity, Setup::script(HOPS), |world| {
    let todo = "sanity";
    let headers = [
        "Contact: <bad>\r\n",
        "Contact: bad <\r\n",
        "Expires: x\r\n",
        "Expires: 4294967296\r\n",
        "Expires: -1\r\n",
        "Proxy-Require: foo\r\n",
        "Require: baz\r\n",
        "Authorization: Digest username=\"a\"\r\n",
        "Authorization: x\r\n",
        "From: <sip:x@y>\r\n",
        "Max-Forwards: 1\r\nMax-Forwards: 2\r\n",
        "X Y: 1\r\n",
        "Max-Forwards: x\r\n",
    ];
    let mut all: Vec<_> = headers.iter().map(|more| Request { todo, more, ..PLAIN }).collect();
    for uri in ["bad", "tel:1", "http://x", "sips:u@h", "sip:u@h;"] {
        all.push(Request { todo, uri, ..PLAIN });
    }
    for from in ["<bad>;tag=1", "<sip:a@b>", "<sip:a@b>;tag=1;tag=2", "<sip:a@b>;tag="] {
        all.push(Request { todo, from, ..PLAIN });
    }
    all.push(Request { todo, to: "<bad>", ..PLAIN });
    all.push(Request { todo, method: "FOO", ..PLAIN });
    send_all(world, &all);
});

const SMALL: &str = r#"
modparam("siputils", "rpid_avp", "$avp(rpid)")
modparam("siputils", "rpid_prefix", "<")
modparam("siputils", "rpid_suffix", ">;party=calling")
request_route {
    if ($ci =~ "^fence") { sl_send_reply("200", "fence"); exit; }
    $var(v) = $hdr(X-V); $var(w) = $hdr(X-W); $du = $hdr(X-Next);
    if ($hdr(X-T) == "text") {
        $var(a) = is_numeric("$hdr(X-V)"); $var(b) = is_alphanum("$hdr(X-V)"); $var(c) = is_alphanumex("$hdr(X-V)", "+.-_");
        $var(d) = is_tel_number("$hdr(X-V)"); $var(e) = is_uri("$hdr(X-V)"); $var(f) = is_e164("$var(v)");
        $var(g) = is_uri_user_e164("$var(v)"); $var(h) = is_gruu("$hdr(X-V)");
        xlog("[$hdr(X-V)] $var(a) $var(b) $var(c) $var(d) $var(e) $var(f) $var(g) $var(h)\n");
        $var(r) = "none"; $var(a) = tel2sip("$var(v)", "h", "$var(r)"); xlog("tel2sip $var(a) $var(r)\n");
    }
    if ($hdr(X-T) == "uri") {
        $var(a) = uri_param("p"); $var(b) = uri_param("p", "v"); $var(c) = uri_param_any("p"); $var(x) = "unset";
        $var(e) = get_uri_param("p", "$var(x)"); xlog("$ru $var(a) $var(b) $var(c) $var(e) $var(x)\n");
        $var(f) = uri_param_rm("p"); xlog("$var(f) $ru\n"); $var(g) = add_uri_param("nat=yes"); xlog("$var(g) $ru\n");
    }
    if ($hdr(X-T) == "two") {
        $var(a) = cmp_uri("$hdr(X-V)", "$hdr(X-W)"); $var(b) = cmp_aor("$hdr(X-V)", "$hdr(X-W)"); xlog("$var(a) $var(b)\n");
        $var(a) = set_uri_user("$var(v)", "$var(w)"); xlog("$var(a) $var(v)\n");
        $var(v) = $hdr(X-V); $var(a) = set_uri_host("$var(v)", "$var(w)"); xlog("$var(a) $var(v)\n");
    }
    if ($hdr(X-T) == "opt") { $var(a) = options_reply(); xlog("$var(a)\n"); }
    if ($hdr(X-T) == "hop") { $var(a) = is_first_hop(); $var(b) = is_supported("path"); xlog("$var(a) $var(b)\n"); }
    if ($hdr(X-T) == "rpid") { $avp(rpid) = $hdr(X-V); $var(a) = is_rpid_user_e164(); $var(b) = append_rpid_hf(); xlog("$var(a) $var(b)\n"); forward(); }
    if ($hdr(X-T) == "enc") { $var(a) = encode_contact("enc", "1.2.3.4"); xlog("$var(a)\n"); forward(); }
    if ($hdr(X-T) == "dec") { $var(a) = decode_contact_header(); xlog("$var(a)\n"); forward(); }
    if ($hdr(X-T) == "cpe") { $var(a) = contact_param_encode("ksu", "sip:1.2.3.4:5060;transport=tcp"); xlog("$var(a)\n"); forward(); }
    if ($hdr(X-T) == "cpd") { $var(a) = contact_param_decode("ksu"); xlog("$var(a)\n"); forward(); }
    if ($hdr(X-T) == "cpr") { $var(a) = contact_param_rm("p"); xlog("$var(a)\n"); forward(); }
}
"#;

scenario!(small_tests, Setup::script(SMALL), |world| {
    let values = [
        "1",
        "12a",
        "+49",
        "+",
        "+4912345678901234",
        "a-b",
        "a.b_c+",
        "a b",
        "sip:u@h",
        "sip:+49123@h",
        "tel:+49123",
        "sip:u@h;gr",
        "sip:u@h;gr=x",
        "++1",
        "tel:+(34)-999-888-777",
        "tel:+12-(34)-56-78;Ext=200;ISUB=+123-456",
        "TEL:+1",
    ];
    let lines: Vec<String> = values.iter().map(|v| format!("X-V: {v}\r\n")).collect();
    let mut all: Vec<_> = lines.iter().map(|more| Request { todo: "text", more, ..PLAIN }).collect();
    for uri in [
        "sip:u@h",
        "sip:u@h;p",
        "sip:u@h;p=v",
        "sip:u@h;p=w",
        "sip:u@h;P=V",
        "sip:u@h;a=b;p=v;c",
        "tel:12;p=v",
        "sip:u@h:5060;p;p=v",
        "bad",
        "sip:h;p=v",
        "sip:u;p=v@h",
    ] {
        all.push(Request { todo: "uri", uri, ..PLAIN });
    }
    let pairs = [
        ("sip:a@b", "sip:A@b"),
        ("sip:a@B", "sip:a@b"),
        ("sip:a@b:5060", "sip:a@b"),
        ("sip:a@b;x=1", "sip:a@b"),
        ("sip:a@b;transport=tcp", "sip:a@b"),
        ("sip:a@b;user=phone", "sip:a@b"),
        ("sip:a:p@b:5;x", "new"),
        ("sip:b", "new"),
        ("sips:a@b", "sip:a@b"),
        ("bad", "sip:a@b"),
        ("tel:1", "new"),
        ("sip:a@b;x;y", "sip:a@b;y;x"),
    ];
    let lines: Vec<String> = pairs.iter().map(|(v, w)| format!("X-V: {v}\r\nX-W: {w}\r\n")).collect();
    all.extend(lines.iter().map(|more| Request { todo: "two", more, ..PLAIN }));
    for (uri, method) in
        [("sip:127.0.0.1", "OPTIONS"), ("sip:u@h", "OPTIONS"), ("sip:h", "MESSAGE"), ("tel:1", "OPTIONS")]
    {
        all.push(Request { todo: "opt", uri, method, ..PLAIN });
    }
    for more in [
        "",
        "Supported: path, 100rel\r\n",
        "k: PATH\r\n",
        "Via: SIP/2.0/UDP 1.1.1.1\r\n",
        "Record-Route: <sip:1.1.1.1;lr>\r\n",
    ] {
        all.push(Request { todo: "hop", more, ..PLAIN });
    }
    send_all(world, &all);
});

scenario!(hidden_contacts, Setup::script(SMALL), |world| {
    let contacts = [
        "Contact: <sip:u:p@10.0.0.1:5060;transport=tcp;x=y>\r\n",
        "Contact: \"N\" <sip:10.0.0.1:5>;q=0.5\r\n",
        "Contact: sip:u@10.0.0.1;q=1\r\n",
        "Contact: <sip:a@1.1.1.1>, <sip:b@2.2.2.2>\r\n",
        "Contact: *\r\n",
        "",
        "m: <sip:a@1.1.1.1>\r\nContact: <sip:b@2.2.2.2>;expires=0\r\n",
        "Contact: <sip:enc*u*p*10.0.0.1*5060*tcp@1.2.3.4>\r\n",
        "Contact: <sip:enc*u**10.0.0.1**@1.2.3.4>;q=1\r\n",
        "Contact: <sip:1.2.3.4:5060;transport=tcp;ksu=c2lwOnVAMTAuMC4wLjE>\r\n",
        "Contact: <sip:u@h;p=1;q=2>, <sip:u@h;q=2;p>\r\n",
        "Contact: <tel:1>\r\n",
        "Contact: bad\r\n",
    ];
    let mut all = Vec::new();
    for more in contacts {
        for todo in ["enc", "dec", "cpe", "cpd", "cpr"] {
            all.push(Request { todo, more, ..PLAIN });
        }
    }
    let lines = ["sip:+49123@h", "sip:49@h", "+49123"].map(|v| format!("X-V: {v}\r\n"));
    all.extend(lines.iter().map(|more| Request { todo: "rpid", more, ..PLAIN }));
    send_all(world, &all);
});
