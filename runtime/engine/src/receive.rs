//! The way of a received message: parse, script, modules' hooks, stateless forwarding of replies.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
};

use kamjit_catalog::Routes;
use kamjit_net::{
    MessageSink, ReceiveInfo, SocketId, Verdict,
    tcp::TcpWorker,
    udp::{Datagram, UdpWorker},
};
use kamjit_sip::{Message, Proto};

use crate::{
    ctx::{Ctx, Ended},
    fibre::Scope,
    forward,
    hooks::ReplyVerdict,
    log::{self, Level},
    program::RouteIndex,
    stand_in,
    worker::Worker,
};

/// Datagrams shorter than this are keepalives, not messages (captured: the real server takes 20 and less so).
const SHORTEST_MESSAGE: usize = 20;

/// Takes a datagram.
pub(crate) fn datagram(worker: &Rc<Worker>, socket: &UdpWorker, datagram: &Datagram<'_>) {
    let rcv = ReceiveInfo {
        proto: Proto::Udp,
        src: datagram.src,
        dst: socket.local_addr(),
        socket: socket.id(),
        conn: None,
    };
    message(worker, datagram.payload, rcv);
}

/// Takes a message of any transport; `bytes` are copied.
pub(crate) fn message(worker: &Rc<Worker>, bytes: &[u8], rcv: ReceiveInfo) {
    if bytes.len() < SHORTEST_MESSAGE || bytes.iter().all(|&b| b == 0) {
        BROKEN.set(true);
        return;
    }
    if worker.fibres.is_full() {
        tracing::warn!("message from {} dropped: too many messages wait for something", rcv.src);
        return;
    }
    let arena = worker.fibres.arena();
    let copy: *const [u8] = arena.alloc_slice_copy(bytes);
    let handle = Rc::clone(worker);
    worker.fibres.start(arena, move |scope| {
        // SAFETY: the bytes lie in the arena that the scope now owns, and arenas do not move what they hold.
        let bytes: &[u8] = unsafe { &*copy };
        // A panic is a bug of ours; it must cost this message only.
        if catch_unwind(AssertUnwindSafe(|| process(scope, &handle, bytes, rcv))).is_err() {
            log::core(Level::Bug, format_args!("a message from {} was given up after a panic", rcv.src));
        }
    });
}

/// Starts the stream transports on this worker.
pub(crate) fn start_streams(
    worker: &Rc<Worker>,
    listeners: Vec<(SocketId, std::net::TcpListener)>,
) -> std::io::Result<()> {
    let sink = Rc::new(Streams(Rc::clone(worker)));
    TcpWorker::start(Arc::clone(&worker.engine.tcp), listeners, sink).map(drop)
}

thread_local! {
    /// Set when the message at hand can't be parsed.
    static BROKEN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// True if the first line has the form of a request's but names no SIP/2.0: HTTP, SIP/7.0.
fn is_other_protocol(bytes: &[u8]) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end();
    let words = line.split(|b| *b == b' ');
    let sip = line.starts_with(b"SIP/2.0 ") || line.ends_with(b" SIP/2.0");
    !sip && words.clone().count() == 3 && words.clone().all(|w| !w.is_empty())
}

/// Takes the messages of this worker's connections.
struct Streams(Rc<Worker>);

impl MessageSink for Streams {
    fn on_message(&self, bytes: &[u8], from: ReceiveInfo) -> Verdict {
        BROKEN.set(false);
        message(&self.0, bytes, from);
        self.0.flush();
        // The real server closes a stream after a message that it can't parse, but not after one of another protocol
        // (captured).
        if BROKEN.get() && !is_other_protocol(bytes) { Verdict::Close } else { Verdict::Keep }
    }
}

