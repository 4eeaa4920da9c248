//! What every configuration has without any `loadmodule`: core functions and core pseudo-variables, in the form of
//! a module table named `core`. What the language itself does (`exit`, `drop`, `return`, `break`, `route`) is not
//! here but in the compiler.

pub mod branches;
mod cfg;
mod counters;
mod flags;
mod forward;
mod log;
mod prefix;
mod select;
pub mod sending;
mod settings;
pub mod uri;
mod vars;

use kamjit_catalog::{ArgKind, Form, Routes};

use crate::{
    module::{FunctionDef, Module, PrepareFn, Run, RunFn},
    pv::PvDef,
    table::{join, total},
};

const FUNCTIONS: &[&[FunctionDef]] = &[
    flags::FUNCTIONS,
    uri::FUNCTIONS,
    branches::FUNCTIONS,
    sending::FUNCTIONS,
    forward::FUNCTIONS,
    log::FUNCTIONS,
    cfg::FUNCTIONS,
];
static ALL_FUNCTIONS: [FunctionDef; total(FUNCTIONS)] = join(FUNCTIONS);

const PVS: &[&[PvDef]] = &[vars::PVS, select::PVS];
static ALL_PVS: [PvDef; total(PVS)] = join(PVS);

/// The core's export table.
pub static MODULE: Module = Module {
    name: "core",
    functions: &ALL_FUNCTIONS,
    pvs: &ALL_PVS,
    rpc: crate::rpc::core::COMMANDS,
    init: |init| {
        settings::init(init)?;
        prefix::init(init)
    },
    start: Some(counters::start),
    event_routes: &["core:msg-received", "core:pre-routing", "core:worker-one-init"],
    ..Module::EMPTY
};

/// A form without arguments, allowed everywhere.
const NO_ARGS: Form = Form { args: &[], routes: Routes::ANY };
/// A form with one text.
const ONE_TEXT: Form = Form { args: &[ArgKind::Str], routes: Routes::ANY };
/// A form with one number.
const ONE_INT: Form = Form { args: &[ArgKind::Int], routes: Routes::ANY };
/// A form whose one argument the function digests.
const ONE_CUSTOM: Form = Form { args: &[ArgKind::Custom], routes: Routes::ANY };

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn prepared(name: &'static str, forms: &'static [Form], prepare: PrepareFn, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::prepared(prepare, run) }
}
