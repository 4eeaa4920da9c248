//! The list of blocked destinations. kamjit keeps none: what a peer does is known to the transactions that talk to it.

use kamjit_rpc::Fault;

use crate::rpc::RpcCall;

/// What the real server answers as long as `use_dst_blocklist` is off (captured).
pub(super) fn disabled(_: &mut RpcCall) -> Result<(), Fault> {
    Err(Fault::new(500, "dst blocklist support disabled"))
}
