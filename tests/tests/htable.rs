//! htable: tables, variables, functions, expiry, events and remote commands.
#![allow(missing_docs)]

use kamjit_tests::script::drive;
use kamjit_tests::tools::kamcmd;
use kamjit_tests::{Setup, World, scenario};
use regex::Regex;

const TABLES: &str = r#"
loadmodule "htable.so"
modparam("htable", "htable", "a=>size=4;autoexpire=300;")
modparam("htable", "htable", "b=>size=4")
modparam("htable", "htable", "iv=>size=4;initval=7;")
modparam("htable", "htable", "w=>size=8;autoexpire=100;updateexpire=0;")
modparam("htable", "htable", " big =>size=8; autoexpire=0 ;")
"#;

fn setup(statements: &str) -> Setup {
    Setup::script(format!(
        "{TABLES}\nrequest_route {{\n    route(FENCE);\n{statements}\n    sl_send_reply(\"200\", \"OK\");\n}}\n"
    ))
}

/// Runs commands through kamcmd and records the answers.
fn ask(world: &World, commands: &[&str]) {
    let date = Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").expect("pattern");
    for command in commands {
        let args: Vec<&str> = command.split(' ').collect();
        let output = kamcmd(world, &args);
        let text = date.replace_all(&output.text, "<date>");
        world.note(command, &format!("status {}\n{text}", output.status));
    }
}

scenario!(
    values_are_read_written_and_deleted,
    setup(
        r#"
    xlog("1 $sht(a=>x) $sht(iv=>x) $shtex(a=>x) $shtex(iv=>x) $sht(nosuch=>x) $shtex(nosuch=>x)\n");
    $sht(a=>x) = 1; $sht(a=>y) = "yy"; $sht(a=>$rU::z) = 3; $sht(iv=>x) = 9; $sht(a=>$null) = 4;
    $var(k) = "x";
    xlog("2 $sht(a=>x) $sht(a=>y) $sht(a=>bob::z) $sht(a=>$rU::z) $sht(iv=>x) $sht(a=>$var(k)) $sht( a =>x)\n");
    xlog("3 [$sht(a=> x)] [$sht(a=>x )] [$sht(a=>X)] [$sht(a=><null>)] [$sht(a=>$var(none))] $(sht(a=>y){s.len})\n");
    if ($sht(a=>none) == $null) { xlog("null\n"); }
    if ($sht(iv=>none) == $null) { xlog("null\n"); } else { xlog("iv $sht(iv=>none)\n"); }
    if ($sht(a=>x) == 1) { xlog("one\n"); }
    if ($sht(a=>y) == "yy") { xlog("yy\n"); }
    if (defined $sht(a=>none)) { xlog("defined\n"); }
    $sht(a=>n) = $sht(a=>x) + 1; xlog("4 $sht(a=>n)\n");
    $sht(a=>x) = $null; xlog("5 $sht(a=>x)\n");
    $sht(a=>y) = $avp(undefined); xlog("6 $sht(a=>y)\n");
    $sht(a=>e) = ""; xlog("7 [$sht(a=>e)]\n");
    $sht(b=>n) = -5; xlog("8 $sht(b=>n)\n");
"#
    ),
    |world| {
        drive(world);
        ask(world, &["htable.dump a", "htable.dump b", "htable.dump iv", "htable.dump big"]);
    }
);

scenario!(
    numbers_count_up_and_down,
    setup(
        r#"
    $sht(a=>x) = 1; $sht(a=>y) = "text";
    xlog("$shtinc(a=>x) $shtinc(a=>x) $shtdec(a=>x) $shtinc(a=>new) $shtdec(a=>new) $shtinc(a=>y) $shtdec(a=>y)\n");
    xlog("$shtinc(iv=>x) $shtdec(iv=>y) $shtinc(nosuch=>x) [$sht(a=>new)] $sht(a=>y) $sht(iv=>y)\n");
    $sht(a=>max) = 2147483647; xlog("$shtinc(a=>max)\n");
    $var(i) = $shtinc(a=>x); xlog("$var(i)\n");
"#
    ),
    drive
);

