//! The remote commands `mqueue.*`; structures and texts as captured from the real server.

use std::sync::Arc;

use kamjit_engine::rpc::RpcCall;
use kamjit_rpc::Fault;

use super::{STATE, State, queue::Queue};

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "mqueue is not loaded"))
}

/// The queue that is named; the codes for none and an unknown one are those of each command (captured).
fn queue(call: &mut RpcCall, none: i32, unknown: i32) -> Result<Arc<Queue>, Fault> {
    let name = call.opt_str().ok_or_else(|| Fault::new(none, "No queue name"))?;
    let state = state(call)?;
    state.find(&name).map(|(_, queue)| Arc::clone(queue)).ok_or_else(|| Fault::new(unknown, "No such queue"))
}

fn add_size(call: &mut RpcCall, queue: &Queue) {
    call.add_struct(vec![("name", (*queue.definition.name).into()), ("size", queue.len().into())]);
}

/// `mqueue.get_size queue`.
pub(super) fn size(call: &mut RpcCall) -> Result<(), Fault> {
    let queue = queue(call, 400, 404)?;
    add_size(call, &queue);
    Ok(())
}

/// `mqueue.get_sizes`: the queue defined last comes first (captured).
pub(super) fn sizes(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    for queue in state.queues.iter().rev() {
        add_size(call, queue);
    }
    Ok(())
}

/// `mqueue.fetch queue`.
pub(super) fn fetch(call: &mut RpcCall) -> Result<(), Fault> {
    let queue = queue(call, 500, 500)?;
    let item = queue.take().ok_or_else(|| Fault::new(404, "Empty queue"))?;
    // Captured: what has no key or no value is lost here.
    if item.key.is_empty() || item.value.is_empty() {
        return Err(Fault::new(500, "Unexpected error (result)"));
    }
    call.add_struct(vec![("key", (&*item.key).into()), ("val", (&*item.value).into())]);
    Ok(())
}
