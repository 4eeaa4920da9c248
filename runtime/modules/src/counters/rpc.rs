//! The remote commands `cnt.*`. Groups and names come sorted, as from the real server.

use std::sync::Arc;

use kamjit_engine::{
    rpc::RpcCall,
    stats::{Source, Stats},
};
use kamjit_rpc::{Fault, Value};

use super::STATE;

fn stats(call: &RpcCall) -> Arc<Stats> {
    Arc::clone(&call.engine.stats)
}

fn text(call: &mut RpcCall) -> Result<String, Fault> {
    call.str().map(|text| String::from_utf8_lossy(&text).into_owned())
}

fn sorted(stats: &Stats, group: &str) -> Vec<(String, Source)> {
    let mut members = stats.group(group);
    members.sort_by(|a, b| a.0.cmp(&b.0));
    members
}

fn find(call: &mut RpcCall) -> Result<(String, String, Source), Fault> {
    let (group, name) = (text(call)?, text(call)?);
    match stats(call).find(&group, &name) {
        Some(source) => Ok((group, name, source)),
        None => Err(Fault::new(400, format!("non-existent counter {group}.{name}\n"))),
    }
}

/// `cnt.get group [name]`.
pub(super) fn get(call: &mut RpcCall) -> Result<(), Fault> {
    if call.rest().len() == 1 {
        return group(call);
    }
    let (_, _, source) = find(call)?;
    call.add(source.value());
    Ok(())
}

/// `cnt.get_raw group name`.
pub(super) fn get_raw(call: &mut RpcCall) -> Result<(), Fault> {
    get(call)
}

/// `cnt.grp_get_all group`; an unknown group is empty.
pub(super) fn group(call: &mut RpcCall) -> Result<(), Fault> {
    let group = text(call)?;
    let members = sorted(&stats(call), &group);
    call.add(Value::Struct(members.into_iter().map(|(name, s)| (name, Value::Int(s.value()))).collect()));
    Ok(())
}

/// `cnt.grps_list`.
pub(super) fn groups(call: &mut RpcCall) -> Result<(), Fault> {
    let mut groups = stats(call).groups();
    groups.sort();
    groups.into_iter().for_each(|group| call.add(group));
    Ok(())
}

/// `cnt.var_list group`.
pub(super) fn names(call: &mut RpcCall) -> Result<(), Fault> {
    let group = text(call)?;
    let members = sorted(&stats(call), &group);
    members.into_iter().for_each(|(name, _)| call.add(name));
    Ok(())
}

/// `cnt.help group name`.
pub(super) fn help(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, name, _) = find(call)?;
    let program = Arc::clone(&call.program);
    let description = STATE.find(&program).and_then(|state| state.descriptions.get(&(group, name)));
    call.add(description.map_or("kamailio statistic (no description)", String::as_str));
    Ok(())
}

/// `cnt.reset group name`; what is computed stays.
pub(super) fn reset(call: &mut RpcCall) -> Result<(), Fault> {
    if let (_, _, Source::Counter(counter)) = find(call)? {
        counter.set(0);
    }
    Ok(())
}