scenario!(
    ends_are_put_off_by_changes,
    setup(
        r#"
    $sht(a=>x) = 1; xlog("$shtex(a=>x)\n"); $shtex(a=>x) = 50; xlog("$shtex(a=>x)\n");
    $sht(a=>x) = 2; xlog("$shtex(a=>x)\n"); $shtex(a=>x) = 50; $var(i) = $shtinc(a=>x); xlog("$shtex(a=>x)\n");
    $sht(w=>x) = 1; $shtex(w=>x) = 50; $sht(w=>x) = 2; xlog("$shtex(w=>x)\n");
    $var(i) = $shtinc(w=>x); xlog("$shtex(w=>x)\n");
    $shtex(a=>none) = 9; xlog("$shtex(a=>none) $sht(a=>none) $rc\n");
    $shtex(b=>x) = 9; $sht(b=>x) = 1; $shtex(b=>x) = 9; xlog("$shtex(b=>x)\n");
    sht_setxs("a", "sx", "abc", "10"); xlog("$rc $sht(a=>sx) $shtex(a=>sx)\n");
    sht_setxs("a", "s$rU", "$fU", "$sht(a=>x)"); xlog("$rc $sht(a=>sbob) $shtex(a=>sbob)\n");
    sht_setxs("nosuch", "sx", "abc", "10"); xlog("$rc\n");
"#
    ),
    drive
);

scenario!(
    items_are_counted_by_name_and_value,
    setup(
        r#"
    $sht(a=>x) = 1; $sht(a=>y) = "yy"; $sht(a=>xy) = "x"; $sht(a=>abc) = "1"; $sht(a=>123) = 123;
    xlog("[$shtcn(a=>re:^x)] [$shtcn(a=>~~^x)] [$shtcn(a=>~%x)] [$shtcn(a=>%~x)] [$shtcn(a=>~=x)] [$shtcn(a=>x)]\n");
    xlog("[$shtcn(a=>nosuch)] [$shtcn(zz=>x)] [$shtcn(a=>%~y)] [$shtcn(a=>~~x$$)] [$shtcn(a=>~~X)] [$shtcn(a=>)]\n");
    xlog("[$shtcn(a=>~~)] [$shtcn(a=>~%)] [$shtcn(a=>^x)] [$shtcn(a=>.*)] [$shtcn(a=>**)] [$shtcn(a=>**x)]\n");
    xlog("[$shtcn(a=>==x)] [$shtcn(a=>!=x)] [$shtcn(a=>eq1)] [$shtcn(a=>~~$var(none))] [$shtcn(a=>~~$rm|x)]\n");
    xlog("[$shtcv(a=>x)] [$shtcv(a=>~~y)] [$shtcv(a=>~%y)] [$shtcv(a=>%~y)] [$shtcv(a=>~=yy)] [$shtcv(a=>1)]\n");
    xlog("[$shtcv(a=>~~1)] [$shtcv(a=>~~.*)] [$shtcv(a=>==1)] [$shtcv(a=>eq1)] [$shtcv(a=>==123)] [$shtcv(a=>eq123)]\n");
    xlog("[$shtcv(a=>ne1)] [$shtcv(a=>lt5)] [$shtcv(a=>gt-1)] [$shtcv(a=>**)] [$shtcv(a=>)] [$shtcv(a=>eqx)]\n");
    xlog("[$shtcv(a=>*)] [$shtcn(a=>[)] [$shtcn(a=>~~[)]\n");
"#
    ),
    drive
);

scenario!(
    items_are_found_by_functions,
    setup(
        r#"
    $sht(a=>x) = 1; $sht(a=>y) = "yy"; $sht(a=>xy) = "x"; $sht(a=>abc) = "1";
    sht_has_name("a", "eq", "x"); xlog("n1 $rc\n"); sht_has_name("a", "sw", "ab"); xlog("n2 $rc\n");
    sht_has_name("a", "re", "^A"); xlog("n3 $rc\n"); sht_match_name("a", "ne", "x"); xlog("n4 $rc\n");
    sht_match_name("a", "zz", "x"); xlog("n5 $rc\n"); sht_match_name("zz", "eq", "x"); xlog("n6 $rc\n");
    sht_match_name("a", "eq", "qq"); xlog("n7 $rc\n"); sht_match_name("a", "re", "("); xlog("n8 $rc\n");
    sht_has_str_value("a", "eq", "yy"); xlog("v1 $rc\n"); sht_has_str_value("a", "eq", "1"); xlog("v2 $rc\n");
    sht_has_str_value("a", "sw", "123"); xlog("v3 $rc\n"); sht_match_str_value("a", "re", "Y+"); xlog("v4 $rc\n");
    sht_has_str_value("a", "ne", "1"); xlog("v5 $rc\n"); sht_has_str_value("a", "eq", "$tU"); xlog("v6 $rc\n");
"#
    ),
    drive
);

