//! The module `nathelper`: finding phones behind NATs, correcting what they say about themselves, keeping their
//! bindings open.

mod alias;
mod contact;
mod keepalive;
mod ping;
mod received;
mod rewritten;
mod sdp;
mod test;
mod vars;

pub use received::alias_of_source;
pub use rewritten::rewritten_uri;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use kamjit_engine::{
    Arg, Module, Run,
    catalog::{
        ArgKind::{self, IntVar, StrVar, VarOut},
        Form, HostError, Param,
        ParamDefault::{Int, NoStr, Str},
        Place, Routes, Rpc,
    },
    init::Init,
    module::{FunctionDef, Prepare, RunFn},
    pv::Pv,
    rpc::RpcRun,
    state::StateKey,
};
use kamjit_sip::text::trim;

const ANY: Routes = Routes::ANY;
const REQUEST: Routes = Routes::REQUEST;
/// Request, reply and branch routes, and requests made here.
const ROBL: Routes = REQUEST.or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL);
/// And failure routes.
const RFOBL: Routes = ROBL.or(Routes::FAILURE);
const RFOB: Routes = REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH);
const RBL: Routes = REQUEST.or(Routes::BRANCH).or(Routes::LOCAL);

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn form(args: &'static [ArgKind], routes: Routes) -> Form {
    Form { args, routes }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "nathelper",
    after: &["usrloc", "registrar"],
    functions: &[
        plain(
            "add_contact_alias",
            &[form(&[], ROBL), form(&[StrVar, StrVar, StrVar], RFOB)],
            contact::add_alias,
        ),
        plain("add_rcv_param", &[form(&[], REQUEST), form(&[IntVar], REQUEST)], received::add_param),
        plain("fix_nated_contact", &[form(&[], ROBL)], contact::fix),
        FunctionDef {
            name: "fix_nated_register",
            forms: &[form(&[], REQUEST)],
            run: Run::prepared(needs_received_avp, received::fix_register),
        },
        plain("fix_nated_sdp", &[form(&[IntVar], RFOBL), form(&[IntVar, StrVar], RFOBL)], sdp::fix),
        plain("handle_ruri_alias", &[form(&[], RBL), form(&[IntVar], RBL)], alias::handle),
        plain("is_rfc1918", &[form(&[StrVar], ANY)], test::is_private),
        plain("nat_uac_test", &[form(&[IntVar], RFOBL)], test::run),
        plain("set_alias_to_pv", &[form(&[VarOut], ANY)], alias::to_variable),
        plain("set_contact_alias", &[form(&[], ROBL), form(&[ArgKind::Int], ROBL)], contact::set_alias),
    ],
    params: &[
        Param { name: "alias_name", default: Str("alias") },
        Param { name: "append_sdp_oldmediaip", default: Int(1) },
        Param { name: "filter_server_id", default: Int(0) },
        Param { name: "force_socket", default: NoStr },
        Param { name: "keepalive_timeout", default: Int(0) },
        Param { name: "nat_addr_mode", default: Int(1) },
        Param { name: "natping_disable_bflag", default: Int(-1) },
        Param { name: "natping_interval", default: Int(0) },
        Param { name: "natping_processes", default: Int(1) },
        Param { name: "natping_socket", default: NoStr },
        Param { name: "nortpproxy_str", default: Str("a=nortpproxy:yes") },
        Param { name: "ping_nated_only", default: Int(0) },
        Param { name: "received_avp", default: NoStr },
        Param { name: "sipping_bflag", default: Int(-1) },
        Param { name: "sipping_from", default: NoStr },
        Param { name: "sipping_method", default: Str("OPTIONS") },
        Param { name: "udpping_from_path", default: Int(0) },
    ],
    pvs: vars::PVS,
    rpc: &[Rpc {
        name: "nathelper.enable_ping",
        help: "Switches pings on (1) or off (0).",
        run: RpcRun::Now(ping::enable),
    }],
    init,
    start: Some(ping::start),
    ..Module::EMPTY
};

/// What the module was told.
pub(super) struct State {
    /// Name of the URI parameter that says where a phone really is.
    alias_name: Vec<u8>,
    /// Keep replaced media addresses as `a=oldmediaip`.
    keep_old_media_ip: bool,
    /// Addresses of 192.0.0.0/24 count as private too.
    reserved_too: bool,
    /// The line that marks a description as changed; empty: none.
    mark: Vec<u8>,
    received_avp: Option<Pv>,
    /// Pings, if there are any.
    ping: Option<ping::Pings>,
    /// Switched off and on by `nathelper.enable_ping`.
    pinging: AtomicBool,
}

pub(super) static STATE: StateKey<State> = StateKey::new();

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let text = |init: &Init<'_>, name: &str| init.str(name).unwrap_or_default().to_vec();
    let received_avp = match init.pv("received_avp")? {
        Some(pv) if pv.def.name != "avp" => {
            return Err(HostError::new("nathelper.received_avp must be an $avp(..)"));
        }
        pv => pv,
    };
    if init.int("udpping_from_path") != 0 || init.is_set("natping_socket") {
        return Err(HostError::new(
            "nathelper: udpping_from_path and natping_socket need raw sockets, which kamjit does not open",
        )
        .help("pings leave from the socket that took the registration; SIP pings follow the Path"));
    }
    let alias_name = match text(init, "alias_name") {
        name if name.is_empty() => b"alias".to_vec(),
        name => name,
    };
    let state = State {
        alias_name,
        keep_old_media_ip: init.int("append_sdp_oldmediaip") != 0,
        reserved_too: init.int("nat_addr_mode") != 0,
        mark: trim(&text(init, "nortpproxy_str")).to_vec(),
        received_avp,
        ping: ping::digest(init)?,
        pinging: AtomicBool::new(true),
    };
    if state.ping.as_ref().is_some_and(ping::Pings::expects_answers) {
        init.hooks.before_reply.push(keepalive::see_reply);
    }
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

impl State {
    fn is_pinging(&self) -> bool {
        self.pinging.load(Ordering::Relaxed)
    }
}

/// `fix_nated_register()` is useless without `received_avp`.
fn needs_received_avp(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match prepare.state(&STATE) {
        Some(state) if state.received_avp.is_some() => Ok(args),
        _ => Err(HostError::new("fix_nated_register() needs the parameter received_avp of nathelper")
            .help("modparam(\"nathelper|registrar\", \"received_avp\", \"$avp(received)\")")),
    }
}
