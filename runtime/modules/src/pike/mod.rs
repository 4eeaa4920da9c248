//! The module `pike`: finds addresses that send too many requests. What happens to them the script decides.

mod rpc;
mod tree;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kamjit_engine::{
    Arg, Ctx, Engine, Module, Ret, Run,
    catalog::{ArgKind::StrVar, Form, HostError, Param, ParamDefault::Int, Routes, Rpc},
    init::Init,
    log::{self, Level},
    module::FunctionDef,
    rpc::RpcRun,
    state::StateKey,
    stats::Counter,
};

use tree::{Tree, Verdict};

static STATE: StateKey<State> = StateKey::new();

/// Trees by first byte, each with a lock of its own.
const TREES: usize = 16;

struct State {
    trees: [Mutex<Tree>; TREES],
    limit: u32,
    /// Seconds of a unit of time.
    unit: u64,
    level: Level,
    blocked: Counter,
    started: Instant,
}

const ROUTES: Routes = Routes::REQUEST.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "pike",
    functions: &[
        FunctionDef {
            name: "pike_check_ip",
            forms: &[Form { args: &[StrVar], routes: ROUTES }],
            run: Run::plain(check_ip),
        },
        FunctionDef {
            name: "pike_check_req",
            forms: &[Form { args: &[], routes: ROUTES }],
            run: Run::plain(check_request),
        },
    ],
    params: &[
        Param { name: "pike_log_level", default: Int(0) },
        Param { name: "remove_latency", default: Int(120) },
        Param { name: "reqs_density_per_unit", default: Int(30) },
        Param { name: "sampling_time_unit", default: Int(2) },
    ],
    rpc: &[
        Rpc { name: "pike.list", help: "Lists addresses: HOT, WARM or ALL.", run: RpcRun::Now(rpc::top) },
        Rpc { name: "pike.top", help: "Lists addresses: HOT, WARM or ALL.", run: RpcRun::Now(rpc::top) },
    ],
    init,
    start: Some(start),
    ..Module::EMPTY
};

/// The first byte of an address: the root that it hangs from.
fn first_byte(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(v4) => v4.octets()[0],
        IpAddr::V6(v6) => v6.octets()[0],
    }
}

impl State {
    fn tree(&self, address: IpAddr) -> MutexGuard<'_, Tree> {
        let tree = &self.trees[usize::from(first_byte(address)) % TREES];
        tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the start.
    fn now(&self) -> i64 {
        self.started.elapsed().as_secs() as i64
    }

    fn check(&self, address: IpAddr) -> Ret {
        let now = self.now();
        let verdict = self.tree(address).hit(address, now);
        match verdict {
            Verdict::Fine => Ret::TRUE,
            Verdict::Blocked => Ret::FALSE,
            Verdict::NewlyBlocked => {
                self.blocked.inc();
                log::module(self.level, "pike", format_args!("PIKE - BLOCKing ip {address}"));
                Ret(-2)
            }
        }
    }

    /// Ends a unit of time.
    fn next_unit(&self) {
        for tree in &self.trees {
            let freed = tree.lock().unwrap_or_else(PoisonError::into_inner).next_unit();
            self.unblock(freed);
        }
    }

    fn expire(&self) {
        let now = self.now();
        for tree in &self.trees {
            let freed = tree.lock().unwrap_or_else(PoisonError::into_inner).expire(now);
            self.unblock(freed);
        }
    }

    fn unblock(&self, freed: Vec<IpAddr>) {
        for address in freed {
            log::module(self.level, "pike", format_args!("PIKE - UNBLOCKing ip {address}"));
        }
    }
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let limit = u32::try_from(init.int("reqs_density_per_unit")).map_err(|_| {
        HostError::new("pike.reqs_density_per_unit can't be negative").param("reqs_density_per_unit", 0)
    })?;
    let latency = init.int("remove_latency").clamp(0, 1 << 31);
    let state = State {
        trees: std::array::from_fn(|_| Mutex::new(Tree::new(limit, latency))),
        limit,
        unit: init.int("sampling_time_unit").clamp(1, 1 << 30) as u64,
        level: Level::from_number(init.int("pike_log_level")),
        blocked: init.counter("blocked_ips"),
        started: Instant::now(),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

/// Starts the clock of the units.
fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    std::thread::Builder::new()
        .name("pike-timer".to_owned())
        .spawn(move || {
            for second in 1u64.. {
                std::thread::sleep(Duration::from_secs(1));
                if second % state.unit == 0 {
                    state.next_unit();
                }
                state.expire();
            }
        })
        .map(drop)
        .map_err(|e| HostError::new(format!("pike cannot start its timer: {e}")))
}

/// `pike_check_req()`: the source of the message.
fn check_request<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let address = ctx.rcv.src.ip();
    STATE.get(ctx).map_or(Ret::TRUE, |state| state.check(address))
}

/// `pike_check_ip(address)`.
fn check_ip<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let text = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let address = std::str::from_utf8(text).ok().and_then(|text| text.trim_matches(['[', ']']).parse().ok());
    match (address, STATE.get(ctx)) {
        (Some(address), Some(state)) => state.check(address),
        _ => {
            let text = text.escape_ascii();
            log::module(Level::Err, "pike", format_args!("failed to parse ip address: {text}"));
            Ret::FALSE
        }
    }
}
