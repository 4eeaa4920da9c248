//! `event_route[tm:branch-failure:NAME]`: runs when one branch failed, before all are done.

use std::{rc::Rc, sync::Arc};

use kamjit_engine::{Ctx, catalog::Routes, fibre::Scope, worker::Worker};

use super::{current, local_reply::with_request, relay, transaction::Transaction};

/// Runs the route if one is armed.
pub(super) fn run(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    n: usize,
    code: u16,
    at_hand: Option<&mut Ctx<'_>>,
) {
    let route = {
        let mut inner = tx.inner();
        if inner.uas.status >= 200 {
            return;
        }
        // It runs for each branch that was made while it was armed (captured); what the route itself arms is for
        // branches that it makes.
        let route = inner.uacs.get_mut(n).and_then(|uac| uac.on_failure.take());
        if route.is_some() {
            inner.armed.branch_failure = None;
        }
        route
    };
    let Some(route) = route else { return };
    let reply = at_hand.map(|ctx| (Box::from(ctx.msg.buf()), ctx.rcv));
    with_request(scope, worker, tx, Routes::BRANCH_FAILURE, |ctx| {
        {
            let mut inner = tx.inner();
            ctx.avps = std::mem::take(&mut inner.avps);
            ctx.xavps = std::mem::take(&mut inner.xavps);
            if let Some(uac) = inner.uacs.get(n) {
                // Captured: the request URI is that of the request, only the flags are the branch's.
                ctx.main.flags = uac.target.flags;
            }
        }
        relay::consume(ctx);
        let cur = current::of(ctx);
        cur.failure = Some(current::FailureReply { branch: n, code, reply });
        cur.branch = Some(n);
        ctx.run_route_as(route, Routes::BRANCH_FAILURE);
        let mut inner = tx.inner();
        inner.flags = ctx.flags;
        inner.avps = std::mem::take(&mut ctx.avps);
        inner.xavps = std::mem::take(&mut ctx.xavps);
    });
}
