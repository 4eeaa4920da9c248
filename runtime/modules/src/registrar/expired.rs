//! `event_route[usrloc:contact-expired]`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    sync::Arc,
};

use kamjit_engine::{
    Ctx, Engine,
    catalog::{HostError, Routes},
    fibre::Scope,
    worker::Worker,
};
use kamjit_net::{ReceiveInfo, SocketId};
use kamjit_sip::{Message, Proto};

use super::{
    STATE,
    ulc::{Fetched, Profiles},
};
use crate::usrloc::{Change, Event};

const EVENT: &str = "usrloc:contact-expired";

/// What an event route without a message sees instead of one.
const STAND_IN: &[u8] = b"OPTIONS sip:nobody@kamjit.invalid SIP/2.0\r\n\
Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-event\r\n\
From: <sip:nobody@kamjit.invalid>;tag=event\r\n\
To: <sip:nobody@kamjit.invalid>\r\n\
Call-ID: event@kamjit.invalid\r\n\
CSeq: 1 OPTIONS\r\n\
Content-Length: 0\r\n\r\n";

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
    let Ok(msg) = Message::parse(&scope.arena, STAND_IN) else { return };
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
    let rcv = ReceiveInfo { proto: Proto::Udp, src: nowhere, dst: nowhere, socket: SocketId(0), conn: None };
    let mut ctx = Ctx::new(scope, worker, &program, msg, rcv, Routes::EVENT);
    ctx.ext.or_default::<Profiles>().set(b"exp", fetched);
    ctx.run_route(route);
}
