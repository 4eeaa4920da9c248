//! Remote commands `tm.*`.

use kamjit_engine::{
    catalog::Rpc,
    module::RpcDef,
    rpc::{RpcCall, RpcRun},
};
use kamjit_rpc::{Fault, Value};

use super::{
    stats::{STATS, read},
    table::table,
};

/// All commands.
pub(super) static RPC: &[RpcDef] =
    &[Rpc { name: "tm.stats", help: "Counts of transactions and replies.", run: RpcRun::Now(stats) }];

fn stats(call: &mut RpcCall) -> Result<(), Fault> {
    let number = |n: i64| Value::Int(n);
    let current = table().len() as i64;
    let class = |n: usize| STATS.classes.get(n).map_or(0, read);
    call.add_struct(vec![
        ("current", number(current)),
        ("waiting", number(read(&STATS.waiting))),
        ("total", number(read(&STATS.created))),
        ("total_local", number(read(&STATS.created_local))),
        ("rpl_received", number(read(&STATS.replies_received))),
        ("rpl_generated", number(read(&STATS.replies_generated))),
        ("rpl_sent", number(read(&STATS.replies_sent))),
        ("6xx", number(class(4))),
        ("5xx", number(class(3))),
        ("4xx", number(class(2))),
        ("3xx", number(class(1))),
        ("2xx", number(class(0))),
        ("created", number(read(&STATS.created))),
        ("freed", number(read(&STATS.freed))),
        ("delayed_free", number(0)),
    ]);
    Ok(())
}
