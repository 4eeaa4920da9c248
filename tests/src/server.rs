//! A server under test: the real Kamailio or kamjit, on loopback, with a throw-away run directory.

use crate::agent::patience;
use crate::nameserver::NameServer;
use crate::ports::Port;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The configuration that Debian installs.
pub const STOCK: &str = "/etc/kamailio/kamailio.cfg";
/// The reference server.
pub const KAMAILIO: &str = "/usr/sbin/kamailio";

/// Which server to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Debian's Kamailio 5.6.3.
    Reference,
    /// The server that is held against it: kamjit, or (`KAMJIT_BIN=/usr/sbin/kamailio`) the reference once more, which
    /// shows whether a scenario and its masks are sound.
    Candidate,
}

impl Kind {
    /// Name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reference => "kamailio",
            Self::Candidate => "kamjit",
        }
    }

    /// The program, and the arguments that only it needs.
    pub fn program(&self) -> (PathBuf, Vec<String>) {
        match self {
            Self::Reference => (KAMAILIO.into(), Vec::new()),
            Self::Candidate => {
                let bin = candidate();
                let own = match bin.file_name() {
                    Some(name) if name == "kamailio" => Vec::new(),
                    _ => vec!["--compat".into(), "5.6".into()],
                };
                (bin, own)
            }
        }
    }
}

/// Path of the candidate: `KAMJIT_BIN`, or `kamjit` in the target directory that this test was built into.
pub fn candidate() -> PathBuf {
    if let Some(bin) = std::env::var_os("KAMJIT_BIN") {
        return bin.into();
    }
    let exe = std::env::current_exe().expect("path of the test");
    // Tests lie in `deps` below it, the commands of this crate beside it.
    let near = |levels| exe.ancestors().nth(levels).unwrap_or(Path::new(".")).join("kamjit");
    let bin = if near(1).exists() { near(1) } else { near(2) };
    assert!(bin.exists(), "{} is missing: cargo build -p kamjit-daemon, or set KAMJIT_BIN", bin.display());
    bin
}

/// What to start a server with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Configuration text, or `None` for the stock file as installed.
    pub cfg: Option<String>,
    /// More arguments.
    pub args: Vec<String>,
    /// Listen on TCP as well.
    pub tcp: bool,
    /// Listen on `::1` as well.
    pub ipv6: bool,
    /// Add `-l` arguments; off when the configuration has its own `listen`.
    pub listen: bool,
    /// What of the log is compared.
    pub log: LogRule,
    /// Whether messages at one end must come in the same order.
    pub ordered: bool,
    /// Give the server a name server of its own ([`Server::names`]).
    pub dns: bool,
    /// Files in the directory of the configuration, by name.
    pub files: Vec<(String, String)>,
}

/// Which log lines of two runs must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRule {
    /// Lines of the script and of acc, in order.
    Ordered,
    /// The same lines in any order (several processes write them).
    Sorted,
    /// None.
    Ignored,
}

impl Setup {
    /// The stock file, byte for byte. It has eight workers, so the order of log lines of different messages is theirs.
    pub fn stock() -> Self {
        Self {
            cfg: None,
            args: Vec::new(),
            tcp: true,
            ipv6: false,
            listen: true,
            log: LogRule::Sorted,
            ordered: true,
            dns: false,
            files: Vec::new(),
        }
    }

    /// A configuration of the test's own. `@PORT@`, `@PORT2@` and `@RUN@` stand for the server's port, a second port
    /// and its run directory.
    pub fn text(cfg: impl Into<String>) -> Self {
        Self { cfg: Some(cfg.into()), ..Self::stock() }
    }

    /// A script behind the usual beginning: one worker, no TCP, the modules of [`PRELUDE`], an answer to the fence.
    pub fn script(cfg: impl AsRef<str>) -> Self {
        Self { tcp: false, log: LogRule::Ordered, ..Self::text(format!("{PRELUDE}\n{}", cfg.as_ref())) }
    }

    /// Compares messages at each end as a set: for scenarios that send without waiting, where several workers answer.
    pub fn any_order(mut self) -> Self {
        self.ordered = false;
        self
    }

    /// Gives the server a name server of its own instead of the machine's.
    pub fn with_dns(mut self) -> Self {
        self.dns = true;
        self
    }

    /// Appends to the configuration.
    pub fn also(mut self, text: &str) -> Self {
        let cfg = self.cfg.get_or_insert_default();
        cfg.push_str(text);
        cfg.push('\n');
        self
    }

    /// Adds arguments.
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.extend(arg.split(' ').map(str::to_owned));
        self
    }

    /// Adds one argument as it is, with its blanks and quotes.
    pub fn raw_arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// Changes the rule for the log.
    pub fn log(mut self, rule: LogRule) -> Self {
        self.log = rule;
        self
    }

    /// Listens on `::1`, too.
    pub fn with_ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Listens on TCP, too.
    pub fn with_tcp(mut self) -> Self {
        self.tcp = true;
        self
    }
}

