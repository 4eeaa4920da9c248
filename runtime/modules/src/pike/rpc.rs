//! `pike.top` and its alias `pike.list`; structure and texts as captured from the real server.

use std::sync::PoisonError;

use kamjit_engine::rpc::RpcCall;
use kamjit_rpc::{Fault, Value};

use super::{STATE, tree::Heat, tree::Row};

/// Which addresses are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    Only(Heat),
}

/// Lists addresses: `HOT` (default), `WARM` or `ALL`.
pub(super) fn top(call: &mut RpcCall) -> Result<(), Fault> {
    let filter = match call.opt_str() {
        None => Filter::Only(Heat::Hot),
        Some(word) => match word.to_ascii_uppercase().as_slice() {
            b"HOT" => Filter::Only(Heat::Hot),
            b"WARM" => Filter::Only(Heat::Warm),
            b"ALL" => Filter::All,
            _ => return Err(Fault::new(500, "Bad argument. Select: ALL, HOT or WARM")),
        },
    };
    let state = call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "pike is not loaded"))?;
    let now = state.now();
    let mut rows: Vec<Row> = Vec::new();
    for tree in &state.trees {
        rows.extend(tree.lock().unwrap_or_else(PoisonError::into_inner).rows(now));
    }
    // First bytes from the greatest down, whatever tree they are in; the order within one stays.
    rows.sort_by_key(|row| std::cmp::Reverse(super::first_byte(row.address)));
    let rows: Vec<Value> = rows
        .into_iter()
        .filter(|row| filter == Filter::All || filter == Filter::Only(row.heat))
        .map(value)
        .collect();
    let count = rows.len();
    call.add_struct(vec![
        ("max_hits", i64::from(state.limit).into()),
        ("list", Value::Array(rows)),
        ("number_of_rows", count.into()),
    ]);
    Ok(())
}

fn value(row: Row) -> Value {
    Value::record([
        ("ip_addr", row.address.to_string().into()),
        ("leaf_hits_prev", i64::from(row.hits[0]).into()),
        ("leaf_hits_curr", i64::from(row.hits[1]).into()),
        ("expires", row.expires.into()),
        (
            "status",
            match row.heat {
                Heat::Hot => "HOT",
                Heat::Warm => "WARM",
                Heat::Cold => "",
            }
            .into(),
        ),
    ])
}
