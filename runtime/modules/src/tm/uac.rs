//! Requests that are made here: `t_uac_send`, `tm.t_uac_*`, and [`send`] for other modules.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use kamjit_engine::{
    Ctx, Engine, catalog::Routes, dest::Destination, fibre::Scope, hooks::ReplyVerdict, worker::Worker,
};
use kamjit_net::{ReceiveInfo, SocketId};
use kamjit_sip::{
    Message, Method, Sink, Uri,
    branch::{md5_hex, put_branch},
};

use super::{
    STATE, stats,
    table::table,
    timer::{self, now},
    transaction::{Inner, Transaction, Uac},
};

/// Takes the outcome of a request that was made here.
pub(crate) type Listener = Box<dyn FnOnce(Answer) + Send>;

/// A request to make.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method.
    pub method: Vec<u8>,
    /// Request URI.
    pub uri: Vec<u8>,
    /// Next hop, a URI; empty: the request URI.
    pub next_hop: Vec<u8>,
    /// The socket to send from.
    pub socket: Option<SocketId>,
    /// `From` value; empty: the request URI. A tag is added if it has none.
    pub from: Vec<u8>,
    /// `To` value; empty: the request URI.
    pub to: Vec<u8>,
    /// `Call-ID`; empty: a new one.
    pub call_id: Vec<u8>,
    /// CSeq number; 0: 10, as the real server begins.
    pub cseq: u32,
    /// Further header lines, each with its line end.
    pub headers: Vec<u8>,
    /// Body.
    pub body: Vec<u8>,
}

/// The end of a request that was made here.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Code of the final reply; 408 when none came.
    pub code: u16,
    /// Its phrase.
    pub reason: Vec<u8>,
    /// The reply as received; `None` for one made up here.
    pub message: Option<Box<[u8]>>,
}

/// Sends a request from any task and waits for its final reply. `Err` says why it could not be sent.
pub async fn send(engine: &Arc<Engine>, request: Request) -> Result<Answer, &'static str> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let workers = engine.workers();
    let Some(worker) = workers.get(NEXT.fetch_add(1, Ordering::Relaxed) % workers.len().max(1)) else {
        return Err("no worker");
    };
    let (answer, wait) = tokio::sync::oneshot::channel();
    worker.run(move |worker| {
        worker.spawn(move |scope, worker| {
            let answer = Arc::new(std::sync::Mutex::new(Some(answer)));
            let on_end = Arc::clone(&answer);
            let listener: Listener = Box::new(move |outcome| {
                if let Some(answer) = on_end.lock().unwrap_or_else(|broken| broken.into_inner()).take() {
                    let _ = answer.send(Ok(outcome));
                }
            });
            if let Err(why) = start(scope, worker, &request, Some(listener))
                && let Some(answer) = answer.lock().unwrap_or_else(|broken| broken.into_inner()).take()
            {
                let _ = answer.send(Err(why));
            }
        });
    });
    wait.await.unwrap_or(Err("the server ends"))
}

