//! `$uac_req(..)` and `uac_req_send()`.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, InnerName, Routes},
    fibre::Scope,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named_rw},
    stand_in,
    worker::Worker,
};
use kamjit_sip::Message;
use std::rc::Rc;

use super::{
    STATE,
    digest::{Challenge, Who},
};
use crate::{tm::uac, usrloc::socket_named};

pub(super) const PVS: &[PvDef] = &[named_rw("uac_req", InnerName::Static, get, set, Some(parse))];

/// Texts of the request, by their keys.
const TEXTS: [&str; 12] = [
    "method", "ruri", "furi", "turi", "ouri", "hdrs", "body", "callid", "sock", "auser", "apasswd", "evparam",
];
/// And numbers.
const NUMBERS: [&str; 3] = ["evroute", "evcode", "evtype"];

/// The request that the script builds; kept for one script run.
#[derive(Clone, Default)]
struct Built {
    texts: [Option<Box<[u8]>>; TEXTS.len()],
    event_route: i64,
    code: i64,
    kind: i64,
}

impl Built {
    fn text(&self, key: &str) -> &[u8] {
        let at = TEXTS.iter().position(|known| *known == key);
        at.and_then(|at| self.texts.get(at)).and_then(|text| text.as_deref()).unwrap_or_default()
    }
}

fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let known = |key: &str| key.as_bytes() == name;
    if let Some(at) = TEXTS.iter().position(|key| known(key)) {
        return Ok(Inner::Number(at as i64));
    }
    if NUMBERS.iter().any(|key| known(key)) || name == b"all" {
        return Ok(Inner::Text(name.into()));
    }
    Err(HostError::new(format!("$uac_req has no {}", name.escape_ascii())).help(format!(
        "keys: {}, {}, all",
        TEXTS.join(", "),
        NUMBERS.join(", ")
    )))
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let built = ctx.ext.get::<Built>();
    if let Inner::Number(at) = name.inner {
        let text = built.and_then(|b| b.texts.get(at as usize)?.as_deref());
        return Val::opt(text.map(|text| ctx.keep(text)));
    }
    let number = |of: fn(&Built) -> i64| Val::Int(built.map_or(0, of));
    match &name.inner {
        Inner::Text(key) if **key == *b"evroute" => number(|b| b.event_route),
        Inner::Text(key) if **key == *b"evcode" => number(|b| b.code),
        Inner::Text(key) if **key == *b"evtype" => number(|b| b.kind),
        _ => Val::Null,
    }
}

fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    if let Inner::Number(at) = name.inner {
        let text = match value {
            Val::Null => None,
            Val::Str(text) => Some(text.into()),
            Val::Int(_) => return false,
        };
        match ctx.ext.or_default::<Built>().texts.get_mut(at as usize) {
            Some(slot) => *slot = text,
            None => return false,
        }
        return true;
    }
    match &name.inner {
        Inner::Text(key) if **key == *b"evroute" => {
            ctx.ext.or_default::<Built>().event_route = value.to_int();
            true
        }
        Inner::Text(key) if **key == *b"all" => {
            ctx.ext.take::<Built>();
            value.is_null()
        }
        _ => false,
    }
}

/// `uac_req_send()`: true once it is on its way.
pub(super) fn send<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(built) = ctx.ext.get::<Built>().cloned() else { return Ret::FALSE };
    if built.text("method").is_empty() || built.text("ruri").is_empty() {
        return Ret::FALSE;
    }
    let request = to_request(ctx, &built);
    start(ctx.scope(), ctx.worker, request, built, true).into()
}

fn to_request(ctx: &Ctx<'_>, built: &Built) -> uac::Request {
    let default = STATE.get(ctx).and_then(|state| state.default_socket.as_deref()).unwrap_or_default();
    let socket = [built.text("sock"), default].iter().find_map(|name| socket_named(ctx.engine(), name));
    let address = |uri: &[u8]| [b"<", uri, b">"].concat();
    let first = |keys: &[&str]| {
        keys.iter().map(|key| built.text(key)).find(|text| !text.is_empty()).unwrap_or_default().to_vec()
    };
    // The tag is made here, so that the request can be sent again with it.
    let tag = format!(";tag={:032x}-{:08x}", rand::random::<u128>(), rand::random::<u32>());
    uac::Request {
        method: built.text("method").to_vec(),
        uri: built.text("ruri").to_vec(),
        next_hop: built.text("ouri").to_vec(),
        socket,
        from: [address(&first(&["furi", "ruri"])), tag.into_bytes()].concat(),
        to: address(&first(&["turi", "ruri"])),
        call_id: built.text("callid").to_vec(),
        cseq: 0,
        headers: built.text("hdrs").to_vec(),
        body: built.text("body").to_vec(),
    }
}

/// Sends a request; its answer runs the event route, and a challenge is answered once.
fn start(scope: &Scope, worker: &Rc<Worker>, request: uac::Request, built: Built, first: bool) -> bool {
    let listens = built.event_route != 0 || !built.text("auser").is_empty();
    let again = request.clone();
    let listener: Option<uac::Listener> = listens.then(|| {
        Box::new(move |answer: uac::Answer| {
            if let Some(worker) = Worker::current() {
                worker.spawn(move |scope, worker| answered(scope, worker, again, built, answer, first));
            }
        }) as uac::Listener
    });
    match uac::start(scope, worker, &request, listener) {
        Ok(_) => true,
        Err(why) => {
            tracing::error!("uac_req_send: {why}");
            false
        }
    }
}

fn answered(
    scope: &Scope,
    worker: &Rc<Worker>,
    mut request: uac::Request,
    mut built: Built,
    answer: uac::Answer,
    first: bool,
) {
    let program = worker.engine.program();
    let route = STATE.find(&program).and_then(|state| state.on_reply);
    let Some(mut ctx) = stand_in::context(scope, worker, &program) else { return };
    let reply = answer
        .message
        .as_deref()
        .and_then(|bytes| Message::parse(&scope.arena, scope.arena.alloc_slice_copy(bytes)).ok());
    if let Some(reply) = reply {
        ctx.msg = reply;
    }
    if let Some(route) = route.filter(|_| built.event_route != 0) {
        built.code = i64::from(answer.code);
        built.kind = 1;
        ctx.ext.set(built.clone());
        ctx.run_route_as(route, Routes::EVENT);
    }
    let challenge = reply.filter(|_| first).and_then(|reply| Challenge::of_reply(reply, answer.code));
    let user = built.text("auser");
    if let Some(challenge) = challenge.filter(|_| !user.is_empty()) {
        let who = Who { user, password: built.text("apasswd"), hashed: false };
        let line = challenge.answer(&who, &request.method, &request.uri);
        request.headers.extend_from_slice(&line);
        if let Some(reply) = reply {
            request.call_id = reply.call_id().to_vec();
            request.cseq = reply.cseq().number.saturating_add(1);
        }
        start(scope, worker, request, built, false);
    }
}