scenario!(
    items_are_removed_by_functions,
    setup(
        r#"
    $sht(a=>k1) = "v1"; $sht(a=>k2) = "v2"; $sht(a=>k3) = 3; $sht(a=>l1) = "v1";
    sht_rm_name_re("a=>^k1"); xlog("$rc [$sht(a=>k1)] [$sht(a=>k2)]\n");
    sht_rm_value_re("a=>V2"); xlog("$rc [$sht(a=>k2)]\n"); sht_rm_value_re("a=>3"); xlog("$rc [$sht(a=>k3)]\n");
    sht_rm_name("a", "sw", "k"); xlog("$rc [$sht(a=>k3)]\n"); sht_rm_name("a", "zz", "k"); xlog("$rc\n");
    sht_rm_name("zz", "re", "k"); xlog("$rc\n"); sht_rm_value("a", "re", "v"); xlog("$rc [$sht(a=>l1)]\n");
    $sht(a=>k3) = "vvv"; sht_rm_value("a", "sw", "vv"); xlog("$rc [$sht(a=>k3)]\n");
    sht_rm_name("a", "re", "("); xlog("$rc\n"); sht_rm_name("a", "eq", "k"); xlog("$rc\n");
    sht_rm_name_re("a=>("); xlog("$rc\n"); sht_rm_name("a", "re", ""); xlog("$rc\n");
    $sht(a=>k1) = 1; sht_rm("a", "k1"); xlog("$rc [$sht(a=>k1)]\n"); sht_rm("a", "k1"); xlog("$rc\n");
    sht_rm("zz", "k1"); xlog("$rc\n"); $sht(a=>k1) = 1; $var(t) = "a"; sht_reset("$var(t)"); xlog("$rc [$sht(a=>k1)]\n");
    sht_reset("zz"); xlog("$rc\n");
    $sht(a=>bobby) = 1; sht_rm_name_re("a=>^$rU"); xlog("[$sht(a=>bobby)]\n");
"#
    ),
    drive
);

scenario!(
    iterators_walk_change_and_remove,
    setup(
        r#"
    $sht(a=>x) = 1; $sht(a=>y) = "yy"; $sht(a=>xy) = "x"; $sht(a=>abc) = "1"; $sht(a=>123) = 123; $sht(a=>q) = 3;
    $sht(a=>Q) = 4; $sht(a=>alice) = 5; $sht(a=>Alice) = 6;
    sht_iterator_start("i1", "a"); xlog("it $rc [$shtitkey(i1)] [$shtitval(i1)] [$shtitkey(zz)]\n");
    while (sht_iterator_next("i1")) { xlog("it $rc $shtitkey(i1)=$shtitval(i1)\n"); }
    xlog("it $rc [$shtitkey(i1)]\n"); sht_iterator_next("i1"); xlog("it $rc [$shtitkey(i1)]\n");
    sht_iterator_end("i1"); xlog("it $rc [$shtitkey(i1)]\n");
    sht_iterator_next("i1"); xlog("it $rc\n"); sht_iterator_end("i1"); xlog("it $rc\n");
    sht_iterator_start("i1", "zz"); xlog("it $rc\n");
    sht_iterator_start("i1", "a"); sht_iterator_sets("i1", "q"); xlog("set $rc\n"); sht_iterator_next("i1");
    sht_iterator_sets("i1", "new $rU"); xlog("set $rc $shtitkey(i1)=$shtitval(i1)\n");
    sht_iterator_seti("i1", "20"); xlog("set $rc $shtitkey(i1)=$shtitval(i1)\n");
    sht_iterator_setex("i1", "20"); xlog("set $rc\n"); sht_iterator_end("i1"); xlog("[$shtex(a=>abc)]\n");
    sht_iterator_start("i1", "a"); sht_iterator_start("i2", "a"); sht_iterator_start("i3", "a");
    sht_iterator_start("i4", "a"); xlog("four $rc\n"); sht_iterator_start("i5", "a"); xlog("five $rc\n");
    sht_iterator_start("i1", "a"); xlog("again $rc\n");
    sht_iterator_end("i1"); sht_iterator_end("i2"); sht_iterator_end("i3"); sht_iterator_end("i4");
    sht_iterator_start("i1", "a");
    while (sht_iterator_next("i1")) {
        while ($shtitkey(i1) =~ "y" and sht_iterator_rm("i1")) { xlog("removed, now $shtitkey(i1)\n"); }
        xlog("at [$shtitkey(i1)]\n");
    }
    sht_iterator_end("i1");
    sht_iterator_start("i1", "a");
    while (sht_iterator_next("i1")) { sht_iterator_rm("i1"); xlog("removed $rc [$shtitkey(i1)]\n"); }
    sht_iterator_rm("i1"); xlog("removed $rc\n"); sht_iterator_end("i1"); sht_iterator_rm("none"); xlog("$rc\n");
"#
    ),
    drive
);

