//! rtimer and mqueue: routes that run by the clock, and queues.
#![allow(missing_docs)]

use kamjit_tests::script::drive;
use kamjit_tests::tools::kamcmd;
use kamjit_tests::{Setup, World, scenario};

fn ask(world: &World, commands: &[&str]) {
    for command in commands {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        world.note(command, &format!("status {}\n{}", output.status, output.text));
    }
}

scenario!(
    queues,
    Setup::script(
        r#"
loadmodule "mqueue.so"
modparam("mqueue", "mqueue", "name=q1;size=2;")
modparam("mqueue", "mqueue", "name=q2;addmode=1")
modparam("mqueue", "mqueue", "name=q3;addmode=2;")
modparam("mqueue", "mqueue_addmode", 2)
modparam("mqueue", "mqueue_name", "q4")
route[ALL] {
    while (mq_fetch("$var(q)")) {
        xlog("$var(q): $mqk(q1)/$mqv(q1) $mqk(q2)/$mqv(q2) $mqk(q3)/$mqv(q3) $mqk(q4)\n");
    }
    xlog("end $rc\n");
}
request_route {
    route(FENCE);
    xlog("[$mqk(q1)] [$mqv(q1)] [$mq_size(q1)]\n");
    $var(s) = mq_size("q1"); xlog("$var(s)\n"); $var(s) = mq_size("nope"); xlog("$var(s)\n");
    mq_add("q1", "a", "1"); xlog("$rc\n"); mq_add("q1", "b", "2"); mq_add("q1", "$rU", "3 $rm");
    xlog("$rc [$mq_size(q1)] [$mqk(q1)]\n"); mq_add("nope", "x", "y"); xlog("$rc\n");
    $var(s) = mq_size("q1"); xlog("$var(s)\n"); $var(q) = "q1"; route(ALL);
    mq_add("q2", "a", "1"); mq_add("q2", "b", "2"); mq_add("q2", "a", "3"); xlog("$rc\n"); $var(q) = "q2"; route(ALL);
    mq_add("q3", "a", "1"); mq_add("q3", "b", "2"); mq_add("q3", "a", "3"); xlog("$rc\n"); $var(q) = "q3"; route(ALL);
    mq_add("q4", "a", "1"); mq_add("q4", "b", "2"); mq_add("q4", "a", "3"); $var(q) = "q4"; route(ALL);
    $var(q) = "nope"; route(ALL);
    mq_add("q1", "k", "v"); mq_fetch("q1"); xlog("$rc [$mqk(q1)] [$mqv(q1)]\n"); mq_pv_free("q1");
    xlog("$rc [$mqk(q1)]\n"); mq_add("q1", "k", "v"); mq_add("q1", "", "x"); mq_add("q3", "k3", "v3");
    sl_send_reply("200", "OK");
}
"#
    ),
    |world| {
        drive(world);
        ask(world, &["mqueue.get_size q1", "mqueue.get_size nope", "mqueue.get_size", "mqueue.get_sizes"]);
        ask(
            world,
            &[
                "mqueue.fetch q1",
                "mqueue.fetch q1",
                "mqueue.fetch q1",
                "mqueue.fetch nope",
                "mqueue.fetch q3",
            ],
        );
        ask(world, &["mqueue.fetch", "mqueue.get_sizes"]);
    }
);

scenario!(
    timers_run_routes_again_and_again,
    Setup::script(
        r#"
loadmodule "rtimer.so"
loadmodule "htable.so"
modparam("htable", "htable", "t=>size=2;")
modparam("rtimer", "timer", "name=ta;interval=1;mode=1;")
modparam("rtimer", "timer", "name=tb;interval=200000u;mode=1;")
modparam("rtimer", "exec", "timer=ta;route=A")
modparam("rtimer", "exec", "timer=ta;route=B")
modparam("rtimer", "exec", "timer=tb;route=C")
route[A] { if ($sht(t=>a) == $null) { $sht(t=>a) = 1; xlog("A $rtimer_worker $rm $cs\n"); } exit; }
route[B] { if ($sht(t=>b) == $null) { $sht(t=>b) = 1; xlog("B [$sht(t=>a)]\n"); } }
route[C] {
    if ($sht(t=>c) == $null) { $sht(t=>c) = 0; }
    $var(n) = $shtinc(t=>c);
    if ($var(n) == 3 || $var(n) == 4) { xlog("C $var(n)\n"); }
}
request_route { route(FENCE); sl_send_reply("200", "OK"); }
"#
    )
    .log(kamjit_tests::LogRule::Sorted),
    |world| {
        world.server.wait_log("C 4");
        world.server.wait_log("A 0 OPTIONS 1");
    }
);
