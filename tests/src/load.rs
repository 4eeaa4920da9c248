//! Load by sipp (Debian's sip-tester) through a server under test, and figures for the report of `tests/run`.

use crate::ports::Port;
use crate::server::{Server, stop_with_parent, wait_child};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Writes one line for the report that `tests/run` prints at its end.
pub fn figure(line: &str) {
    println!("{line}");
    let Some(path) = std::env::var_os("KAMJIT_TEST_FIGURES") else { return };
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}

/// Whether `tests/run --full` asked for full lengths.
pub fn full_length() -> bool {
    std::env::var("KAMJIT_TEST_FULL").is_ok_and(|v| v == "1")
}

/// What sipp counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that went as the scenario says.
    pub successful: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Retransmissions by the caller.
    pub retransmissions: u64,
}

/// Calls `rate` times a second for `seconds` through the server, from sipp to sipp.
#[track_caller]
pub fn calls(server: &Server, rate: u32, seconds: u32) -> Counts {
    let (callee_port, caller_port) = (Port::reserve(), Port::reserve());
    let dir = server.run.path();
    let mut callee = sipp(server, "callee.xml", &["-p", &callee_port.number.to_string()]);
    register(server, callee_port.number);
    let total = (rate * seconds).to_string();
    let stat = dir.join("caller.csv");
    let limits = (rate * 30).to_string();
    let address = server.address().to_string();
    let mut caller = sipp(
        server,
        "caller.xml",
        &[
            "-p",
            &caller_port.number.to_string(),
            "-s",
            "callee",
            "-r",
            &rate.to_string(),
            "-m",
            &total,
            "-l",
            &limits,
            "-recv_timeout",
            "30000",
            "-trace_stat",
            "-stf",
            &stat.to_string_lossy(),
            "-fd",
            "1",
            &address,
        ],
    );
    let status = wait_child(&mut caller, Duration::from_secs(u64::from(seconds) + 90));
    let _ = callee.kill();
    let _ = callee.wait();
    if status.is_none() {
        let _ = caller.kill();
        let _ = caller.wait();
        panic!("sipp does not end; the server's log:\n{}", tail(&server.log()));
    }
    read_counts(&std::fs::read_to_string(&stat).unwrap_or_default())
}

/// Takes the last line of sipp's statistics file, which repeats its column names in the first.
fn read_counts(csv: &str) -> Counts {
    let mut lines = csv.lines().filter(|l| !l.trim().is_empty());
    let names: Vec<&str> = lines.next().unwrap_or_default().split(';').collect();
    let last: Vec<&str> = lines.next_back().unwrap_or_default().split(';').collect();
    let value = |name: &str| {
        let at = names.iter().position(|n| *n == name);
        at.and_then(|at| last.get(at)).and_then(|v| v.parse().ok()).unwrap_or(0)
    };
    Counts {
        successful: value("SuccessfulCall(C)"),
        failed: value("FailedCall(C)"),
        retransmissions: value("Retransmissions(C)"),
    }
}

fn sipp(server: &Server, scenario: &str, args: &[&str]) -> Child {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sipp").join(scenario);
    let mut command = Command::new("/usr/bin/sipp");
    command.current_dir(server.run.path()).arg("-sf").arg(file).args(["-i", "127.0.0.1", "-nostdin", "-nd"]);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    stop_with_parent(&mut command);
    command.spawn().expect("sipp; tests/run installs the peers of the tests")
}

/// Registers `callee` at the server, in place of what an earlier load registered; the answers show that it is done.
fn register(server: &Server, port: u16) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(crate::agent::patience())).expect("timeout");
    let here = format!("<sip:callee@127.0.0.1:{port}>");
    for (contact, expires) in [("*", 0), (&*here, 3600)] {
        send_register(server, &socket, contact, expires);
    }
}

fn send_register(server: &Server, socket: &std::net::UdpSocket, contact: &str, expires: u32) {
    let (to, local) = (server.address(), socket.local_addr().expect("bound socket"));
    let port = local.port();
    let request = format!(
        "REGISTER sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK-reg{expires}\r\nMax-Forwards: 70\r\n\
         From: <sip:callee@{to}>;tag=r\r\nTo: <sip:callee@{to}>\r\nCall-ID: load-{port}\r\nCSeq: {} REGISTER\r\n\
         Contact: {contact}\r\nExpires: {expires}\r\nContent-Length: 0\r\n\r\n",
        expires + 1
    );
    socket.send_to(request.as_bytes(), to).expect("loopback");
    let mut buffer = [0; 4096];
    let len = socket.recv(&mut buffer).expect("an answer to REGISTER");
    assert!(
        buffer.starts_with(b"SIP/2.0 200"),
        "{}",
        crate::message::latin1(buffer.get(..len).unwrap_or_default())
    );
}

fn tail(log: &[String]) -> String {
    log.iter().skip(log.len().saturating_sub(20)).cloned().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_last_line_of_the_statistics() {
        let csv = "A;SuccessfulCall(C);FailedCall(C);Retransmissions(C);\nx;1;0;0;\nx;20;3;4;\n";
        assert_eq!(read_counts(csv), Counts { successful: 20, failed: 3, retransmissions: 4 });
    }
}
