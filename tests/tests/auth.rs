//! Digest authentication against users in MariaDB, both servers on one database.
#![allow(missing_docs)]

use kamjit_tests::call::answer;
use kamjit_tests::digest::Client;
use kamjit_tests::mariadb::MariaDb;
use kamjit_tests::message::{Message, sdp};
use kamjit_tests::{Agent, Dialog, Incoming, Setup, World, compare};

/// A database with the users alice (password `wonder`) and bob (password `builder`), as `kamctl add` would add them to
/// any of the names that the servers under test have.
fn users() -> MariaDb {
    let server = MariaDb::start();
    server.tables(&["standard", "auth_db", "usrloc"]);
    for (user, password) in [("alice", "wonder"), ("bob", "builder")] {
        server.sql(&format!(
            "INSERT INTO subscriber (username, domain, password, ha1, ha1b) VALUES ('{user}', 'example.org', '{password}', \
             MD5('{user}:127.0.0.1:{password}'), MD5('{user}@127.0.0.1:127.0.0.1:{password}'))"
        ));
    }
    server
}

/// The stock file with users in a database.
fn stock(server: &MariaDb) -> Setup {
    Setup::stock().arg("-A WITH_MYSQL -A WITH_AUTH -A").raw_arg(&format!("DBURL=\"{}\"", server.url()))
}

/// Sends a request, answers the challenge and gives back the reply to the second try with the request that got it.
fn authenticate(agent: &mut Agent, client: &Client, request: &Message) -> (Message, Incoming) {
    agent.send(request);
    let is_challenge = |m: &Incoming| matches!(m.code(), Some(401 | 407));
    let challenge = agent.wait("a challenge", is_challenge);
    if request.method() == "INVITE" {
        agent.ack_negative(request, &challenge);
    }
    let signed = client.answer(agent, request, &challenge);
    agent.send(&signed);
    let reply = agent.wait("a reply", |m| m.code().is_some_and(|code| code > 100));
    (signed, reply)
}

fn register(agent: &mut Agent, client: &Client) -> Option<u16> {
    let request = agent.register_request(600);
    authenticate(agent, client, &request).1.code()
}

#[test]
fn the_stock_file_registers_and_calls_with_passwords() {
    let server = users();
    compare("stock_auth", stock(&server), |world: &mut World| {
        let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
        assert_eq!(register(&mut alice, &Client::new("alice", "wonder")), Some(200));
        assert_eq!(register(&mut bob, &Client::new("bob", "builder")), Some(200));
        let request = alice.request("INVITE", &bob.aor()).body("application/sdp", sdp(6000, "sendrecv"));
        alice.send(&request);
        let challenge = alice.wait_status(407);
        alice.ack_negative(&request, &challenge);
        let signed = Client::new("alice", "wonder").answer(&mut alice, &request, &challenge);
        alice.send(&signed);
        // The credentials do not reach the callee.
        let received = bob.wait_request("INVITE");
        assert!(received.get("Proxy-Authorization").is_none());
        answer(&mut bob, &received);
        let ok = alice.wait_reply("INVITE", 200);
        let mut dialog = Dialog::caller(&signed, &ok);
        dialog.send(&mut alice, "ACK");
        bob.wait_request("ACK");
        dialog.send(&mut alice, "BYE");
        let bye = bob.wait_request("BYE");
        bob.reply(&bye, 200, "OK");
        alice.wait_reply("BYE", 200);
    });
}

#[test]
fn the_stock_file_refuses_who_he_is_not() {
    let server = users();
    compare("stock_auth_refused", stock(&server), |world: &mut World| {
        let mut alice = world.udp("alice");
        for client in [
            Client::new("alice", "guess"),
            Client::new("nobody", "wonder"),
            Client::new("bob", "builder"),
            Client::new("alice@127.0.0.1", "wonder"),
            Client { realm: Some("elsewhere".into()), ..Client::new("alice", "wonder") },
            Client::new("alice' OR '1'='1", "wonder"),
        ] {
            let code = register(&mut alice, &client);
            world.note("alice", &format!("{} gets {code:?}", client.user));
        }
        // Somebody else's name in From.
        let request =
            alice.request("MESSAGE", &alice.aor()).set("From", format!("<sip:bob@{}>;tag=x", alice.server));
        authenticate(&mut alice, &Client::new("alice", "wonder"), &request);
    });
}

