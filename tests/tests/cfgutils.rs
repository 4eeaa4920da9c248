//! cfgutils: chance, flags, locks, routes by name, hashes, waiting.
#![allow(missing_docs)]

use kamjit_tests::script::drive;
use kamjit_tests::tools::kamcmd;
use kamjit_tests::{Setup, World, scenario};

fn setup(params: &str, statements: &str) -> Setup {
    Setup::script(format!(
        "loadmodule \"cfgutils.so\"\n{params}\nroute[X] {{ xlog(\"in X\\n\"); return 7; }}\n\
         route[Y] {{ xlog(\"in Y\\n\"); return -3; }}\nroute[Z] {{ xlog(\"in Z\\n\"); exit; }}\n\
         request_route {{\n    route(FENCE);\n{statements}\n    sl_send_reply(\"200\", \"OK\");\n    \
         route_if_exists(\"Z\");\n    xlog(\"never\\n\");\n}}\n"
    ))
}

fn ask(world: &World, commands: &[&str]) {
    for command in commands {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        world.note(command, &format!("status {}\n{}", output.status, output.text));
    }
}

scenario!(
    chance_and_flags,
    setup(
        "modparam(\"cfgutils\", \"initial_probability\", 50)\nmodparam(\"cfgutils\", \"initial_gflags\", 5)",
        r#"
    rand_get_prob(); xlog("$rc\n"); rand_set_prob("100"); xlog("$rc\n"); rand_get_prob(); xlog("$rc\n");
    rand_event(); xlog("$rc\n"); rand_set_prob("0"); rand_event(); xlog("$rc\n");
    rand_reset_prob(); xlog("$rc\n"); rand_get_prob(); xlog("$rc\n");
    set_gflag("4"); xlog("$rc\n"); if (is_gflag("4")) { xlog("4\n"); } if (is_gflag(0)) { xlog("0\n"); }
    is_gflag(1); xlog("$rc\n"); reset_gflag("4"); xlog("$rc\n"); is_gflag("4"); xlog("$rc\n");
    if ($RANDOM >= 0) { xlog("random\n"); }
"#
    ),
    |world| {
        ask(world, &["cfgutils.get_gflags"]);
        drive(world);
        ask(
            world,
            &["cfgutils.get_gflags", "cfgutils.set_gflag 16", "cfgutils.is_gflag 16", "cfgutils.is_gflag 17"],
        );
        ask(
            world,
            &[
                "cfgutils.is_gflag 1024",
                "cfgutils.set_gflag 10",
                "cfgutils.get_gflags",
                "cfgutils.reset_gflag 16",
            ],
        );
        ask(
            world,
            &["cfgutils.get_gflags", "cfgutils.set_gflag", "cfgutils.set_gflag abc", "cfgutils.is_gflag"],
        );
        ask(world, &["cfgutils.rand_get_prob", "cfgutils.rand_set_prob 77", "cfgutils.rand_set_prob 101"]);
        ask(world, &["cfgutils.rand_set_prob", "cfgutils.rand_set_prob x", "cfgutils.rand_get_prob"]);
        ask(world, &["cfgutils.rand_reset_prob", "cfgutils.rand_get_prob"]);
        ask(world, &["cfgutils.get_config_hash", "cfgutils.check_config_hash"]);
    }
);

