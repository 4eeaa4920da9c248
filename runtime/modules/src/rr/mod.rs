//! The module `rr`: Record-Route and Route (RFC 3261 sections 16.6 and 16.12).

mod direction;
mod followed;
mod loose;
mod params;
mod record;

pub use direction::is_upstream;
pub(crate) use followed::params as own_params;
pub use params::add_param;

use std::sync::{Arc, RwLock};

use kamjit_engine::{
    Ctx, Module, Run,
    catalog::{ArgKind, Form, HostError, InnerName, Param, ParamDefault, Routes},
    init::Init,
    log::{self as server_log, Level},
    module::{FunctionDef, RunFn},
    pv::{Pv, named, read_only},
    state::StateKey,
};

/// Is told that `loose_route()` found our own entry, with the parameters of its URI.
pub(crate) type Watcher = for<'m> fn(&mut Ctx<'m>, &'m [u8]);

/// What the module was told.
pub(crate) struct State {
    watchers: RwLock<Vec<Watcher>>,
    append_fromtag: bool,
    full_lr: bool,
    double_rr: i64,
    add_username: bool,
    custom_user: Option<Pv>,
    force_send_socket: bool,
    ignore_sips: bool,
    mismatch_warning: bool,
    sockname_mode: bool,
    loose_route_mode: i64,
}

impl State {
    /// Adds a module that looks at the parameters of our Route; to be called in that module's `init`.
    pub(crate) fn watch(&self, watcher: Watcher) {
        self.watchers.write().unwrap_or_else(|broken| broken.into_inner()).push(watcher);
    }

    /// The n-th watcher.
    fn watcher(&self, n: usize) -> Option<Watcher> {
        self.watchers.read().unwrap_or_else(|broken| broken.into_inner()).get(n).copied()
    }
}

pub(crate) static STATE: StateKey<State> = StateKey::new();

const REQUEST: Routes = Routes::REQUEST;
const RFB: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "rr",
    functions: &[
        plain("loose_route", &[Form { args: &[], routes: REQUEST }], loose::loose_route),
        plain("loose_route_preloaded", &[Form { args: &[], routes: REQUEST }], loose::loose_route_preloaded),
        plain(
            "loose_route_mode",
            &[Form { args: &[ArgKind::IntVar], routes: REQUEST }],
            loose::loose_route_mode,
        ),
        plain(
            "record_route",
            &[Form { args: &[], routes: RFB }, Form { args: &[ArgKind::StrVar], routes: RFB }],
            record::record_route,
        ),
        plain(
            "record_route_preset",
            &[
                Form { args: &[ArgKind::StrVar], routes: RFB },
                Form { args: &[ArgKind::StrVar, ArgKind::StrVar], routes: RFB },
            ],
            record::preset,
        ),
        plain(
            "record_route_advertised_address",
            &[Form { args: &[ArgKind::StrVar], routes: RFB }],
            record::advertised,
        ),
        plain(
            "remove_record_route",
            &[Form { args: &[], routes: Routes::REQUEST.or(Routes::FAILURE) }],
            record::remove,
        ),
        plain("add_rr_param", &[Form { args: &[ArgKind::StrVar], routes: RFB }], params::add_rr_param),
        plain(
            "check_route_param",
            &[Form { args: &[ArgKind::Regex], routes: REQUEST }],
            params::check_route_param,
        ),
        FunctionDef {
            name: "is_direction",
            forms: &[Form { args: &[ArgKind::Custom], routes: REQUEST }],
            run: Run::prepared(direction::prepare, direction::is_direction),
        },
        plain("rr_next_hop_route", &[Form { args: &[], routes: Routes::ANY }], loose::next_hop_route),
    ],
    params: &[
        Param { name: "append_fromtag", default: ParamDefault::Int(1) },
        Param { name: "enable_full_lr", default: ParamDefault::Int(0) },
        Param { name: "enable_double_rr", default: ParamDefault::Int(1) },
        Param { name: "add_username", default: ParamDefault::Int(0) },
        Param { name: "custom_user_avp", default: ParamDefault::NoStr },
        Param { name: "enable_socket_mismatch_warning", default: ParamDefault::Int(1) },
        Param { name: "force_send_socket", default: ParamDefault::Int(0) },
        Param { name: "ignore_sips", default: ParamDefault::Int(0) },
        Param { name: "loose_route_mode", default: ParamDefault::Int(0) },
        Param { name: "sockname_mode", default: ParamDefault::Int(0) },
    ],
    pvs: &[
        read_only("route_uri", followed::route_uri),
        read_only("fti", direction::initial_from_tag),
        read_only("tti", direction::initial_to_tag),
        named("rdir", InnerName::Static, direction::direction_text, Some(direction::parse_direction)),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let state = State {
        watchers: RwLock::default(),
        append_fromtag: init.int("append_fromtag") != 0,
        full_lr: init.int("enable_full_lr") != 0,
        double_rr: init.int("enable_double_rr"),
        add_username: init.int("add_username") != 0,
        custom_user: init.pv("custom_user_avp")?,
        force_send_socket: init.int("force_send_socket") != 0,
        ignore_sips: init.int("ignore_sips") != 0,
        mismatch_warning: init.int("enable_socket_mismatch_warning") != 0,
        sockname_mode: init.int("sockname_mode") != 0,
        loose_route_mode: init.int("loose_route_mode"),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

/// A line in the server's log.
fn log(level: Level, text: &str) {
    if server_log::enabled(level) {
        server_log::write(level, None, b"", "rr", text.as_bytes());
    }
}

/// A line in the server's log about a URI.
fn log_uri(level: Level, text: &str, uri: &[u8]) {
    if server_log::enabled(level) {
        log(level, &format!("{text} ({})", uri.escape_ascii()));
    }
}
