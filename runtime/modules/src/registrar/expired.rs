//! `event_route[usrloc:contact-expired]`.

use std::{rc::Rc, sync::Arc};

use kamjit_engine::{Engine, catalog::HostError, fibre::Scope, stand_in, worker::Worker};

use super::{
    STATE,
    ulc::{Fetched, Profiles},
};
use crate::usrloc::{Change, Event};

const EVENT: &str = "usrloc:contact-expired";

/// Asks to be told of expired contacts, if the file has the event route.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let program = engine.program();
    let (Some(state), Some(_)) = (program.shared_state(&STATE), program.event_route(EVENT)) else {
        return Ok(());
    };
    let engine = Arc::downgrade(engine);
    state.usrloc.on_change(Box::new(move |change: &Change<'_>| {
        let Some(engine) = engine.upgrade().filter(|_| change.event == Event::Expired) else { return };
        let fetched = Fetched {
            aor: change.aor.into(),
            domain: change.domain.name().into(),
            contacts: vec![change.contact.clone()],
        };
        if let Some(worker) = engine.workers().first() {
            worker.run(move |worker| worker.spawn(move |scope, worker| run(scope, worker, fetched)));
        }
    }));
    Ok(())
}

fn run(scope: &Scope, worker: &Rc<Worker>, fetched: Fetched) {
    let program = worker.engine.program();
    let Some(route) = program.event_route(EVENT) else { return };
    let Some(mut ctx) = stand_in::context(scope, worker, &program) else { return };
    ctx.ext.or_default::<Profiles>().set(b"exp", fetched);
    ctx.run_route(route);
}