/// Sends a request from a run; `listener` gets its outcome. It may wait for a name to be resolved.
pub(crate) fn start(
    scope: &Scope,
    worker: &Rc<Worker>,
    request: &Request,
    listener: Option<Listener>,
) -> Result<Arc<Transaction>, &'static str> {
    let program = worker.engine.program();
    let state = STATE.find(&program).ok_or("tm is not loaded")?;
    let method = Method::from_name(&request.method);
    let next = if request.next_hop.is_empty() { &request.uri } else { &request.next_hop };
    let uri = Uri::parse(next).map_err(|_| "Invalid URI")?;
    let rcv = origin(worker).ok_or("no socket")?;
    let call_id = if request.call_id.is_empty() { new_call_id(&rcv) } else { request.call_id.clone() };
    let cseq = if request.cseq == 0 { 10 } else { request.cseq };
    let cseq_text = cseq.to_string();
    let hash = kamjit_sip::branch::hash(&call_id, cseq_text.as_bytes());
    let md5 = md5_hex(&[&call_id, cseq_text.as_bytes(), &rand::random::<[u8; 8]>()]);
    let empty = empty_request(scope);
    let dest = {
        let msg = Message::parse(&scope.arena, empty).map_err(|_| "Internal Error")?;
        let mut ctx = Ctx::new(scope, worker, &program, msg, rcv, Routes::LOCAL);
        ctx.resolve_one(&uri, request.socket, true).map_err(|_| "Unresolvable destination")?
    };
    let mut sent = write(worker, &program, request, &dest, &call_id, cseq, hash, &md5)?;
    if let Some(route) = state.local_request {
        sent = run_local_request(scope, worker, &program, route, sent, rcv);
    }
    let mut timers = state.params.timers(method == Method::INVITE);
    timers.lifetime = 0;
    let born = now(worker);
    let mut uac = Uac { sent: sent.into(), dest: Some(dest), ..Uac::default() };
    if dest.proto.is_unreliable() {
        uac.repeat_step = timers.retr1;
        uac.repeat_at = born + u64::from(timers.retr1);
    }
    uac.give_up_at = born + timers.fr.max(1);
    worker.send(&dest, &uac.sent);
    let inner = Inner { timers, uacs: vec![uac], listener, born, ..Inner::default() };
    let tx = Transaction::new(hash, md5, method, program, true, inner);
    table().insert(Arc::clone(&tx), |_| false).map_err(|_| "too many transactions")?;
    stats::began(true);
    timer::arm(worker, &tx, &mut tx.inner());
    Ok(tx)
}

fn run_local_request(
    scope: &Scope,
    worker: &Rc<Worker>,
    program: &kamjit_engine::program::Program,
    route: kamjit_engine::program::RouteIndex,
    sent: Vec<u8>,
    rcv: ReceiveInfo,
) -> Vec<u8> {
    let bytes = scope.arena.alloc_slice_copy(&sent);
    let Ok(msg) = Message::parse(&scope.arena, bytes) else { return sent };
    let mut ctx = Ctx::new(scope, worker, program, msg, rcv, Routes::LOCAL);
    ctx.run_route_as(route, Routes::LOCAL);
    if ctx.edits.is_empty() {
        return sent;
    }
    let changed = kamjit_sip::edit::apply(ctx.msg, &ctx.edits, None, None, ctx.arena);
    changed.map_or(sent, |msg| msg.buf().to_vec())
}

/// Where a request made here is said to come from: our first socket.
fn origin(worker: &Worker) -> Option<ReceiveInfo> {
    let info = worker.engine.sockets.infos().first()?;
    Some(ReceiveInfo { proto: info.proto, src: info.addr, dst: info.addr, socket: info.id, conn: None })
}

fn empty_request(scope: &Scope) -> &[u8] {
    scope.arena.alloc_slice_copy(
        b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nFrom: <sip:x>;tag=x\r\nTo: <sip:x>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n",
    )
}

/// `56c4d3a72fbfca45-13301@127.0.0.1`: a number, the process, our address.
fn new_call_id(origin: &ReceiveInfo) -> Vec<u8> {
    format!("{:016x}-{}@{}", rand::random::<u64>(), std::process::id(), origin.dst.ip()).into_bytes()
}

