//! AST to IR. One pass over the items in the order of the file, then one over the bodies; every problem is
//! reported, each once, and what follows from a problem already reported is kept silent.

mod call;
mod config;
mod core_args;
mod expr;
mod fields;
mod routes;
mod stmt;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kamjit_catalog::{Generation, Host, HostError, facts};
use kamjit_syntax::{Diagnostic, Span, Unit};

use crate::ir::{Program, StmtInfo};
use crate::lines::Lines;
use routes::Block;

/// The outcome of [`analyse`].
#[derive(Debug)]
pub struct Analysed {
    /// The program, when there was no error.
    pub program: Option<Program>,
    /// All findings in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Analyses a configuration that was read. Findings of the parser stand in `unit`, not in the outcome; where it could
/// not read a block, routes that seem to be missing are not reported.
pub fn analyse(unit: &Unit, host: &mut dyn Host) -> Analysed {
    let mut analysis = Analysis {
        unit,
        generation: host.generation(),
        host,
        lines: Lines::new(&unit.map),
        diagnostics: Vec::new(),
        missing: HashSet::new(),
        loaded_at: HashMap::new(),
        params_at: HashMap::new(),
        flags: HashMap::new(),
        custom_vars: HashMap::new(),
        blocks: Vec::new(),
        routes: HashMap::new(),
        stmts: Vec::new(),
        place: PlaceInFile::default(),
    };
    analysis.items();
    analysis.declare_routes();
    analysis.seal();
    let routes = analysis.bodies();
    let stmts = std::mem::take(&mut analysis.stmts);
    let generation = analysis.generation;
    let mut diagnostics = analysis.diagnostics;
    diagnostics.sort_by_key(|d| (d.primary.span, std::cmp::Reverse(d.severity)));
    diagnostics.dedup_by(|a, b| a.primary.span == b.primary.span && a.message == b.message);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Analysed { program: (!failed).then_some(Program { generation, routes, stmts }), diagnostics }
}

/// Where the analysis stands in a body.
#[derive(Default)]
struct PlaceInFile {
    /// Index into `blocks`.
    block: usize,
    /// Nesting of `if`, `while` and `switch`.
    depth: u32,
}

/// A declared flag.
struct Flag {
    number: i64,
    /// Where it is declared: it counts from there on.
    at: Span,
}

struct Analysis<'a> {
    unit: &'a Unit,
    host: &'a mut dyn Host,
    generation: Generation,
    lines: Lines<'a>,
    diagnostics: Vec<Diagnostic>,
    /// Modules that this build lacks or that refused their parameters: what follows from it is not reported.
    missing: HashSet<String>,
    loaded_at: HashMap<String, Span>,
    /// Values given for a module's parameter, by module and parameter.
    params_at: HashMap<(String, String), Vec<Span>>,
    flags: HashMap<String, Flag>,
    custom_vars: HashMap<(Box<str>, Box<str>), Span>,
    blocks: Vec<Block<'a>>,
    /// The blocks that `route()` can call, by name.
    routes: HashMap<Arc<str>, u32>,
    stmts: Vec<StmtInfo>,
    place: PlaceInFile,
}

impl<'a> Analysis<'a> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// Reports what the host refused, unless a missing module explains it.
    fn host_error(&mut self, code: &'static str, span: Span, error: HostError) {
        if self.explained(&error.message) {
            return;
        }
        let mut diagnostic = Diagnostic::error(code, span, error.message);
        diagnostic.help = error.help;
        self.report(diagnostic);
    }

    /// True if a message names a variable, transformation or module that a module missing here would bring.
    fn explained(&self, message: &str) -> bool {
        if self.missing.is_empty() {
            return false;
        }
        let word = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        if let Some((_, rest)) = message.split_once('$')
            && self.missing_has("pvs", "name", &word(rest))
        {
            return true;
        }
        if let Some((_, rest)) = message.split_once('{')
            && self.missing_has("transformations", "class", &word(rest))
        {
            return true;
        }
        self.missing.iter().any(|m| message.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == m))
    }

    /// True if a missing module's facts have an entry of this name.
    fn missing_has(&self, table: &str, key: &str, name: &str) -> bool {
        !name.is_empty()
            && self.missing.iter().any(|module| {
                [Generation::V6, Generation::V5_6].iter().any(|generation| {
                    let entries = facts::modules(*generation).get(module).map(|m| &m[table]);
                    entries.and_then(|e| e.as_array()).is_some_and(|all| all.iter().any(|e| e[key] == name))
                })
            })
    }

    /// The source text of a span in the expanded text.
    fn text(&self, span: Span) -> &'a str {
        span.slice(&self.unit.text)
    }

    fn seal(&mut self) {
        let Err(errors) = self.host.seal() else { return };
        for (module, error) in errors {
            let blamed = error.param.as_ref().and_then(|(name, nth)| {
                self.params_at.get(&(module.clone(), name.clone()))?.get(*nth).copied()
            });
            let span = blamed.or_else(|| self.loaded_at.get(&module).copied()).unwrap_or_default();
            self.host_error("KC020", span, error);
            // What other modules and calls miss of it follows from this.
            self.missing.insert(module);
        }
    }

    /// Enters a statement in the program's table and gives its number.
    fn stmt_id(&mut self, span: Span, what: impl Into<Box<str>>) -> u32 {
        let (file, line) = self.lines.place(span);
        let route = self.place.block as u32;
        self.stmts.push(StmtInfo { route, span, file, line, what: what.into() });
        self.stmts.len() as u32 - 1
    }

    fn route_name(&self) -> Arc<str> {
        self.blocks.get(self.place.block).map_or_else(|| "".into(), |b| b.name.clone())
    }
}