scenario!(
    locks_are_taken_more_than_once,
    setup(
        r#"
    sht_lock("a=>x"); xlog("$rc\n"); $sht(a=>x) = 1; sht_lock("a=>x"); xlog("$rc $sht(a=>x)\n");
    sht_unlock("a=>x"); xlog("$rc\n"); sht_unlock("a=>x"); xlog("$rc\n"); sht_unlock("a=>x"); xlog("$rc\n");
    sht_lock("a=>$rU"); sht_unlock("a=>$rU"); xlog("$rc\n");
"#
    ),
    drive
);

scenario!(
    remote_commands,
    setup(
        r#"
    $sht(big=>k1) = 1; $sht(big=>k2) = 2; $sht(big=>alice) = 3; $sht(big=>Alice) = 3;
    $sht(big=>sip:alice@example.com) = 3; $sht(big=>k3) = "three"; $sht(b=>n) = 5; $sht(b=>s) = "str"; $sht(a=>x) = 1;
"#
    ),
    |world| {
        drive(world);
        ask(
            world,
            &["htable.listTables", "htable.stats", "htable.dump big", "htable.dump b", "htable.dump nope"],
        );
        ask(
            world,
            &["htable.dump", "htable.get b n", "htable.get b s", "htable.get a x", "htable.get b nope"],
        );
        ask(world, &["htable.get nope nope", "htable.get b", "htable.sets b k v", "htable.seti b k2 5"]);
        ask(
            world,
            &["htable.seti b k2 abc", "htable.setex b k2 5", "htable.setex b nope 5", "htable.get b k2"],
        );
        ask(
            world,
            &["htable.setxs a kx v 100", "htable.setxi a kx2 4 100", "htable.get a kx", "htable.get a kx2"],
        );
        ask(world, &["htable.setex a kx 0", "htable.get a kx", "htable.setxi b kx 4 100", "htable.get b kx"]);
        ask(world, &["htable.delete b k", "htable.delete b k", "htable.delete nope k", "htable.delete b"]);
        ask(
            world,
            &[
                "htable.reload b",
                "htable.store b",
                "htable.reload",
                "htable.sets b s:12 s:5",
                "htable.get b 12",
            ],
        );
        ask(
            world,
            &[
                "htable.get b s:12",
                "htable.setex b none",
                "htable.setxi b none 5 x",
                "htable.setxs nope a b 1",
            ],
        );
        ask(world, &["htable.seti nope a 1", "htable.setex nope a 1", "htable.flush b", "htable.flush nope"]);
        ask(world, &["htable.flush", "htable.dump b", "htable.stats"]);
    }
);

