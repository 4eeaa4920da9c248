//! Runs cases on one server and tells them apart again.

use super::Case;
use crate::compare::log_line;
use crate::mask::{Mask, Names, visible};
use crate::message::Message;
use crate::server::{Kind, PRELUDE, Server, Setup};
use crate::tools::run;
use regex::Regex;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What a server did with a case.
#[derive(Clone, Debug)]
pub enum Seen {
    /// It does not start with it; what it said.
    Refused(String),
    /// It accepts the file (cases that are only parsed).
    Accepted,
    /// It ended or went silent; the end of its log.
    Crashed(String),
    /// It ran.
    Ran {
        /// Lines of the script, masked.
        log: Vec<String>,
        /// Lines of the messages that came back to the caller, masked.
        caller: Vec<String>,
        /// Lines of the messages that reached the far end, masked.
        sink: Vec<String>,
    },
}

impl Seen {
    /// Whether another server did the same. Why a file is refused may be said in other words.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused(_), Self::Refused(_)) | (Self::Accepted, Self::Accepted) => true,
            (Self::Ran { log: a, caller: b, sink: c }, Self::Ran { log: d, caller: e, sink: f }) => {
                a == d && b == e && c == f
            }
            _ => false,
        }
    }
}

/// Everything around the cases' own routes. One worker, so that the log is in the order of the messages.
const FRAME: &str = r#"
modparam("tm", "retr_timer1", 8000)
modparam("tm", "retr_timer2", 8000)
request_route {
    if ($rm == "OPTIONS" && $fU == "fence") { xlog("FENCE\n"); sl_send_reply("200", "OK"); exit; }
    route(RSTART);
    route("" + $ci);
    xlog("END\n");
}
reply_route {
    route("reply_" + $ci);
    xlog("REPLY $rs\n");
}
"#;

/// The configuration that holds these cases, and the line on which each begins.
pub fn configuration(cases: &[&Case]) -> (String, Vec<usize>) {
    let mut text = format!("{PRELUDE}{}{FRAME}", crate::script::GROUND);
    let mut begins = Vec::new();
    for case in cases {
        begins.push(text.lines().count() + 1);
        for line in &case.lines {
            text.push_str(line);
            text.push('\n');
        }
    }
    (text, begins)
}

fn setup(cases: &[&Case], sink: u16) -> Setup {
    let mut setup = Setup::text(configuration(cases).0.replace("@SINK@", &sink.to_string()));
    setup.tcp = false;
    setup.files = cases.iter().flat_map(|c| c.files.clone()).collect();
    setup
}

/// Runs each case; a file that is refused, or a server that dies, is tried again with fewer cases.
pub fn observe(kind: &Kind, cases: &[Case]) -> Vec<Seen> {
    let all: Vec<(usize, &Case)> = cases.iter().enumerate().collect();
    let mut seen: Vec<Option<Seen>> = cases.iter().map(|_| None).collect();
    let mut waiting = vec![all];
    while let Some(group) = waiting.pop() {
        let members: Vec<&Case> = group.iter().map(|(_, case)| *case).collect();
        match attempt(kind, &members) {
            Attempt::Refused(said) => match group.as_slice() {
                [] => {}
                [(at, _)] => seen[*at] = Some(Seen::Refused(said)),
                _ => waiting.extend(split(group, &said)),
            },
            Attempt::Ran(done, left) => {
                let ran = done.len();
                for ((at, _), what) in group.iter().zip(done) {
                    seen[*at] = Some(what);
                }
                if left {
                    waiting.push(group[ran..].to_vec());
                }
            }
        }
    }
    seen.into_iter().map(|s| s.unwrap_or(Seen::Crashed("not run".into()))).collect()
}

/// Parts the cases that the error report names from the others; halves the group if it names none or all.
fn split<'a>(group: Vec<(usize, &'a Case)>, said: &str) -> Vec<Vec<(usize, &'a Case)>> {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| crate::mask::regex(r"test\.cfg(?::|,? (?:from )?line )(\d+)"));
    let members: Vec<&Case> = group.iter().map(|(_, case)| *case).collect();
    let begins = configuration(&members).1;
    let included =
        group.iter().enumerate().filter(|(_, (_, case))| said.contains(&format!("inc_{}.cfg", case.id())));
    let mut named: Vec<usize> = PLACE
        .captures_iter(said)
        .filter_map(|c| c[1].parse::<usize>().ok())
        .filter_map(|line| begins.iter().rposition(|begin| *begin <= line))
        .chain(included.map(|(at, _)| at))
        .collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() || named.len() == group.len() {
        let half = group.len() / 2;
        return vec![group[half..].to_vec(), group[..half].to_vec()];
    }
    let mut parts: Vec<Vec<(usize, &Case)>> = named.iter().map(|at| vec![group[*at]]).collect();
    parts.push(group.iter().enumerate().filter(|(at, _)| !named.contains(at)).map(|(_, c)| *c).collect());
    parts
}

