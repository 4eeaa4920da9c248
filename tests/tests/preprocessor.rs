//! The preprocessor: every case of `preprocessor/*.txt` is started by both servers, which must both refuse it, or both
//! accept it and write the same lines.
//!
//! A case begins with `%% name | option ...`; `%file PATH` adds a file. The case's text stands between the modules pv
//! and xlog and a `request_route`. If it has a `route[SHOW]`, that route runs once and its lines beginning with `L|` are
//! compared; without, the file is only checked (`-c`). Options: `raw` (the text as it is, without a last line end),
//! `args ...`, `env NAME=VALUE`, `kamjit accepts`, `kamjit refuses` (differences with a reason in
//! docs/src/differences.md). `@CR@` is a carriage return, `@NOEOL@` takes the line end away, `@DIR@` is the case's
//! directory, `@MANY n@` n defines, `@SUBST n@` n substitutions, `@LONG n@` n letters.
#![allow(missing_docs)]

use kamjit_tests::Kind;
use kamjit_tests::agent::patience;
use kamjit_tests::ports::Port;
use kamjit_tests::server::KAMAILIO;
use regex::{Captures, Regex};
use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

struct Case<'t> {
    name: &'t str,
    options: Vec<&'t str>,
    main: &'t str,
    files: Vec<(&'t str, &'t str)>,
}

impl Case<'_> {
    fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    fn shows(&self) -> bool {
        self.main.contains("route[SHOW]") || self.files.iter().any(|(_, t)| t.contains("route[SHOW]"))
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.options.iter().filter_map(move |o| o.strip_prefix(key)?.strip_prefix(' '))
    }
}

/// What a server made of a case.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// `-c` found nothing, or the route ran and wrote these lines.
    Accepted(Vec<String>),
    Refused,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    // Every case keeps its last line end.
    let ends = text.match_indices("\n%% ").map(|(at, _)| at + 1).chain([text.len()]);
    let mut start = 0;
    let chunks =
        ends.filter_map(|end| text.get(std::mem::replace(&mut start, end)..end)?.strip_prefix("%% "));
    chunks
        .map(|chunk| {
            let (head, body) = chunk.split_once('\n').unwrap_or((chunk, ""));
            let mut head = head.split('|').map(str::trim);
            let name = head.next().unwrap_or_default();
            let mut parts = body.split("%file ");
            let main = parts.next().unwrap_or_default();
            let files = parts.filter_map(|p| p.split_once('\n')).collect();
            Case { name, options: head.collect(), main, files }
        })
        .collect()
}

