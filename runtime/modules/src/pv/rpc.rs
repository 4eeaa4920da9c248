//! `pv.shvGet` and `pv.shvSet`.

use kamjit_catalog::Rpc;
use kamjit_engine::{
    avp::AvpValue,
    module::RpcDef,
    rpc::{RpcCall, RpcRun},
};
use kamjit_rpc::{Fault, Value};

use super::script::STATE;

pub(super) const COMMANDS: &[RpcDef] = &[
    Rpc { name: "pv.shvGet", help: "Shows a shared variable, or all of them", run: RpcRun::Now(get) },
    Rpc {
        name: "pv.shvSet",
        help: "Assigns a shared variable: name, int or str, value",
        run: RpcRun::Now(set),
    },
];

fn entry(name: &[u8], value: &AvpValue) -> Value {
    let (kind, value) = match value {
        AvpValue::Int(n) => ("int", Value::from(*n)),
        AvpValue::Str(text) => ("string", Value::Str(text.to_vec())),
    };
    Value::Struct(vec![
        ("name".to_owned(), Value::Str(name.to_vec())),
        ("type".to_owned(), Value::from(kind)),
        ("value".to_owned(), value),
    ])
}

fn get(call: &mut RpcCall) -> Result<(), Fault> {
    let program = std::sync::Arc::clone(&call.program);
    let Some(state) = STATE.find(&program) else { return Err(Fault::new(500, "the module is not loaded")) };
    match call.opt_str() {
        Some(name) => match state.shared.get(&name) {
            Some(value) => call.add(entry(&name, &value)),
            None => return Err(Fault::new(404, "Variable not found")),
        },
        None => {
            for (name, value) in state.shared.all() {
                call.add(entry(&name, &value));
            }
        }
    }
    Ok(())
}

fn set(call: &mut RpcCall) -> Result<(), Fault> {
    let program = std::sync::Arc::clone(&call.program);
    let Some(state) = STATE.find(&program) else { return Err(Fault::new(500, "the module is not loaded")) };
    let (name, kind) = (call.str()?, call.str()?);
    let value = match kind.as_slice() {
        b"int" => AvpValue::Int(call.int()?),
        b"str" | b"string" => AvpValue::Str(call.str()?.into()),
        _ => return Err(Fault::new(500, "the type is int or str")),
    };
    if !state.shared.set(&name, value) {
        return Err(Fault::new(500, "Cannot set shared variable value"));
    }
    Ok(())
}
