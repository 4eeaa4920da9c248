//! From a file to a program that can run.

use std::sync::Arc;

use kamjit_engine::{builder::Builder, cfg::CfgStore, program::Program, stats::Stats};
use kamjit_syntax::{DiskLoader, Options, SourceMap, SubstKind, Unit};

use crate::{args::Args, report};

/// A compiled configuration.
pub struct Loaded {
    /// The program.
    pub program: Arc<Program>,
    /// Its statistics.
    pub stats: Arc<Stats>,
    /// Its variables.
    pub cfg: Arc<CfgStore>,
    /// Names that the preprocessor knew.
    pub defines: Vec<(String, Option<String>)>,
}

/// The configuration has errors; they have been printed.
#[derive(Debug)]
pub struct Refused {
    /// How many.
    pub errors: usize,
}

/// Reads and compiles the configuration; prints what is wrong with it.
pub fn load(args: &Args) -> Result<Loaded, Refused> {
    let unit = read(args)?;
    if unit.file.items.is_empty() && unit.diagnostics.is_empty() {
        // The real server refuses such a file as well (captured).
        eprintln!("ERROR: {}: there is nothing but comments in this file", args.config.display());
        return Err(Refused { errors: 1 });
    }
    let mut builder = Builder::new(kamjit_modules::ALL, args.compat.into());
    let analysed = kamjit_analysis::analyse(&unit, &mut builder);
    let mut diagnostics = unit.diagnostics;
    diagnostics.extend(analysed.diagnostics);
    let errors = report::print(&diagnostics, &unit.map);
    let (Some(ir), 0) = (analysed.program, errors) else { return Err(Refused { errors: errors.max(1) }) };
    let stats = Arc::clone(&builder.stats);
    let cfg = Arc::clone(&builder.cfg);
    let program = builder.compile(ir).map_err(|error| {
        eprintln!("internal error: the program could not be compiled: {error}");
        Refused { errors: 1 }
    })?;
    let defines = defines(&unit.map);
    Ok(Loaded { program: Arc::new(program), stats, cfg, defines })
}

/// Preprocesses and parses.
pub fn read(args: &Args) -> Result<Unit, Refused> {
    if let Err(error) = std::fs::File::open(&args.config) {
        eprintln!(
            "ERROR: loading config file({}): {error}, check file and directory permissions",
            args.config.display()
        );
        return Err(Refused { errors: 1 });
    }
    let mut substs = Vec::new();
    for (kind, given) in [
        (SubstKind::Subst, &args.subst),
        (SubstKind::SubstDef, &args.substdef),
        (SubstKind::SubstDefS, &args.substdefs),
    ] {
        substs.extend(given.iter().map(|expr| (kind, expr.clone())));
    }
    let options = Options {
        generation: args.compat.into(),
        defines: args.defines(),
        substs,
        modules: args.load_module.clone(),
    };
    Ok(kamjit_syntax::read(&args.config, &options, &DiskLoader))
}

fn defines(map: &SourceMap) -> Vec<(String, Option<String>)> {
    map.names().iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
}