fn write(path: &Path, text: &str, raw: bool, dir: &Path) {
    let number = |c: &Captures<'_>| c[1].parse::<usize>().unwrap_or(0);
    let many = Regex::new(r"@MANY (\d+)@").expect("pattern");
    let substs = Regex::new(r"@SUBST (\d+)@").expect("pattern");
    let long = Regex::new(r"@LONG (\d+)@").expect("pattern");
    let lines = |n: usize, line: fn(usize) -> String| (0..n).map(line).collect::<String>();
    let text = if raw { text.strip_suffix('\n').unwrap_or(text) } else { text };
    let text =
        many.replace_all(text, |c: &Captures<'_>| lines(number(c), |n| format!("#!define NAME{n} {n}\n")));
    let text = substs
        .replace_all(&text, |c: &Captures<'_>| lines(number(c), |n| format!("#!subst \"/name{n}/x/\"\n")));
    let text = long.replace_all(&text, |c: &Captures<'_>| "a".repeat(number(c)));
    let text = text.replace("@DIR@", &dir.to_string_lossy()).replace("@CR@", "\r").replace("@NOEOL@\n", "");
    std::fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    std::fs::write(path, text).expect("configuration");
}

/// Runs one server on a case.
fn verdict(kind: &Kind, case: &Case<'_>, port: u16) -> Verdict {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let at = |name: &str| dir.path().join(name);
    for folder in ["cwd", "run"] {
        std::fs::create_dir(at(folder)).expect("folder");
    }
    let raw = case.has("raw");
    let mut text = case.main.to_owned();
    if !raw {
        text = format!("loadmodule \"pv.so\"\nloadmodule \"xlog.so\"\n{text}\nrequest_route {{ exit; }}\n");
    }
    if case.shows() {
        text.push_str("event_route[core:worker-one-init] { route(SHOW); xlog(\"L|END\\n\"); }\n");
    }
    write(&at("etc/main.cfg"), &text, raw, dir.path());
    for (name, text) in &case.files {
        write(&at(name), text, raw, dir.path());
    }
    let (program, own) = kind.program();
    let mut command = Command::new(program);
    command.current_dir(at("cwd")).args(own).arg("-f").arg(at("etc/main.cfg"));
    command.args(["-E", "-m", "16", "-Y"]).arg(at("run")).arg("-w").arg(at("run"));
    for arguments in case.values("args") {
        command.args(words(arguments));
    }
    for variable in case.values("env") {
        let (name, value) = variable.split_once('=').expect("env NAME=VALUE");
        command.env(name, value.replace("@LF@", "\n"));
    }
    if case.shows() {
        command.args(["-DD", "-l", &format!("udp:127.0.0.1:{port}")]);
    } else {
        command.arg("-c");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = Group(command.spawn().expect("tests/run installs the servers"));
    let log = lines(child.0.stderr.take().expect("piped"));
    let mut shown = Vec::new();
    loop {
        match log.recv_timeout(patience()) {
            Ok(line) if case.shows() => match line.split_once("<script>: L|") {
                Some((_, "END")) => return Verdict::Accepted(shown),
                Some((_, text)) => shown.push(text.to_owned()),
                None => {}
            },
            Ok(_) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            Err(_) => panic!("{}: {} does not end", case.name, kind.name()),
        }
    }
    match child.0.wait().expect("status").code() {
        Some(0) if !case.shows() => Verdict::Accepted(shown),
        // 2 is what the reference's scanner exits with when it cannot read a folder.
        Some(255 | 2) => Verdict::Refused,
        other => panic!("{}: {} ended with {other:?}", case.name, kind.name()),
    }
}

/// A server with all its processes, ended when dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: a signal to the group that this child leads; it was not waited for or its group is empty.
        unsafe { libc::kill(-(self.0.id() as i32), libc::SIGKILL) };
        let _ = self.0.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Words, with blanks in quotes kept.
fn words(text: &str) -> Vec<String> {
    let words = Regex::new(r#"'([^']*)'|((?:[^ '"]|"[^"]*")+)"#).expect("pattern");
    let word = |c: Captures<'_>| match (c.get(1), c.get(2)) {
        (Some(quoted), _) => quoted.as_str().to_owned(),
        (_, Some(plain)) => plain.as_str().replace('"', ""),
        _ => String::new(),
    };
    words.captures_iter(text).map(word).collect()
}

fn compare(text: &str) {
    let (own, theirs) = (Port::reserve(), Port::reserve());
    let same_server = Kind::Candidate.program().0.as_os_str() == KAMAILIO;
    let mut report = String::new();
    for case in cases(text) {
        let (reference, candidate) = std::thread::scope(|scope| {
            let reference = scope.spawn(|| verdict(&Kind::Reference, &case, theirs.number));
            let candidate = verdict(&Kind::Candidate, &case, own.number);
            (reference.join().expect("the reference runs"), candidate)
        });
        let as_wanted = match &candidate {
            _ if same_server => reference == candidate,
            Verdict::Accepted(_) if case.has("kamjit accepts") => reference == Verdict::Refused,
            Verdict::Refused if case.has("kamjit refuses") => reference != Verdict::Refused,
            _ => reference == candidate && !case.has("kamjit accepts") && !case.has("kamjit refuses"),
        };
        if !as_wanted {
            let _ = writeln!(report, "{}\n  kamailio {reference:?}\n  kamjit   {candidate:?}", case.name);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn defines() {
    compare(include_str!("preprocessor/defines.txt"));
}

#[test]
fn branches() {
    compare(include_str!("preprocessor/branches.txt"));
}

#[test]
fn arguments_and_environment() {
    compare(include_str!("preprocessor/arguments.txt"));
}

#[test]
fn substitutions() {
    compare(include_str!("preprocessor/substitutions.txt"));
}

#[test]
fn includes() {
    compare(include_str!("preprocessor/includes.txt"));
}
