//! Runs generated cases on both servers; `tests/conformance` builds what it needs and starts it.
//!
//! `conformance [--seed N] [--seeds COUNT] [--from N] [--cases N] [--only SUBJECT]... [--minimise] [--show] [--print]`

use kamjit_tests::conformance::{Case, Options, Subject, report, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut options = Options { seed: 1, from: 0, cases: 500, minimise: false, at_most: 20 };
    let (mut only, mut seeds, mut show, mut print) = (Vec::new(), 1, false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|v| v.parse::<u64>().ok());
        match arg.as_str() {
            "--seed" => options.seed = number().unwrap_or(1),
            "--seeds" => seeds = number().unwrap_or(1),
            "--from" => options.from = number().unwrap_or(0) as usize,
            "--cases" => options.cases = number().unwrap_or(500) as usize,
            "--at-most" => options.at_most = number().unwrap_or(20) as usize,
            "--only" => match args.next().as_deref().map(Subject::named) {
                Some(Some(subject)) => only.push(subject),
                _ => return usage(),
            },
            "--minimise" => options.minimise = true,
            "--show" => show = true,
            "--print" => print = true,
            _ => return usage(),
        }
    }
    let subjects = if only.is_empty() { Subject::ALL.to_vec() } else { only };
    let mut found = 0;
    for seed in options.seed..options.seed + seeds {
        for subject in &subjects {
            if print {
                for number in options.from..options.from + options.cases {
                    println!("{}", report::case(&Case::generate(*subject, seed, number)));
                }
                continue;
            }
            let outcome = run(*subject, &Options { seed, ..options });
            for difference in &outcome.differences {
                println!("{}", report::difference(difference));
                if show {
                    println!("--- whole configuration\n{}", report::whole(difference));
                }
            }
            println!("{}", report::summary(*subject, seed, &outcome));
            found += outcome.differences.len();
        }
    }
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    let names: Vec<&str> = Subject::ALL.iter().map(|s| s.name()).collect();
    eprintln!(
        "conformance [--seed N] [--seeds COUNT] [--from N] [--cases N] [--at-most N] [--only SUBJECT]... [--minimise] [--show] [--print]\n\
         subjects: {}",
        names.join(" ")
    );
    ExitCode::from(2)
}
