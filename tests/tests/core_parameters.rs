//! Global parameters: every one of the catalogue takes the same values in both servers, and those that show on the wire
//! do the same. Also the variables of the cfg framework, with instances of groups.
#![allow(missing_docs)]

use kamjit_tests::tools::{kamcmd, run};
use kamjit_tests::{Kind, LogRule, Setup, World, compare_facts, scenario};
use std::process::Command;

/// A value of every kind that the grammar knows.
const VALUES: [&str; 9] = ["0", "1", "-1", "300", "\"abc\"", "abc", "127.0.0.1", "udp", "LOG_LOCAL0"];

/// Where the servers differ on purpose (docs/src/differences.md): unknown words for `tos`, what kamjit lacks.
const DIFFERENT: [(&str, &str); 6] = [
    ("tos", "abc"),
    ("tos", "LOG_LOCAL0"),
    ("tcp_accept_haproxy", "1"),
    ("tcp_accept_haproxy", "300"),
    ("hdr_name_extra_chars", "\"abc\""),
    ("uri_host_extra_chars", "\"abc\""),
];

/// Names of hosts, which the real server looks up: only values that are none are tried.
const HOSTS: [&str; 3] = ["advertised_address", "alias", "listen"];
const NO_NAMES: [&str; 3] = ["-1", "udp", "127.0.0.1"];

/// All names of the catalogue for 5.6, synonyms included.
fn names() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../compiler/catalog/data/core-5.6.json");
    let text = std::fs::read_to_string(path).expect("catalogue");
    let facts: serde_json::Value = serde_json::from_str(&text).expect("catalogue is JSON");
    let mut names = Vec::new();
    for param in facts["global_params"].as_array().expect("global_params") {
        let synonyms = param["synonyms"].as_array().into_iter().flatten();
        names.extend(
            [&param["name"]].into_iter().chain(synonyms).filter_map(|n| n.as_str()).map(str::to_owned),
        );
    }
    names
}

/// Whether a server accepts a file.
fn verdict(kind: &Kind, name: &str, text: &str) -> &'static str {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let cfg = dir.path().join(format!("{name}.cfg"));
    std::fs::write(&cfg, text).expect("configuration");
    let (bin, own) = kind.program();
    let output = run(Command::new(bin).args(own).arg("-f").arg(&cfg).args(["-c", "-m", "16"]));
    if output.status == 0 { "accepted" } else { "refused" }
}

