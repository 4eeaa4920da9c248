//! `ctl.listen`, `ctl.who`, `ctl.connections`. Over another transport the real server refuses the last two with this
//! code and text, and answers nothing to the first (captured).

use std::sync::Arc;

use kamjit_engine::rpc::{RpcCall, Via};
use kamjit_rpc::Fault;

use super::{STATE, State, address::Address, lock};

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    let refuse = || Fault::new(606, "rpc available only over binrpc (ctl)");
    if call.via != Via::Binrpc {
        return Err(refuse());
    }
    call.program.shared_state(&STATE).ok_or_else(refuse)
}

pub(super) fn listen(call: &mut RpcCall) -> Result<(), Fault> {
    let Ok(state) = state(call) else { return Ok(()) };
    for address in lock(&state.bound).iter() {
        call.add("binrpc");
        address.words().into_iter().for_each(|word| call.add(word));
    }
    Ok(())
}

pub(super) fn who(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    for connection in lock(&state.connections).values() {
        let [kind, address, port] = connection.socket.words();
        let (peer, peer_port) = match (connection.peer, &connection.socket) {
            (Some(peer), Address::Tcp(_)) => (peer.ip().to_string(), peer.port().to_string()),
            _ => ("<anonymous unix socket>".to_owned(), String::new()),
        };
        for word in ["binrpc".to_owned(), kind, peer, peer_port, address, port] {
            call.add(word);
        }
    }
    Ok(())
}

pub(super) fn connections(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    let count = lock(&state.connections).len();
    call.add(count);
    Ok(())
}
