//! The module `sl`: replies without a transaction.

mod functions;
mod reply;
mod stateful;
mod stats;
mod tag;

pub use reply::{error_reply, put_contacts, stateful_or_stateless, stateless};

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    catalog::{ArgKind, Form, HostError, Param, ParamDefault, Routes, Rpc},
    init::Init,
    module::FunctionDef,
    program::RouteIndex,
    rpc::RpcRun,
    state::StateKey,
};

/// What the module knows.
pub struct State {
    default_code: i64,
    default_reason: Vec<u8>,
    bind_tm: bool,
    stats: stats::Stats,
    tags: tag::Tags,
    on_filtered_ack: Option<RouteIndex>,
    on_local_response: Option<RouteIndex>,
}

/// The module's state in a program.
pub(crate) static STATE: StateKey<State> = StateKey::new();

const CODE_REASON: &[ArgKind] = &[ArgKind::IntVar, ArgKind::StrVar];
const SEND_ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "sl",
    after: &["tm"],
    functions: &[
        FunctionDef {
            name: "sl_send_reply",
            forms: &[Form { args: CODE_REASON, routes: Routes::REQUEST }],
            run: Run::plain(functions::sl_send_reply),
        },
        FunctionDef {
            name: "sl_reply",
            forms: &[Form { args: CODE_REASON, routes: Routes::REQUEST }],
            run: Run::plain(functions::sl_send_reply),
        },
        FunctionDef {
            name: "send_reply",
            forms: &[Form { args: CODE_REASON, routes: SEND_ROUTES }],
            run: Run::plain(functions::send_reply),
        },
        FunctionDef {
            name: "send_reply_mode",
            forms: &[Form {
                args: &[ArgKind::IntVar, ArgKind::StrVar, ArgKind::IntVar],
                routes: SEND_ROUTES,
            }],
            run: Run::plain(functions::send_reply),
        },
        FunctionDef {
            name: "send_reply_error",
            forms: &[Form { args: &[], routes: Routes::REQUEST.or(Routes::FAILURE) }],
            run: Run::plain(functions::send_reply_error),
        },
        FunctionDef {
            name: "sl_reply_error",
            forms: &[Form { args: &[], routes: Routes::REQUEST }],
            run: Run::plain(functions::sl_reply_error),
        },
        FunctionDef {
            name: "sl_forward_reply",
            forms: &[
                Form { args: &[], routes: Routes::ONREPLY },
                Form { args: &[ArgKind::StrVar], routes: Routes::ONREPLY },
                Form { args: &[ArgKind::StrVar, ArgKind::StrVar], routes: Routes::ONREPLY },
            ],
            run: Run::plain(functions::sl_forward_reply),
        },
    ],
    params: &[
        Param { name: "default_code", default: ParamDefault::Int(500) },
        Param { name: "default_reason", default: ParamDefault::Str("Internal Server Error") },
        Param { name: "bind_tm", default: ParamDefault::Int(1) },
        Param { name: "rich_redirect", default: ParamDefault::Int(0) },
        Param { name: "event_callback_fl_ack", default: ParamDefault::NoStr },
        Param { name: "event_callback_lres_sent", default: ParamDefault::NoStr },
    ],
    pvs: functions::PVS,
    rpc: &[Rpc {
        name: "sl.stats",
        help: "Replies sent without a transaction, by code.",
        run: RpcRun::Now(stats::rpc),
    }],
    event_routes: &["sl:filtered-ack", "sl:local-response"],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    for name in ["event_callback_fl_ack", "event_callback_lres_sent"] {
        if init.is_set(name) {
            return Err(HostError::new(format!(
                "{name} names a function of a script engine, which kamjit lacks"
            )));
        }
    }
    if init.int("rich_redirect") != 0 {
        return Err(
            HostError::new("kamjit does not have sl.rich_redirect yet").help("remove it or set it to 0")
        );
    }
    let state = State {
        default_code: init.int("default_code"),
        default_reason: init.str("default_reason").unwrap_or_default().to_vec(),
        bind_tm: init.int("bind_tm") != 0 && init.is_loaded("tm"),
        stats: stats::Stats::new(init),
        tags: tag::Tags::new(),
        on_filtered_ack: init.event_route("sl:filtered-ack"),
        on_local_response: init.event_route("sl:local-response"),
    };
    init.set_state(&STATE, Arc::new(state));
    init.hooks.before_request.push(reply::filter_ack);
    Ok(())
}
