//! Commands that give their parameters back.

use kamjit_rpc::Fault;

use crate::rpc::RpcCall;

pub(super) fn echo(call: &mut RpcCall) -> Result<(), Fault> {
    print_strings(call)
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
