//! The clock of the timers. A run begins an interval after the end of the one before, so that runs of one timer never
//! pile up, however long they wait.

use std::sync::Arc;

use kamjit_engine::{
    Engine,
    catalog::{HostError, Routes},
    stand_in,
};
use tokio::sync::oneshot;

use super::{Number, STATE, define::Timer};

/// Starts all timers.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    let mut at = 0;
    for timer in state.timers.iter().filter(|timer| !timer.routes.is_empty()) {
        for number in 0..timer.runs {
            engine.control.spawn(tick(Arc::clone(engine), Arc::clone(timer), number, at));
            at += 1;
        }
    }
    Ok(())
}

async fn tick(engine: Arc<Engine>, timer: Arc<Timer>, number: u32, at: usize) {
    loop {
        tokio::time::sleep(timer.interval).await;
        let workers = engine.workers();
        // Timers are spread over the workers.
        let Some(worker) = workers.get(at.checked_rem(workers.len()).unwrap_or(0)) else { continue };
        let (done, ended) = oneshot::channel();
        let timer = Arc::clone(&timer);
        worker.run(move |worker| {
            worker.spawn(move |scope, worker| {
                let program = worker.engine.program();
                for route in &timer.routes {
                    let Some(mut ctx) = stand_in::context(scope, worker, &program) else { continue };
                    ctx.routes = Routes::REQUEST;
                    ctx.ext.set(Number(number));
                    ctx.run_route(*route);
                }
                let _ = done.send(());
            });
        });
        // A run that was given up drops its end of the channel; the next one is due all the same.
        let _ = ended.await;
    }
}
