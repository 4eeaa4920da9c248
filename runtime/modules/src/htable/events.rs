//! The ends of items, and the event routes: `htable:mod-init`, `htable:expired:TABLE` with `$shtrecord(..)`.

use std::{collections::VecDeque, rc::Rc, sync::Arc, time::Duration};

use kamjit_engine::{
    Ctx, Engine, Val,
    catalog::{Generation, HostError},
    module::Prepare,
    program::RouteIndex,
    pv::{Inner, PvName},
    stand_in,
    worker::Worker,
};

use super::{STATE, State, now, table::Item};

/// The item whose end an event route is told.
struct Record(Item);

/// Runs `htable:mod-init` and starts looking for items whose time is over.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    stand_in::run_before_workers(engine, "htable:mod-init");
    let program = engine.program();
    let routes: Vec<Option<RouteIndex>> = state
        .tables
        .iter()
        .map(|table| program.event_route(&format!("htable:expired:{}", table.definition.name)))
        .collect();
    let engine = Arc::clone(engine);
    std::thread::Builder::new()
        .name("htable-timer".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(state.timer_interval));
                sweep(&state, &engine, &routes);
            }
        })
        .map(drop)
        .map_err(|e| HostError::new(format!("htable cannot start its timer: {e}")))
}

fn sweep(state: &State, engine: &Engine, routes: &[Option<RouteIndex>]) {
    for (table, route) in state.tables.iter().zip(routes) {
        let gone = table.sweep(now(), route.is_some());
        let (Some(route), Some(worker)) = (*route, engine.workers().first()) else { continue };
        if !gone.is_empty() {
            worker.run(move |worker| tell(worker, route, gone.into()));
        }
    }
}

/// Runs the event route for one item after the other, each in a fibre of its own.
fn tell(worker: &Rc<Worker>, route: RouteIndex, mut gone: VecDeque<Item>) {
    while let Some(item) = gone.pop_front() {
        if worker.fibres.is_full() {
            tracing::warn!("{} event(s) of expired items dropped: too many runs wait", gone.len() + 1);
            return;
        }
        worker.spawn(move |scope, worker| {
            let program = worker.engine.program();
            if let Some(mut ctx) = stand_in::context(scope, worker, &program) {
                ctx.ext.set(Record(item));
                ctx.run_route(route);
            }
        });
    }
}

/// Runs `htable:reloaded:TABLE` (6.x).
pub(super) fn reloaded(engine: &Engine, table: &str) {
    let program = engine.program();
    let route = program.event_route(&format!("htable:reloaded:{table}"));
    let (Some(route), Some(worker)) = (route, engine.workers().first()) else { return };
    if program.generation == Generation::V5_6 {
        return;
    }
    worker.run(move |worker| {
        worker.spawn(move |scope, worker| {
            let program = worker.engine.program();
            if let Some(mut ctx) = stand_in::context(scope, worker, &program) {
                ctx.run_route(route);
            }
        });
    });
}

/// `$shtrecord(key)` or `$shtrecord(value)`.
pub(super) fn parse_record(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    match text {
        b"key" => Ok(Inner::Number(0)),
        b"value" => Ok(Inner::Number(1)),
        other => Err(HostError::new(format!("$shtrecord has key and value, not {}", other.escape_ascii()))),
    }
}

/// Empty outside of the event route (captured).
pub(super) fn record<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let arena = ctx.arena;
    let Some(Record(item)) = ctx.ext.get::<Record>() else { return Val::Str(b"") };
    match name.inner {
        Inner::Number(0) => Val::Str(arena.alloc_slice_copy(&item.name)),
        _ => item.value.to_val(arena),
    }
}
