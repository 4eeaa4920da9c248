//! Aliases and short numbers from a database, both servers on one.
#![allow(missing_docs)]

use kamjit_tests::mariadb::MariaDb;
use kamjit_tests::{Setup, World, compare};

const ROWS: &str = "\
INSERT INTO dbaliases (alias_username, alias_domain, username, domain) VALUES ('a', '127.0.0.1', 'alice', 'home.org'), \
('a', 'other.org', 'bob', 'home.org'), ('m', '127.0.0.1', 'm1', 'one.org'), ('m', '127.0.0.1', 'm2', 'two.org'), \
('zed', 'x.org', 'z', '127.0.0.1'); \
INSERT INTO speed_dial (username, domain, sd_username, sd_domain, new_uri) VALUES \
('f', 'other.org', '1', '127.0.0.1', 'sip:dialled@x.org'), ('f', 'other.org', 'a', '127.0.0.1', 'sip:adialled@x.org')";

const ROUTES: &str = r#"
request_route {
  route(FENCE);
  xlog("L|== $rU\n");
  $var(o)=$ru;
  $var(r)=alias_db_lookup("dbaliases"); xlog("L|al $var(r) $ru $du\n");
  clear_branches(); $ru=$var(o);
  $var(r)=alias_db_lookup("dbaliases","d"); xlog("L|al d $var(r) $ru\n"); clear_branches(); $ru=$var(o);
  $var(r)=alias_db_lookup("dbaliases","r"); xlog("L|al r $var(r) $ru\n"); clear_branches();$ru=$var(o);
  $var(r)=alias_db_lookup("dbaliases","u"); xlog("L|al u $var(r) $ru\n"); clear_branches();$ru=$var(o);
  $avp(x)=$null;
  $var(r)=alias_db_find("dbaliases","$ru","$avp(x)"); xlog("L|find $var(r) $(avp(x)[*])\n"); $avp(x)=$null;
  $var(r)=alias_db_find("dbaliases","$ru","$avp(x)","r"); xlog("L|find r $var(r) $(avp(x)[*])\n"); $avp(x)=$null;
  $var(r)=alias_db_find("dbaliases","$ru","$avp(y)","d"); xlog("L|find d $var(r) $var(y)\n");
  $ru=$var(o);
  $var(r)=sd_lookup("speed_dial"); xlog("L|sd $var(r) $ru\n"); $ru=$var(o);
  $var(r)=sd_lookup("speed_dial","sip:f@other.org"); xlog("L|sd o $var(r) $ru\n"); $ru=$var(o);
  sl_send_reply("200","OK");
}
"#;

fn run(name: &str, parameters: &str) {
    let server = MariaDb::start();
    server.tables(&["standard", "alias_db", "speeddial"]);
    server.sql(ROWS);
    let url = server.url();
    let setup = Setup::script(format!(
        "loadmodule \"db_mysql.so\"\nloadmodule \"alias_db.so\"\nloadmodule \"speeddial.so\"\n\
         modparam(\"alias_db\", \"db_url\", \"{url}\")\nmodparam(\"speeddial\", \"db_url\", \"{url}\")\n\
         {parameters}\n{ROUTES}"
    ));
    compare(name, setup, |world: &mut World| {
        let mut alice = world.udp("alice");
        for user in ["a", "1", "m", "z", "x%27x"] {
            let uri = world.uri(user);
            let request = alice.request("OPTIONS", &uri).set("From", "<sip:f@other.org>;tag=f");
            alice.send(&request);
            alice.wait_status(200);
        }
    });
}

#[test]
fn with_domains() {
    run(
        "alias_domains",
        "modparam(\"alias_db\", \"use_domain\", 1)\nmodparam(\"speeddial\", \"use_domain\", 1)",
    );
}

#[test]
fn without_domains_and_with_all_rows() {
    run("alias_all", "modparam(\"alias_db\", \"append_branches\", 1)");
}
