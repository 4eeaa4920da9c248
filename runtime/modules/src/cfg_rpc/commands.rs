//! Commands that act at once. Codes and texts of refusals are the real server's (captured).

use std::sync::Arc;

use kamjit_engine::{
    Engine,
    catalog::{Param, ParamDefault},
    cfg::{CfgCell, CfgInitial, CfgInt, CfgStr, CfgVar, split_instance},
    program::Program,
    rpc::{RpcCall, apply_setting},
};
use kamjit_rpc::{Fault, Value};

use super::hidden::is_hidden;

/// A variable as a command names it.
pub(super) struct Target {
    pub(super) group: String,
    /// The instance of the group: `group[id]`.
    pub(super) id: Option<u32>,
    pub(super) name: String,
}

impl Target {
    /// Reads group and name.
    pub(super) fn read(call: &mut RpcCall) -> Result<Target, Fault> {
        let (group, name) = (call.str()?, call.str()?);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (group, id) = split(&text(group));
        Ok(Target { group, id, name: text(name) })
    }

    pub(super) fn find(&self, engine: &Engine) -> Option<CfgVar> {
        match self.id {
            Some(id) => engine.cfg.find_in(&self.group, id, &self.name),
            None => engine.cfg.find(&self.group, &self.name),
        }
    }

    /// The same variable of the group itself.
    pub(super) fn base(&self, engine: &Engine) -> Option<CfgVar> {
        engine.cfg.find(&self.group, &self.name)
    }
}

/// Splits `group[id]`.
fn split(text: &str) -> (String, Option<u32>) {
    match split_instance(text) {
        Some((group, id)) => (group.to_owned(), Some(id)),
        None => (text.to_owned(), None),
    }
}

/// A string parameter without default that is not set reads as `<null string>` (captured).
pub(super) fn value_of(program: &Program, group: &str, var: &CfgVar) -> Value {
    match &var.cell {
        CfgCell::Int { cell, .. } => Value::Int(cell.get()),
        CfgCell::Str(cell) => {
            let text = cell.get();
            let params = program.modules.iter().filter(|m| m.name == group).flat_map(|m| m.params);
            let unset = |p: &Param| {
                p.name == var.name && matches!(p.default, ParamDefault::NoStr | ParamDefault::Str(""))
            };
            if text.is_empty() && params.into_iter().any(unset) {
                return Value::from("<null string>");
            }
            Value::from(&*text)
        }
    }
}

/// Values that are refused although their type fits (captured).
fn takes(engine: &Engine, var: &CfgVar, value: &Value) -> bool {
    match value {
        // Without a socket of that family nothing could be sent there.
        Value::Int(1) if var.name == "dns_try_ipv6" => {
            engine.sockets.infos().iter().any(|i| i.addr.is_ipv6())
        }
        Value::Str(text) if var.name == "log_facility" => {
            kamjit_engine::log::is_facility(&String::from_utf8_lossy(text))
        }
        _ => true,
    }
}

/// What `value` becomes as the variable's type; `None` if it can't be.
pub(super) fn fit(engine: &Engine, var: &CfgVar, value: &Value) -> Option<Value> {
    if var.read_only || !takes(engine, var, value) {
        return None;
    }
    match (&var.cell, value) {
        (CfgCell::Int { range, .. }, _) => {
            let number = match value {
                Value::Int(n) => *n,
                Value::Str(text) => kamjit_engine::value::parse_int(text)?,
                _ => return None,
            };
            let fits = range.is_none_or(|(low, high)| (low..=high).contains(&number));
            fits.then_some(Value::Int(number))
        }
        (CfgCell::Str(_), Value::Int(n)) => Some(Value::from(n.to_string())),
        (CfgCell::Str(_), Value::Str(_)) => Some(value.clone()),
        (CfgCell::Str(_), _) => None,
    }
}

/// Stores a value that [`fit`] made.
pub(super) fn store(engine: &Arc<Engine>, target: &Target, var: &CfgVar, value: &Value) {
    if let Some(id) = target.id {
        let cell = match (&var.cell, value) {
            (CfgCell::Int { range, .. }, Value::Int(n)) => {
                CfgCell::Int { cell: CfgInt::new(*n), range: *range }
            }
            (CfgCell::Str(_), Value::Str(text)) => CfgCell::Str(CfgStr::new(text)),
            _ => return,
        };
        engine.cfg.instances().set(&target.group, id, &target.name, cell);
        return;
    }
    match (&var.cell, value) {
        (CfgCell::Int { cell, .. }, Value::Int(n)) => cell.set(*n),
        (CfgCell::Str(cell), Value::Str(text)) => cell.set(text),
        _ => return,
    }
    apply_setting(engine, &target.group, &target.name);
}

fn change(call: &RpcCall, target: &Target, value: &Value) -> Result<(), Fault> {
    let refuse = || Fault::new(400, "Failed to set the variable");
    let var = target.find(&call.engine).ok_or_else(refuse)?;
    let value = fit(&call.engine, &var, value).ok_or_else(refuse)?;
    store(&call.engine, target, &var, &value);
    Ok(())
}

