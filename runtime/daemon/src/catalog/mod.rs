//! `kamjit catalog`: what this build implements, from the very tables that the compiler uses.

mod facts;
mod listing;
mod text;

use clap::Parser;
use kamjit_catalog::Generation;

use crate::args::Compat;

/// List the modules, functions, parameters, variables, transformations and remote commands of this build.
#[derive(Debug, Parser)]
#[command(name = "kamjit catalog")]
struct Args {
    /// Show only modules and entries whose name contains this
    word: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// List instead what Kamailio has in these modules and this build has not
    #[arg(long)]
    missing: bool,
    /// The generation of Kamailio to hold against, with --missing
    #[arg(long, value_enum, default_value = "5.6")]
    compat: Compat,
}

/// Runs the command; `words` begin with its name.
pub fn run(words: impl Iterator<Item = std::ffi::OsString>) -> i32 {
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return error.exit_code();
        }
    };
    let mut all = listing::of_build();
    if args.missing {
        let generation: Generation = args.compat.into();
        all = all.iter().map(|module| facts::missing(module, generation)).collect();
    }
    if let Some(word) = &args.word {
        all = all.into_iter().filter_map(|module| module.only(word)).collect();
    }
    let out = if args.json { format!("{}\n", listing::to_json(&all)) } else { text::draw(&all) };
    print!("{out}");
    0
}
