//! The module `jsonrpcs`: remote commands in JSON-RPC 2.0 over a fifo, a datagram socket, and from the script.

mod answer;
mod datagram;
mod fifo;
mod script;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kamjit_engine::{
    Engine, Module, Run,
    catalog::{ArgKind, Form, HostError, InnerName, Param, ParamDefault, Routes},
    init::Init,
    module::{FunctionDef, RpcDef},
    pv::{PvDef, named},
    rpc::{
        RpcCall, RpcRun,
        files::{Ownership, control_path, path_error, remove_stale},
    },
    state::StateKey,
};
use kamjit_rpc::{Fault, json::Layout};

/// Bits of the parameter `transport`.
const HTTP: i64 = 1;
const FIFO: i64 = 2;
const DATAGRAM: i64 = 4;

/// What the module keeps.
struct State {
    layout: Layout,
    fifo: Option<Fifo>,
    datagram: Option<Datagram>,
    /// Files to remove at the end.
    files: Mutex<Vec<PathBuf>>,
}

struct Fifo {
    path: Vec<u8>,
    reply_dir: Vec<u8>,
    ownership: Ownership,
}

struct Datagram {
    address: Vec<u8>,
    timeout: Duration,
    ownership: Ownership,
}

static STATE: StateKey<State> = StateKey::new();

/// The export table.
pub static MODULE: Module = Module {
    name: "jsonrpcs",
    functions: &[
        FunctionDef {
            name: "jsonrpc_dispatch",
            forms: &[Form { args: &[], routes: Routes::REQUEST }],
            run: Run::prepared(script::prepare_dispatch, script::dispatch),
        },
        FunctionDef {
            name: "jsonrpc_exec",
            forms: &[Form { args: &[ArgKind::StrVar], routes: Routes::ANY }],
            run: Run::plain(script::exec),
        },
    ],
    params: &[
        Param { name: "dgram_group", default: ParamDefault::Any },
        Param { name: "dgram_mode", default: ParamDefault::Int(0o660) },
        Param { name: "dgram_socket", default: ParamDefault::Str("kamailio_rpc.sock") },
        Param { name: "dgram_timeout", default: ParamDefault::Int(2000) },
        Param { name: "dgram_user", default: ParamDefault::Any },
        Param { name: "dgram_workers", default: ParamDefault::Int(1) },
        Param { name: "fifo_group", default: ParamDefault::Any },
        Param { name: "fifo_mode", default: ParamDefault::Int(0o660) },
        Param { name: "fifo_name", default: ParamDefault::Str("kamailio_rpc.fifo") },
        Param { name: "fifo_reply_dir", default: ParamDefault::Str("/tmp/") },
        Param { name: "fifo_user", default: ParamDefault::Any },
        Param { name: "pretty_format", default: ParamDefault::Int(1) },
        Param { name: "transport", default: ParamDefault::Int(FIFO | DATAGRAM) },
    ],
    pvs: PVS,
    rpc: &[RpcDef { name: "jsonrpc.echo", help: "Returns its parameters.", run: RpcRun::Now(echo) }],
    init,
    start: Some(start),
    stop: Some(stop),
    ..Module::EMPTY
};

static PVS: &[PvDef] = &[named("jsonrpl", InnerName::Static, script::reply, Some(script::parse_reply))];

fn echo(call: &mut RpcCall) -> Result<(), Fault> {
    for value in call.rest().to_vec() {
        call.add(value);
    }
    Ok(())
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let transport = init.int("transport");
    if !(0..8).contains(&transport) {
        return Err(HostError::new(format!("transport {transport} is not a sum of 1, 2 and 4")));
    }
    if transport & HTTP != 0 && !init.is_loaded("xhttp") {
        return Err(HostError::new("transport 1 (HTTP) needs the module xhttp"));
    }
    let named = |name: &str| init.str(name).filter(|t| !t.is_empty()).map(<[u8]>::to_vec);
    let wanted = |bit: i64| transport == 0 || transport & bit != 0;
    let fifo = match named("fifo_name").filter(|_| wanted(FIFO)) {
        Some(path) => Some(Fifo {
            path,
            reply_dir: named("fifo_reply_dir").unwrap_or_else(|| b"/tmp/".to_vec()),
            ownership: Ownership::from_params(init, "fifo_mode", "fifo_user", "fifo_group")?,
        }),
        None => None,
    };
    let datagram = match named("dgram_socket").filter(|_| wanted(DATAGRAM)) {
        Some(address) => Some(Datagram {
            address,
            timeout: Duration::from_millis(u64::try_from(init.int("dgram_timeout")).unwrap_or(0)),
            ownership: Ownership::from_params(init, "dgram_mode", "dgram_user", "dgram_group")?,
        }),
        None => None,
    };
    let layout = if init.int("pretty_format") != 0 { Layout::Pretty } else { Layout::Compact };
    init.set_state(&STATE, Arc::new(State { layout, fifo, datagram, files: Mutex::default() }));
    Ok(())
}

fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    let _runtime = engine.control.enter();
    if let Some(config) = &state.fifo {
        let path = control_path(engine, &config.path);
        remove_stale(&path).map_err(|e| path_error("replace", &path, &e))?;
        let reply_dir = control_path(engine, &config.reply_dir);
        fifo::listen(engine, &path, reply_dir, state.layout).map_err(|e| path_error("make", &path, &e))?;
        config.ownership.apply(&path).map_err(|e| path_error("change owner or mode of", &path, &e))?;
        state.remember(path);
    }
    if let Some(config) = &state.datagram {
        match datagram::network_address(&config.address)? {
            Some(addr) => datagram::listen_udp(engine, addr, state.layout)
                .map_err(|e| HostError::new(format!("cannot listen on udp:{addr}: {e}")))?,
            None => {
                let path = control_path(engine, &config.address);
                remove_stale(&path).map_err(|e| path_error("replace", &path, &e))?;
                datagram::listen_unix(engine, &path, state.layout, config.timeout)
                    .map_err(|e| path_error("listen on", &path, &e))?;
                config
                    .ownership
                    .apply(&path)
                    .map_err(|e| path_error("change owner or mode of", &path, &e))?;
                state.remember(path);
            }
        }
    }
    Ok(())
}

fn stop(engine: &Arc<Engine>) {
    let Some(state) = engine.program().shared_state(&STATE) else { return };
    for path in state.files.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _ = std::fs::remove_file(path);
    }
}

impl State {
    fn remember(&self, path: PathBuf) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    }
}
