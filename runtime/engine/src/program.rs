//! One generation of a configuration, ready to run.

use std::sync::{Arc, atomic::AtomicPtr};

use kamjit_catalog::{Generation, RouteDecl, Routes};
use kamjit_codegen::{
    CompiledProgram,
    abi::{Header, RawVal, RouteFn, status},
};

use crate::{
    globals::Globals,
    hooks::Hooks,
    module::{Arg, Module, RunFn},
    pv::Pv,
    regex::Regex,
    state::{StateKey, States},
};

/// Number of a route block in its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteIndex(pub u32);

/// Machine code as the program sees it.
pub trait Code: Send + Sync {
    /// One entry a route; null until the route is compiled.
    fn table(&self) -> *const AtomicPtr<u8>;
    /// Compiles a route if it is not yet.
    fn compile(&self, route: u32) -> Option<RouteFn>;
    /// File and line of a statement.
    fn place(&self, stmt: u32) -> Option<(&str, u32)>;
}

impl Code for CompiledProgram {
    fn table(&self) -> *const AtomicPtr<u8> {
        self.code_table().as_ptr()
    }

    fn compile(&self, route: u32) -> Option<RouteFn> {
        self.route(route).map_err(|error| tracing::error!("a route could not be compiled: {error}")).ok()
    }

    fn place(&self, stmt: u32) -> Option<(&str, u32)> {
        self.ir().stmts.get(stmt as usize).map(|info| (&*info.file, info.line))
    }
}

/// One call of the script, prepared; machine code holds its address.
pub struct Site {
    /// The function's name.
    pub name: &'static str,
    /// What runs.
    pub run: RunFn,
    /// Its arguments.
    pub args: Box<[Arg]>,
    /// How many of them are computed for each call.
    pub dynamic: usize,
    /// The file, for messages.
    pub file: Arc<str>,
    /// 1-based line, for messages.
    pub line: u32,
}

/// Everything that machine code refers to by address.
#[derive(Default)]
pub struct Parts {
    /// Prepared calls.
    pub sites: Vec<Box<Site>>,
    /// Prepared variables.
    pub pvs: Vec<Box<Pv>>,
    /// Compiled patterns.
    pub regexes: Vec<Box<Regex>>,
    /// Constant bytes.
    pub bytes: Vec<Box<[u8]>>,
}

/// A program: machine code and all it refers to. Dropped when the last run that began with it has ended.
pub struct Program {
    /// Whose meaning applies.
    pub generation: Generation,
    /// Global parameters.
    pub globals: Globals,
    /// What modules hook into the way of a message.
    pub hooks: Hooks,
    /// The modules in the order in which they were loaded.
    pub modules: Vec<&'static Module>,
    /// The whole Server header line of replies made here, without line end; `None` if it is switched off.
    pub server_header: Option<Box<[u8]>>,
    /// The whole User-Agent header line of requests made here, likewise.
    pub user_agent_header: Option<Box<[u8]>>,
    /// `request_route`.
    pub request_route: Option<RouteIndex>,
    /// `onsend_route`.
    pub onsend_route: Option<RouteIndex>,
    /// `event_route[core:pre-routing]`: runs before the main routes, which it can drop.
    pub pre_routing: Option<RouteIndex>,
    /// `event_route[core:msg-received]`, with `received_route_mode=1`: runs before a message is read.
    pub msg_received: Option<RouteIndex>,
    /// `reply_route`.
    pub reply_route: Option<RouteIndex>,
    pub(crate) states: States,
    pub(crate) routes: Vec<RouteDecl>,
    pub(crate) var_names: Vec<Box<str>>,
    pub(crate) parts: Parts,
    pub(crate) code: Box<dyn Code>,
}

impl Program {
    /// The route block of a kind and name (empty name: the main block).
    pub fn route(&self, kind: Routes, name: &str) -> Option<RouteIndex> {
        self.routes.iter().find(|r| r.kind == kind && r.name == name).map(|r| RouteIndex(r.index))
    }

    /// An event route by its whole name (`tm:local-request`).
    pub fn event_route(&self, name: &str) -> Option<RouteIndex> {
        self.route(Routes::EVENT, name)
    }

    /// All route blocks.
    pub fn routes(&self) -> &[RouteDecl] {
        &self.routes
    }

    /// A module's state as a shared pointer.
    pub fn shared_state<T: Send + Sync + 'static>(&self, key: &StateKey<T>) -> Option<Arc<T>> {
        self.states.shared(key)
    }

    /// True if a module is loaded.
    pub fn is_loaded(&self, module: &str) -> bool {
        self.modules.iter().any(|m| m.name == module)
    }

    /// Names of the `$var` slots, by slot.
    pub fn var_names(&self) -> impl Iterator<Item = &str> {
        self.var_names.iter().map(|name| &**name)
    }

    /// Number of `$var` slots.
    pub fn var_count(&self) -> usize {
        self.var_names.len()
    }

    /// Calls, variables, patterns and constants that machine code refers to (for `kamjit` reports).
    pub fn part_counts(&self) -> [usize; 4] {
        [self.parts.sites.len(), self.parts.pvs.len(), self.parts.regexes.len(), self.parts.bytes.len()]
    }

    pub(crate) fn header(&self, vars: &mut [RawVal]) -> Header {
        Header {
            vars: vars.as_mut_ptr(),
            rc: 0,
            depth: 0,
            max_depth: self.globals.max_recursive_level,
            max_while: u32::try_from(self.globals.live.max_while_loops.get()).unwrap_or(0),
            probes: 0,
            code: self.code.table(),
            stack_limit: crate::fibre::stack_limit(),
        }
    }

    /// Runs a route on a context given as machine code takes it; returns a status.
    pub(crate) fn run(&self, route: RouteIndex, ctx: *mut Header) -> i32 {
        match self.code.compile(route.0) {
            // SAFETY: `ctx` begins a whole context of this program (`Ctx::header_ptr`), and the code is kept alive
            // by this program.
            Some(code) => unsafe { code(ctx) },
            None => status::EXIT,
        }
    }
}
