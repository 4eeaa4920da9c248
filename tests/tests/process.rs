//! The server as a process: command line, daemon, pid file, signals, privileges, log lines.
#![allow(missing_docs)]

use kamjit_tests::ports::Port;
use kamjit_tests::server::STOCK;
use kamjit_tests::tools::{Output, run};
use kamjit_tests::{Kind, Message, Server, Setup, compare_facts, patience, scenario};
use std::fmt::Write;
use std::io::{Read, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs the server's program with these arguments (blanks separate them).
fn program(kind: &Kind, args: &str) -> Output {
    let (bin, own) = kind.program();
    run(Command::new(bin).args(own).args(args.split_whitespace()))
}

#[test]
fn version_and_help() {
    compare_facts("version_and_help", |kind| {
        let mut facts = String::new();
        for args in ["-v", "-V", "--version", "-h", "--help", "-I"] {
            let output = program(kind, args);
            let first = output.text.lines().next().unwrap_or_default();
            let named = first.starts_with("version: ") || first.starts_with("Print out of ");
            let _ = writeln!(facts, "{args}: status {}, names itself: {named}", output.status);
        }
        facts
    });
}

#[test]
fn help_lists_every_option() {
    let help = program(&Kind::Candidate, "-h").text;
    for option in "-a --alias -A -b -c -d --debug -D -e -E -f -g -G -h -I -K -l --loadmodule -L -m --modparam -M -n -N -O \
                   -P -r -R --server-id --subst --substdef --substdefs -t -T -u -v -V -x -X -Y -w -W"
        .split_whitespace()
    {
        assert!(help.contains(option), "{option} is not in the help:\n{help}");
    }
}

#[test]
fn wrong_arguments() {
    compare_facts("wrong_arguments", |kind| {
        let mut facts = String::new();
        for args in [
            "-Z",
            "-f",
            "--nosuch",
            "-c -f /nonexistent/x.cfg",
            "-c -f /etc/kamailio/kamailio.cfg -u nobody-of-that-name",
            "-c -f /etc/kamailio/kamailio.cfg -g nobody-of-that-name",
            "-c -f /etc/kamailio/kamailio.cfg -A FLT_ACC=3",
            "-c -f /etc/kamailio/kamailio.cfg -l nonsense:127.0.0.1:1",
            "-c -f /etc/kamailio/kamailio.cfg -m abc",
        ] {
            let output = program(kind, args);
            let said = if output.text.trim().is_empty() { "nothing" } else { "something" };
            let _ = writeln!(facts, "{args}: status {}, said {said}", output.status);
        }
        facts
    });
}

#[test]
fn check_of_the_stock_file() {
    compare_facts("check_of_the_stock_file", |kind| {
        let mut facts = String::new();
        for args in ["", "-A NOPE=1", "-A WITH_VOICEMAIL -A WITH_PSTN", "-DD -E"] {
            let listen = "-l udp:127.0.0.1:5999 -l tcp:127.0.0.1:5999";
            let output = program(kind, &format!("-c -f {STOCK} {listen} {args}"));
            let ok = output.text.contains("config file ok, exiting...");
            let _ = writeln!(facts, "{args}: status {} ok {ok}", output.status);
        }
        facts
    });
}

/// Sends an OPTIONS and returns the status line of the answer, if one comes within `timeout`.
fn options(port: u16, timeout: Duration) -> Option<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    socket.set_read_timeout(Some(timeout)).expect("timeout");
    let request = Message::request("OPTIONS", &format!("sip:127.0.0.1:{port}"))
        .add("Via", format!("SIP/2.0/UDP {};rport;branch=z9hG4bK-p", socket.local_addr().expect("bound")))
        .add("From", "<sip:x@127.0.0.1>;tag=1")
        .add("To", "<sip:x@127.0.0.1>")
        .add("Call-ID", "process")
        .add("CSeq", "1 OPTIONS")
        .add("Content-Length", "0");
    socket.send_to(&request.to_bytes(), ("127.0.0.1", port)).ok()?;
    let mut buffer = [0; 4096];
    let len = socket.recv(&mut buffer).ok()?;
    Some(Message::parse(buffer.get(..len)?).start)
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + patience();
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn alive(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
        && !std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default().contains(") Z ")
}

fn pid_in(path: &Path) -> i32 {
    std::fs::read_to_string(path).ok().and_then(|t| t.trim().parse().ok()).expect("a pid in the pid file")
}

#[test]
fn daemon() {
    compare_facts("daemon", |kind| {
        let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
        let (port, file) = (Port::reserve(), dir.path().join("server.pid"));
        let args = format!(
            "-f {STOCK} -m 64 -Y {dir} -w {dir} -P {pid} -l udp:127.0.0.1:{port}",
            dir = dir.path().display(),
            pid = file.display(),
            port = port.number
        );
        let output = program(kind, &args);
        let mut facts = format!("parent: status {}\n", output.status);
        // The parent's exit means that the server answers.
        let answer = options(port.number, patience());
        let _ = writeln!(facts, "answer: {answer:?}");
        let pid = pid_in(&file);
        // SAFETY: getsid only reads; 0 is this process.
        let (session, own) = unsafe { (libc::getsid(pid), libc::getsid(0)) };
        let _ = writeln!(facts, "runs: {}, own session: {}", alive(pid), session != own);
        // SAFETY: the pid is the one that this test started.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        wait_for("the daemon ends", || !alive(pid));
        wait_for("the pid file goes", || !file.exists());
        let mut left: Vec<String> = std::fs::read_dir(dir.path())
            .expect("directory")
            .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        left.sort();
        let _ = writeln!(facts, "left behind: {left:?}");
        facts
    });
}

#[test]
fn daemon_with_a_broken_configuration() {
    compare_facts("daemon_with_a_broken_configuration", |kind| {
        let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
        let (port, file, cfg) = (Port::reserve(), dir.path().join("server.pid"), dir.path().join("x.cfg"));
        let mut facts = String::new();
        for text in [
            "request_route { foo(); }",
            "loadmodule \"xlog.so\"\nrequest_route { route(NOPE); }",
            "loadmodule \"sl.so\"\nlisten=udp:192.0.2.1:5060\nrequest_route { exit; }",
            "",
        ] {
            std::fs::write(&cfg, text).expect("configuration");
            let args = format!(
                "-f {} -m 32 -Y {dir} -w {dir} -P {} -l udp:127.0.0.1:{}",
                cfg.display(),
                file.display(),
                port.number,
                dir = dir.path().display()
            );
            let status = program(kind, &args).status;
            wait_for("nothing stays on the port", || UdpSocket::bind(("127.0.0.1", port.number)).is_ok());
            let _ = writeln!(facts, "status {status}, pid file {}", file.exists());
        }
        facts
    });
}

/// The real server may hang in its shutdown when a signal comes while its last processes start: wait for those that
/// serve TCP and ctl.
fn wait_until_complete(server: &Server) {
    let socket = format!("unix:{}/kamailio_ctl", server.run.path().display());
    wait_for("kamcmd answers", || {
        run(Command::new("/usr/sbin/kamcmd").args(["-s", &socket, "core.psx"])).status == 0
    });
    let mut stream = TcpStream::connect(server.address()).expect("TCP connection");
    stream.set_read_timeout(Some(patience())).expect("timeout");
    let request = "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;rport;branch=z9hG4bK-c\r\n\
                   From: <sip:x@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\
                   Content-Length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("request");
    let _ = stream.read(&mut [0; 4096]).expect("an answer over TCP");
}

/// Starts a server, sends the signal and tells how it ended; `None` if it did not.
fn end_by(kind: &Kind, signal: i32) -> Option<String> {
    let mut server = Server::start(kind.clone(), &Setup::stock().arg("-P @RUN@/server.pid"));
    let file = server.run.path().join("server.pid");
    let named = pid_in(&file) as u32 == server.pid();
    wait_until_complete(&server);
    server.signal(signal);
    let status = server.ended_within(Duration::from_secs(8))?;
    Some(format!("pid file names it {named}, ends with {status}, file left {}", file.exists()))
}

#[test]
fn signals() {
    compare_facts("signals", |kind| {
        let mut facts = String::new();
        for (name, signal) in [("TERM", libc::SIGTERM), ("INT", libc::SIGINT)] {
            // Now and then the real server hangs in its shutdown; kamjit has one try.
            let tries = if *kind == Kind::Reference { 5 } else { 1 };
            let ended = (0..tries).find_map(|_| end_by(kind, signal));
            let _ = writeln!(facts, "{name}: {}", ended.unwrap_or_else(|| "does not end".into()));
        }
        for (name, signal) in [("HUP", libc::SIGHUP), ("USR1", libc::SIGUSR1)] {
            let mut server = Server::start(kind.clone(), &Setup::stock());
            server.signal(signal);
            let answer = options(server.port.number, Duration::from_secs(2));
            let _ = writeln!(facts, "{name}: {answer:?} {:?}", server.exited().map(|s| s.code()));
        }
        facts
    });
}

#[test]
fn privileges_are_dropped() {
    compare_facts("privileges_are_dropped", |kind| {
        let setup = Setup::script("request_route { route(FENCE); }").arg("-u nobody -g nogroup");
        let server = Server::start(kind.clone(), &setup);
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("status");
        let ids: Vec<&str> =
            status.lines().filter(|l| l.starts_with("Uid:") || l.starts_with("Gid:")).collect();
        let socket = std::fs::metadata(server.run.path().join("kamailio_ctl")).map(|m| (m.uid(), m.gid()));
        format!("{}\nctl socket: {socket:?}", ids.join("\n"))
    });
}

scenario!(
    log_lines,
    Setup::script(
        r#"request_route {
    route(FENCE);
    xlog("no level\n");
    xlog("L_ALERT", "alert\n"); xlog("L_CRIT", "crit\n"); xlog("L_ERR", "err\n"); xlog("L_WARN", "warn\n");
    xlog("L_NOTICE", "notice\n"); xlog("L_INFO", "info\n"); xlog("L_DBG", "dbg is off\n");
    xlog("L_BUG", "bug\n"); xlog("L_NONSENSE", "unknown level\n");
    xalert("xalert\n"); xcrit("xcrit\n"); xerr("xerr\n"); xwarn("xwarn\n"); xnotice("xnotice\n"); xinfo("xinfo\n");
    xdbg("xdbg is off\n"); xbug("xbug\n");
    xlog("two\nlines\n"); xlogl("L_INFO", "with line\n"); xlog("tab\there\n");
    sl_send_reply("200", "OK");
}"#
    ),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("OPTIONS", &world.domain());
        alice.send(&request);
        alice.wait_status(200);
    }
);

