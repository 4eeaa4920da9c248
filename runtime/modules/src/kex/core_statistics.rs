//! The statistics group `core`: messages received, by method and by class of reply (names: captured).

use std::sync::Arc;

use kamjit_engine::{Ctx, init::Init, state::StateKey, stats::Counter};
use kamjit_sip::Method;

/// Requests that have a counter of their own.
const REQUESTS: [(Method, &str); 14] = [
    (Method::ACK, "ack"),
    (Method::BYE, "bye"),
    (Method::CANCEL, "cancel"),
    (Method::INFO, "info"),
    (Method::INVITE, "invite"),
    (Method::MESSAGE, "message"),
    (Method::NOTIFY, "notify"),
    (Method::OPTIONS, "options"),
    (Method::PRACK, "prack"),
    (Method::PUBLISH, "publish"),
    (Method::REFER, "refer"),
    (Method::REGISTER, "register"),
    (Method::SUBSCRIBE, "subscribe"),
    (Method::UPDATE, "update"),
];

/// Methods whose replies are counted by class.
const REPLIES: [(Method, &str); 8] = [
    (Method::BYE, "bye"),
    (Method::CANCEL, "cancel"),
    (Method::INVITE, "invite"),
    (Method::MESSAGE, "message"),
    (Method::PRACK, "prack"),
    (Method::REFER, "refer"),
    (Method::REGISTER, "reg"),
    (Method::UPDATE, "update"),
];

/// Replies that have a counter of their own.
const CODES: [u16; 5] = [401, 404, 407, 480, 486];
const CLASSES: usize = 6;

struct State {
    requests: Counter,
    by_method: [Counter; REQUESTS.len()],
    unsupported: Counter,
    replies: Counter,
    ringing: Counter,
    by_code: [Counter; CODES.len()],
    by_class: [Counter; CLASSES],
    by_class_and_method: [[Counter; REPLIES.len()]; CLASSES],
}

static STATE: StateKey<State> = StateKey::new();

/// Registers the counters and counts.
pub(super) fn init(init: &mut Init<'_>) {
    let counter = |name: String| init.stats.counter("core", &name);
    let state = State {
        requests: counter("rcv_requests".into()),
        by_method: REQUESTS.map(|(_, name)| counter(format!("rcv_requests_{name}"))),
        unsupported: counter("unsupported_methods".into()),
        replies: counter("rcv_replies".into()),
        ringing: counter("rcv_replies_18x".into()),
        by_code: CODES.map(|code| counter(format!("rcv_replies_{code}"))),
        by_class: std::array::from_fn(|i| counter(format!("rcv_replies_{}xx", i + 1))),
        by_class_and_method: std::array::from_fn(|i| {
            REPLIES.map(|(_, name)| counter(format!("rcv_replies_{}xx_{name}", i + 1)))
        }),
    };
    init.stats.register_core();
    init.set_state(&STATE, Arc::new(state));
    init.hooks.before_request.push(count_request);
    init.hooks.before_reply.push(count_reply);
}

fn count_request(ctx: &mut Ctx<'_>) -> bool {
    if let Some(state) = STATE.get(ctx) {
        let method = ctx.msg.method();
        state.requests.inc();
        match REQUESTS.iter().position(|(m, _)| *m == method).and_then(|at| state.by_method.get(at)) {
            Some(counter) => counter.inc(),
            None => state.unsupported.inc(),
        }
    }
    true
}

fn count_reply(ctx: &mut Ctx<'_>) {
    let (Some(state), Some(code)) = (STATE.get(ctx), ctx.msg.status()) else { return };
    state.replies.inc();
    if (180..190).contains(&code) {
        state.ringing.inc();
    }
    if let Some(counter) = CODES.iter().position(|c| *c == code).and_then(|at| state.by_code.get(at)) {
        counter.inc();
    }
    let class = usize::from(code / 100).wrapping_sub(1);
    let method = ctx.msg.method();
    if let (Some(counter), Some(row)) = (state.by_class.get(class), state.by_class_and_method.get(class)) {
        counter.inc();
        if let Some(counter) = REPLIES.iter().position(|(m, _)| *m == method).and_then(|at| row.get(at)) {
            counter.inc();
        }
    }
}
