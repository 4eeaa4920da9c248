//! What commands there are.

use kamjit_rpc::Fault;

use crate::rpc::{RpcCall, commands};

pub(super) fn list_methods(call: &mut RpcCall) -> Result<(), Fault> {
    let mut names: Vec<_> = commands(&call.program).map(|c| c.name).collect();
    names.sort_unstable();
    names.into_iter().for_each(|name| call.add(name));
    Ok(())
}

pub(super) fn method_help(call: &mut RpcCall) -> Result<(), Fault> {
    let name = call.str()?;
    let command = commands(&call.program).find(|c| c.name.as_bytes() == name);
    let help = command.ok_or_else(|| Fault::new(400, "command not found"))?.help;
    call.add(if help.is_empty() { "undocumented" } else { help });
    Ok(())
}

pub(super) fn method_signature(_: &mut RpcCall) -> Result<(), Fault> {
    Err(Fault::new(500, "Not Implemented Yet"))
}
