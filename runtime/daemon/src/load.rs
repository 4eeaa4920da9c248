//! From a file to a program that can run.

use std::{path::Path, sync::Arc};

use kamjit_engine::{builder::Builder, cfg::CfgStore, program::Program, stats::Stats};
use kamjit_syntax::{DiskLoader, Generation, Options, SourceMap, SubstKind, Unit};

use crate::{
    args::Args,
    report::{self, Tally},
};

/// A configuration file and what the command line adds to it.
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// Whose meaning applies.
    pub generation: Generation,
    defines: Vec<(String, Option<String>)>,
    substs: Vec<(SubstKind, String)>,
    modules: Vec<String>,
}

impl<'a> Source<'a> {
    /// A file alone.
    pub fn file(path: &'a Path, generation: Generation) -> Source<'a> {
        Source { path, generation, defines: Vec::new(), substs: Vec::new(), modules: Vec::new() }
    }

    /// The file of the server's command line.
    pub fn of_args(args: &'a Args) -> Source<'a> {
        let mut source = Source::file(&args.config, args.compat.into()).defines(&args.define);
        for (kind, given) in [
            (SubstKind::Subst, &args.subst),
            (SubstKind::SubstDef, &args.substdef),
            (SubstKind::SubstDefS, &args.substdefs),
        ] {
            source.substs.extend(given.iter().map(|expr| (kind, expr.clone())));
        }
        source.modules.clone_from(&args.load_module);
        source
    }

    /// Adds `-A` options.
    pub fn defines(mut self, given: &[String]) -> Source<'a> {
        self.defines.extend(given.iter().map(|define| match define.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (define.clone(), None),
        }));
        self
    }
}

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

/// An analysed configuration; what is wrong with it has been printed.
pub struct Analysed {
    /// How much that was.
    pub tally: Tally,
    builder: Builder,
    ir: Option<kamjit_analysis::ir::Program>,
    defines: Vec<(String, Option<String>)>,
}

/// Reads and compiles a configuration; prints what is wrong with it.
pub fn load(source: &Source<'_>) -> Result<Loaded, Refused> {
    let Analysed { tally, builder, ir, defines } = analyse(read(source)?, source.generation);
    let (Some(ir), 0) = (ir, tally.errors) else { return Err(Refused { errors: tally.errors.max(1) }) };
    let stats = Arc::clone(&builder.stats);
    let cfg = Arc::clone(&builder.cfg);
    let program = builder.compile(ir).map_err(|error| {
        eprintln!("internal error: the program could not be compiled: {error}");
        Refused { errors: 1 }
    })?;
    Ok(Loaded { program: Arc::new(program), stats, cfg, defines })
}

/// Looks for everything that is wrong with a configuration, and prints it.
pub fn analyse(unit: Unit, generation: Generation) -> Analysed {
    let mut builder = Builder::new(kamjit_modules::ALL, generation);
    if unit.file.items.is_empty() && unit.diagnostics.is_empty() {
        // The real server refuses such a file as well (captured).
        eprintln!("ERROR: there is nothing but comments in this file");
        return Analysed {
            tally: Tally { errors: 1, warnings: 0 },
            builder,
            ir: None,
            defines: defines(&unit.map),
        };
    }
    let analysed = kamjit_analysis::analyse(&unit, &mut builder);
    let mut diagnostics = unit.diagnostics;
    diagnostics.extend(analysed.diagnostics);
    let tally = report::print(&diagnostics, &unit.map);
    Analysed { tally, builder, ir: analysed.program, defines: defines(&unit.map) }
}

/// Preprocesses and parses.
pub fn read(source: &Source<'_>) -> Result<Unit, Refused> {
    if let Err(error) = std::fs::File::open(source.path) {
        eprintln!(
            "ERROR: loading config file({}): {error}, check file and directory permissions",
            source.path.display()
        );
        return Err(Refused { errors: 1 });
    }
    let options = Options {
        generation: source.generation,
        defines: source.defines.clone(),
        substs: source.substs.clone(),
        modules: source.modules.clone(),
    };
    Ok(kamjit_syntax::read(source.path, &options, &DiskLoader))
}

fn defines(map: &SourceMap) -> Vec<(String, Option<String>)> {
    map.names().iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
}
