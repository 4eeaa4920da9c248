//! Conformance by generated cases: a seeded generator writes configurations and messages, both servers get the same
//! input, and log lines, messages sent, and accepting or refusing must be equal.
//!
//! Many cases share one configuration: each has its own route, chosen by the Call-ID of its message, so that few
//! starts are needed. What is refused or crashes in company is run alone ([`observe`]); what differs is run alone
//! again on both servers, made as small as possible ([`minimise`]) and printed ([`report`]).
//!
//! One generator a file; [`known`] is the one place that lists what may differ, with the reason.

pub mod broken;
pub mod control_flow;
pub mod edits;
pub mod expressions;
pub mod generator;
pub mod known;
pub mod messages;
pub mod minimise;
pub mod observe;
pub mod preprocessor;
pub mod report;
pub mod tokens;
pub mod transformations;
pub mod variables;

use generator::Gen;
use observe::{Seen, observe, verdict};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::server::Kind;

/// How many cases share a configuration.
const BATCH: usize = 50;

/// What a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Operators, types, coercions, conditions.
    Expressions,
    /// Chains of transformations.
    Transformations,
    /// Reads and writes of pseudo-variables over many shapes of messages.
    Variables,
    /// Routes, return codes, loops, switches, exit and drop in every kind of route.
    ControlFlow,
    /// Edits of headers, body and URI, and the message that leaves.
    Edits,
    /// Defines, conditions, substitutions, includes.
    Preprocessor,
    /// Damaged configurations: both accept or both refuse.
    Broken,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Expressions,
        Self::Transformations,
        Self::Variables,
        Self::ControlFlow,
        Self::Edits,
        Self::Preprocessor,
        Self::Broken,
    ];

    /// Name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expressions => "expressions",
            Self::Transformations => "transformations",
            Self::Variables => "variables",
            Self::ControlFlow => "control_flow",
            Self::Edits => "edits",
            Self::Preprocessor => "preprocessor",
            Self::Broken => "broken",
        }
    }

    /// The subject of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// One generated case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What made it.
    pub subject: Subject,
    /// Number of the seed that made it.
    pub seed: u64,
    /// Number among the cases of that seed; with subject and seed it names the case.
    pub number: usize,
    /// Text of the configuration beyond the common part, one line or more each; holds `route[ID]`.
    pub lines: Vec<String>,
    /// Files beside the configuration, by name.
    pub files: Vec<(String, String)>,
    /// The message, with `@PORT@`, `@CALLER@` and `@SINK@` in the place of ports. Its Call-ID is the case's id.
    pub message: Vec<u8>,
    /// What the far end answers, in order; the last one for all that follow. Nothing if empty.
    pub answers: Vec<u16>,
}

impl Case {
    /// Makes the case of that name.
    pub fn generate(subject: Subject, seed: u64, number: usize) -> Self {
        let mut g = Gen::new(subject, seed, number);
        match subject {
            Subject::Expressions => expressions::generate(&mut g),
            Subject::Transformations => transformations::generate(&mut g),
            Subject::Variables => variables::generate(&mut g),
            Subject::ControlFlow => control_flow::generate(&mut g),
            Subject::Edits => edits::generate(&mut g),
            Subject::Preprocessor => preprocessor::generate(&mut g),
            Subject::Broken => broken::generate(&mut g),
        }
    }

    /// Name of the case's route and Call-ID of its message.
    pub fn id(&self) -> String {
        generator::id(self.number)
    }

    /// Whether the case is only parsed (`-c`), not run.
    pub fn only_parsed(&self) -> bool {
        self.subject == Subject::Broken
    }
}

/// A case on which the two servers do not agree.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The case, as small as it could be made.
    pub case: Case,
    /// What the reference did.
    pub reference: Seen,
    /// What kamjit did.
    pub candidate: Seen,
}

impl Difference {
    /// Runs one case alone on both servers.
    pub fn of(case: &Case) -> Option<Self> {
        let (reference, candidate) = std::thread::scope(|scope| {
            let candidate = scope.spawn(|| alone(&Kind::Candidate, case));
            (alone(&Kind::Reference, case), candidate.join().unwrap_or(Seen::Crashed(String::new())))
        });
        (!reference.agrees(&candidate)).then(|| Self { case: case.clone(), reference, candidate })
    }
}

