//! The module `cfgutils`: chance, waiting, locks, global flags and small helpers of the script.

mod chance;
mod config_hash;
mod debug;
mod flags;
mod hash;
mod lock;
mod routes;
mod rpc;
mod wait;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, AtomicU32},
};

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{self, Int, IntVar, StrVar},
        Form, HostError, Param,
        ParamDefault::{self, NoStr},
        Routes, Rpc,
    },
    init::Init,
    module::{FunctionDef, RunFn},
    pv::read_only,
    rpc::{RpcFn, RpcRun},
    state::StateKey,
};

static STATE: StateKey<State> = StateKey::new();

struct State {
    /// Percent, 0 to 100.
    probability: AtomicI64,
    initial_probability: i64,
    flags: AtomicU32,
    locks: lock::Locks,
    hash_file: Option<String>,
    /// Its MD5 sum at the start, in hexadecimal.
    hash: OnceLock<String>,
}

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

const NONE: &[Form] = &[form(&[])];
const TEXT: &[Form] = &[form(&[StrVar])];
const TEXTS: &[Form] = &[form(&[StrVar]), form(&[StrVar, StrVar])];
const NUMBER: &[Form] = &[form(&[Int])];
const TIME: &[Form] = &[form(&[IntVar])];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn flag(name: &'static str, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms: NUMBER, run: Run::prepared(flags::check, run) }
}

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> Rpc<RpcRun> {
    Rpc { name, help, run: RpcRun::Now(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "cfgutils",
    functions: &[
        plain("abort", NONE, debug::abort),
        plain("check_route_exists", TEXT, routes::exists),
        plain("core_hash", &[form(&[StrVar, StrVar, IntVar])], hash::run),
        flag("is_gflag", flags::is_set),
        plain("lock", TEXTS, lock::lock),
        plain("pkg_status", NONE, debug::memory),
        plain("pkg_summary", NONE, debug::memory),
        plain("rand_event", NONE, chance::event),
        plain("rand_get_prob", NONE, chance::get),
        plain("rand_reset_prob", NONE, chance::reset),
        FunctionDef { name: "rand_set_prob", forms: NUMBER, run: Run::prepared(chance::check, chance::set) },
        flag("reset_gflag", flags::reset),
        plain("route_if_exists", TEXT, routes::run),
        flag("set_gflag", flags::set),
        plain("shm_status", NONE, debug::memory),
        plain("shm_summary", NONE, debug::memory),
        plain("sleep", TIME, wait::seconds),
        plain("trylock", TEXTS, lock::try_lock),
        plain("unlock", TEXTS, lock::unlock),
        plain("usleep", TIME, wait::microseconds),
    ],
    params: &[
        Param { name: "hash_file", default: NoStr },
        Param { name: "initial_gflags", default: ParamDefault::Int(0) },
        Param { name: "initial_probability", default: ParamDefault::Int(10) },
        Param { name: "lock_set_size", default: ParamDefault::Int(0) },
    ],
    pvs: &[read_only("RANDOM", chance::random)],
    rpc: &[
        command(
            "cfgutils.check_config_hash",
            "Tells whether the file is still as it was.",
            config_hash::rpc_check,
        ),
        command("cfgutils.get_config_hash", "The sum of the file at the start.", config_hash::rpc_get),
        command("cfgutils.get_gflags", "The global flags.", rpc::get_flags),
        command("cfgutils.is_gflag", "Tells whether all flags of a mask are set.", rpc::is_flag),
        command("cfgutils.rand_get_prob", "The probability in percent.", rpc::get_probability),
        command("cfgutils.rand_reset_prob", "Takes the initial probability again.", rpc::reset_probability),
        command("cfgutils.rand_set_prob", "Sets the probability in percent.", rpc::set_probability),
        command("cfgutils.reset_gflag", "Clears the flags of a mask.", rpc::reset_flag),
        command("cfgutils.set_gflag", "Sets the flags of a mask.", rpc::set_flag),
    ],
    init,
    start: Some(config_hash::start),
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let initial_probability = init.int("initial_probability");
    if !(0..=100).contains(&initial_probability) {
        return Err(HostError::new("cfgutils.initial_probability is a percentage, 0 to 100")
            .param("initial_probability", 0));
    }
    let hash_file = init.str("hash_file").map(|path| String::from_utf8_lossy(path).into_owned());
    let state = State {
        probability: AtomicI64::new(initial_probability),
        initial_probability,
        flags: AtomicU32::new(init.int("initial_gflags") as u32),
        locks: lock::Locks::new(init.int("lock_set_size")),
        hash_file,
        hash: OnceLock::new(),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}
