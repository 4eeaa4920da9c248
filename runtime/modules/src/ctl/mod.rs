//! The module `ctl`: remote commands in BINRPC over unix, UDP and TCP sockets (`kamcmd`).

mod address;
mod commands;
mod datagram;
mod stream;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use kamjit_engine::{
    Engine, Module,
    catalog::{ConfigValue, HostError, Param, ParamDefault},
    init::Init,
    module::RpcDef,
    rpc::{
        self, RpcRun, Via,
        files::{Ownership, control_path, path_error, remove_stale},
    },
    state::StateKey,
};
use kamjit_rpc::{Fault, Outcome, Value, binrpc};

use address::{Address, Connection};

/// The export table.
pub static MODULE: Module = Module {
    name: "ctl",
    params: &[
        Param { name: "autoconversion", default: ParamDefault::Int(0) },
        Param { name: "binrpc", default: ParamDefault::Many },
        Param { name: "binrpc_buffer_size", default: ParamDefault::Int(1024) },
        Param { name: "binrpc_max_body_size", default: ParamDefault::Int(32) },
        Param { name: "binrpc_struct_max_body_size", default: ParamDefault::Int(8) },
        Param { name: "group", default: ParamDefault::Any },
        Param { name: "mode", default: ParamDefault::Int(0o600) },
        Param { name: "user", default: ParamDefault::Any },
    ],
    rpc: &[
        command("ctl.connections", "Returns how many control connections are open.", commands::connections),
        command("ctl.listen", "Lists the control sockets.", commands::listen),
        command("ctl.who", "Lists the open control connections.", commands::who),
    ],
    init,
    start: Some(start),
    stop: Some(stop),
    ..Module::EMPTY
};

const fn command(name: &'static str, help: &'static str, run: rpc::RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

/// What the module keeps.
pub(super) struct State {
    addresses: Vec<Address>,
    ownership: Ownership,
    /// Sockets as they were bound.
    bound: Mutex<Vec<Address>>,
    connections: Mutex<BTreeMap<u64, Connection>>,
    next: AtomicU64,
}

static STATE: StateKey<State> = StateKey::new();

/// The socket without any `binrpc` parameter, in the run directory.
const DEFAULT: &str = "unix:kamailio_ctl";

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let mut addresses = Vec::new();
    for value in init.all("binrpc") {
        if let ConfigValue::Str(text) = value {
            addresses.push(Address::parse(text)?);
        }
    }
    if addresses.is_empty() {
        addresses.push(Address::parse(DEFAULT.as_bytes())?);
    }
    let state = State {
        addresses,
        ownership: Ownership::from_params(init, "mode", "user", "group")?,
        bound: Mutex::default(),
        connections: Mutex::default(),
        next: AtomicU64::new(1),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    let _runtime = engine.control.enter();
    for address in &state.addresses {
        let bound = match address {
            Address::UnixStream(path) | Address::UnixDatagram(path) => {
                let path = control_path(engine, path.as_os_str().as_encoded_bytes());
                remove_stale(&path).map_err(|e| path_error("replace", &path, &e))?;
                let bound = match address {
                    Address::UnixStream(_) => stream::listen_unix(engine, &state, path.clone()),
                    _ => datagram::listen_unix(engine, path.clone()),
                };
                let bound = bound.map_err(|e| path_error("listen on", &path, &e))?;
                state.ownership.apply(&path).map_err(|e| path_error("change owner or mode of", &path, &e))?;
                bound
            }
            Address::Tcp(addr) => stream::listen_tcp(engine, &state, *addr)
                .map_err(|e| HostError::new(format!("cannot listen on tcp:{addr}: {e}")))?,
            Address::Udp(addr) => datagram::listen_udp(engine, *addr)
                .map_err(|e| HostError::new(format!("cannot listen on udp:{addr}: {e}")))?,
        };
        lock(&state.bound).push(bound);
    }
    Ok(())
}

fn stop(engine: &Arc<Engine>) {
    let Some(state) = engine.program().shared_state(&STATE) else { return };
    for address in lock(&state.bound).iter() {
        if let Address::UnixStream(path) | Address::UnixDatagram(path) = address {
            let _ = std::fs::remove_file::<&PathBuf>(path);
        }
    }
}

impl State {
    fn enter(&self, connection: Connection) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.connections).insert(id, connection);
        id
    }

    fn leave(&self, id: u64) {
        lock(&self.connections).remove(&id);
    }
}

/// Runs the command of a request packet's body and writes the answer.
async fn answer(engine: &Arc<Engine>, header: &binrpc::Header, body: &[u8]) -> Vec<u8> {
    binrpc::encode_outcome(&run(engine, header, body).await, header.cookie)
}

async fn run(engine: &Arc<Engine>, header: &binrpc::Header, body: &[u8]) -> Outcome {
    if header.kind != binrpc::Kind::Request {
        return Err(Fault::new(400, "bad request"));
    }
    let mut values = binrpc::decode_values(body).map_err(|e| Fault::new(400, e.to_string()))?;
    if values.is_empty() {
        return Err(Fault::new(400, "bad request"));
    }
    let Value::Str(name) = values.remove(0) else { return Err(Fault::new(400, "bad request")) };
    rpc::run(engine, Via::Binrpc, &String::from_utf8_lossy(&name), values).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
