//! The server: command line, start-up, signals. Everything else is in the crates below.

mod args;
mod catalog;
mod check;
mod daemonize;
mod limits;
mod listen;
mod load;
mod memory;
mod report;
mod reverse;
mod serve;

use clap::{Parser, error::ErrorKind};

use crate::{args::Args, load::Source};

/// The first line of `-v` and `-h`.
const VERSION: &str = concat!("version: kamjit ", env!("CARGO_PKG_VERSION"), " (x86_64/linux)");

/// What Kamailio's own start-up exits with when it refuses (captured).
const REFUSED: i32 = 255;

fn main() {
    std::process::exit(run());
}

fn run() -> i32 {
    // Kamailio's command line has options only, so a word in the first place is one of our own commands.
    let mut words = std::env::args_os().skip(1);
    match words.next().as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("check") => return check::run(std::env::args_os().skip(1)),
        Some("catalog") => return catalog::run(std::env::args_os().skip(1)),
        _ => {}
    }
    serve()
}

/// The server, with Kamailio's command line.
fn serve() -> i32 {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.kind() == ErrorKind::DisplayHelp { 0 } else { REFUSED };
        }
    };
    if args.version || args.internals {
        println!(
            "version: kamjit {} ({}/{})",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::ARCH,
            std::env::consts::OS
        );
        println!("runs configurations of Kamailio 5.6 and 6.x");
        return 0;
    }
    kamjit_engine::log::Subscriber::install();
    if args.cfg_print {
        return match load::read(&Source::of_args(&args)) {
            Ok(unit) => {
                print!("{}", unit.text);
                0
            }
            Err(_) => REFUSED,
        };
    }
    let loaded = match load::load(&Source::of_args(&args)) {
        Ok(loaded) => loaded,
        Err(refused) => {
            eprintln!("ERROR: bad config file ({} errors)", refused.errors);
            return REFUSED;
        }
    };
    if args.check > 0 {
        if let Err(error) = serve::check(&args, &loaded) {
            eprintln!("ERROR: {error}");
            return REFUSED;
        }
        eprintln!("config file ok, exiting...");
        return 0;
    }
    match serve::serve(&args, loaded) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("ERROR: {error}");
            REFUSED
        }
    }
}
