//! Addresses and trusted peers from a database, both servers on one.
#![allow(missing_docs)]

use kamjit_tests::mariadb::MariaDb;
use kamjit_tests::tools::kamcmd;
use kamjit_tests::{Setup, World, compare};

const ROWS: &str = "\
INSERT INTO address (grp, ip_addr, mask, port, tag) VALUES (1, '127.0.0.1', 32, 0, 'lo'), (1, '10.1.2.3', 32, 5060, NULL), \
(200, '192.168.1.0', 24, 0, 'net'), (200, '10.9.9.9', 32, 0, 'x'), (3, '::1', 128, 0, 'six'), (3, '2001:db8::', 32, 5070, 'net6'), \
(4, 'carrier.example.org', 32, 0, 'dom'), (5, '192.168.1.0', 25, 5062, 'half'); \
INSERT INTO trusted (src_ip, proto, from_pattern, ruri_pattern, tag, priority) VALUES \
('127.0.0.1', 'any', '^sip:.*@trusted.org$', NULL, 'tt', 0), ('127.0.0.1', 'udp', NULL, NULL, 'all', 5), \
('10.0.0.1', 'tcp', NULL, '^sip:1', 'tcp', 0)";

const ROUTES: &str = r#"
request_route {
  route(FENCE);
  $avp(tag)=$null; $var(r)=allow_source_address(); xlog("L|src $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_source_address("200"); xlog("L|src200 $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("200","192.168.1.7","5060"); xlog("L|a $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("200","192.168.2.7","5060"); xlog("L|b $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("1","10.1.2.3","5060"); xlog("L|c $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("1","10.1.2.3","5061"); xlog("L|d $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("1","10.1.2.3","0"); xlog("L|e $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("3","::1","1"); xlog("L|f $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("3","[::1]","1"); xlog("L|g $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("3","2001:db8:1::1","5070"); xlog("L|h $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("4","carrier.example.org","5060"); xlog("L|i $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("4","CARRIER.example.org","5060"); xlog("L|j $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("4","nonsense !","5060"); xlog("L|k $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address("4","","5060"); xlog("L|l $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_source_address_group(); xlog("L|m $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address_group("192.168.1.7","5062"); xlog("L|n $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address_group("192.168.1.200","5062"); xlog("L|o $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address_group("1.1.1.1","5062"); xlog("L|p $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_address_group("carrier.example.org","5062"); xlog("L|q $var(r) $avp(tag)\n");
  $avp(tag)=$null; $var(r)=allow_trusted(); xlog("L|t $var(r) $(avp(tag)[*])\n");
  $avp(tag)=$null; $var(r)=allow_trusted("127.0.0.1","tcp"); xlog("L|u $var(r) $(avp(tag)[*])\n");
  $avp(tag)=$null; $var(r)=allow_trusted("127.0.0.1","tcp","sip:a@trusted.org"); xlog("L|v $var(r) $(avp(tag)[*])\n");
  $avp(tag)=$null; $var(r)=allow_trusted("127.0.0.2","tcp","sip:a@trusted.org"); xlog("L|w $var(r) $(avp(tag)[*])\n");
  $avp(tag)=$null; $var(r)=allow_trusted("10.0.0.1","tcp"); xlog("L|x $var(r) $(avp(tag)[*])\n");
  $avp(tag)=$null; $var(r)=allow_trusted("127.0.0.1","foo"); xlog("L|y $var(r) $(avp(tag)[*])\n");
  sl_send_reply("200","OK");
}
"#;

fn setup(server: &MariaDb) -> Setup {
    Setup::script(format!(
        "loadmodule \"db_mysql.so\"\nloadmodule \"permissions.so\"\n\
         modparam(\"permissions\", \"db_url\", \"{}\")\nmodparam(\"permissions\", \"db_mode\", 1)\n\
         modparam(\"permissions\", \"peer_tag_avp\", \"$avp(tag)\")\n{ROUTES}",
        server.url()
    ))
}

fn database() -> MariaDb {
    let server = MariaDb::start();
    server.tables(&["standard", "permissions"]);
    server.sql(ROWS);
    server
}

#[test]
fn addresses_and_peers_match_alike() {
    let server = database();
    compare("permissions", setup(&server), |world: &mut World| {
        let mut alice = world.udp("alice");
        for user in ["a", "1"] {
            let uri = world.uri(user);
            let request = alice.request("OPTIONS", &uri);
            alice.send(&request);
            alice.wait_status(200);
        }
    });
}

#[test]
fn a_carrier_is_known_after_a_reload() {
    let server = MariaDb::start();
    server.tables(&["standard", "permissions"]);
    let setup = Setup::script(format!(
        "loadmodule \"db_mysql.so\"\nloadmodule \"permissions.so\"\n\
         modparam(\"permissions\", \"db_url\", \"{}\")\n\
         request_route {{ route(FENCE); if (allow_source_address(\"200\")) sl_send_reply(\"200\", \"OK\"); else sl_send_reply(\"403\", \"No\"); }}",
        server.url()
    ));
    let both = std::sync::Barrier::new(2);
    compare("permissions_reload", setup, |world: &mut World| {
        let mut alice = world.udp("alice");
        let request = alice.request("OPTIONS", &alice.aor());
        alice.send(&request);
        alice.wait_status(403);
        // Both servers have answered before the row is there.
        if both.wait().is_leader() {
            server.sql("INSERT INTO address (grp, ip_addr, mask, port, tag) VALUES (200, '127.0.0.1', 32, 0, 'carrier')");
        }
        both.wait();
        for command in ["permissions.addressReload", "permissions.addressReload", "permissions.subnetDump"] {
            let output = kamcmd(world, &[command]);
            world.note("kamcmd", &format!("{command}: {}", output.text));
        }
        let request = alice.request("OPTIONS", &alice.aor());
        alice.send(&request);
        alice.wait_status(200);
    });
}