fn process(scope: &Scope, worker: &Rc<Worker>, bytes: &[u8], rcv: ReceiveInfo) {
    // The run keeps its program alive whatever a reload does.
    let program = worker.engine.program();
    if let Some(route) = program.msg_received
        && let Some(mut ctx) = stand_in::context_from(scope, worker, &program, rcv)
        && ctx.run_route(route) == Ended::Drop
    {
        return;
    }
    let msg = match Message::parse(&scope.arena, bytes) {
        Ok(msg) => msg,
        Err(error) => {
            BROKEN.set(true);
            tracing::debug!("message from {} not understood: {error:?}", rcv.src);
            return;
        }
    };
    let routes = if msg.is_request() { Routes::REQUEST } else { Routes::CORE_ONREPLY };
    let mut ctx = Ctx::new(scope, worker, &program, msg, rcv, routes);
    ctx.message_id = worker.engine.next_message_id();
    if let Some(route) = program.pre_routing
        && matches!(ctx.run_route_as(route, Routes::EVENT), Ended::Drop | Ended::Cancelled)
    {
        return;
    }
    if msg.is_request() {
        request(&mut ctx);
    } else {
        reply(&mut ctx);
    }
}

fn request(ctx: &mut Ctx<'_>) {
    let program = ctx.program;
    if let Some(conn) = ctx.rcv.conn
        && program.globals.live.tcp_accept_aliases.get() != 0
        && let Some(via) = ctx.msg.via(0).filter(|via| via.alias.is_some())
    {
        ctx.engine().tcp.add_alias(conn, via.port_or_default());
    }
    for hook in &program.hooks.before_request {
        if !hook(ctx) {
            return;
        }
    }
    if let Some(route) = program.request_route
        && run_main(ctx, route, "request-route") == Ended::Cancelled
    {
        return;
    }
    for hook in &program.hooks.after_request {
        hook(ctx);
    }
}

/// Runs a main route. Its run time is logged on the level `latency_cfg_log`, if it is `latency_limit_cfg` microseconds
/// or more (captured).
fn run_main(ctx: &mut Ctx<'_>, route: RouteIndex, what: &str) -> Ended {
    let live = &ctx.program.globals.live;
    let level = live.latency_cfg_log.get();
    if level > i64::from(log::level()) {
        return ctx.run_route(route);
    }
    let started = std::time::Instant::now();
    let ended = ctx.run_route(route);
    let took = started.elapsed().as_micros();
    if took >= live.latency_limit_cfg.get().max(0).unsigned_abs().into() {
        log::core(Level::from_number(level), format_args!("{what} executed in: {took} usec"));
    }
    ended
}

fn reply(ctx: &mut Ctx<'_>) {
    let program = ctx.program;
    // A reply whose top Via is not ours was never sent through us (RFC 3261 section 18.1.2). The real server passes
    // it on all the same unless `check_via` is set (captured).
    let ours = || {
        ctx.msg
            .via(0)
            .is_some_and(|via| ctx.engine().identity.is_myself(via.host, Some(via.port_or_default()), None))
    };
    if program.globals.check_via && !ours() {
        tracing::debug!("reply from {} dropped: its top Via is not ours", ctx.rcv.src);
        return;
    }
    for hook in &program.hooks.before_reply {
        hook(ctx);
    }
    if let Some(route) = program.reply_route {
        match run_main(ctx, route, "reply-route") {
            Ended::Cancelled => return,
            // Captured: final replies too; in onreply_route[X] tm lets `drop` stop provisional ones only. And a reply goes on
            // only if the route's last statement gave a positive code.
            Ended::Drop => {
                ctx.engine().stats.core.drop_replies.inc();
                return;
            }
            Ended::Normal | Ended::Exit if ctx.rc() <= 0 => return,
            _ => {}
        }
    }
    let handled = program.hooks.on_reply.iter().any(|hook| hook(ctx) == ReplyVerdict::Handled);
    if !handled {
        forward::reply(ctx);
    }
    for hook in &program.hooks.after_reply {
        hook(ctx);
    }
}
