//! What is accepted and what is refused: both servers read each snippet of tests/grammar/*.txt.
//!
//! A snippet begins with a line `%% LABEL`: statements, or with a leading `@` a whole file. The label says what must hold:
//!
//! * `equal`: kamjit accepts it exactly if the real server does. What `kamailio -c` accepts and then refuses at the start counts
//!   as refused.
//! * `six`: 5.6.3 refuses it, 6.x and kamjit accept it.
//! * `better: CODE`: 5.6.3 accepts it, kamjit refuses it with that code; the reason stands in docs/src/differences.md.
#![allow(missing_docs)]

use kamjit_tests::ports::Port;
use kamjit_tests::server::{KAMAILIO, candidate};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MODULES: [&str; 15] = [
    "kex",
    "corex",
    "tm",
    "tmx",
    "sl",
    "rr",
    "pv",
    "maxfwd",
    "usrloc",
    "registrar",
    "textops",
    "textopsx",
    "siputils",
    "xlog",
    "sanity",
];

/// A snippet: its label and the whole file made of it.
struct Snippet {
    label: String,
    text: String,
    cfg: String,
}

fn snippets(file: &str) -> Vec<Snippet> {
    let text = format!("\n{file}");
    let modules: String = MODULES.iter().map(|m| format!("loadmodule \"{m}.so\"\n")).collect();
    let made = text.split("\n%% ").skip(1).map(|chunk| {
        let (label, text) = chunk.split_once('\n').unwrap_or((chunk, ""));
        let text = text.trim_end_matches('\n');
        let cfg = match text.strip_prefix('@') {
            Some(whole) => format!("{modules}{whole}\n"),
            None => format!("{modules}request_route {{\n{text}\n}}\n"),
        };
        Snippet { label: label.trim().into(), text: text.into(), cfg }
    });
    made.collect()
}

/// Runs a server's check of the file; true if it is accepted, and what was said.
fn check(command: &mut Command, cfg: &Path) -> (bool, String) {
    let output = command.args(["-c", "-E", "-f"]).arg(cfg).stdin(Stdio::null()).output().expect("the server");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// What `kamailio -c` accepts may fail when functions are prepared: true if the server gets as far as serving.
fn starts(dir: &Path, cfg: &Path) -> bool {
    let port = Port::reserve();
    let listen = format!("udp:127.0.0.1:{}", port.number);
    let mut child = Command::new(KAMAILIO)
        .args(["-DD", "-E", "-m", "32", "-l", &listen, "-w"])
        .arg(dir)
        .arg("-Y")
        .arg(dir)
        .arg("-P")
        .arg(dir.join("pid"))
        .arg("-f")
        .arg(cfg)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("kamailio");
    // The control socket comes last, or the process ends.
    let serving = (0..400).find_map(|_| {
        if let Ok(Some(_)) = child.try_wait() {
            return Some(false);
        }
        let bound = std::net::UdpSocket::bind(("127.0.0.1", port.number)).is_err();
        std::thread::sleep(Duration::from_millis(10));
        bound.then_some(true)
    });
    let ended = child.try_wait().ok().flatten().is_some();
    // SAFETY: a signal to our own child.
    unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
    let _ = child.wait();
    serving == Some(true) && !ended
}

/// What is wrong with a snippet, if anything.
fn judge(snippet: &Snippet) -> Option<String> {
    let dir = tempfile::Builder::new().prefix("kjg").tempdir().expect("directory");
    let cfg = dir.path().join("s.cfg");
    std::fs::write(&cfg, &snippet.cfg).expect("file");
    let (mut real, _) = check(Command::new(KAMAILIO).args(["-m", "16"]), &cfg);
    let (ours, said) = check(Command::new(candidate()).args(["--compat", "5.6"]), &cfg);
    if real && !ours && snippet.label == "equal" {
        real = starts(dir.path(), &cfg);
    }
    let good = match snippet.label.split_once(": ") {
        Some(("better", code)) => real && !ours && said.contains(&format!("error[{code}]")),
        _ if snippet.label == "six" => !real && ours,
        _ => real == ours && (ours || said.contains("error[") || said.contains("ERROR: cannot listen on")),
    };
    (!good).then(|| {
        let verdict = |accepted| if accepted { "accepted" } else { "refused" };
        format!(
            "[{}] kamailio: {}, kamjit: {}\n{}\n{said}",
            snippet.label,
            verdict(real),
            verdict(ours),
            snippet.text
        )
    })
}

/// Judges all snippets of a file, two at a time.
fn compare(file: &str) {
    let all = snippets(file);
    assert!(!all.is_empty());
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(snippet) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(found) = judge(snippet) {
                        wrong.lock().expect("list").push(found);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("list");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n---\n"));
}

/// One test per file of snippets.
macro_rules! files {
    ($($name:ident)*) => {
        $(#[test] fn $name() { compare(include_str!(concat!("../grammar/", stringify!($name), ".txt"))); })*
    };
}

files! { blocks statements conditions switches words sockets modules flags globals calls }