scenario!(
    log_prefix,
    Setup::script(
        r#"log_prefix="{$mt $hdr(CSeq) $ci $rU} "
request_route {
    route(FENCE);
    xlog("first\n");
    $ru = "sip:changed@127.0.0.1";
    xlog("L_INFO", "after a change\n");
    sl_send_reply("200", "OK");
    xlog("L_ERR", "after the reply\n");
}"#
    ),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("INVITE", &world.uri("bob"));
        alice.send(&request);
        alice.wait_status(200);
    }
);

scenario!(
    log_prefix_mode,
    Setup::script(
        r#"log_prefix="[$rU] "
log_prefix_mode=1
request_route {
    route(FENCE);
    xlog("first\n");
    $ru = "sip:changed@127.0.0.1";
    xlog("L_INFO", "after a change\n");
    sl_send_reply("200", "OK");
}"#
    ),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("INVITE", &world.uri("bob"));
        alice.send(&request);
        alice.wait_status(200);
    }
);

scenario!(
    log_level_of_the_command_line,
    Setup::script("request_route { route(FENCE); xdbg(\"shown\\n\"); sl_send_reply(\"200\", \"OK\"); }")
        .arg("--debug=3"),
    |world| {
        let mut alice = world.udp("alice");
        let request = alice.request("OPTIONS", &world.domain());
        alice.send(&request);
        alice.wait_status(200);
    }
);
