//! REGISTER on the stock configuration.
#![allow(missing_docs)]

use kamjit_tests::{Agent, Incoming, Message, Setup, World, scenario};

/// Sends a request and waits for its final reply.
fn ask(agent: &mut Agent, request: &Message) -> Incoming {
    agent.send(request);
    let cseq = request.header("CSeq").to_owned();
    let ours = |m: &Incoming| m.get("CSeq") == Some(cseq.as_str());
    let reply = agent.wait("a final reply", |m| ours(m) && m.code().is_some_and(|c| c >= 200));
    // An error of save() is answered twice: by the registrar itself, then by the script with sl_reply_error().
    if ![Some(420), Some(500)].contains(&reply.code()) && reply.get("P-Registrar-Error").is_some() {
        agent.wait("the second answer", |m| ours(m) && m.code() == Some(500));
    }
    reply
}

/// A REGISTER of `alice` with these Contact values, in one binding series (same Call-ID, rising CSeq).
fn contacts(agent: &mut Agent, series: &mut Option<Message>, values: &[&str]) -> Message {
    let base = match series.take() {
        Some(last) => agent.again(&last),
        None => agent.register_request(600),
    };
    let mut request = base.without("Contact");
    for value in values {
        request = request.add("Contact", *value);
    }
    *series = Some(request.clone());
    request
}

fn query(agent: &mut Agent) -> Incoming {
    let request = agent.register_request(0).without("Contact").without("Expires");
    ask(agent, &request)
}

scenario!(new_contact, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    alice.register();
});

scenario!(refresh, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let first = alice.register_request(600);
    ask(&mut alice, &first);
    let second = alice.again(&first).set("Expires", "1200");
    ask(&mut alice, &second);
    query(&mut alice);
});

scenario!(refresh_with_a_new_call_id, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    alice.register();
    let other = alice.register_request(1200);
    ask(&mut alice, &other);
    query(&mut alice);
});

scenario!(two_contacts_one_request, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = contacts(&mut alice, &mut None, &["<sip:a@127.0.0.1:7001>", "<sip:b@127.0.0.1:7002>"]);
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(two_contacts_comma_separated, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = contacts(
        &mut alice,
        &mut None,
        &["<sip:a@127.0.0.1:7001>;q=0.3;expires=300, \"B, or C\" <sip:b@127.0.0.1:7002;x=y>;q=1"],
    );
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(two_contacts_two_agents, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut desk = world.udp("desk");
    desk.name = "alice".into();
    alice.register();
    desk.name = "desk".into();
    let aor = format!("<{}>", alice.aor());
    let request = desk.register_request(900).set("To", aor.clone()).set("From", format!("{aor};tag=desk"));
    ask(&mut desk, &request);
    query(&mut alice);
});

scenario!(removal, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let first = alice.register_request(600);
    ask(&mut alice, &first);
    let second = alice.again(&first).set("Expires", "0");
    ask(&mut alice, &second);
    query(&mut alice);
});

scenario!(removal_by_contact_parameter, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    let both = contacts(&mut alice, &mut series, &["<sip:a@127.0.0.1:7001>", "<sip:b@127.0.0.1:7002>"]);
    ask(&mut alice, &both);
    let one = contacts(&mut alice, &mut series, &["<sip:a@127.0.0.1:7001>;expires=0"]);
    ask(&mut alice, &one);
    query(&mut alice);
});

scenario!(removal_of_an_unknown_contact, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = contacts(&mut alice, &mut None, &["<sip:a@127.0.0.1:7001>;expires=0"]);
    ask(&mut alice, &request);
});

scenario!(removal_of_all, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    let both = contacts(&mut alice, &mut series, &["<sip:a@127.0.0.1:7001>", "<sip:b@127.0.0.1:7002>"]);
    ask(&mut alice, &both);
    let star = contacts(&mut alice, &mut series, &["*"]).set("Expires", "0");
    ask(&mut alice, &star);
    query(&mut alice);
});

scenario!(star_needs_expires_zero, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    let star = contacts(&mut alice, &mut series, &["*"]);
    ask(&mut alice, &star);
    let star = contacts(&mut alice, &mut series, &["*"]).without("Expires");
    ask(&mut alice, &star);
    let mixed = contacts(&mut alice, &mut series, &["*", "<sip:a@127.0.0.1:7001>"]).set("Expires", "0");
    ask(&mut alice, &mixed);
});

scenario!(query_of_nothing, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    query(&mut alice);
});

scenario!(expires_values, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    for (n, value) in
        ["1", "60", "7200", "4294967296", "abc", "-1", "60abc", " 70 ", "\"80\""].iter().enumerate()
    {
        let contact = format!("<sip:c{n}@127.0.0.1:7001>;expires={value}");
        let request = contacts(&mut alice, &mut series, &[&contact]);
        ask(&mut alice, &request);
        let contact = format!("<sip:d{n}@127.0.0.1:7001>");
        let request = contacts(&mut alice, &mut series, &[&contact]).set("Expires", *value);
        ask(&mut alice, &request);
    }
    let request = contacts(&mut alice, &mut series, &["<sip:e@127.0.0.1:7001>"]).without("Expires");
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(q_values, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    for (n, q) in ["1", "0", "0.5", "0.75", "0.123", "1.0", ".9", "1.1", "x", ""].iter().enumerate() {
        let contact = format!("<sip:c{n}@127.0.0.1:7001>;q={q}");
        let request = contacts(&mut alice, &mut series, &[&contact]);
        ask(&mut alice, &request);
    }
    query(&mut alice);
});