scenario!(
    events_tell_of_the_start_and_of_ends,
    Setup::script(
        r#"
loadmodule "htable.so"
modparam("htable", "htable", "a=>size=4;")
modparam("htable", "htable", "d=>size=2;autoexpire=1;")
modparam("htable", "timer_interval", 1)
event_route[htable:mod-init] { xlog("init [$sht(a=>x)]\n"); $sht(a=>x) = 5; $sht(a=>s) = "str"; $sht(d=>e1) = 1; }
event_route[htable:expired:d] { $sht(a=>gone) = 1; xlog("expired $shtrecord(key)=$shtrecord(value) [$sht(d=>e1)] $rm\n"); }
request_route {
    route(FENCE);
    xlog("$sht(a=>x) $sht(a=>s) [$shtrecord(key)] [$shtrecord(value)]\n");
    if ($rU == "gone") { xlog("gone $sht(a=>gone)\n"); }
    sl_send_reply("200", "OK");
}
"#
    ),
    |world| {
        drive(world);
        world.server.wait_log("expired e1=1");
        drive_to(world, "gone");
    }
);

fn drive_to(world: &mut World, user: &str) {
    let mut agent = world.udp("asker");
    let request = agent.request("OPTIONS", &format!("sip:{user}@example.com"));
    agent.send(&request);
    agent.wait_status(200);
}

/// Tables as `kamdbctl` and operators make them; the file goes with the directory.
fn database() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let database = rusqlite::Connection::open(dir.path().join("t.db")).expect("database");
    let columns = "id INTEGER PRIMARY KEY NOT NULL, key_name VARCHAR(64) DEFAULT '' NOT NULL, \
                   key_type INTEGER DEFAULT 0 NOT NULL, value_type INTEGER DEFAULT 0 NOT NULL, \
                   key_value VARCHAR(128) DEFAULT '' NOT NULL, expires INTEGER DEFAULT 0 NOT NULL";
    let script = format!(
        "CREATE TABLE htable ({columns}); CREATE TABLE st ({columns}); \
         CREATE TABLE multi (k VARCHAR(64), v1 VARCHAR(64), v2 INTEGER, v3 VARCHAR(10)); \
         INSERT INTO htable (key_name, key_type, value_type, key_value, expires) VALUES \
         ('a', 0, 0, 'str', 0), ('b', 0, 1, '42', 0), ('arr', 1, 0, 'v0', 0), ('arr', 1, 0, 'v1', 0), \
         ('arr', 1, 1, '7', 0), ('a', 0, 0, 'twice', 0), ('bad', 0, 1, 'x7', 0), ('old', 0, 0, 'o', 1000); \
         INSERT INTO multi VALUES ('one', 'x', 5, 'q'), ('two', 'y', 6, NULL); \
         INSERT INTO st (key_name, key_value) VALUES ('x', '1');"
    );
    database.execute_batch(&script).expect("tables");
    dir
}