enum Attempt {
    Refused(String),
    /// What was seen, in order, and whether cases are left because the last one ended the server.
    Ran(Vec<Seen>, bool),
}

/// How long a fence may take.
const PATIENCE: Duration = Duration::from_secs(10);

fn attempt(kind: &Kind, cases: &[&Case]) -> Attempt {
    let mut ends = Ends::open();
    let mut server = Server::spawn(kind.clone(), &setup(cases, port(&ends.sink)));
    if let Err(said) = server.ready() {
        // The reports of both name the file by the path in the run directory.
        return Attempt::Refused(said);
    }
    ends.meet(&server);
    let mut raw = Vec::new();
    let mut died = false;
    for (n, case) in cases.iter().enumerate() {
        match ends.drive(&mut server, n, case) {
            Some(messages) => raw.push(messages),
            None => {
                died = true;
                break;
            }
        }
    }
    if !died {
        server.wait_log_lines(|line| line.contains("<script>: FENCE"), ends.fences);
    }
    let log = server.log();
    server.kill();
    if std::env::var_os("KAMJIT_TEST_LOGS").is_some() {
        println!("=== log of {}\n{}", kind.name(), log.join("\n"));
    }
    let mut logs = by_fence(&log);
    // The fence of the start.
    logs.drain(..1.min(logs.len()));
    let mut seen = Vec::new();
    let mut at = 0;
    for (messages, case) in raw.iter().zip(cases) {
        let lines: Vec<&String> =
            logs.get(at..at + messages.fences).unwrap_or_default().iter().flatten().collect();
        at += messages.fences;
        seen.push(masked(&ends.names, &lines, messages, &case.id()));
    }
    let left = died && seen.len() + 1 < cases.len();
    if died {
        let tail = log.len().saturating_sub(12);
        seen.push(Seen::Crashed(log.get(tail..).unwrap_or_default().join("\n")));
    }
    Attempt::Ran(seen, left)
}

