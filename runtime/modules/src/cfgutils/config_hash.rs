//! The sum of the configuration file: whether it changed since the start.

use std::sync::Arc;

use kamjit_engine::{Engine, catalog::HostError, rpc::RpcCall};
use kamjit_rpc::Fault;
use md5::{Digest, Md5};

use super::{STATE, State};

fn sum(path: &str) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    Ok(Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Takes the sum; a file that cannot be read ends the start, as in the real server.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    let Some(path) = &state.hash_file else { return Ok(()) };
    let sum =
        sum(path).map_err(|e| HostError::new(format!("cfgutils.hash_file: {path} cannot be read: {e}")))?;
    let _ = state.hash.set(sum);
    Ok(())
}

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "cfgutils is not loaded"))
}

/// `cfgutils.get_config_hash`; without a file the answer is empty (captured).
pub(super) fn rpc_get(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    call.add(state.hash.get().map_or("", String::as_str));
    Ok(())
}

/// `cfgutils.check_config_hash`.
pub(super) fn rpc_check(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    let (Some(path), Some(before)) = (&state.hash_file, state.hash.get()) else {
        return Err(Fault::new(500, "No hash file"));
    };
    match sum(path) {
        Ok(now) if now == *before => call.add("Identical hash"),
        Ok(_) => call.add("Different hash"),
        Err(_) => return Err(Fault::new(500, "Failed to hash the file")),
    }
    Ok(())
}