scenario!(
    locks_hashes_and_waiting,
    setup(
        "modparam(\"cfgutils\", \"lock_set_size\", 2)",
        r#"
    lock("a"); xlog("$rc\n"); unlock("a"); xlog("$rc\n"); trylock("a"); xlog("$rc\n"); trylock("a"); xlog("$rc\n");
    unlock("a"); unlock("a"); xlog("$rc\n"); lock("$rU"); trylock("bob"); xlog("$rc\n"); unlock("bob");
    $var(h) = core_hash("abc", "", 4); xlog("$var(h)\n"); $var(h) = core_hash("abc", "def", 4); xlog("$var(h)\n");
    $var(h) = core_hash("ABC", "", 8); xlog("$var(h)\n"); $var(h) = core_hash("abc", "", 0); xlog("$var(h)\n");
    $var(h) = core_hash("", "", 4); xlog("$var(h)\n"); $var(h) = core_hash("abc", "", "16"); xlog("$var(h)\n");
    $var(h) = core_hash("$ru", "$fu", "31"); xlog("$var(h)\n"); $var(n) = 5;
    $var(h) = core_hash("abcdefghijk", "xyz", "$var(n)"); xlog("$var(h) $rc\n");
    sleep("0"); xlog("$rc\n"); usleep("10"); xlog("$rc\n"); $var(t) = 100; usleep("$var(t)"); xlog("$rc\n");
    usleep(100); xlog("$rc\n"); pkg_status(); xlog("$rc\n"); shm_status(); xlog("$rc\n"); pkg_summary();
    xlog("$rc\n"); shm_summary(); xlog("$rc\n");
"#
    ),
    drive
);

scenario!(
    without_a_lock_set,
    setup(
        "",
        "lock(\"a\"); xlog(\"$rc\\n\"); trylock(\"a\"); xlog(\"$rc\\n\"); unlock(\"a\"); xlog(\"$rc\\n\");"
    ),
    drive
);

scenario!(
    routes_by_name,
    setup(
        "modparam(\"cfgutils\", \"hash_file\", \"/etc/kamailio/kamailio.cfg\")",
        r#"
    route_if_exists("X"); xlog("$rc\n"); route_if_exists("Y"); xlog("$rc\n"); route_if_exists("NO"); xlog("$rc\n");
    $var(n) = "X"; route_if_exists("$var(n)"); xlog("$rc\n");
    if (route_if_exists("NO")) { xlog("yes\n"); } else { xlog("no\n"); }
    check_route_exists("X"); xlog("$rc\n"); check_route_exists("NO"); xlog("$rc\n");
    check_route_exists("$var(n)"); xlog("$rc\n");
"#
    ),
    |world| {
        drive(world);
        ask(world, &["cfgutils.check_config_hash", "cfgutils.get_config_hash"]);
    }
);

// A run that sleeps stops no other message: not with one worker either. The real server's one worker stands still.
#[test]
fn sleeping_stops_nobody_else() {
    use kamjit_tests::Kind;
    let setup = Setup::script(
        r#"
loadmodule "cfgutils.so"
modparam("cfgutils", "lock_set_size", 2)
request_route {
    route(FENCE);
    if ($rU == "sleeper") { lock("k"); xlog("asleep\n"); sleep("2"); xlog("awake\n"); unlock("k"); }
    if ($rU == "waiter") { xlog("waiting\n"); lock("k"); xlog("through\n"); }
    if ($rU == "other") { xlog("other\n"); }
    sl_send_reply("200", "OK");
}
"#,
    );
    let mut world = World::new(Kind::Candidate, &setup, "sleeping_stops_nobody_else");
    let mut sleeper = world.udp("sleeper");
    let mut waiter = world.udp("waiter");
    let mut other = world.udp("other");
    let request = sleeper.request("OPTIONS", "sip:sleeper@example.com");
    sleeper.send(&request);
    world.server.wait_log("asleep");
    let request = waiter.request("OPTIONS", "sip:waiter@example.com");
    waiter.send(&request);
    world.server.wait_log("waiting");
    let request = other.request("OPTIONS", "sip:other@example.com");
    other.send(&request);
    other.wait_status(200);
    sleeper.wait_status(200);
    waiter.wait_status(200);
    world.server.wait_log("through");
    let log: Vec<String> =
        world.server.log().iter().filter_map(|l| Some(l.split_once("<script>: ")?.1.to_owned())).collect();
    assert_eq!(log, ["asleep", "waiting", "other", "awake", "through"]);
}
