//! Memory by process and module: `pkg.*`, `mod.*`. There are no private pools and no count by module; the commands
//! answer in the real server's structure, with the figures of the whole process in the first row.

use kamjit_engine::{
    module::RpcDef,
    rpc::{
        RpcCall, RpcFn, RpcRun,
        core::{Memory, rows, shared_memory},
    },
};
use kamjit_rpc::{Fault, Value};

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

pub(super) const COMMANDS: [RpcDef; 5] = [
    command("mod.mem_stats", "Returns memory by module.", modules),
    command("mod.mem_statsx", "Returns memory by module.", modules),
    command("mod.stats", "Returns memory by module.", modules),
    command("pkg.info", "Returns the kind of private memory.", pkg_info),
    command("pkg.stats", "Returns memory by thread: all, index N, pid N or rank N.", pkg_stats),
];

fn pkg_info(call: &mut RpcCall) -> Result<(), Fault> {
    call.add_struct(vec![("name", "system".into()), ("size", Value::Int(shared_memory().total))]);
    Ok(())
}

fn pkg_stats(call: &mut RpcCall) -> Result<(), Fault> {
    let by = call.opt_str();
    let wanted = match by.as_deref() {
        None | Some(b"all") => None,
        Some(_) if call.rest().is_empty() => return Err(Fault::new(500, "One more parameter expected")),
        Some(_) => Some(call.int()?),
    };
    let whole = shared_memory();
    for p in rows() {
        let key = match by.as_deref() {
            Some(b"index") => i64::from(p.index),
            Some(b"pid") => i64::from(p.pid),
            Some(b"rank") => i64::from(p.rank),
            None | Some(b"all") => 0,
            Some(_) => return Err(Fault::new(500, "Invalid filter")),
        };
        if wanted.is_some_and(|n| n != key) {
            continue;
        }
        let memory = if p.index == 0 { whole } else { Memory::default() };
        call.add_struct(vec![
            ("entry", Value::Int(p.index.into())),
            ("pid", p.pid.into()),
            ("rank", p.rank.into()),
            ("used", Value::Int(memory.used)),
            ("free", Value::Int(memory.free)),
            ("real_used", Value::Int(memory.used)),
            ("total_size", Value::Int(memory.total)),
            ("total_frags", Value::Int(0)),
            ("desc", p.description.into()),
        ]);
    }
    Ok(())
}

fn modules(call: &mut RpcCall) -> Result<(), Fault> {
    let needed = || Fault::new(500, "Module name or \"all\" needed");
    let name = String::from_utf8_lossy(&call.opt_str().ok_or_else(needed)?).into_owned();
    let kind = call.opt_str().unwrap_or_else(|| b"all".to_vec());
    let pools = match kind.as_slice() {
        b"all" => 2,
        b"pkg" | b"shm" => 1,
        _ => return Err(Fault::new(500, "Invalid memory type")),
    };
    let names: Vec<_> = call.program.modules.iter().map(|m| m.name).collect();
    for module in names.into_iter().filter(|m| name == "all" || name == *m) {
        call.add(format!("Module: {module}"));
        for _ in 0..pools {
            call.add_struct(vec![("Total", Value::Int(0))]);
        }
        call.add("");
    }
    Ok(())
}
