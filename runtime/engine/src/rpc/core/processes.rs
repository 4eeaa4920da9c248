//! The threads of the server.

use kamjit_rpc::{Fault, Value};

use crate::{
    process::{self, Process},
    rpc::RpcCall,
};

/// All threads, the main one first.
pub fn rows() -> Vec<Process> {
    process::list()
}

pub(super) fn ps(call: &mut RpcCall) -> Result<(), Fault> {
    for p in rows() {
        call.add(p.pid);
        call.add(p.description);
    }
    Ok(())
}

pub(super) fn psx(call: &mut RpcCall) -> Result<(), Fault> {
    for p in rows() {
        call.add_struct(vec![
            ("IDX", Value::Int(p.index.into())),
            ("PID", p.pid.into()),
            ("DSC", p.description.into()),
        ]);
    }
    Ok(())
}

pub(super) fn psa(call: &mut RpcCall) -> Result<(), Fault> {
    for p in rows() {
        call.add_struct(vec![
            ("index", Value::Int(p.index.into())),
            ("pid", p.pid.into()),
            ("status", Value::Int(1)),
            ("rank", p.rank.into()),
            ("description", p.description.into()),
        ]);
    }
    Ok(())
}