#[allow(clippy::too_many_arguments)] // The parts of one message, each used once.
fn write(
    worker: &Worker,
    program: &kamjit_engine::program::Program,
    request: &Request,
    dest: &Destination,
    call_id: &[u8],
    cseq: u32,
    hash: u32,
    md5: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let name = worker.engine.identity.socket(dest.socket).ok_or("no socket")?;
    let mut out = Vec::with_capacity(512 + request.headers.len() + request.body.len());
    let address = |value: &[u8]| match value {
        [] => [b"<", &request.uri[..], b">"].concat(),
        value => value.to_vec(),
    };
    out.put(&request.method);
    out.put(b" ");
    out.put(&request.uri);
    out.put(b" SIP/2.0\r\nVia: SIP/2.0/");
    out.put(dest.proto.via_name().as_bytes());
    out.put(b" ");
    out.put(&name.host);
    if name.port != dest.proto.default_port() {
        out.put(b":");
        out.put_num(u64::from(name.port));
    }
    out.put(b";branch=");
    put_branch(&mut out, hash, md5, 0);
    out.put(b"\r\nTo: ");
    out.put(&address(&request.to));
    out.put(b"\r\nFrom: ");
    let from = address(&request.from);
    out.put(&from);
    if memchr::memmem::find(&from, b";tag=").is_none() {
        let tag: [u8; 16] = rand::random();
        out.put(b";tag=");
        out.put(&md5_hex(&[b"from", &tag]));
        out.put(format!("-{:08x}", hash).as_bytes());
    }
    out.put(b"\r\nCSeq: ");
    out.put_num(u64::from(cseq));
    out.put(b" ");
    out.put(&request.method);
    out.put(b"\r\nCall-ID: ");
    out.put(call_id);
    out.put(b"\r\nMax-Forwards: 70\r\nContent-Length: ");
    out.put_num(request.body.len() as u64);
    out.put(b"\r\n");
    if let Some(agent) = &program.user_agent_header {
        out.put(agent);
        out.put(b"\r\n");
    }
    out.put(&request.headers);
    out.put(b"\r\n");
    out.put(&request.body);
    Ok(out)
}

/// A reply to a request that was made here.
pub(super) fn on_reply(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, n: usize, code: u16) -> ReplyVerdict {
    let listener = {
        let mut inner = tx.inner();
        let timers = inner.timers;
        let Some(uac) = inner.uacs.get_mut(n) else { return ReplyVerdict::Handled };
        uac.status = code;
        if code < 200 {
            if tx.is_invite() {
                uac.give_up_at = now(ctx.worker) + timers.fr_inv.max(1);
            }
            timer::arm(ctx.worker, tx, &mut inner);
            return ReplyVerdict::Handled;
        }
        uac.stop_timers();
        stats::sent(code, false);
        tx.put_on_wait(ctx.worker, &mut inner);
        timer::arm(ctx.worker, tx, &mut inner);
        inner.listener.take()
    };
    if let Some(listener) = listener {
        let reason = super::failure::reason_of(ctx.msg).to_vec();
        listener(Answer { code, reason, message: Some(ctx.msg.buf().into()) });
    }
    ReplyVerdict::Handled
}

/// No final reply came in time.
pub(super) fn on_timeout(tx: &Arc<Transaction>, n: usize, code: u16) {
    let listener = {
        let mut inner = tx.inner();
        if let Some(uac) = inner.uacs.get_mut(n) {
            uac.status = code;
        }
        if let Some(worker) = Worker::current() {
            tx.put_on_wait(&worker, &mut inner);
            timer::arm(&worker, tx, &mut inner);
        }
        inner.listener.take()
    };
    if let Some(listener) = listener {
        listener(Answer { code, reason: super::status_text(code).to_vec(), message: None });
    }
}

/// Takes header lines apart: From, To, Call-ID and CSeq replace what would be made, the others go along.
pub(super) fn take_headers(request: &mut Request, headers: &[u8]) {
    for line in headers.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        match &*name.trim_ascii().to_ascii_lowercase() {
            b"from" | b"f" => request.from = value.to_vec(),
            b"to" | b"t" => request.to = value.to_vec(),
            b"call-id" | b"i" => request.call_id = value.to_vec(),
            b"cseq" => {
                let digits: Vec<u8> = value.iter().copied().take_while(u8::is_ascii_digit).collect();
                request.cseq = kamjit_sip::text::parse_u32(&digits).unwrap_or(0);
            }
            b"via" | b"v" | b"content-length" | b"l" | b"max-forwards" => {}
            _ => {
                request.headers.extend_from_slice(line);
                request.headers.extend_from_slice(b"\r\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_dialog_are_taken_out_of_the_rest() {
        let mut request = Request::default();
        let headers =
            b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCSeq: 33 NOTIFY\r\nX-H: 1\r\nbad line\r\nVia: x\r\n";
        take_headers(&mut request, headers);
        assert_eq!(request.from, b"<sip:a@b>;tag=1");
        assert_eq!(request.to, b"<sip:c@d>");
        assert_eq!(request.cseq, 33);
        assert_eq!(request.headers, b"X-H: 1\r\n");
    }
}
