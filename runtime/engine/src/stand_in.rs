//! A context for event routes that no message causes (a worker started, a contact expired).

use std::{
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    sync::Arc,
};

use kamjit_catalog::Routes;
use kamjit_net::{ReceiveInfo, SocketId};
use kamjit_sip::{Message, Proto};

use crate::{ctx::Ctx, engine::Engine, fibre::Scope, program::Program, worker::Worker};

/// What such a route sees instead of a message.
const MESSAGE: &[u8] = b"OPTIONS sip:nobody@kamjit.invalid SIP/2.0\r\n\
Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-event\r\n\
From: <sip:nobody@kamjit.invalid>;tag=event\r\n\
To: <sip:nobody@kamjit.invalid>\r\n\
Call-ID: event@kamjit.invalid\r\n\
CSeq: 1 OPTIONS\r\n\
Content-Length: 0\r\n\r\n";

/// A context on a stand-in request, in a fibre of the worker.
pub fn context<'m>(scope: &'m Scope, worker: &'m Rc<Worker>, program: &'m Program) -> Option<Ctx<'m>> {
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
    let rcv = ReceiveInfo { proto: Proto::Udp, src: nowhere, dst: nowhere, socket: SocketId(0), conn: None };
    context_from(scope, worker, program, rcv)
}

/// The same for something that was received.
pub fn context_from<'m>(
    scope: &'m Scope,
    worker: &'m Rc<Worker>,
    program: &'m Program,
    rcv: ReceiveInfo,
) -> Option<Ctx<'m>> {
    let msg = Message::parse(&scope.arena, MESSAGE).ok()?;
    Some(Ctx::new(scope, worker, program, msg, rcv, Routes::EVENT))
}

/// Runs an event route of the file, if it is there, in a fibre of its own.
pub fn run_event(worker: &Rc<Worker>, event: &'static str) {
    if worker.engine.program().event_route(event).is_none() {
        return;
    }
    worker.spawn(move |scope, worker| {
        let program = worker.engine.program();
        if let (Some(route), Some(mut ctx)) = (program.event_route(event), context(scope, worker, &program)) {
            ctx.run_route(route);
        }
    });
}

/// Runs an event route of the file on the calling thread before there are workers (from a module's `start`). It can
/// neither send nor wait: a wait ends it.
pub fn run_before_workers(engine: &Arc<Engine>, event: &str) {
    let program = engine.program();
    let Some(route) = program.event_route(event) else { return };
    let (worker, scope) = (Worker::without_sockets(engine), Scope::detached());
    if let Some(mut ctx) = context(&scope, &worker, &program) {
        ctx.run_route(route);
    }
}
