//! Scripts that show what the language means: one message drives many `xlog` lines.

use crate::message::sdp;
use crate::server::Setup;
use crate::world::World;
use std::fmt::Write;

/// What every table works on: variables of all kinds, and routes that return all kinds of values.
pub const GROUND: &str = r#"
route[R5] { return 5; }
route[RM9] { return -9; }
route[R1] { return 1; }
route[RM1] { return -1; }
route[REMPTY] { $var(t) = 3; }
route[RRET] { return; }
route[RVAR] { return $var(five); }
route[REXPR] { return 2 + 3 * 4; }
route[RLAST] { route(R5); }
route[RCMP] { return ($var(five) == 5); }
route[RSTART] {
    $var(five) = 5; $var(zero) = 0; $var(neg) = -3; $var(big) = 2147483647;
    $var(s) = "abc"; $var(d) = "12"; $var(e) = ""; $var(sp) = " 9 "; $var(mix) = "3xy"; $var(hex) = "0x1f";
    $avp(i) = 7; $avp(s) = "avp"; $avp(many) = "one"; $avp(many) = "two"; $avp(many) = "three";
    $xavp(x=>a) = 1; $xavp(x[0]=>b) = "bee";
}
"#;

/// Each expression is assigned and tested as a condition.
pub fn table(expressions: &[&str]) -> Setup {
    let mut script = String::new();
    for (n, e) in expressions.iter().enumerate() {
        let shown = e.replace('\\', "\\\\").replace('"', "'").replace('$', "$$");
        let _ = writeln!(script, "    $avp(r{n}) = {e}; xlog(\"L{n}|{shown}|$avp(r{n})|$rc\\n\");");
        let _ = writeln!(
            script,
            "    if ({e}) {{ xlog(\"L{n}|true\\n\"); }} else {{ xlog(\"L{n}|false\\n\"); }}"
        );
    }
    wrap(&script)
}

/// Each expression is a condition only.
pub fn conditions(expressions: &[&str]) -> Setup {
    let mut script = String::new();
    for (n, e) in expressions.iter().enumerate() {
        let shown = e.replace('\\', "\\\\").replace('"', "'").replace('$', "$$");
        let _ = writeln!(script, "    if ({e}) {{ xlog(\"L{n}|{shown}|true $rc\\n\"); }}");
        let _ = writeln!(script, "    else {{ xlog(\"L{n}|{shown}|false $rc\\n\"); }}");
    }
    wrap(&script)
}

/// Each text is a format string.
pub fn formats(texts: &[&str]) -> Setup {
    let mut script = String::new();
    for (n, text) in texts.iter().enumerate() {
        let _ = writeln!(script, "    xlog(\"L{n}|{text}|\\n\");");
    }
    wrap(&script)
}

/// Statements as they are, after the ground is laid.
pub fn wrap(statements: &str) -> Setup {
    Setup::script(format!(
        "{GROUND}\nrequest_route {{\n    route(FENCE);\n    route(RSTART);\n{statements}\n    \
         sl_send_reply(\"200\", \"Done\");\n}}\n"
    ))
}

/// Sends the one message and waits until the script is through.
pub fn drive(world: &mut World) {
    let mut alice = world.udp("alice");
    let request = alice
        .request("INVITE", "sip:bob;p=1@example.com:5066;transport=udp;user=phone?h=v")
        .set("From", "\"Alice A\" <sip:alice:pw@example.org:5070;x=1>;tag=from-tag;y=2")
        .set("To", "Bob <sip:bob@example.com>")
        .set("User-Agent", "tests/1.0 (x)")
        .add("X-Num", "42")
        .add("X-List", "a, b")
        .add("X-List", "c")
        .body("application/sdp", sdp(6000, "sendrecv"));
    alice.send(&request);
    alice.wait_status(200);
}