/// One line a parameter and value, some in parallel.
fn verdicts(kind: &Kind, names: &[String]) -> String {
    let share = names.len().div_ceil(4).max(1);
    let line = |name: &String, value: &&str| {
        // With a socket of its own the server does not look the machine's addresses up.
        let listen = if name == "listen" { "" } else { "listen=udp:127.0.0.1:5060\n" };
        let text = format!("{name}={value}\n{listen}auto_aliases=no\nrequest_route {{ exit; }}\n");
        format!("{name}={value}: {}", verdict(kind, "one", &text))
    };
    let lines = |names: &[String]| -> Vec<String> {
        let skipped = |name: &str, value: &str| {
            DIFFERENT.contains(&(name, value)) || HOSTS.contains(&name) && !NO_NAMES.contains(&value)
        };
        names
            .iter()
            .flat_map(|name| VALUES.iter().filter(|v| !skipped(name, v)).map(|value| line(name, value)))
            .collect()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = names.chunks(share).map(|part| scope.spawn(move || lines(part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("verdicts")).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn every_parameter_takes_the_same_values() {
    let names = names();
    assert!(names.len() > 200, "the catalogue lists {} names", names.len());
    compare_facts("every_parameter_takes_the_same_values", |kind| verdicts(kind, &names));
}

#[test]
fn unknown_parameters_are_refused() {
    compare_facts("unknown_parameters_are_refused", |kind| {
        let all = ["foo_bar=1", "foo_bar=\"x\"", "kemi.foo=\"x\"", "childen=4", "return_mode_x=1"];
        all.map(|line| {
            format!("{line}: {}", verdict(kind, "one", &format!("{line}\nrequest_route {{ exit; }}\n")))
        })
        .join("\n")
    });
}

/// A script that answers, with global parameters before it.
fn with(globals: &str, script: &str) -> Setup {
    Setup::script(format!("{globals}\nrequest_route {{ route(FENCE);\n{script}\n}}\n"))
}

/// Sends a MESSAGE and waits for the final answer.
fn message(world: &mut World, code: u16) {
    let mut alice = world.udp("alice");
    let request = alice.request("MESSAGE", &world.uri("bob"));
    alice.send(&request);
    alice.wait_status(code);
}

scenario!(
    warnings_of_stateless_replies,
    with("sip_warning=1", "$ru = \"sip:other@example.com\"; sl_send_reply(\"404\", \"Nope\");"),
    |world| message(world, 404)
);
scenario!(
    warnings_of_stateful_replies,
    with("sip_warning=yes", "t_newtran(); t_reply(\"404\", \"Nope\");"),
    |world| message(world, 404)
);

/// A MESSAGE through the server to bob.
fn relayed(world: &mut World, body: usize) {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let request = alice.request("MESSAGE", &bob.uri()).body("text/plain", "x".repeat(body));
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
}

scenario!(
    advertised_in_vias_only,
    with("advertised_address=\"adv.example.com\"\nadvertised_port=5099", "record_route(); t_relay();"),
    |world| relayed(world, 0)
);
scenario!(
    advertised_when_forwarding,
    with("advertised_address=adv.example.com", "set_advertised_port(5077); forward();"),
    |world| relayed(world, 0)
);
scenario!(
    replies_to_the_via,
    with("reply_to_via=1", "if ($hdr(X-Port) != $null) force_rport(); sl_send_reply(\"404\", \"Nope\");"),
    |world| {
        let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
        let via = bob.via();
        let request = alice.request("MESSAGE", &world.uri("x")).set("Via", via.replace(";rport", ""));
        alice.send(&request);
        bob.wait_status(404);
        let via = bob.via();
        let request = alice.request("MESSAGE", &world.uri("x")).set("Via", via.replace(";rport", ""));
        alice.send(&request.add("X-Port", "1"));
        alice.wait_status(404);
    }
);

/// Long requests to a peer that listens on TCP alone.
fn leaves_udp(world: &mut World) {
    let (mut alice, mut bob) = (world.udp("alice"), world.tcp("bob"));
    let uri = bob.uri().replace(";transport=tcp", "");
    let request = alice.request("MESSAGE", &uri).body("text/plain", "x".repeat(1200));
    alice.send(&request);
    let received = bob.wait_request("MESSAGE");
    bob.reply(&received, 200, "OK");
    alice.wait_reply("MESSAGE", 200);
}

scenario!(
    long_requests_leave_udp,
    with("udp_mtu=1000\nudp_mtu_try_proto=TCP", "record_route(); t_relay();").with_tcp(),
    leaves_udp
);
scenario!(
    long_requests_leave_udp_when_forwarded,
    with("udp_mtu=1000\nudp_mtu_try_proto=TCP", "forward();").with_tcp(),
    leaves_udp
);
scenario!(
    long_requests_leave_udp_by_function,
    with("udp_mtu=1000", "udp_mtu_try_proto(TCP); t_relay();").with_tcp(),
    leaves_udp
);
scenario!(
    short_requests_stay_on_udp,
    with("udp_mtu=1000\nudp_mtu_try_proto=TCP", "t_relay();").with_tcp(),
    |world| relayed(world, 100)
);
scenario!(
    long_requests_stay_without_another_transport,
    with("udp_mtu=1000", "t_relay();").with_tcp(),
    |world| relayed(world, 1200)
);

scenario!(
    addresses_in_other_styles,
    with("ipv6_hex_style=\"a\"", "xlog(\"L|$si|$Ri\\n\"); sl_send_reply(\"200\", \"OK\");").with_ipv6(),
    |world| {
        let mut alice = world.udp6("alice");
        let request = alice.request("MESSAGE", "sip:x@example.com");
        alice.send(&request);
        alice.wait_status(200);
    }
);

scenario!(
    events_before_the_routes,
    Setup::script(
        "received_route_mode=1\nrequest_route { route(FENCE); xlog(\"L|request $rm\\n\"); t_relay(); }\n\
         reply_route { xlog(\"L|reply $rs\\n\"); }\n\
         event_route[core:pre-routing] { if ($ua =~ \"fence\" || $fU == \"fence\") exit; xlog(\"L|pre $rm $rs\\n\"); \
         if ($hdr(X-Drop) != $null) drop; }\n\
         event_route[core:msg-received] { xlog(\"L|received $rm\\n\"); }\n"
    )
    .log(LogRule::Ignored),
    |world| {
        let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
        let request = alice.request("MESSAGE", &bob.uri()).add("X-Drop", "1");
        alice.send(&request);
        let request = alice.request("MESSAGE", &bob.uri());
        alice.send(&request);
        let received = bob.wait_request("MESSAGE");
        bob.reply(&received, 200, "OK");
        alice.wait_reply("MESSAGE", 200);
        world.server.wait_log_quiet();
        // Requests of the harness itself come in between, as often as it asks: those lines are left out.
        let log = world.server.log();
        let lines = log.iter().filter_map(|line| line.split("L|").nth(1));
        world.note("log", &lines.filter(|l| !l.starts_with("received")).collect::<Vec<_>>().join("\n"));
        world.note("log", &format!("received: {}", log.iter().any(|line| line.contains("L|received OPTIONS"))));
    }
);

scenario!(
    run_times_are_logged,
    with("latency_cfg_log=-1\nlatency_limit_action=1\nlatency_log=-1", "sl_send_reply(\"200\", \"OK\");"),
    |world| {
        message(world, 200);
        world.server.wait_log_quiet();
        let log = world.server.log();
        let has = |text: &str| log.iter().any(|line| line.contains(text));
        world.note("log", &format!("route: {}", has("ERROR: <core>") && has("request-route executed in: ")));
        world.note("log", &format!("action: {}", has("alert - action [sl_send_reply")));
    }
);

/// Runs kamcmd and records the answers.
fn ask(world: &World, commands: &[&str]) {
    for command in commands {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        // Sizes are each server's own, seconds may just have passed.
        let text: Vec<String> = output
            .text
            .lines()
            .map(|line| match line.split_once(": ") {
                Some((name, _)) if name.ends_with("size_bytes") || name.ends_with("reference_counter") => {
                    format!("{name}: <n>")
                }
                Some((name, value)) if name.ends_with("expires") && value.starts_with('5') => {
                    format!("{name}: 60")
                }
                _ => line.to_owned(),
            })
            .collect();
        world.note(&format!("kamcmd {command}"), &format!("status {}\n{}", output.status, text.join("\n")));
    }
}

scenario!(settings_of_core_and_tcp, with("", "sl_send_reply(\"200\", \"OK\");"), |world| {
    let list = kamcmd(world, &["cfg.list"]).text;
    let names: Vec<&str> =
        list.lines().filter(|l| l.starts_with("core: ") || l.starts_with("tcp: ")).collect();
    world.note("kamcmd cfg.list", &names.join("\n"));
    for name in names {
        ask(world, &[&format!("cfg.get {}", name.replace(": ", " "))]);
        let range = |value: &str| {
            let command = format!("cfg.seti {} {value}", name.replace(": ", " "));
            let changes_the_log = ["core: debug", "core: corelog", "core: log_facility"].contains(&name);
            // Reports of the memory managers end in the log, or end the server.
            if !changes_the_log && !name.contains("mem") && !name.contains("blocklist") {
                ask(world, &[&command]);
            }
        };
        ["-2", "0", "1", "70000", "2000000000"].into_iter().for_each(range);
    }
});

const GROUPS: &str = "pstn.gw = \"a\" desc \"gateway\"\npstn.prt = 5\npstn[1].gw = \"b\"\npstn[2].prt = 7\n";

scenario!(
    instances_of_groups,
    with(
        GROUPS,
        r#"xlog("0|$sel(cfg_get.pstn.gw)|$sel(cfg_get.pstn.prt)|$rc\n");
    if (cfg_select("pstn", 1)) xlog("t $rc\n"); else xlog("f $rc\n");
    xlog("1|$sel(cfg_get.pstn.gw)|$sel(cfg_get.pstn.prt)\n");
    $var(x) = 2; cfg_select("pstn", $var(x)); xlog("2|$sel(cfg_get.pstn.gw)|$sel(cfg_get.pstn.prt)|$rc\n");
    if (cfg_select("pstn", 3)) xlog("t $rc\n"); else xlog("f $rc\n");
    xlog("3|$sel(cfg_get.pstn.gw)|$sel(cfg_get.pstn.prt)\n");
    cfg_reset("pstn"); xlog("4|$rc|$sel(cfg_get.pstn.gw)|$sel(cfg_get.pstn.prt)\n");
    cfg_select("pstn", 1 + 1 - 1); xlog("5|$rc|$sel(cfg_get.pstn.gw)\n");
    sl_send_reply("200", "OK");"#
    ),
    |world| {
        ask(world, &["cfg.get pstn[1] gw", "cfg.get pstn[1] prt", "cfg.get pstn[2] prt", "cfg.get pstn[1]"]);
        ask(
            world,
            &["cfg.get pstn", "cfg.get pstn[3] gw", "cfg.set pstn[3] gw x", "cfg.add_group_inst pstn[1]"],
        );
        ask(world, &["cfg.add_group_inst pstn[4]", "cfg.set pstn[4] gw four", "cfg.get pstn[4] gw"]);
        ask(
            world,
            &[
                "cfg.seti pstn[4] gw 4",
                "cfg.seti pstn[4] prt 4",
                "cfg.seti pstn[4] nope 4",
                "cfg.get pstn[4]",
            ],
        );
        ask(
            world,
            &["cfg.set_delayed pstn[4] gw five", "cfg.diff", "cfg.commit", "cfg.get pstn[4] gw", "cfg.diff"],
        );
        ask(
            world,
            &["cfg.del pstn[4] gw", "cfg.get pstn[4] gw", "cfg.del pstn[4] nope", "cfg.del pstn[9] gw"],
        );
        ask(
            world,
            &["cfg.del_delayed pstn[4] prt", "cfg.diff", "cfg.rollback", "cfg.diff", "cfg.get pstn[4] prt"],
        );
        ask(world, &["cfg.del_group_inst pstn[4]", "cfg.del_group_inst pstn[4]", "cfg.add_group_inst pstn"]);
        ask(
            world,
            &["cfg.add_group_inst nope[1]", "cfg.help pstn[1] gw", "cfg.list pstn[1]", "cfg.list pstn"],
        );
        ask(
            world,
            &["cfg.set_delayed_int pstn prt 9", "cfg.set_now_int pstn prt 8", "cfg.diff", "cfg.rollback"],
        );
        ask(world, &["cfg.set tcp fd_cache 0", "cfg.sets core debug x", "cfg.set core log_facility NOPE"]);
        message(world, 200);
    }
);

scenario!(
    loops_and_rport_while_it_runs,
    with(
        "",
        "$var(i) = 0; while ($var(i) < 1000) { $var(i) = $var(i) + 1; } xlog(\"L|$var(i)\\n\"); \
         sl_send_reply(\"200\", \"OK\");"
    ),
    |world| {
        message(world, 200);
        ask(world, &["cfg.seti core max_while_loops 7", "cfg.seti core force_rport 1"]);
        let mut alice = world.udp("carol");
        let request = alice.request("MESSAGE", &world.uri("bob"));
        let via = request.header("Via").replace(";rport", "");
        alice.send(&request.set("Via", via));
        alice.wait_status(200);
    }
);

scenario!(cache_of_names, with("", "sl_send_reply(\"200\", \"OK\");"), |world| {
    ask(
        world,
        &["dns.add_a a.test 60 127.0.0.1 0", "dns.add_a a.test 60 127.0.0.2 0", "dns.lookup A a.test"],
    );
    ask(world, &["dns.view", "dns.delete_a a.test", "dns.delete_a a.test", "dns.view"]);
    ask(world, &["dns.add_aaaa b.test 60 ::1 0", "dns.view", "dns.delete_aaaa b.test"]);
    ask(
        world,
        &["dns.add_srv _sip._udp.x.test 60 1 10 5070 a.test 0", "dns.view", "dns.delete_all", "dns.view"],
    );
    ask(world, &["dns.add_a x", "dns.add_a x 60 zz 0", "dns.add_srv x 60", "dns.delete_srv x"]);
    ask(world, &["dns.delete_cname x", "dns.delete_ebl x", "dns.delete_ptr x", "dns.delete_txt x"]);
    ask(
        world,
        &["dst_blocklist.view", "dst_blocklist.debug", "dst_blocklist.mem_info", "dst_blocklist.delete_all"],
    );
    ask(world, &["dst_blocklist.add 127.0.0.1 5060 1 0", "corex.pkg_summary", "corex.pkg_summary foo 1"]);
    ask(world, &["shm.report", "core.sockets_list", "core.tcp_options", "core.udp4_raw_info"]);
});

scenario!(core_commands, with("", "sl_send_reply(\"200\", \"OK\");"), |world| {
    let output = kamcmd(world, &["system.listMethods"]);
    let prefixes =
        ["core.", "cfg.", "dns.", "dst_blocklist.", "corex.", "shm.", "pkg.", "mod.", "stats.", "system."];
    let mut names: Vec<&str> =
        output.text.lines().filter(|name| prefixes.iter().any(|p| name.starts_with(p))).collect();
    names.sort_unstable();
    world.note("kamcmd system.listMethods", &names.join("\n"));
});