/// Beginning of the tests' own scripts. `route[FENCE]` answers the harness; call it first in `request_route`.
pub const PRELUDE: &str = r#"#!KAMAILIO
debug=2
log_stderror=yes
children=1
auto_aliases=no
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "sanity.so"
loadmodule "ctl.so"
loadmodule "cfg_rpc.so"
loadmodule "counters.so"
route[FENCE] {
    if ($rm == "OPTIONS" && $fU == "fence") { sl_send_reply("200", "OK"); exit; }
}
"#;

type Lines = Arc<(Mutex<Vec<String>>, Condvar)>;

/// A running server. It is stopped, with all processes it started, when the value is dropped.
#[derive(Debug)]
pub struct Server {
    /// Which one it is.
    pub kind: Kind,
    /// Its run directory (`-Y`, `-w`).
    pub run: TempDir,
    /// Its port for UDP and TCP.
    pub port: Port,
    /// A second port that nobody else uses.
    pub port2: Port,
    child: Child,
    log: Lines,
    names: Option<NameServer>,
}

impl Server {
    /// Starts a server and waits until it answers an OPTIONS.
    #[track_caller]
    pub fn start(kind: Kind, setup: &Setup) -> Self {
        let mut server = Self::spawn(kind, setup);
        server.wait_ready();
        server
    }

    /// Starts a server without waiting for anything.
    #[track_caller]
    pub fn spawn(kind: Kind, setup: &Setup) -> Self {
        let run = tempfile::Builder::new().prefix("kjt").tempdir().expect("run directory");
        if setup.args.iter().any(|arg| arg == "-u") {
            // The account that the server changes to makes its sockets here.
            let open = std::fs::Permissions::from_mode(0o777);
            std::fs::set_permissions(run.path(), open).expect("permissions of the run directory");
        }
        for (name, text) in &setup.files {
            std::fs::write(run.path().join(name), text).expect("file beside the configuration");
        }
        let (port, port2) = (Port::reserve(), Port::reserve());
        let cfg = match &setup.cfg {
            None => PathBuf::from(STOCK),
            Some(text) => {
                let path = run.path().join("test.cfg");
                let text = text
                    .replace("@PORT@", &port.number.to_string())
                    .replace("@PORT2@", &port2.number.to_string())
                    .replace("@RUN@", &run.path().display().to_string());
                std::fs::write(&path, text).expect("configuration file");
                path
            }
        };
        let (program, own) = kind.program();
        let names = setup.dns.then(|| NameServer::start(port.number));
        let mut command = match &names {
            Some(names) => with_resolver(&program, run.path(), names),
            None => Command::new(&program),
        };
        command.arg("-f").arg(cfg).args(["-DD", "-E", "-m", "64", "-x", "fm"]).args(own);
        command.arg("-Y").arg(run.path()).arg("-w").arg(run.path());
        if setup.listen {
            command.args(["-l", &format!("udp:127.0.0.1:{}", port.number)]);
            if setup.tcp {
                command.args(["-l", &format!("tcp:127.0.0.1:{}", port.number)]);
            }
            if setup.ipv6 {
                command.args(["-l", &format!("udp:[::1]:{}", port.number)]);
            }
        }
        for arg in &setup.args {
            command.arg(
                arg.replace("@PORT2@", &port2.number.to_string())
                    .replace("@RUN@", &run.path().to_string_lossy()),
            );
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        stop_with_parent(&mut command);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let log = collect(child.stderr.take().expect("piped stderr"));
        Self { kind, run, port, port2, child, log, names }
    }

    /// The name server of [`Setup::with_dns`].
    #[track_caller]
    pub fn names(&self) -> &NameServer {
        self.names.as_ref().expect("Setup::with_dns")
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port.number))
    }

    /// Process id of the main process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the answer to an OPTIONS; a server that ends or stays silent fails the test.
    #[track_caller]
    pub fn wait_ready(&mut self) {
        if let Err(why) = self.ready() {
            panic!("{} {why}", self.kind.name());
        }
    }

    /// Waits for the answer to an OPTIONS; says why there is none. The first datagram that reaches a bound socket is
    /// the only one the server ever sees: before, the kernel refuses.
    pub fn ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + patience();
        let probe = UdpSocket::bind("127.0.0.1:0").expect("probe socket");
        probe.connect(self.address()).expect("loopback");
        let mut sent = Instant::now() - Duration::from_secs(60);
        let mut buffer = [0; 4096];
        loop {
            if sent.elapsed() > Duration::from_secs(8) {
                let _ = probe.send(&fence_request(self.address(), &probe, 0));
                sent = Instant::now();
            }
            probe.set_read_timeout(Some(Duration::from_millis(5))).expect("timeout");
            match probe.recv(&mut buffer) {
                Ok(_) => return Ok(()),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                    sent = Instant::now() - Duration::from_secs(60);
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(_) => {}
            }
            if let Some(status) = self.exited() {
                return Err(format!("ended at start with {status}:\n{}", self.whole_log().join("\n")));
            }
            if Instant::now() >= deadline {
                return Err(format!("does not answer; its log:\n{}", self.log().join("\n")));
            }
        }
    }

    /// The log of a server that has ended, once all of it is read.
    fn whole_log(&self) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(1);
        while Arc::strong_count(&self.log) > 1 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.log()
    }

    /// Waits until so many lines of the log are as wanted; gives up when the patience is over.
    pub fn wait_log_lines(&self, wanted: impl Fn(&str) -> bool, count: usize) {
        let deadline = Instant::now() + patience();
        let mut lines = self.lines();
        while lines.iter().filter(|line| wanted(line)).count() < count && Instant::now() < deadline {
            lines = match self.log.1.wait_timeout(lines, Duration::from_millis(200)) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Ends the server and all its processes at once.
    pub fn kill(&self) {
        // SAFETY: the group that `process_group(0)` made for this child, which is not yet reaped.
        unsafe { libc::kill(-(self.pid() as i32), libc::SIGKILL) };
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        self.lines().clone()
    }

    /// Waits until a log line contains `text` and returns it.
    #[track_caller]
    pub fn wait_log(&self, text: &str) -> String {
        let deadline = Instant::now() + patience();
        let mut lines = self.lines();
        loop {
            if let Some(line) = lines.iter().find(|l| l.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{}: no log line with {text:?} in\n{}",
                self.kind.name(),
                lines.join("\n")
            );
            lines = match self.log.1.wait_timeout(lines, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Waits until nothing has been logged for a moment: another process may still write about the last message.
    pub fn wait_log_quiet(&self) {
        let mut lines = self.lines();
        let deadline = Instant::now() + patience();
        loop {
            let (guard, timeout) = match self.log.1.wait_timeout(lines, Duration::from_millis(100)) {
                Ok(got) => got,
                Err(poisoned) => poisoned.into_inner(),
            };
            if timeout.timed_out() || Instant::now() > deadline {
                return;
            }
            lines = guard;
        }
    }

    /// The exit status, if the main process has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the main process to end; `None` if it does not in that time.
    pub fn ended_within(&mut self, timeout: Duration) -> Option<ExitStatus> {
        wait_child(&mut self.child, timeout)
    }

    /// Sends a signal to the main process.
    pub fn signal(&self, signal: i32) {
        // SAFETY: kill of a child that is not yet reaped.
        unsafe { libc::kill(self.pid() as i32, signal) };
    }

    /// Sum of the resident memory of all its processes in kB, shared pages counted once per process.
    pub fn resident_kb(&self) -> u64 {
        group_members(self.pid()).iter().filter_map(|pid| proc_kb(*pid, "RssAnon:")).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(libc::SIGTERM);
        wait_child(&mut self.child, Duration::from_secs(3));
        // SAFETY: the group that `process_group(0)` made for this child; nothing else is in it.
        unsafe { libc::kill(-(self.pid() as i32), libc::SIGKILL) };
        let _ = self.child.wait();
    }
}

/// A command that sees the name server's `resolv.conf` in place of the machine's, in a mount namespace of its own.
fn with_resolver(program: &Path, dir: &Path, names: &NameServer) -> Command {
    let file = dir.join("resolv.conf");
    std::fs::write(&file, names.resolv_conf()).expect("resolv.conf");
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""])
        .arg(file)
        .arg(program);
    command
}

/// Waits for a child with a deadline.
pub fn wait_child(child: &mut Child, timeout: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + timeout;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) => return None,
            Err(_) => return Some(ExitStatus::from_raw(0)),
        }
    }
}