scenario!(contact_forms, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut series = None;
    for contact in [
        "sip:a@127.0.0.1:7001",
        "sip:a@127.0.0.1:7001;expires=90",
        "\"Alice \\\"A\\\" L\" <sip:b@127.0.0.1:7001;transport=udp;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
        "Alice <sip:c@127.0.0.1:7001?Subject=x>",
        "<sips:d@127.0.0.1:7001>",
        "<sip:e%20e@localhost>",
        "<sip:127.0.0.1:7001>",
        "<sip:f@[::1]:7001>",
        "<tel:+4930123456>",
        "<mailto:a@b.c>",
        "<sip:A@127.0.0.1:7001>",
        "<sip:a@127.0.0.1:7001;x=1>",
        "<sip:g@127.0.0.1:7001>;methods=\"INVITE, ACK, BYE\"",
        "<sip:h@127.0.0.1:7001",
        "sip:i@127.0.0.1:7001>",
        "@sip:j@127.0.0.1:7001>",
        "<sip:k@127.0.0.1:70<>",
        "<<sip:l@127.0.0.1:7001>",
        "garbage <",
        "",
    ] {
        let request = contacts(&mut alice, &mut series, &[contact]);
        ask(&mut alice, &request);
    }
    query(&mut alice);
});

scenario!(old_cseq, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let first = alice.register_request(600).set("CSeq", "20 REGISTER");
    ask(&mut alice, &first);
    for cseq in ["20", "19", "1", "21"] {
        let next = alice.again(&first).set("CSeq", format!("{cseq} REGISTER")).set("Expires", "1200");
        ask(&mut alice, &next);
    }
    query(&mut alice);
});

scenario!(retransmitted_register, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let first = alice.register_request(600);
    let reply = ask(&mut alice, &first);
    alice.send(&first);
    alice.send(&first);
    // The answer to a retransmission may differ in the remaining time only; usually it is a copy.
    let _ = reply;
    query(&mut alice);
});

scenario!(path_with_support, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let proxy = world.udp("proxy");
    let path = format!("<sip:{};lr>", proxy.local);
    let request = alice.register_request(600).add("Path", path).add("Supported", "path, outbound");
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(path_without_support, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let proxy = world.udp("proxy");
    let path = format!("<sip:one@{};lr>, <sip:two@{};lr>", proxy.local, proxy.local);
    let request = alice.register_request(600).add("Path", path);
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(other_domain_is_not_served, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = alice.register_request(600);
    let request = Message { start: "REGISTER sip:example.org SIP/2.0".into(), ..request };
    ask(&mut alice, &request);
    // The domain of To does not count with use_domain=0.
    let request = alice.register_request(600).set("To", "<sip:alice@example.org>");
    ask(&mut alice, &request);
    query(&mut alice);
});

scenario!(to_without_user, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let domain = format!("<{}>", world.domain());
    let request = alice.register_request(600).set("To", domain);
    ask(&mut alice, &request);
    let request = alice.register_request(600).set("To", "<sip:ali%20ce@127.0.0.1>");
    ask(&mut alice, &request);
    let request = alice.register_request(600).set("To", "<tel:+49123>");
    ask(&mut alice, &request);
    let request = alice.register_request(600).set("To", "<sip:alic%@127.0.0.1>");
    ask(&mut alice, &request);
});

scenario!(request_uri_with_user, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let request = alice.register_request(600);
    let request = Message { start: format!("REGISTER {} SIP/2.0", world.uri("alice")), ..request };
    ask(&mut alice, &request);
});

scenario!(too_many_contacts_in_one_request, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let values: Vec<String> = (0..40).map(|n| format!("<sip:c{n}@127.0.0.1:{}>", 7000 + n)).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let request = contacts(&mut alice, &mut None, &values);
    ask(&mut alice, &request);
    query(&mut alice);
});

fn limits(extra: &str) -> Setup {
    Setup::script(format!(
        "modparam(\"registrar\", \"min_expires\", 60)\nmodparam(\"registrar\", \"max_expires\", 600)\n\
         modparam(\"registrar\", \"default_expires\", 300)\n{extra}\n\
         request_route {{ route(FENCE); if (!save(\"location\")) {{ xlog(\"save failed $rc\\n\"); sl_reply_error(); }} }}"
    ))
}

fn with_limits(world: &mut World) {
    let mut alice = world.udp("alice");
    let mut series = None;
    for expires in ["10", "60", "300", "900"] {
        let contact = format!("<sip:c{expires}@127.0.0.1:7001>");
        let request = contacts(&mut alice, &mut series, &[&contact]).set("Expires", expires);
        ask(&mut alice, &request);
    }
    let request = contacts(&mut alice, &mut series, &["<sip:d@127.0.0.1:7001>"]).without("Expires");
    ask(&mut alice, &request);
    query(&mut alice);
}

scenario!(expires_limits, limits(""), with_limits);
scenario!(max_contacts, limits("modparam(\"registrar\", \"max_contacts\", 2)"), with_limits);
scenario!(
    retry_after,
    limits("modparam(\"registrar\", \"max_contacts\", 1)\nmodparam(\"registrar\", \"retry_after\", 30)"),
    with_limits
);
scenario!(
    path_modes,
    limits("modparam(\"registrar\", \"use_path\", 1)\nmodparam(\"registrar\", \"path_mode\", 2)"),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.register_request(600).add("Path", "<sip:127.0.0.1:7009;lr>");
        ask(&mut alice, &request);
        let request =
            alice.register_request(600).add("Path", "<sip:127.0.0.1:7009;lr>").add("Supported", "path");
        ask(&mut alice, &request);
    }
);
