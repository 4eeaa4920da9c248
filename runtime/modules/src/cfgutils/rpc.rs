//! The remote commands `cfgutils.*`; texts as captured from the real server.

use std::sync::{Arc, atomic::Ordering};

use kamjit_engine::rpc::RpcCall;
use kamjit_rpc::Fault;

use super::{STATE, State};

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "cfgutils is not loaded"))
}

fn number(call: &mut RpcCall) -> Result<i64, Fault> {
    call.opt_int().ok().flatten().ok_or_else(|| Fault::new(500, "Invalid Parameters"))
}

/// `cfgutils.get_gflags`.
pub(super) fn get_flags(call: &mut RpcCall) -> Result<(), Fault> {
    let flags = state(call)?.flags.load(Ordering::Relaxed);
    call.add(format!("0x{flags:X} ({flags})"));
    Ok(())
}

/// `cfgutils.is_gflag mask`.
pub(super) fn is_flag(call: &mut RpcCall) -> Result<(), Fault> {
    let mask = number(call)? as u32;
    let all = state(call)?.flags.load(Ordering::Relaxed) & mask == mask;
    call.add(if all { "TRUE" } else { "FALSE" });
    Ok(())
}

/// `cfgutils.set_gflag mask`.
pub(super) fn set_flag(call: &mut RpcCall) -> Result<(), Fault> {
    let mask = number(call)? as u32;
    state(call)?.flags.fetch_or(mask, Ordering::Relaxed);
    Ok(())
}

/// `cfgutils.reset_gflag mask`.
pub(super) fn reset_flag(call: &mut RpcCall) -> Result<(), Fault> {
    let mask = number(call)? as u32;
    state(call)?.flags.fetch_and(!mask, Ordering::Relaxed);
    Ok(())
}

/// `cfgutils.rand_get_prob`.
pub(super) fn get_probability(call: &mut RpcCall) -> Result<(), Fault> {
    let percent = state(call)?.probability.load(Ordering::Relaxed);
    call.add(format!("actual probability: {percent} percent"));
    Ok(())
}

/// `cfgutils.rand_set_prob percent`.
pub(super) fn set_probability(call: &mut RpcCall) -> Result<(), Fault> {
    let percent = number(call)?;
    if !(0..=100).contains(&percent) {
        return Err(Fault::new(500, "Invalid Percent"));
    }
    state(call)?.probability.store(percent, Ordering::Relaxed);
    Ok(())
}

/// `cfgutils.rand_reset_prob`.
pub(super) fn reset_probability(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    state.probability.store(state.initial_probability, Ordering::Relaxed);
    Ok(())
}
