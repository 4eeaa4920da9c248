//! What a module exports, and what it is given to prepare itself.

use std::{any::Any, sync::Arc};

use kamjit_catalog::{Function, HostError, Param, Place, Rpc};

pub use crate::prepare::Prepare;
use crate::{
    ctx::Ctx,
    engine::Engine,
    init::Init,
    pv::{Format, Pv, PvDef, TrDef},
    regex::Regex,
    rpc::RpcRun,
    subst::Subst,
    value::Val,
};

/// What a script function returns: the real server's convention, 1 true, -1 false, 0 leaves the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ret(pub i32);

impl Ret {
    /// Success.
    pub const TRUE: Ret = Ret(1);
    /// Failure.
    pub const FALSE: Ret = Ret(-1);
    /// Leave the script, as `exit` does.
    pub const EXIT: Ret = Ret(0);
    /// Leave the script and drop what is being processed, as `drop` does.
    pub const DROP: Ret = Ret(i32::MIN);
    /// The run was cancelled while the function waited.
    pub const CANCELLED: Ret = Ret(i32::MIN + 1);
}

impl From<bool> for Ret {
    fn from(success: bool) -> Ret {
        if success { Ret::TRUE } else { Ret::FALSE }
    }
}

impl From<crate::fibre::Cancelled> for Ret {
    fn from(_: crate::fibre::Cancelled) -> Ret {
        Ret::CANCELLED
    }
}

/// A script function.
pub type RunFn = for<'m> fn(&mut Ctx<'m>, &'m [Arg]) -> Ret;
/// Digests the arguments of one call, at start; gets them as their kinds made them.
pub type PrepareFn = fn(&mut Prepare<'_>, Vec<Arg>, &Place) -> Result<Vec<Arg>, HostError>;

/// How a function runs.
#[derive(Clone, Copy)]
pub struct Run {
    /// The function.
    pub run: RunFn,
    /// Its digester, if the argument kinds do not do.
    pub prepare: Option<PrepareFn>,
}

impl Run {
    /// A function whose argument kinds say all.
    pub const fn plain(run: RunFn) -> Run {
        Run { run, prepare: None }
    }

    /// A function that digests its arguments itself.
    pub const fn prepared(prepare: PrepareFn, run: RunFn) -> Run {
        Run { run, prepare: Some(prepare) }
    }
}

/// A prepared argument.
pub enum Arg {
    /// A number.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
    /// A variable.
    Pv(Pv),
    /// A string with variables in it.
    Format(Format),
    /// A regular expression.
    Regex(Regex),
    /// A substitution.
    Subst(Subst),
    /// An expression: the n-th dynamic value of the call.
    Dynamic(usize),
    /// What the function's `prepare` made of it.
    Digested(Box<dyn Any + Send + Sync>),
}

impl Arg {
    /// The argument as text: formats are rendered (undefined variables as `<null>`).
    pub fn text<'m>(&'m self, ctx: &mut Ctx<'m>) -> &'m [u8] {
        match self {
            Arg::Str(text) => text,
            Arg::Format(format) => format.render(ctx),
            Arg::Int(n) => crate::value::format_int(ctx.arena, *n),
            Arg::Regex(regex) => regex.source(),
            Arg::Pv(_) | Arg::Dynamic(_) => self.value(ctx).to_bytes(ctx.arena),
            Arg::Subst(_) | Arg::Digested(_) => b"",
        }
    }

    /// The argument as a number.
    pub fn int<'m>(&'m self, ctx: &mut Ctx<'m>) -> i64 {
        match self {
            Arg::Int(n) => *n,
            _ => self.value(ctx).to_int(),
        }
    }

    /// The argument as a value; a bare variable keeps its type and may be undefined.
    pub fn value<'m>(&'m self, ctx: &mut Ctx<'m>) -> Val<'m> {
        match self {
            Arg::Int(n) => Val::Int(*n),
            Arg::Pv(pv) => pv.get(ctx),
            Arg::Dynamic(n) => ctx.dynamic_arg(*n),
            Arg::Format(format) => match format.as_var() {
                Some(pv) => pv.get(ctx),
                None => Val::Str(format.render(ctx)),
            },
            _ => Val::Str(self.text(ctx)),
        }
    }

    /// The variable.
    pub fn pv(&self) -> Option<&Pv> {
        match self {
            Arg::Pv(pv) => Some(pv),
            Arg::Format(format) => format.as_var(),
            _ => None,
        }
    }

    /// What the function's `prepare` made of it.
    pub fn digested<T: 'static>(&self) -> Option<&T> {
        match self {
            Arg::Digested(any) => any.downcast_ref(),
            _ => None,
        }
    }
}

/// An entry of a module's table of functions.
pub type FunctionDef = Function<Run>;
/// An entry of a module's table of remote commands.
pub type RpcDef = Rpc<RpcRun>;

/// Starts a module with the server.
pub type StartFn = fn(&Arc<Engine>) -> Result<(), HostError>;

/// One module's export table.
pub struct Module {
    /// The name in `loadmodule`.
    pub name: &'static str,
    /// Modules that must be loaded too; they are initialised first.
    pub needs: &'static [&'static str],
    /// Modules that are initialised first if they are loaded.
    pub after: &'static [&'static str],
    /// Script functions.
    pub functions: &'static [FunctionDef],
    /// Parameters.
    pub params: &'static [Param],
    /// Pseudo-variables.
    pub pvs: &'static [PvDef],
    /// Transformations.
    pub transformations: &'static [TrDef],
    /// Remote commands.
    pub rpc: &'static [RpcDef],
    /// Event routes that it runs, `module:event`.
    pub event_routes: &'static [&'static str],
    /// Digests parameters and registers statistics, variables, hooks. No I/O: `kamjit check` runs it too.
    pub init: fn(&mut Init<'_>) -> Result<(), HostError>,
    /// Opens sockets, files, databases; after the privileges were dropped and before the first message.
    pub start: Option<StartFn>,
    /// Saves what must be saved at the end of the process.
    pub stop: Option<fn(&Arc<Engine>)>,
}

impl Module {
    /// A module that exports nothing, to be filled in with `..Module::EMPTY`.
    pub const EMPTY: Module = Module {
        name: "",
        needs: &[],
        after: &[],
        functions: &[],
        params: &[],
        pvs: &[],
        transformations: &[],
        rpc: &[],
        event_routes: &[],
        init: |_| Ok(()),
        start: None,
        stop: None,
    };
}
