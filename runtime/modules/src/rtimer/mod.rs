//! The module `rtimer`: `route[X]` blocks that run again and again.

mod define;
mod run;

use std::sync::Arc;

use kamjit_engine::{
    Ctx, Module, Val,
    catalog::{
        HostError, Param,
        ParamDefault::{Int, Many},
    },
    init::Init,
    pv::{PvName, read_only},
    state::StateKey,
};

use define::Timer;

static STATE: StateKey<State> = StateKey::new();

struct State {
    timers: Vec<Arc<Timer>>,
}

/// The export table.
pub static MODULE: Module = Module {
    name: "rtimer",
    params: &[
        Param { name: "default_interval", default: Int(120) },
        Param { name: "exec", default: Many },
        Param { name: "timer", default: Many },
    ],
    pvs: &[read_only("rtimer_worker", worker_number)],
    init,
    start: Some(run::start),
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let timers = define::timers(init)?;
    init.set_state(&STATE, Arc::new(State { timers }));
    Ok(())
}

/// Number of the process that a timer of `mode` above 1 runs in, here of the run beside others of the same timer.
struct Number(u32);

fn worker_number<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::Int(ctx.ext.get::<Number>().map_or(0, |number| i64::from(number.0)))
}
