//! Commands that give their parameters back.

use kamjit_rpc::{Fault, Value};

use crate::rpc::{RpcCall, Via};

/// A fraction ends the list over BINRPC, and loses its fraction over JSON-RPC (captured).
pub(super) fn echo(call: &mut RpcCall) -> Result<(), Fault> {
    while let Some(next) = call.rest().first().cloned() {
        match next {
            Value::Double(_) if call.via == Via::Binrpc => break,
            Value::Double(f) => call.add((f as i64).to_string()),
            Value::Int(n) => call.add(n.to_string()),
            other => call.add(other),
        }
        call.opt_str();
    }
    Ok(())
}

pub(super) fn print_strings(call: &mut RpcCall) -> Result<(), Fault> {
    while let Some(text) = call.opt_str() {
        call.add(text);
    }
    Ok(())
}

pub(super) fn print_ints(call: &mut RpcCall) -> Result<(), Fault> {
    while let Some(number) = call.opt_int()? {
        call.add(number);
    }
    Ok(())
}
