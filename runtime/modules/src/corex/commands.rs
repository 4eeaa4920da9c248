//! Remote commands of corex: `corex.*`, `shm.*`.

use kamjit_engine::{
    log,
    module::RpcDef,
    rpc::{RpcCall, RpcFn, RpcRun, core::shared_memory},
};
use kamjit_rpc::{Fault, Value};

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

pub(super) static COMMANDS: &[RpcDef] = &[
    command("corex.debug", "Returns the log level, or changes it.", debug),
    command("corex.list_aliases", "Lists the names that count as this server.", aliases),
    command("corex.list_sockets", "Lists the sockets that the server listens on.", sockets),
    command("corex.pkg_summary", "Asks a thread for a report of its memory; there is none.", pkg_summary),
    command("corex.shm_status", "Asks for a report of the shared memory; there is none.", no_report),
    command("corex.shm_summary", "Asks for a report of the shared memory; there is none.", no_report),
    command("shm.info", "Returns the kind of memory.", shm_info),
    command("shm.report", "Is refused as by most memory managers of the real server.", shm_report),
    command("shm.stats", "Returns how much memory is used.", shm_stats),
];

/// In the real server the report goes to the log (codes and texts: captured).
fn pkg_summary(call: &mut RpcCall) -> Result<(), Fault> {
    let missing = || Fault::new(400, "Selector and value not provided");
    let (selector, _) = (call.opt_str().ok_or_else(missing)?, call.opt_int()?.ok_or_else(missing)?);
    match selector.as_slice() {
        b"idx" | b"pid" => no_report(call),
        _ => Err(Fault::new(500, "Unsupported selector type")),
    }
}

fn no_report(_: &mut RpcCall) -> Result<(), Fault> {
    log::core(log::Level::Info, format_args!("the system manages the memory; there is no report of it"));
    Ok(())
}

fn shm_report(_: &mut RpcCall) -> Result<(), Fault> {
    Err(Fault::new(500, "No report callback function"))
}

fn debug(call: &mut RpcCall) -> Result<(), Fault> {
    let old = log::level();
    match call.opt_int()? {
        None => call.add_struct(vec![("debug", old.into())]),
        Some(new) => {
            let new = i32::try_from(new).unwrap_or(i32::MAX);
            log::set_level(new);
            if let Some(var) = call.engine.cfg.find("core", "debug")
                && let kamjit_engine::cfg::CfgCell::Int { cell, .. } = var.cell
            {
                cell.set(i64::from(new));
            }
            call.add_struct(vec![("old", old.into()), ("new", new.into())]);
        }
    }
    Ok(())
}

fn aliases(call: &mut RpcCall) -> Result<(), Fault> {
    let engine = call.engine.clone();
    for alias in engine.identity.aliases().iter().rev() {
        call.add_struct(vec![
            ("PROTO", alias.proto.map_or("*", |p| p.name()).into()),
            ("ADDR", Value::from(&*alias.host)),
            ("PORT", alias.port.map_or_else(|| Value::from("*"), |p| Value::Int(p.into()))),
        ]);
    }
    Ok(())
}

fn sockets(call: &mut RpcCall) -> Result<(), Fault> {
    let engine = call.engine.clone();
    for info in engine.sockets.infos() {
        let address = info.addr.ip().to_string();
        let advertise = info.advertise.as_ref().map_or_else(
            || "-".to_owned(),
            |(host, port)| {
                let port = if *port == 0 { info.addr.port() } else { *port };
                format!("{}:{host}:{port}", info.proto.name())
            },
        );
        call.add_struct(vec![
            ("PROTO", info.proto.name().into()),
            ("NAME", address.as_str().into()),
            ("ADDRLIST", Value::record([("ADDR", address.as_str().into())])),
            ("PORT", info.addr.port().to_string().into()),
            ("MCAST", "no".into()),
            ("MHOMED", "no".into()),
            ("VIRTUAL", "no".into()),
            ("SOCKNAME", info.name.as_deref().unwrap_or("-").into()),
            ("ADVERTISE", advertise.into()),
        ]);
    }
    Ok(())
}

fn shm_info(call: &mut RpcCall) -> Result<(), Fault> {
    call.add_struct(vec![("name", "system".into()), ("size", Value::Int(shared_memory().total))]);
    Ok(())
}

fn shm_stats(call: &mut RpcCall) -> Result<(), Fault> {
    let memory = shared_memory();
    call.add_struct(vec![
        ("total", Value::Int(memory.total)),
        ("free", Value::Int(memory.free)),
        ("used", Value::Int(memory.used)),
        ("real_used", Value::Int(memory.used)),
        ("max_used", Value::Int(memory.max_used)),
        ("fragments", Value::Int(0)),
    ]);
    Ok(())
}