/// Every result of the functions, for each of a few clients.
const SCRIPT: &str = r#"
modparam("auth", "nonce_count", 1)
modparam("auth_db", "db_url", "@DB@")
modparam("auth_db", "password_column", "password")
modparam("auth_db", "calculate_ha1", 1)
modparam("auth_db", "load_credentials", "$avp(mail)=ha1b;username;$avp(i:5)=id")
request_route {
    route(FENCE);
    if ($hdr(X-Kind) == "is") {
        $var(a) = is_subscriber("sip:alice@example.org", "subscriber", "1"); xlog("L|$var(a) $avp(username)\n");
        $var(a) = is_subscriber("sip:alice@other.org", "subscriber", "1"); xlog("L|$var(a)\n");
        $var(a) = is_subscriber("sip:alice@other.org", "subscriber", "2"); xlog("L|$var(a)\n");
        $var(a) = is_subscriber("sip:carol@example.org", "subscriber", "0"); xlog("L|$var(a)\n");
        $var(a) = is_subscriber("nonsense", "subscriber", "0"); xlog("L|$var(a)\n");
        sl_send_reply("200", "OK");
        exit;
    }
    $var(r) = auth_check("example.org", "subscriber", "1");
    xlog("L|auth_check $var(r) <$avp(mail)> <$avp(username)> <$avp(i:5)>\n");
    if ($var(r) > 0) { consume_credentials(); sl_send_reply("200", "OK"); exit; }
    auth_challenge("example.org", "1");
    exit;
}
"#;

fn script(server: &MariaDb, more: &str) -> Setup {
    let modules = "loadmodule \"db_mysql.so\"\nloadmodule \"auth.so\"\nloadmodule \"auth_db.so\"\n";
    Setup::script(format!("{modules}{more}{}", SCRIPT.replace("@DB@", &server.url())))
}

fn results(server: &MariaDb, name: &str, more: &str) {
    compare(name, script(server, more), |world: &mut World| {
        let mut alice = world.udp("alice");
        let is = alice.request("OPTIONS", &alice.aor()).add("X-Kind", "is");
        alice.send(&is);
        alice.wait_status(200);
        let good = Client::new("alice", "wonder");
        {
            let request = alice
                .request("MESSAGE", &alice.aor())
                .set("From", "<sip:alice@example.org>;tag=f")
                .body("text/plain", "hello");
            for client in [
                &good,
                &Client::new("alice", "x"),
                &Client::new("carol", "x"),
                &Client::new("bob", "builder"),
            ] {
                authenticate(&mut alice, client, &request);
            }
            // One nonce, several counts.
            alice.send(&request);
            let challenge = alice.wait_status(407);
            for count in [1, 1, 3, 2, 255, 256] {
                let signed = good.clone().count(count).answer(&mut alice, &request, &challenge);
                alice.send(&signed);
                alice.wait("a reply", |m| m.code().is_some_and(|code| code > 100));
            }
        }
    });
}

#[test]
fn results_with_md5() {
    results(&users(), "auth_md5", "");
}

#[test]
fn results_with_sha_256() {
    results(&users(), "auth_sha256", "modparam(\"auth\", \"algorithm\", \"SHA-256\")\n");
}

#[test]
fn nonces_that_serve_once() {
    let server = users();
    compare(
        "auth_once",
        script(&server, "modparam(\"auth\", \"one_time_nonce\", 1)\n"),
        |world: &mut World| {
            let mut alice = world.udp("alice");
            let request = alice.request("OPTIONS", &alice.aor()).set("From", "<sip:alice@example.org>;tag=f");
            alice.send(&request);
            let challenge = alice.wait_status(407);
            for _ in 0..2 {
                // Without `nc`, so that only the nonce itself counts.
                let mut signed =
                    Client::new("alice", "wonder").answer(&mut alice, &request, &challenge.without_qop());
                signed = signed.set("X-Round", "1");
                alice.send(&signed);
                alice.wait("a reply", |m| m.code().is_some_and(|code| code > 100));
            }
        },
    );
}
