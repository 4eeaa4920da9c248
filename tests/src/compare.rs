//! Runs a scenario against both servers at once and compares what came out.

use crate::diff::diff;
use crate::mask::{Mask, regex, visible};
use crate::record::Way;
use crate::server::{Kind, LogRule, Setup};
use crate::world::World;
use regex::Regex;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

/// What one run left behind, masked.
#[derive(Debug, Default)]
struct Outcome {
    /// Lines by agent; `log` for the server's log.
    parts: BTreeMap<String, Vec<String>>,
    /// The unmasked log, for the report.
    raw_log: Vec<String>,
    failure: Option<String>,
}

/// Runs `scenario` on a fresh reference server and on a fresh candidate, concurrently, and fails the test when one
/// of them fails or the masked records differ.
pub fn compare(name: &str, setup: Setup, scenario: impl Fn(&mut World) + Sync) {
    let (reference, candidate) = std::thread::scope(|scope| {
        let run = |kind: Kind| {
            let (setup, scenario) = (&setup, &scenario);
            move || run_one(kind, setup, name, scenario)
        };
        let reference = scope.spawn(run(Kind::Reference));
        let candidate = scope.spawn(run(Kind::Candidate));
        (reference.join().unwrap_or_default(), candidate.join().unwrap_or_default())
    });
    if let Ok(which) = std::env::var("KAMJIT_TEST_SHOW") {
        let shown = if which == "kamjit" { &candidate } else { &reference };
        for (part, lines) in &shown.parts {
            println!("=== {part}\n{}", lines.join("\n"));
        }
    }
    if let Some(report) = report(&reference, &candidate) {
        panic!("{name}: - is kamailio, + is kamjit\n{report}");
    }
}

fn run_one(kind: Kind, setup: &Setup, name: &str, scenario: &(impl Fn(&mut World) + Sync)) -> Outcome {
    let mut outcome = Outcome::default();
    let started = catch_unwind(|| World::new(kind, setup, name));
    let mut world = match started {
        Ok(world) => world,
        Err(panic) => return Outcome { failure: Some(text_of(&*panic)), ..outcome },
    };
    let result = catch_unwind(AssertUnwindSafe(|| {
        scenario(&mut world);
        world.settle();
    }));
    if let Err(panic) = result {
        outcome.failure = Some(text_of(&*panic));
    }
    for (agent, entries) in world.recorder.entries() {
        let names = world.recorder.names();
        let mut mask = if setup.ordered { Mask::new(names) } else { Mask::without_numbers(names) };
        let mut texts: Vec<String> = entries
            .iter()
            .map(|entry| {
                let sign = match entry.way {
                    Way::Sent => "-->",
                    Way::Received => "<--",
                    Way::Note => "---",
                };
                format!("{sign} {}", mask.apply(&visible(&entry.raw)))
            })
            .collect();
        if !setup.ordered {
            texts.sort();
        }
        let lines = texts.iter().flat_map(|t| t.lines()).map(str::to_owned).collect();
        outcome.parts.insert(agent, lines);
    }
    world.server.wait_log_quiet();
    outcome.raw_log = world.server.log();
    if setup.log != LogRule::Ignored {
        let mut mask = Mask::new(world.recorder.names());
        let mut log: Vec<String> = outcome.raw_log.iter().filter_map(|l| log_line(l, &mut mask)).collect();
        if setup.log == LogRule::Sorted {
            log.sort();
        }
        outcome.parts.insert("log".into(), log);
    }
    outcome
}

/// A line of the script or of acc without process numbers and without the place in the source that wrote it.
pub(crate) fn log_line(line: &str, mask: &mut Mask) -> Option<String> {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| regex(r"[ \d]\d\(\d+\) "));
    static PLACE: LazyLock<Regex> = LazyLock::new(|| regex(r" \[[\w./]+:\d+\]: \w+\(\): "));
    if !line.contains("<script>") && !line.contains(" ACC: ") {
        return None;
    }
    let line = HEAD.replace_all(line, "<N(PID)> ");
    let line = PLACE.replace(&line, ": ");
    Some(mask.apply(&visible(line.as_bytes())))
}

fn report(reference: &Outcome, candidate: &Outcome) -> Option<String> {
    let mut out = String::new();
    for (who, outcome) in [("kamailio", reference), ("kamjit", candidate)] {
        if let Some(failure) = &outcome.failure {
            out.push_str(&format!("*** against {who} the scenario failed: {failure}\n"));
        }
    }
    let mut names: Vec<&String> = reference.parts.keys().chain(candidate.parts.keys()).collect();
    names.sort();
    names.dedup();
    let none = Vec::new();
    // A server that did not start leaves nothing to compare.
    let both = !reference.parts.is_empty() && !candidate.parts.is_empty();
    for name in names.into_iter().filter(|_| both) {
        let side = |o: &Outcome| o.parts.get(name).cloned().unwrap_or_default();
        let (left, right) = (side(reference), side(candidate));
        if let Some(text) = diff(&left, &right) {
            out.push_str(&format!("=== {name}\n{text}"));
        }
    }
    if out.is_empty() {
        return None;
    }
    let tail = if std::env::var_os("KAMJIT_TEST_LOGS").is_some() { usize::MAX } else { 15 };
    for (who, outcome) in [("kamailio", reference), ("kamjit", candidate)] {
        let log = if outcome.failure.is_some() || tail > 15 { &outcome.raw_log } else { &none };
        if !log.is_empty() {
            let skip = log.len().saturating_sub(tail);
            let shown: Vec<&str> = log.iter().skip(skip).map(String::as_str).collect();
            out.push_str(&format!("=== end of the log of {who}\n{}\n", shown.join("\n")));
        }
    }
    Some(out)
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).to_owned(),
        _ => "panic".into(),
    }
}

/// Declares a test that runs a scenario against both servers:
/// `scenario!(name, Setup::stock(), |world| { ... });`
#[macro_export]
macro_rules! scenario {
    ($(#[$meta:meta])* $name:ident, $setup:expr, $body:expr) => {
        $(#[$meta])*
        #[test]
        fn $name() {
            $crate::compare(stringify!($name), $setup, $body);
        }
    };
}

/// Runs `facts` once per server and compares the lines it returns: for what happens without a running server.
pub fn compare_facts(name: &str, facts: impl Fn(&Kind) -> String + Sync) {
    let lines = |kind: Kind| -> Vec<String> { facts(&kind).lines().map(str::to_owned).collect() };
    if let Some(report) = diff(&lines(Kind::Reference), &lines(Kind::Candidate)) {
        panic!("{name}: - is kamailio, + is kamjit\n{report}");
    }
}
