//! The module `dlgs` (6.x): counts calls, without touching how they are routed.
//!
//! An item begins with `dlgs_init()`; replies to the INVITE, and requests that `dlgs_update()` sees, move it on. The
//! module is not part of 5.6; what it offers is taken from the catalogue.

mod functions;
mod rpc;
mod table;

use std::{sync::Arc, time::Duration};

use kamjit_engine::{
    Engine, Module, Run,
    catalog::{ArgKind::StrVar, Form, HostError, Param, ParamDefault, Routes, Rpc},
    init::Init,
    module::{FunctionDef, RunFn},
    rpc::{RpcFn, RpcRun},
    state::StateKey,
};

use table::Lifetimes;

/// What the module was told.
pub(super) struct State {
    lifetimes: Lifetimes,
    timer_interval: Duration,
}

pub(super) static STATE: StateKey<State> = StateKey::new();

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> Rpc<RpcRun> {
    Rpc { name, help, run: RpcRun::Now(run) }
}

const ANY: Routes = Routes::ANY;
const INIT: Routes = Routes::REQUEST.or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::ONSEND);
const UPDATE: Routes = Routes::REQUEST.or(Routes::BRANCH).or(Routes::ONSEND);

/// The export table.
pub static MODULE: Module = Module {
    name: "dlgs",
    functions: &[
        plain("dlgs_init", &[Form { args: &[StrVar, StrVar, StrVar], routes: INIT }], functions::start),
        plain("dlgs_update", &[Form { args: &[], routes: UPDATE }], functions::update),
        plain("dlgs_count", &[Form { args: &[StrVar, StrVar, StrVar], routes: ANY }], functions::count),
        plain("dlgs_tags_add", &[Form { args: &[StrVar], routes: ANY }], functions::tags_add),
        plain("dlgs_tags_rm", &[Form { args: &[StrVar], routes: ANY }], functions::tags_remove),
        plain("dlgs_tags_count", &[Form { args: &[StrVar], routes: ANY }], functions::tags_count),
    ],
    params: &[
        Param { name: "active_lifetime", default: ParamDefault::Int(10_800) },
        Param { name: "finish_lifetime", default: ParamDefault::Int(10) },
        Param { name: "hash_size", default: ParamDefault::Int(9) },
        Param { name: "init_lifetime", default: ParamDefault::Int(180) },
        Param { name: "timer_interval", default: ParamDefault::Int(30) },
    ],
    rpc: &[
        command("dlgs.list", "All calls.", rpc::list),
        command("dlgs.briefing", "All calls, in short.", rpc::briefing),
        command("dlgs.get", "The first call whose field matches: field, operator, value.", rpc::get),
        command("dlgs.getall", "All calls whose field matches: field, operator, value.", rpc::get_all),
        command("dlgs.count", "How many calls match: field, operator, value.", rpc::count),
        command("dlgs.stats", "Calls by state.", rpc::stats),
    ],
    init,
    start: Some(start),
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let seconds = |init: &Init<'_>, name: &str| init.int(name).max(1);
    let lifetimes = Lifetimes {
        init: seconds(init, "init_lifetime"),
        active: seconds(init, "active_lifetime"),
        finish: seconds(init, "finish_lifetime"),
    };
    let timer_interval = Duration::from_secs(seconds(init, "timer_interval") as u64);
    init.set_state(&STATE, Arc::new(State { lifetimes, timer_interval }));
    init.hooks.before_reply.push(functions::see_reply);
    Ok(())
}

/// A thread of its own forgets what is over, so that no worker is held up by a large table.
fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    std::thread::Builder::new()
        .name("dlgs-timer".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(state.timer_interval);
                table::TABLE.sweep(&state.lifetimes, table::now());
            }
        })
        .map(drop)
        .map_err(|e| HostError::new(format!("dlgs cannot start its timer: {e}")))
}