/// Log lines between the fences; each fence ends a part.
fn by_fence(log: &[String]) -> Vec<Vec<String>> {
    let mut parts = vec![Vec::new()];
    for line in log {
        if line.contains("<script>: FENCE") {
            parts.push(Vec::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(line.clone());
        }
    }
    parts
}

fn masked(names: &Names, log: &[&String], messages: &Messages, id: &str) -> Seen {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| crate::mask::regex(r"^[ \d]\d\(\d+\) "));
    let mut mask = Mask::new(names.clone());
    let mut lines = Vec::new();
    let mut inside = false;
    for line in log {
        if HEAD.is_match(line) {
            let script = log_line(line, &mut mask);
            inside = script.is_some();
            lines.extend(script);
        } else if inside {
            // A text with line ends goes on.
            lines.push(mask.apply(&visible(line.as_bytes())));
        }
    }
    let mut texts = |raw: &[Vec<u8>]| -> Vec<String> {
        raw.iter()
            .filter(|m| about(m, id))
            .flat_map(|m| mask.apply(&visible(m)).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let (caller, sink) = (texts(&messages.caller), texts(&messages.sink));
    Seen::Ran { log: lines, caller, sink }
}

/// Whether a message belongs to the case: others are late repetitions.
fn about(raw: &[u8], id: &str) -> bool {
    let message = Message::parse(raw);
    message.get("Call-ID").or(message.get("i")).is_none_or(|call| call.trim() == id)
}

/// What arrived while a case ran.
#[derive(Debug, Default)]
struct Messages {
    caller: Vec<Vec<u8>>,
    sink: Vec<Vec<u8>>,
    fences: usize,
}

/// The sockets around a server.
struct Ends {
    caller: UdpSocket,
    sink: UdpSocket,
    fence: UdpSocket,
    fences: usize,
    server: SocketAddr,
    names: Names,
}

impl Ends {
    fn open() -> Self {
        let bind = || UdpSocket::bind("127.0.0.1:0").expect("socket on loopback");
        let (caller, sink, fence) = (bind(), bind(), bind());
        for socket in [&caller, &sink] {
            socket.set_nonblocking(true).expect("a socket that does not wait");
        }
        fence.set_read_timeout(Some(Duration::from_millis(50))).expect("timeout");
        let mut names = Names::default();
        names.port(port(&caller), "caller");
        names.port(port(&sink), "sink");
        Self { caller, sink, fence, fences: 1, server: SocketAddr::from(([127, 0, 0, 1], 0)), names }
    }

    fn meet(&mut self, server: &Server) {
        self.server = server.address();
        self.names.port(server.port.number, "srv");
    }

    /// Sends the case's message and plays the far end until nothing more happens. `None` if the server is gone.
    fn drive(&mut self, server: &mut Server, n: usize, case: &Case) -> Option<Messages> {
        let mut messages = Messages::default();
        let text = fill(
            &case.message,
            &[("@PORT@", self.server.port()), ("@CALLER@", port(&self.caller)), ("@SINK@", port(&self.sink))],
        );
        let _ = self.caller.send_to(&text, self.server);
        for round in 0..8 {
            self.fence(server, n * 10 + round)?;
            messages.fences += 1;
            messages.caller.extend(waiting(&self.caller).into_iter().map(|(raw, _)| raw));
            let mut answered = false;
            for (raw, from) in waiting(&self.sink) {
                let request = Message::parse(&raw);
                let code = case.answers.get(messages.sink.len()).or(case.answers.last()).copied();
                let wanted = request.code().is_none() && request.method() != "ACK" && about(&raw, &case.id());
                messages.sink.push(raw);
                if let (true, Some(code)) = (wanted, code) {
                    let _ = self.sink.send_to(&answer(&request, code), from);
                    answered = true;
                }
            }
            if !answered {
                break;
            }
        }
        Some(messages)
    }

    /// Returns when the server has answered: it has read all that was sent before.
    fn fence(&mut self, server: &mut Server, n: usize) -> Option<()> {
        let request = crate::server::fence_request(self.server, &self.fence, n as u32 + 1);
        let _ = self.fence.send_to(&request, self.server);
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0; 4096];
        while Instant::now() < deadline {
            if let Ok(len) = self.fence.recv(&mut buffer) {
                let reply = Message::parse(buffer.get(..len).unwrap_or_default());
                if reply.get("Call-ID").is_some_and(|c| c.starts_with(&format!("fence-{}-", n + 1))) {
                    self.fences += 1;
                    return Some(());
                }
            } else if server.exited().is_some() {
                return None;
            }
        }
        None
    }
}

fn port(socket: &UdpSocket) -> u16 {
    socket.local_addr().map_or(0, |a| a.port())
}

fn waiting(socket: &UdpSocket) -> Vec<(Vec<u8>, SocketAddr)> {
    let mut buffer = vec![0; 65_536];
    let mut out = Vec::new();
    while let Ok((len, from)) = socket.recv_from(&mut buffer) {
        out.push((buffer.get(..len).unwrap_or_default().to_vec(), from));
    }
    out
}

/// Puts the ports in. All have five digits, so `Content-Length` stays right.
fn fill(message: &[u8], ports: &[(&str, u16)]) -> Vec<u8> {
    let mut out = message.to_vec();
    for (name, port) in ports {
        let digits = port.to_string();
        while let Some(at) = crate::message::find(&out, name.as_bytes()) {
            out.splice(at..at + name.len(), digits.bytes());
        }
    }
    out
}

fn answer(request: &Message, code: u16) -> Vec<u8> {
    let mut reply = Message::status(code, "Answer");
    for (name, value) in &request.headers {
        let kept = ["via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "record-route"];
        if kept.contains(&name.to_ascii_lowercase().as_str()) {
            let tagged = matches!(name.to_ascii_lowercase().as_str(), "to" | "t") && !value.contains(";tag=");
            reply = reply.add(name, if tagged { format!("{value};tag=sink") } else { value.clone() });
        }
    }
    reply.add("Contact", "<sip:sink@127.0.0.1>").add("Content-Length", "0").to_bytes()
}

/// Accepts or refuses the file with `-c`. kamjit does in `-c` what Kamailio does at start, so a file that only `-c`
/// accepts is started as well.
pub fn verdict(kind: &Kind, case: &Case) -> Seen {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let path = dir.path().join("test.cfg");
    let text = configuration(&[case]).0.replace("@SINK@", "12345");
    std::fs::write(&path, text).expect("configuration");
    for (name, text) in &case.files {
        std::fs::write(dir.path().join(name), text).expect("file beside the configuration");
    }
    let (bin, own) = kind.program();
    let output = run(Command::new(bin)
        .args(own)
        .arg("-c")
        .arg("-E")
        .arg("-f")
        .arg(&path)
        .args(["-l", "udp:127.0.0.1:5060"]));
    match output.status {
        0 => Seen::Accepted,
        255 => Seen::Refused(output.text),
        _ => Seen::Crashed(output.text),
    }
}

/// Whether a server starts with the case.
pub fn starts(kind: &Kind, case: &Case) -> Seen {
    match attempt(kind, &[case]) {
        Attempt::Refused(said) => Seen::Refused(said),
        Attempt::Ran(..) => Seen::Accepted,
    }
}
