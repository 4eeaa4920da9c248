//! The module `tm`: transactions.
//!
//! | file | what |
//! |---|---|
//! | `table` | the process-wide table |
//! | `transaction` | the data of one transaction, its two locks |
//! | `matching` | which transaction a message belongs to |
//! | `create`, `current` | making one, and what a run knows of its own |
//! | `relay`, `branch` | sending a request on |
//! | `reply`, `failure`, `best_reply`, `branch_failure` | what comes back |
//! | `local_reply`, `cancel`, `ack` | messages that the transaction makes itself |
//! | `timer` | retransmissions and time limits |
//! | `uac` | requests made here |
//! | `hooks` | what acc and dialog watch |
//!
//! Other modules call [`current`], [`reply()`], [`relay()`], [`uac::send`] and register [`hooks::Watcher`]s.

mod ack;
mod best_reply;
mod branch;
mod branch_failure;
mod cancel;
mod contacts;
mod create;
mod current;
mod error;
mod failure;
mod functions;
pub mod hooks;
mod local_reply;
mod matching;
mod params;
mod relay;
pub(crate) mod remote;
mod reply;
mod rpc;
pub(crate) mod script;
mod stats;
mod suspend;
mod table;
mod timer;
pub mod transaction;
pub mod uac;

use std::sync::{Arc, RwLock};

use kamjit_engine::{Ctx, Module, Ret, catalog::HostError, init::Init, program::RouteIndex, state::StateKey};

pub use current::current;
pub use error::last_error;
pub(crate) use stats::{STATS, read as read_stat};
pub use transaction::Transaction;

/// What the module knows.
pub struct State {
    params: params::Params,
    watchers: RwLock<Vec<hooks::Watcher>>,
    editors: RwLock<Vec<hooks::ReplyEditor>>,
    local_request: Option<RouteIndex>,
}

impl State {
    /// Adds a module that watches transactions; to be called in that module's `init`.
    pub fn watch(&self, watcher: hooks::Watcher) {
        self.watchers.write().unwrap_or_else(|broken| broken.into_inner()).push(watcher);
    }

    /// Adds a module that edits replies; to be called in that module's `init`.
    pub(crate) fn edit_replies(&self, editor: hooks::ReplyEditor) {
        self.editors.write().unwrap_or_else(|broken| broken.into_inner()).push(editor);
    }
}

/// The module's state in a program.
pub static STATE: StateKey<State> = StateKey::new();

/// The export table.
pub static MODULE: Module = Module {
    name: "tm",
    functions: functions::FUNCTIONS,
    params: params::PARAMS,
    rpc: rpc::RPC,
    event_routes: &["tm:branch-failure", "tm:local-request", "tm:local-response", "tm:local-response-sent"],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let params = params::Params::new(init)?;
    let local_request = init.event_route("tm:local-request");
    init.set_state(
        &STATE,
        Arc::new(State { params, watchers: RwLock::default(), editors: RwLock::default(), local_request }),
    );
    init.hooks.after_request.push(create::after_script);
    init.hooks.on_reply.push(reply::on_reply);
    Ok(())
}

/// Replies to the request of a context with its transaction, made if there is none (`t_reply`). False if the request
/// was answered finally before.
pub fn reply(ctx: &mut Ctx<'_>, code: u16, reason: &[u8]) -> bool {
    script::reply(ctx, code, reason) == Ret::TRUE
}

/// The same, but `None` without a transaction: what `send_reply` of sl asks.
pub fn reply_if_transaction(ctx: &mut Ctx<'_>, code: u16, reason: &[u8]) -> Option<bool> {
    current(ctx)?;
    Some(reply(ctx, code, reason))
}

/// Relays the request of a context (`t_relay`).
pub fn relay(ctx: &mut Ctx<'_>) -> Ret {
    relay::relay(ctx, None)
}

/// The To-tag of the replies that the transaction of a context makes.
pub fn local_tag<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    Some(ctx.keep(&local_reply::local_tag(&*current(ctx)?)))
}

/// The usual phrase of a code.
pub(crate) fn status_text(code: u16) -> &'static [u8] {
    match code {
        400 => b"Bad Request",
        401 => b"Unauthorized",
        404 => b"Not Found",
        407 => b"Proxy Authentication Required",
        408 => b"Request Timeout",
        480 => b"Temporarily Unavailable",
        481 => b"Call/Transaction Does Not Exist",
        486 => b"Busy Here",
        487 => b"Request Terminated",
        500 => b"Server Internal Error",
        503 => b"Service Unavailable",
        600 => b"Busy Everywhere",
        603 => b"Decline",
        _ => match code / 100 {
            3 => b"Redirection",
            4 => b"Request Failure",
            5 => b"Server Error",
            6 => b"Global Failure",
            _ => b"OK",
        },
    }
}
