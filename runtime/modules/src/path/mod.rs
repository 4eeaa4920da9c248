//! The module `path`: an edge proxy puts itself into the Path of a registration (RFC 3327), with the address that the
//! phone came from, and finds the way back by it.

mod add;
mod follow;

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{self, StrVar},
        Form, HostError, Param,
        ParamDefault::{Int, Str},
        Routes,
    },
    init::Init,
    module::{FunctionDef, RunFn},
    state::StateKey,
};

use crate::rr;

/// What the module was told.
pub(super) struct State {
    /// Two entries: the socket that sends and the one that received.
    double: bool,
    /// `received` is written as an alias: `ip~port~number of the transport`.
    as_alias: bool,
    /// The parameter that says where the phone came from.
    received_name: Vec<u8>,
    with_socket_name: bool,
}

pub(super) static STATE: StateKey<State> = StateKey::new();

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::REQUEST }
}

const FORMS: &[Form] = &[form(&[]), form(&[StrVar]), form(&[StrVar, StrVar])];

const fn add(name: &'static str, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms: FORMS, run: Run::plain(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "path",
    after: &["rr"],
    functions: &[add("add_path", add::plain), add("add_path_received", add::with_received)],
    params: &[
        Param { name: "enable_r2", default: Int(0) },
        Param { name: "received_format", default: Int(0) },
        Param { name: "received_name", default: Str("received") },
        Param { name: "sockname_mode", default: Int(0) },
        Param { name: "use_received", default: Int(0) },
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let state = State {
        double: init.int("enable_r2") != 0,
        as_alias: init.int("received_format") == 1,
        received_name: init.str("received_name").unwrap_or_default().to_vec(),
        with_socket_name: init.int("sockname_mode") != 0,
    };
    if init.int("use_received") != 0 {
        let rr = init.state(&rr::STATE).ok_or_else(|| {
            HostError::new("path.use_received needs the module rr").help("load rr.so before path.so")
        })?;
        rr.watch(follow::received);
    }
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}
