//! What the real server (Kamailio 5.6.3) made of some 1,300 messages: `tests/captured.txt` holds each message,
//! escaped, and below it what `$ru`, `$rU`, ... `$rb` were (hex-coded), or `D` when the script did not run.

#[path = "../examples/probe.rs"]
#[allow(dead_code)]
mod probe;

/// Left on purpose: a branch with an opening quote only.
const KNOWN: [&str; 1] = ["branch=\"x\\r"];

#[test]
fn messages_are_read_as_by_the_real_server() {
    let text = include_str!("captured.txt");
    let mut lines = text.lines();
    let (mut checked, mut wrong) = (0, Vec::new());
    while let (Some(message), Some(expected)) = (lines.next(), lines.next()) {
        let bytes = unescape(message);
        let got = probe::line(&bytes);
        checked += 1;
        if got != expected && !KNOWN.iter().any(|k| message.contains(k)) {
            wrong.push(format!("{message}\n  real {expected}\n  ours {got}"));
        }
    }
    assert!(checked > 1000);
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

fn unescape(s: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = s.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let mut digit = || bytes.next().and_then(|d| (d as char).to_digit(16)).expect("hex") as u8;
                out.push(digit() << 4 | digit());
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
