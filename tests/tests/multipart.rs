//! Multipart bodies (textops): reading, adding, removing and keeping parts.
#![allow(missing_docs)]

use kamjit_tests::cases::{Case, send_all};
use kamjit_tests::{Setup, scenario};
use std::fmt::Write;

const CALLS: [&str; 20] = [
    "$var(r) = get_body_part(\"text/plain\", \"$var(v)\");",
    "$var(r) = get_body_part(\"application/sdp\", \"$var(v)\");",
    "$var(r) = get_body_part(\"image/png\", \"$var(v)\");",
    "$var(r) = get_body_part_raw(\"text/plain\", \"$var(v)\");",
    "$var(r) = remove_body_part(\"text/plain\");",
    "$var(r) = remove_body_part(\"application/sdp\");",
    "$var(r) = remove_body_part(\"image/png\");",
    "$var(r) = filter_body(\"application/sdp\");",
    "$var(r) = filter_body(\"text/plain\");",
    "$var(r) = filter_body(\"image/png\");",
    "$var(r) = append_body_part(\"new\", \"text/x\");",
    "$var(r) = append_body_part(\"new\\r\\n\", \"text/x\", \"signal;handling=required\");",
    "$var(r) = append_body_part(\"new\", \"text/x\\r\\nX-H: 1\");",
    "$var(r) = append_body_part_hex(\"6869 6a\", \"text/x\");",
    "append_body_part(\"1\", \"text/1\"); $var(r) = append_body_part(\"2\", \"text/2\");",
    "$var(r) = set_body_multipart();",
    "$var(r) = set_body_multipart(\"test\", \"text/plain\", \"delimiter\");",
    "$var(r) = set_body_multipart(\"test\", \"text/plain\");",
    "$var(r) = set_body_multipart(\"\", \"\", \"bnd\");",
    "set_body_multipart(); msg_apply_changes(); $var(r) = append_body_part(\"zz\", \"text/z\");",
];

fn script() -> Setup {
    let mut text = String::from(
        "request_route {\n    route(FENCE);\n    $du = $hdr(X-Next); $var(r) = 0; $var(v) = \"-\";\n",
    );
    for (n, call) in CALLS.iter().enumerate() {
        let _ = writeln!(text, "    if ($hdr(X-T) == \"{n}\") {{ {call} }}");
    }
    text.push_str("    xlog(\"$var(r) $(var(v){s.len}) $(var(v){s.encode.hexa})\\n\");\n    forward();\n}\n");
    Setup::script(text)
}

scenario!(parts, script(), |world| {
    let parts = "--b\r\nContent-Type: text/plain\r\nX-P: 1\r\n\r\nhello\r\n--b\r\nContent-Type: application/sdp\r\n\r\n\
        v=0\r\ns=-\r\n\r\n--b--\r\n";
    let mut cases = Vec::new();
    for (n, call) in CALLS.iter().enumerate() {
        let case = || Case::new(&n.to_string());
        cases.push(case().body("multipart/mixed;boundary=b", parts));
        cases.push(case().body("application/sdp", "v=0\r\n"));
        // The real server dies of a message without body that is to become multipart.
        if !call.contains("set_body_multipart") {
            cases.push(case());
        }
    }
    send_all(world, &cases);
});
