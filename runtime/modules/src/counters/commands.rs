//! Remote commands of counters: `cnt.*`. Shapes and texts are the real server's (captured).

use kamjit_engine::{
    module::RpcDef,
    rpc::{RpcCall, RpcFn, RpcRun},
    stats::Source,
};
use kamjit_rpc::{Fault, Value};

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

pub(super) static COMMANDS: &[RpcDef] = &[
    command("cnt.get", "Returns one statistic, or all of a group.", get),
    command("cnt.get_raw", "Returns one statistic.", get_raw),
    command("cnt.get_vars", "Returns all statistics of a group.", get_group),
    command("cnt.grp_get_all", "Returns all statistics of a group.", get_group),
    command("cnt.grps_list", "Lists the groups of statistics.", groups),
    command("cnt.help", "Returns what a statistic is.", help),
    command("cnt.list_groups", "Lists the groups of statistics.", groups),
    command("cnt.list_vars", "Lists the statistics of a group.", names),
    command("cnt.reset", "Sets a statistic to 0.", reset),
    command("cnt.var_list", "Lists the statistics of a group.", names),
];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sorted(call: &RpcCall, group: &str) -> Vec<(String, Source)> {
    let mut all = call.engine.stats.group(group);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn find(call: &RpcCall, group: &str, name: &str) -> Result<Source, Fault> {
    let missing = || Fault::new(400, format!("non-existent counter {group}.{name}\n"));
    call.engine.stats.find(group, name).ok_or_else(missing)
}

fn get(call: &mut RpcCall) -> Result<(), Fault> {
    let group = text(&call.str()?);
    match call.opt_str() {
        Some(name) => one(call, &group, &text(&name)),
        None => all(call, &group),
    }
}

fn get_raw(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, name) = (text(&call.str()?), text(&call.str()?));
    one(call, &group, &name)
}

fn one(call: &mut RpcCall, group: &str, name: &str) -> Result<(), Fault> {
    let value = find(call, group, name)?.value();
    call.add(value);
    Ok(())
}

fn get_group(call: &mut RpcCall) -> Result<(), Fault> {
    let group = text(&call.str()?);
    all(call, &group)
}

fn all(call: &mut RpcCall, group: &str) -> Result<(), Fault> {
    let members = sorted(call, group).into_iter().map(|(name, source)| (name, Value::Int(source.value())));
    call.add(Value::Struct(members.collect()));
    Ok(())
}

fn groups(call: &mut RpcCall) -> Result<(), Fault> {
    let mut groups = call.engine.stats.groups();
    groups.sort_unstable();
    groups.into_iter().for_each(|group| call.add(group));
    Ok(())
}

fn names(call: &mut RpcCall) -> Result<(), Fault> {
    let group = text(&call.str()?);
    sorted(call, &group).into_iter().for_each(|(name, _)| call.add(name));
    Ok(())
}

fn help(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, name) = (text(&call.str()?), text(&call.str()?));
    find(call, &group, &name)?;
    call.add("kamailio statistic (no description)");
    Ok(())
}

fn reset(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, name) = (text(&call.str()?), text(&call.str()?));
    if let Source::Counter(counter) = find(call, &group, &name)? {
        counter.set(0);
    }
    Ok(())
}