fn alone(kind: &Kind, case: &Case) -> Seen {
    if case.only_parsed() {
        return verdict(kind, case);
    }
    observe(kind, std::slice::from_ref(case)).pop().unwrap_or(Seen::Crashed(String::new()))
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Cases run.
    pub cases: usize,
    /// Of these, refused by both.
    pub refused: usize,
    /// How often each known difference was met, by the name of its rule.
    pub known: BTreeMap<&'static str, usize>,
    /// Differences that no rule explains.
    pub differences: Vec<Difference>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.refused += other.refused;
        for (rule, count) in other.known {
            *self.known.entry(rule).or_default() += count;
        }
        self.differences.extend(other.differences);
    }
}

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seed of the generator.
    pub seed: u64,
    /// First case.
    pub from: usize,
    /// Number of cases.
    pub cases: usize,
    /// Make the cases that differ as small as possible.
    pub minimise: bool,
    /// Stop looking at further differences once there are so many.
    pub at_most: usize,
}

/// Runs cases of one subject on both servers, as many batches at a time as there are processors.
pub fn run(subject: Subject, options: &Options) -> Outcome {
    let batches: Vec<Vec<Case>> = (options.from..options.from + options.cases)
        .collect::<Vec<_>>()
        .chunks(BATCH)
        .map(|numbers| numbers.iter().map(|n| Case::generate(subject, options.seed, *n)).collect())
        .collect();
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = total.lock().map_or(0, |t| t.differences.len());
                    let outcome = run_batch(batch, options, options.at_most.saturating_sub(found));
                    if let Ok(mut total) = total.lock() {
                        total.add(outcome);
                    }
                }
            });
        }
    });
    let mut outcome = total.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    outcome.differences.sort_by_key(|d| d.case.number);
    outcome
}

fn run_batch(batch: &[Case], options: &Options, room: usize) -> Outcome {
    let all = |kind: Kind| -> Vec<Seen> {
        if batch.first().is_some_and(Case::only_parsed) {
            batch.iter().map(|case| verdict(&kind, case)).collect()
        } else {
            observe(&kind, batch)
        }
    };
    let (reference, candidate) = (all(Kind::Reference), all(Kind::Candidate));
    let mut outcome = Outcome { cases: batch.len(), ..Outcome::default() };
    for ((case, reference), candidate) in batch.iter().zip(reference).zip(candidate) {
        if reference.agrees(&candidate) {
            outcome.refused += usize::from(matches!(reference, Seen::Refused(_)));
            continue;
        }
        let first = Difference { case: case.clone(), reference, candidate };
        match settle(first) {
            Settled::Known(rule) => *outcome.known.entry(rule).or_default() += 1,
            Settled::Real(found) if outcome.differences.len() < room => {
                let small = if options.minimise { minimise::smallest(*found) } else { *found };
                outcome.differences.push(small);
            }
            Settled::Real(_) => {}
        }
    }
    outcome
}

enum Settled {
    /// A rule explains it.
    Known(&'static str),
    Real(Box<Difference>),
}

/// Looks at a difference again, the case alone.
fn settle(first: Difference) -> Settled {
    if let Some(rule) = known::explains(&first) {
        return Settled::Known(rule);
    }
    let alone_now = (alone(&Kind::Reference, &first.case), alone(&Kind::Candidate, &first.case));
    let once_more = alone(&Kind::Reference, &first.case);
    if !first.reference.agrees(&alone_now.0) || !once_more.agrees(&alone_now.0) {
        return Settled::Known(known::UNSTABLE);
    }
    if alone_now.0.agrees(&alone_now.1) {
        // Only kamjit does something else in company; what it did there is the finding.
        return Settled::Real(Box::new(first));
    }
    let again = Difference { reference: alone_now.0, candidate: alone_now.1, ..first };
    match known::explains(&again) {
        Some(rule) => Settled::Known(rule),
        None => Settled::Real(Box::new(again)),
    }
}