fn stored(dir: &tempfile::TempDir, params: &str) -> Setup {
    Setup::script(format!(
        r#"
loadmodule "db_sqlite.so"
loadmodule "htable.so"
modparam("htable", "db_url", "sqlite:///{}/t.db")
modparam("htable", "htable", "a=>size=4;dbtable=htable;")
modparam("htable", "htable", "ae=>size=4;dbtable=htable;autoexpire=100;")
modparam("htable", "htable", "m=>size=4;dbtable=multi;cols='k,v1,v2,v3';")
modparam("htable", "htable", "st=>size=4;dbtable=st;dbmode=1;")
modparam("htable", "htable", "n=>size=4;")
{params}
event_route[htable:mod-init] {{ xlog("init $sht(a=>b) $sht(m=>one)\n"); $sht(a=>extra) = 1; }}
request_route {{
    route(FENCE);
    $sht(st=>new) = "v"; $sht(st=>num) = 9; $sht(st=>x) = $null; $sht(st=>q'uote) = "it's";
    xlog("$sht(a=>a) $sht(a=>arr[0]) $sht(a=>arr[2]) $sht(a=>arr::size) $sht(m=>two) [$sht(ae=>old)] $sht(a=>extra)\n");
    sl_send_reply("200", "OK");
}}
"#,
        dir.path().display()
    ))
}

#[test]
fn tables_are_loaded_from_a_database() {
    for params in ["", "modparam(\"htable\", \"db_expires\", 1)"] {
        let dir = database();
        kamjit_tests::compare("tables_are_loaded_from_a_database", stored(&dir, params), |world| {
            drive(world);
            ask(
                world,
                &["htable.listTables", "htable.dump a", "htable.dump ae", "htable.dump m", "htable.reload a"],
            );
            ask(world, &["htable.get a extra", "htable.get a c", "htable.reload n", "htable.reload nope"]);
            ask(world, &["htable.reload", "htable.store n", "htable.store nope", "htable.store"]);
        });
    }
}

#[test]
fn tables_are_written_to_a_database() {
    let dir = database();
    let mut world =
        World::new(kamjit_tests::Kind::Candidate, &stored(&dir, ""), "tables_are_written_to_a_database");
    drive(&mut world);
    let output = kamcmd(&world, &["htable.store", "a"]);
    assert_eq!(output.text.trim(), "Ok. Htable successfully stored to DB.");
    world.server.signal(libc::SIGTERM);
    assert!(world.server.ended_within(kamjit_tests::patience()).is_some(), "the server ends");
    let database = rusqlite::Connection::open(dir.path().join("t.db")).expect("database");
    let rows = |table: &str| -> Vec<String> {
        let sql =
            format!("SELECT key_name || '|' || value_type || '|' || key_value FROM {table} ORDER BY id");
        let mut statement = database.prepare(&sql).expect("query");
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        rows.filter_map(Result::ok).collect()
    };
    // Captured.
    assert_eq!(rows("st"), ["num|1|9", "new|0|v", "q'uote|0|it's"]);
    assert!(
        rows("htable").contains(&"arr[2]|1|7".to_owned()) && rows("htable").contains(&"extra|1|1".to_owned())
    );
}

// Who holds a lock and waits for something else stops only those who want the same slot.
#[test]
fn a_lock_stops_only_those_who_need_it() {
    let setup = Setup::script(
        r#"
loadmodule "cfgutils.so"
loadmodule "htable.so"
modparam("htable", "htable", "a=>size=4;")
request_route {
    route(FENCE);
    if ($rU == "holder") { sht_lock("a=>x"); $sht(a=>x) = 1; xlog("held\n"); sleep("2"); $sht(a=>x) = 2; xlog("done\n"); }
    if ($rU == "reader") { xlog("reader\n"); xlog("x is $sht(a=>x)\n"); }
    if ($rU == "other") { $sht(a=>y) = 7; xlog("y is $sht(a=>y)\n"); }
    sl_send_reply("200", "OK");
}
"#,
    );
    let mut world = World::new(kamjit_tests::Kind::Candidate, &setup, "a_lock_stops_only_those_who_need_it");
    let mut agents = ["holder", "reader", "other"].map(|name| (name, world.udp(name)));
    for ((name, agent), line) in agents.iter_mut().zip(["held", "reader", "y is 7"]) {
        let request = agent.request("OPTIONS", &format!("sip:{name}@example.com"));
        agent.send(&request);
        world.server.wait_log(line);
    }
    for (_, agent) in &mut agents {
        agent.wait_status(200);
    }
    // The lock was never given back: it ends with the run.
    world.server.wait_log("x is 2");
    let log: Vec<String> =
        world.server.log().iter().filter_map(|l| Some(l.split_once("<script>: ")?.1.to_owned())).collect();
    assert_eq!(log, ["held", "reader", "y is 7", "done", "x is 2"]);
}

scenario!(
    all_workers_count_together,
    Setup::text(
        kamjit_tests::server::PRELUDE.replace("children=1", "children=4")
            + r#"
loadmodule "htable.so"
modparam("htable", "htable", "c=>size=2;initval=0;")
request_route {
    route(FENCE);
    $var(n) = $shtinc(c=>all);
    sht_lock("c=>locked"); $sht(c=>locked) = $sht(c=>locked) + 1; sht_unlock("c=>locked");
    sl_send_reply("200", "OK");
}
"#
    )
    .any_order(),
    |world| {
        let mut agents: Vec<_> = (0..8).map(|n| world.udp(&format!("agent{n}"))).collect();
        for _ in 0..20 {
            for agent in &mut agents {
                let request = agent.request("OPTIONS", "sip:bob@example.com");
                agent.send(&request);
            }
            for agent in &mut agents {
                agent.wait_status(200);
            }
        }
        ask(world, &["htable.get c all", "htable.get c locked"]);
    }
);
