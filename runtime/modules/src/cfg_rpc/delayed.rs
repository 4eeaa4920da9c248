//! Changes that are collected and take effect together.

use std::sync::{Arc, MutexGuard, PoisonError};

use kamjit_engine::rpc::RpcCall;
use kamjit_rpc::{Fault, Value};

use super::{
    STATE, State,
    commands::{Target, fit, store, value_of},
};

/// Changes that wait at most.
const MAX_DELAYED: usize = 10_000;

/// One change.
pub(super) struct Change {
    target: Target,
    value: Value,
    /// The instance gives its own value up.
    delete: bool,
}

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "Internal Error"))
}

fn lock(state: &State) -> MutexGuard<'_, Vec<Change>> {
    state.delayed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn delay(call: &RpcCall, target: Target, value: &Value) -> Result<(), Fault> {
    delay_change(call, target, value, false)
}

/// The variable of an instance becomes that of its group again, with the next commit.
pub(super) fn delete(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    if target.id.is_none() {
        return Err(Fault::new(400, "Wrong group syntax. Use \"group[id]\""));
    }
    let refuse = || Fault::new(400, "Failed to delete the value");
    let base = target.base(&call.engine).ok_or_else(refuse)?;
    let value = value_of(&call.program, &target.group, &base);
    delay_change(call, target, &value, true).map_err(|_| refuse())
}

fn delay_change(call: &RpcCall, target: Target, value: &Value, delete: bool) -> Result<(), Fault> {
    let refuse = || Fault::new(400, "Failed to set the variable");
    let var = target.find(&call.engine).ok_or_else(refuse)?;
    let value = fit(&call.engine, &var, value).ok_or_else(refuse)?;
    let state = state(call)?;
    let mut delayed = lock(&state);
    let same = |c: &Change| {
        c.target.group == target.group && c.target.id == target.id && c.target.name == target.name
    };
    delayed.retain(|c| !same(c));
    if delayed.len() >= MAX_DELAYED {
        return Err(refuse());
    }
    delayed.push(Change { target, value, delete });
    Ok(())
}

pub(super) fn set_int(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = Value::Int(call.int()?);
    delay(call, target, &value)
}

pub(super) fn set_str(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = Value::Str(call.str()?);
    delay(call, target, &value)
}

pub(super) fn set(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = call.rest().first().cloned().ok_or_else(|| Fault::new(400, "Failed to set the variable"))?;
    delay(call, target, &value)
}

pub(super) fn commit(call: &mut RpcCall) -> Result<(), Fault> {
    let changes = std::mem::take(&mut *lock(&*state(call)?));
    for change in changes {
        if let (Some(id), true) = (change.target.id, change.delete) {
            call.engine.cfg.instances().unset(&change.target.group, id, &change.target.name);
        } else if let Some(var) = change.target.find(&call.engine) {
            store(&call.engine, &change.target, &var, &change.value);
        }
    }
    Ok(())
}

pub(super) fn rollback(call: &mut RpcCall) -> Result<(), Fault> {
    lock(&*state(call)?).clear();
    Ok(())
}

pub(super) fn diff(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    for change in lock(&state).iter() {
        let old = change
            .target
            .find(&call.engine)
            .as_ref()
            .map(|v| value_of(&call.program, &change.target.group, v));
        let mut fields = vec![("group name", change.target.group.as_str().into())];
        fields.extend(change.target.id.map(|id| ("group id", Value::Int(id.into()))));
        fields.push(("variable name", change.target.name.as_str().into()));
        fields.push(("old value", old.unwrap_or_else(|| Value::from(""))));
        fields.push(("new value", change.value.clone()));
        call.add_struct(fields);
    }
    Ok(())
}
