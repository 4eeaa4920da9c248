//! `kamjit check FILE...`: everything that can be known to be wrong before the start, without a database, a network or
//! peers. Made for editors and CI: one line of result a file, and an exit status.

use std::path::PathBuf;

use clap::Parser;

use crate::{
    args::Compat,
    load::{self, Source},
    report::Tally,
};

/// Exit statuses.
const CLEAN: i32 = 0;
const FINDINGS: i32 = 1;
const COULD_NOT_RUN: i32 = 2;

/// Check configurations without starting anything.
///
/// Exit status: 0 no errors, 1 errors found (with --strict also warnings), 2 a file could not be read.
#[derive(Debug, Parser)]
#[command(name = "kamjit check")]
struct Args {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Add a define for the preprocessor: NAME or NAME=VALUE
    #[arg(short = 'A', value_name = "DEFINE")]
    define: Vec<String>,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
    /// Print errors and warnings only, no line for a file that is clean
    #[arg(short, long)]
    quiet: bool,
    /// Whose meaning applies where the generations of Kamailio differ
    #[arg(long, value_enum, default_value = "6")]
    compat: Compat,
}

/// Runs the command; `words` are those after `kamjit`.
pub fn run(words: impl Iterator<Item = std::ffi::OsString>) -> i32 {
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { COULD_NOT_RUN } else { CLEAN };
        }
    };
    kamjit_engine::log::Subscriber::install();
    args.files.iter().map(|file| check(&args, file)).max().unwrap_or(COULD_NOT_RUN)
}

fn check(args: &Args, file: &std::path::Path) -> i32 {
    let source = Source::file(file, args.compat.into()).defines(&args.define);
    let found = match load::read(&source) {
        Ok(unit) => load::analyse(unit, source.generation).tally,
        Err(_) => return COULD_NOT_RUN,
    };
    let bad = found.errors > 0 || (args.strict && found.warnings > 0);
    if bad || !args.quiet {
        eprintln!("{}: {}", file.display(), describe(&found));
    }
    if bad { FINDINGS } else { CLEAN }
}

fn describe(found: &Tally) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (found.errors, found.warnings) {
        (0, 0) => "ok".to_owned(),
        (0, warnings) => format!("ok, {}", count(warnings, "warning")),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}