pub(super) fn set_int(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = Value::Int(call.int()?);
    change(call, &target, &value)
}

pub(super) fn set_str(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = Value::Str(call.str()?);
    change(call, &target, &value)
}

pub(super) fn set(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let value = call.rest().first().cloned().ok_or_else(|| Fault::new(400, "Failed to set the variable"))?;
    change(call, &target, &value)
}

pub(super) fn get(call: &mut RpcCall) -> Result<(), Fault> {
    let missing = || Fault::new(500, "Failed to get the parameters");
    let (group, id) = split(&String::from_utf8_lossy(&call.opt_str().ok_or_else(missing)?));
    let find = |call: &RpcCall, name: &str| match id {
        Some(id) => call.engine.cfg.find_in(&group, id, name),
        None => call.engine.cfg.find(&group, name),
    };
    match call.opt_str() {
        Some(name) => {
            let name = String::from_utf8_lossy(&name).into_owned();
            let var = find(call, &name);
            if var.is_some() && is_hidden(&group, &name) {
                return Err(Fault::new(400, "Variable exists, but it is not readable via RPC interface"));
            }
            let value = var
                .as_ref()
                .map(|v| value_of(&call.program, &group, v))
                .ok_or_else(|| Fault::new(400, "Failed to get the variable"))?;
            call.add(value);
        }
        None => {
            if id.is_some_and(|id| !call.engine.cfg.instances().exists(&group, id)) {
                return Err(Fault::new(400, "Failed to get the variable"));
            }
            let vars = call.engine.cfg.group(&group);
            let vars: Vec<CfgVar> = vars.into_iter().filter_map(|v| find(call, &v.name)).collect();
            let readable = vars.iter().filter(|v| !is_hidden(&group, &v.name));
            call.add(Value::Struct(
                readable.map(|v| (v.name.clone(), value_of(&call.program, &group, v))).collect(),
            ));
        }
    }
    Ok(())
}

pub(super) fn help(call: &mut RpcCall) -> Result<(), Fault> {
    let target = Target::read(call)?;
    let var = Some(&target)
        .filter(|t| t.id.is_none())
        .and_then(|t| t.find(&call.engine))
        .ok_or_else(|| Fault::new(400, "Failed to get the variable description"))?;
    let kind = match var.cell {
        CfgCell::Int { .. } => "integer",
        CfgCell::Str(_) => "string",
    };
    call.add(var.description);
    call.add(format!("(parameter type is {kind})"));
    Ok(())
}

/// The group registered last comes first (captured).
pub(super) fn list(call: &mut RpcCall) -> Result<(), Fault> {
    let only = call.opt_str();
    for group in call.engine.cfg.groups().into_iter().rev() {
        if only.as_ref().is_some_and(|o| o != group.as_bytes()) {
            continue;
        }
        for var in call.engine.cfg.group(&group) {
            call.add(format!("{group}: {}", var.name));
        }
    }
    Ok(())
}

pub(super) fn reset(call: &mut RpcCall) -> Result<(), Fault> {
    let group = String::from_utf8_lossy(&call.str()?).into_owned();
    let vars = call.engine.cfg.group(&group);
    if vars.is_empty() {
        return Err(Fault::new(500, "Reset failed"));
    }
    for var in vars {
        let value = match &var.initial {
            CfgInitial::Int(n) => Value::Int(*n),
            CfgInitial::Str(text) => Value::Str(text.clone()),
        };
        let target = Target { group: group.clone(), id: None, name: var.name.clone() };
        store(&call.engine, &target, &var, &value);
    }
    Ok(())
}

/// Reads `group[id]`.
fn instance(call: &mut RpcCall) -> Result<(String, u32), Fault> {
    let text = String::from_utf8_lossy(&call.str()?).into_owned();
    match split(&text) {
        (group, Some(id)) => Ok((group, id)),
        _ => Err(Fault::new(400, "Wrong group syntax. Use \"group[id]\"")),
    }
}

pub(super) fn add_instance(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, id) = instance(call)?;
    let cfg = &call.engine.cfg;
    if cfg.group(&group).is_empty() || !cfg.instances().add(&group, id) {
        return Err(Fault::new(400, "Failed to add the group instance"));
    }
    Ok(())
}

pub(super) fn remove_instance(call: &mut RpcCall) -> Result<(), Fault> {
    let (group, id) = instance(call)?;
    if call.engine.cfg.instances().remove(&group, id) {
        return Ok(());
    }
    Err(Fault::new(400, "Failed to delete the group instance"))
}

/// The variable of an instance becomes that of its group again.
pub(super) fn delete(call: &mut RpcCall) -> Result<(), Fault> {
    let refuse = || Fault::new(400, "Failed to delete the value");
    let (group, id) = instance(call)?;
    let name = String::from_utf8_lossy(&call.str()?).into_owned();
    let known = call.engine.cfg.find(&group, &name).is_some();
    if known && call.engine.cfg.instances().unset(&group, id, &name) {
        return Ok(());
    }
    Err(refuse())
}
