//! `t_suspend` and `t_continue`: a request that waits for an event from elsewhere.

use std::sync::Arc;

use kamjit_engine::{Ctx, catalog::Routes, program::RouteIndex};

use super::{
    create::{self, Created},
    current,
    local_reply::with_request,
    matching,
    timer::{self, now},
    transaction::{Transaction, Uac},
};

/// Suspends the request of a context. `fr_inv_timer` goes on: a branch that is never sent stands for the wait.
pub(crate) fn suspend(ctx: &mut Ctx<'_>) -> bool {
    let Created::Ready(tx) = create::ensure(ctx) else { return false };
    create::refresh(ctx, &tx);
    let mut inner = tx.inner();
    inner.switches.suspended = true;
    let until = now(ctx.worker) + inner.timers.fr.max(1);
    inner.uacs.push(Uac { give_up_at: until, ..Uac::default() });
    timer::arm(ctx.worker, &tx, &mut inner);
    true
}

/// Goes on with a suspended request in a route block. False if there is no such transaction.
pub(crate) fn resume(ctx: &mut Ctx<'_>, hash: u32, label: u32, route: RouteIndex) -> bool {
    let Some(tx) = matching::by_label(hash, label) else { return false };
    let waits = std::mem::replace(&mut tx.inner().switches.suspended, false);
    if !waits {
        return false;
    }
    ctx.worker.spawn(move |scope, worker| {
        let guard = match tx.routes.try_lock() {
            Ok(guard) => guard,
            Err(_) => match scope.wait(tx.routes.lock()) {
                Ok(guard) => guard,
                Err(_) => return,
            },
        };
        end_wait(&tx);
        with_request(scope, worker, &tx, Routes::FAILURE, |ctx| run(ctx, &tx, route));
        drop(guard);
        worker.flush();
    });
    true
}

/// The branch that stood for the wait takes part in nothing any more.
fn end_wait(tx: &Transaction) {
    let mut inner = tx.inner();
    if let Some(uac) = inner.uacs.iter_mut().find(|u| u.sent.is_empty() && u.is_pending()) {
        uac.stop_timers();
        uac.status = 500;
    }
    inner.first = inner.uacs.len();
}

fn run(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, route: RouteIndex) {
    {
        let mut inner = tx.inner();
        ctx.avps = std::mem::take(&mut inner.avps);
        ctx.xavps = std::mem::take(&mut inner.xavps);
    }
    ctx.run_route_as(route, Routes::FAILURE);
    let relayed = current::of(ctx).relayed;
    let mut inner = tx.inner();
    inner.avps = std::mem::take(&mut ctx.avps);
    inner.xavps = std::mem::take(&mut ctx.xavps);
    let pending = inner.uacs.iter().any(|u| u.is_pending());
    let silent = !relayed && !pending && inner.uas.status < 200 && !inner.switches.suspended;
    drop(inner);
    if silent {
        super::local_reply::send(ctx, tx, 500, super::status_text(500));
    }
}
