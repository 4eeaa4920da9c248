//! Debian's kamcmd, kamctl and kamcli against both servers, on the stock configuration.
#![allow(missing_docs)]

use kamjit_tests::call::{call, exchange, invite, two_phones};
use kamjit_tests::tools::{Output, json_datagram, kamcli, kamcmd, kamctl};
use kamjit_tests::{Setup, World, scenario};
use regex::Regex;

/// Hides what two servers cannot have in common: times, process numbers, memory, identifiers.
fn tidy(text: &str) -> String {
    let rules = [
        (r"kam(ailio|jit) \d+\.\d+\.\d+[^\s\x22]*( \([^)]*\))?", "<signature>"),
        (r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", "<date>"),
        (r#"(PID"?: *)\d+"#, "$1<pid>"),
        (r#"(uptime"?: *)\d+"#, "$1<seconds>"),
        (r"uloc-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+|ulcx-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+", "<ruid>"),
        (r#"(Last-Keepalive"?: *)\d+"#, "$1<time>"),
        (r#"(Last-Modified"?: *)\d+"#, "$1<time>"),
        (r#"(HashID"?: *)\d+"#, "$1<hash>"),
        (r#"(Tcpconn-Id"?: *)-?\d+"#, "$1<id>"),
        (r#"(Expires"?: *)(59\d|600)\b"#, "$1<about 600>"),
        (r#"(Expires"?: *)(29\d|300)\b"#, "$1<about 300>"),
        (r#"("id": *)\d+"#, "$1<id>"),
        (r"(shmem:\w+ = )\d+", "$1<bytes>"),
        (r"(?m)^(\t(?:total|free|used|real_used|max_used|fragments): )\d+", "$1<bytes>"),
        (r"kamailio SIP Router - RPC Server", "<rpc agent>"),
        (r"/tmp/kjt\w+", "<run>"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).expect("pattern of this file").replace_all(&text, *with).into_owned()
    })
}

fn note(world: &World, command: &str, output: &Output) {
    let mut text = tidy(&output.text);
    if command.starts_with("kamcmd cfg.help") {
        // The words that describe a setting are each server's own.
        text = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    }
    world.note(command, &format!("status {}\n{text}", output.status));
}

/// Runs commands written as one line each through kamcmd and records the answers.
fn ask(world: &World, commands: &[&str]) {
    for command in commands {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        note(world, &format!("kamcmd {command}"), &output);
    }
}

scenario!(version_and_uptime, Setup::stock(), |world| {
    ask(world, &["core.version", "core.uptime", "core.pwd", "core.echo a 1 s:2 1.5", "core.prints x y"]);
});

scenario!(info, Setup::stock(), |world| {
    // Compiler and build flags are each server's own: only the names of the fields are compared.
    let output = kamcmd(world, &["core.info"]);
    let names: Vec<&str> = output.text.lines().map(|l| l.split(':').next().unwrap_or_default()).collect();
    world.note("kamcmd core.info", &names.join("\n"));
});

scenario!(processes, Setup::stock(), |world| {
    // How work is spread over processes or threads differs; the form of an entry does not.
    let output = kamcmd(world, &["core.psx"]);
    let names: Vec<&str> =
        output.text.lines().take(5).map(|l| l.split(':').next().unwrap_or_default()).collect();
    world.note("kamcmd core.psx", &names.join("\n"));
    let output = kamcmd(world, &["core.ps"]);
    let pid = output.text.lines().next().unwrap_or_default() == world.server.pid().to_string();
    world.note("kamcmd core.ps", &format!("the first line is the pid of the main process: {pid}"));
});

scenario!(sockets, Setup::stock(), |world| {
    ask(
        world,
        &["core.sockets_list", "core.aliases_list", "corex.list_sockets", "corex.list_aliases", "ctl.listen"],
    );
    ask(world, &["core.tcp_info"]);
});

scenario!(memory_has_the_same_form, Setup::stock(), |world| {
    ask(world, &["core.shmmem", "stats.get_statistics shmem:"]);
});

scenario!(methods, Setup::stock(), |world| {
    let output = kamcmd(world, &["system.listMethods"]);
    let have: Vec<&str> = output.text.lines().collect();
    // Besides these the real server lists its allocator's, its DNS cache's and its block list's commands.
    for wanted in "cfg.add_group_inst cfg.commit cfg.del cfg.del_delayed cfg.del_group_inst cfg.diff cfg.get cfg.help \
                   cfg.list cfg.reset cfg.rollback cfg.set cfg.set_delayed cfg.set_delayed_int cfg.set_delayed_string \
                   cfg.set_now_int cfg.set_now_string cfg.seti cfg.sets cnt.get cnt.get_raw cnt.get_vars \
                   cnt.grp_get_all cnt.grps_list cnt.help cnt.list_groups cnt.list_vars cnt.reset cnt.var_list \
                   core.aliases_list core.arg core.echo core.flags core.info core.kill core.modules core.ppdefines \
                   core.ppdefines_full core.printi core.prints core.ps core.psa core.psx core.pwd core.runinfo \
                   core.shmmem core.sockets_list core.tcp_info core.tcp_list core.tcp_options core.uptime \
                   core.version corex.list_aliases corex.list_sockets ctl.connections ctl.listen ctl.who \
                   jsonrpc.echo mod.stats pkg.stats pv.shvGet pv.shvSet sl.stats stats.clear_statistics stats.fetch \
                   stats.fetchn stats.get_statistics stats.reset_statistics system.listMethods system.methodHelp \
                   system.methodSignature tm.cancel tm.clean tm.hash_stats tm.list tm.reply tm.reply_callid tm.stats \
                   tm.t_uac_start tm.t_uac_wait tm.t_uac_wait_block ul.add ul.db_contacts ul.db_expired_contacts \
                   ul.db_users ul.dump ul.flush ul.lookup ul.rm ul.rm_contact"
        .split_whitespace()
    {
        world.note("kamcmd system.listMethods", &format!("{wanted}: {}", have.contains(&wanted)));
    }
});

scenario!(help_and_errors, Setup::stock(), |world| {
    ask(world, &["nosuch", "ul.lookup", "ul.lookup location nobody", "ul.dump x y z", "cfg.seti core debug"]);
    ask(
        world,
        &["cfg.get nope x", "ul.db_users", "system.methodSignature core.version", "cfg.seti tm fr_timer abc"],
    );
});

scenario!(contacts, Setup::stock(), |world| {
    ask(world, &["ul.dump", "ul.lookup location alice"]);
    let mut alice = world.udp("alice");
    let instance = format!("{};q=0.5;+sip.instance=\"<urn:uuid:1>\";reg-id=2", alice.contact());
    let request = alice.register_request(600).set("Contact", instance).add("Supported", "path");
    let request = request.add("Path", "<sip:192.0.2.1;lr>");
    alice.send(&request);
    alice.wait_status(200);
    ask(world, &["ul.dump", "ul.dump brief", "ul.lookup location alice", "ul.lookup nowhere alice"]);
    ask(world, &["ul.add location bob sip:bob@127.0.0.1:7000 300 0.7 . 0 0 0", "ul.lookup location bob"]);
    ask(world, &["ul.add location bob sip:bob@127.0.0.1:7001 0 1.0 . 0 0 0", "ul.lookup location bob"]);
    ask(world, &["ul.rm_contact location bob sip:bob@127.0.0.1:7000", "ul.lookup location bob"]);
    ask(
        world,
        &["ul.rm location bob", "ul.lookup location bob", "ul.rm location bob", "ul.rm location alice"],
    );
    ask(world, &["ul.dump", "ul.flush"]);
});

scenario!(added_contact_gets_calls, Setup::stock(), |world| {
    let mut alice = world.udp("alice");
    let mut bob = world.udp("bob");
    let output =
        kamcmd(world, &["ul.add", "location", "bob", &bob.uri(), "300", "1.0", ".", "0", "0", "4294967295"]);
    note(world, "kamcmd ul.add", &output);
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
});

/// Some traffic, then all counters.
fn counters(world: &mut World) {
    let (mut alice, mut bob) = two_phones(world);
    let mut call = call(&mut alice, &mut bob);
    exchange(&mut call.caller, &mut alice, &mut bob, "BYE");
    let sent = invite(&mut alice, &world.uri("nobody"));
    let reply = alice.wait_status(404);
    alice.ack_negative(&sent, &reply);
    let request = alice.request("MESSAGE", "sip:x@example.org");
    alice.send(&request);
    alice.wait_status(403);
    world.fence();
}

scenario!(statistics, Setup::stock(), |world| {
    counters(world);
    ask(world, &["stats.get_statistics core:", "stats.get_statistics sl:", "stats.get_statistics usrloc:"]);
    ask(
        world,
        &["stats.get_statistics registrar:", "stats.get_statistics tcp:", "stats.get_statistics dns:"],
    );
    ask(world, &["stats.fetch core:rcv_requests sl:200_replies", "stats.fetchn usrloc:", "sl.stats"]);
    ask(
        world,
        &["stats.get_statistics rcv_requests", "stats.get_statistics nope", "stats.get_statistics nope:"],
    );
    ask(world, &["cnt.get core rcv_requests", "cnt.get_raw registrar accepted_regs", "cnt.get nope x"]);
    ask(world, &["stats.reset_statistics core:", "stats.get_statistics core:"]);
    ask(world, &["stats.clear_statistics sl:", "stats.get_statistics sl:"]);
});

scenario!(transaction_statistics, Setup::stock(), |world| {
    counters(world);
    // Which transactions are still waiting to be freed depends on the clock.
    let still = ["current", "waiting", "freed", "delayed_free", "active", "inuse"];
    for command in ["tm.stats", "stats.get_statistics tmx:"] {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        let lines = output.text.lines().map(|line| match still.iter().any(|s| line.contains(s)) {
            true => line.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned() + "<n>",
            false => line.to_owned(),
        });
        world.note(&format!("kamcmd {command}"), &lines.collect::<Vec<_>>().join("\n"));
    }
});

scenario!(all_statistics_have_the_same_names, Setup::stock(), |world| {
    let output = kamcmd(world, &["stats.get_statistics", "all"]);
    let names: Vec<&str> = output.text.lines().map(|l| l.split(" = ").next().unwrap_or_default()).collect();
    world.note("kamcmd stats.get_statistics all", &names.join("\n"));
    ask(world, &["cnt.grps_list", "cnt.var_list sl", "cnt.list_groups", "cnt.help core rcv_requests"]);
});

scenario!(runtime_settings, Setup::stock(), |world| {
    ask(world, &["cfg.get core debug", "cfg.seti core debug 1", "cfg.get core debug", "cfg.help core debug"]);
    ask(world, &["cfg.get registrar max_expires", "cfg.seti registrar max_expires 120", "cfg.diff"]);
    ask(world, &["cfg.set registrar max_expires 130", "cfg.get registrar max_expires"]);
    ask(
        world,
        &["cfg.set_delayed_int registrar max_expires 140", "cfg.diff", "cfg.get registrar max_expires"],
    );
    ask(
        world,
        &["cfg.commit", "cfg.get registrar max_expires", "cfg.set_delayed_int registrar max_expires 150"],
    );
    ask(
        world,
        &["cfg.rollback", "cfg.get registrar max_expires", "cfg.sets core nope x", "cfg.get tm fr_timer"],
    );
    ask(world, &["cfg.seti tm fr_timer 5000", "cfg.help tm fr_timer", "cfg.help registrar max_expires"]);
    let mut alice = world.udp("alice");
    alice.register();
});

scenario!(settings_of_the_stock_modules_are_listed, Setup::stock(), |world| {
    let output = kamcmd(world, &["cfg.list"]);
    let have: Vec<&str> = output.text.lines().collect();
    for wanted in [
        "registrar: max_expires",
        "registrar: min_expires",
        "registrar: default_expires",
        "registrar: max_contacts",
        "registrar: default_q",
        "registrar: append_branches",
        "maxfwd: max_limit",
        "tm: fr_timer",
        "tm: fr_inv_timer",
        "tm: retr_timer1",
        "tm: retr_timer2",
        "tm: wait_timer",
        "tm: max_inv_lifetime",
        "tm: failure_reply_mode",
        "core: debug",
        "core: log_facility",
        "tcp: connection_lifetime",
        "siputils: ring_timeout",
        "xlog: methods_filter",
    ] {
        world.note("kamcmd cfg.list", &format!("{wanted}: {}", have.contains(&wanted)));
    }
});

scenario!(
    own_settings,
    Setup::script(
        "pstn.gw_ip = \"\" desc \"PSTN GW Address\"\npstn.gw_port = 5060 desc \"PSTN GW Port\"\n\
         request_route { route(FENCE); xlog(\"L|$sel(cfg_get.pstn.gw_ip)|$sel(cfg_get.pstn.gw_port)|@cfg_get.pstn.gw_ip\\n\"); \
         if (strempty($sel(cfg_get.pstn.gw_ip))) { sl_send_reply(\"500\", \"Empty\"); } \
         else { sl_send_reply(\"200\", \"$sel(cfg_get.pstn.gw_ip)\"); } }"
    ),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("OPTIONS", &world.domain());
        alice.send(&request);
        alice.wait_status(500);
        ask(world, &["cfg.get pstn gw_ip", "cfg.get pstn gw_port", "cfg.sets pstn gw_ip 192.0.2.1"]);
        ask(
            world,
            &[
                "cfg.seti pstn gw_port 5070",
                "cfg.get pstn gw_ip",
                "cfg.get pstn gw_port",
                "cfg.help pstn gw_ip",
            ],
        );
        ask(world, &["cfg.set pstn gw_port 5071", "cfg.seti pstn gw_ip 7", "cfg.get pstn gw_ip"]);
        let request = alice.request("OPTIONS", &world.domain());
        alice.send(&request);
        alice.wait_status(200);
    }
);

scenario!(tool_kamctl, Setup::stock(), |world| {
    for command in [
        "rpc core.version",
        "uptime",
        "ul show",
        "ul add carol@127.0.0.1 sip:c@127.0.0.1:7008",
        "ul show carol@127.0.0.1",
        "ul show",
        "ul rm carol@127.0.0.1",
        "rpc ul.dump",
        "rpc cfg.get tm fr_timer",
        "rpc cfg.get core debug",
        "rpc nope",
        "rpc core.echo x 1",
        "rpc stats.get_statistics core:",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamctl(world, &args);
        note(world, &format!("kamctl {command}"), &output);
    }
});

scenario!(tool_kamcli, Setup::stock(), |world| {
    for command in [
        "jsonrpc core.version",
        "uptime",
        "ul show",
        "ul add carol sip:c@127.0.0.1:7008",
        "ul show carol",
        "ul rm carol",
        "jsonrpc core.echo x 1",
        "jsonrpc nope",
        "srv sockets",
        "stats usrloc",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcli(world, &args);
        note(world, &format!("kamcli {command}"), &output);
    }
});

scenario!(json_datagrams, Setup::stock(), |world| {
    for text in [
        r#"{"jsonrpc":"2.0","method":"core.version","id":1}"#,
        r#"{"jsonrpc":"2.0","method":"core.echo","params":["a",1,2.5],"id":"text"}"#,
        r#"{"jsonrpc":"2.0","method":"ul.lookup","params":["location","nobody"],"id":3}"#,
        r#"{"jsonrpc":"2.0","method":"ul.lookup","params":["location"],"id":4}"#,
        r#"{"jsonrpc":"2.0","method":"nope","id":5}"#,
        r#"{"jsonrpc":"2.0","method":"ul.dump","id":6}"#,
        r#"{"jsonrpc":"2.0","method":"tm.stats","id":7}"#,
        r#"{"jsonrpc":"2.0","id":8}"#,
        r#"{"jsonrpc":"2.0","method":"core.echo","params":{"a":"b"},"id":9}"#,
        r#"{"method":"core.echo","params":["x"],"id":10}"#,
    ] {
        let answer = json_datagram(world, text);
        world.note("datagrams", &format!("{text}\n{}", tidy(&answer)));
    }
    // No JSON: the real server does not answer, and goes on.
    use std::os::unix::net::UnixDatagram;
    let socket = UnixDatagram::unbound().expect("socket");
    for text in ["garbage", "", "{", "[]", "{\"jsonrpc\":\"2.0\"", "\0\0\0"] {
        let _ = socket.send_to(text.as_bytes(), world.server.run.path().join("kamailio_rpc.sock"));
    }
    let answer = json_datagram(world, r#"{"jsonrpc":"2.0","method":"core.echo","params":["alive"],"id":11}"#);
    world.note("datagrams", &tidy(&answer));
});
