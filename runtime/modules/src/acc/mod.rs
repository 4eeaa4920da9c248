//! The module `acc`: a log line for each transaction that the script marks.

mod extra;
mod functions;
mod line;
mod params;
mod watch;

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    catalog::{ArgKind::StrVar, Form, HostError, Place, Routes},
    init::Init,
    module::{Arg, FunctionDef, Prepare},
    state::StateKey,
};

use params::State;

/// The module's state in a program.
pub(crate) static STATE: StateKey<State> = StateKey::new();

/// The export table.
pub static MODULE: Module = Module {
    name: "acc",
    needs: &["tm"],
    after: &["rr"],
    functions: &[
        FunctionDef {
            name: "acc_log_request",
            forms: &[Form { args: &[StrVar], routes: Routes::ANY }],
            run: Run::plain(functions::request),
        },
        FunctionDef {
            name: "acc_request",
            forms: &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }],
            run: Run::plain(functions::request),
        },
        FunctionDef {
            name: "acc_db_request",
            forms: &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }],
            run: Run::prepared(refuse_database, functions::request),
        },
    ],
    params: params::PARAMS,
    init,
    ..Module::EMPTY
};

fn refuse_database(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("acc_db_request writes to a database, which kamjit does not have yet")
        .help("acc_log_request writes the same to the log"))
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let state = Arc::new(params::digest(init)?);
    init.set_state(&STATE, state);
    if let Some(tm) = init.state(&crate::tm::STATE) {
        tm.watch(watch::WATCHER);
    }
    Ok(())
}
