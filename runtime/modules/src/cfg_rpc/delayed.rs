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
}

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "Internal Error"))
}

fn lock(state: &State) -> MutexGuard<'_, Vec<Change>> {
    state.delayed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn delay(call: &RpcCall, target: Target, value: &Value) -> Result<(), Fault> {
    let refuse = || Fault::new(400, "Failed to set the variable");
    let var = target.find(&call.engine).ok_or_else(refuse)?;
    let value = fit(&var, value).ok_or_else(refuse)?;
    let state = state(call)?;
    let mut delayed = lock(&state);
    delayed.retain(|c| c.target.group != target.group || c.target.name != target.name);
    if delayed.len() >= MAX_DELAYED {
        return Err(refuse());
    }
    delayed.push(Change { target, value });
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
        if let Some(var) = change.target.find(&call.engine) {
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
        call.add_struct(vec![
            ("group name", change.target.group.as_str().into()),
            ("variable name", change.target.name.as_str().into()),
            ("old value", old.unwrap_or_else(|| Value::from(""))),
            ("new value", change.value.clone()),
        ]);
    }
    Ok(())
}