/// Lets the kernel stop the child when the test dies without running destructors.
pub fn stop_with_parent(command: &mut Command) {
    // SAFETY: prctl is async-signal-safe and changes only the child.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
            Ok(())
        });
    }
}

/// An OPTIONS for the server itself, which every configuration of the tests answers statelessly.
pub(crate) fn fence_request(server: SocketAddr, from: &UdpSocket, n: u32) -> Vec<u8> {
    let local = from.local_addr().expect("bound socket");
    format!(
        "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bK-fence-{n}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:fence@{server}>;tag=fence\r\nTo: <sip:{server}>\r\n\
         Call-ID: fence-{n}-{}\r\nCSeq: {n} OPTIONS\r\nContent-Length: 0\r\n\r\n",
        local.port()
    )
    .into_bytes()
}

fn collect(stderr: std::process::ChildStderr) -> Lines {
    let lines: Lines = Arc::default();
    let shared = lines.clone();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = crate::message::latin1(line.strip_suffix(b"\n").unwrap_or(&line));
            shared.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(text);
            shared.1.notify_all();
            line.clear();
        }
    });
    lines
}

fn proc_kb(pid: i32, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|l| l.strip_prefix(key))?.split_whitespace().next()?.parse().ok()
}

/// The processes of a group.
pub fn group_members(pgid: u32) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|e| e.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
            fields.split_whitespace().nth(2).and_then(|g| g.parse::<u32>().ok()) == Some(pgid)
        })
        .collect()
}
