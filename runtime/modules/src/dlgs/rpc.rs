//! The remote commands `dlgs.*`.

use kamjit_engine::rpc::RpcCall;
use kamjit_rpc::{Fault, Value};

use super::table::{Filter, Item, Stage, TABLE};

fn text(bytes: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(bytes).into_owned())
}

fn fields(items: Vec<(&str, Value)>) -> Value {
    Value::Struct(items.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn whole(item: &Item) -> Value {
    fields(vec![
        ("src", text(&item.src)),
        ("dst", text(&item.dst)),
        ("data", text(&item.data)),
        ("callid", text(&item.call_id)),
        ("ftag", text(&item.from_tag)),
        ("ttag", text(&item.to_tag)),
        ("ts_init", Value::Int(item.started)),
        ("ts_answer", Value::Int(item.answered)),
        ("ts_finish", Value::Int(item.finished)),
        ("state", Value::Int(item.stage as i64)),
    ])
}

/// `dlgs.list`.
pub(super) fn list(call: &mut RpcCall) -> Result<(), Fault> {
    TABLE.each(|item| call.add(whole(item)));
    Ok(())
}

/// `dlgs.briefing`.
pub(super) fn briefing(call: &mut RpcCall) -> Result<(), Fault> {
    TABLE.each(|item| {
        call.add(fields(vec![
            ("src", text(&item.src)),
            ("dst", text(&item.dst)),
            ("data", text(&item.data)),
            ("state", Value::Int(item.stage as i64)),
        ]));
    });
    Ok(())
}

fn filter(call: &mut RpcCall) -> Result<Filter, Fault> {
    let (field, op, value) = (call.str()?, call.str()?, call.str()?);
    Filter::new(&field, &op, &value).ok_or_else(|| Fault::new(500, "invalid field, operator or value"))
}

fn matching(call: &mut RpcCall, most: usize) -> Result<(), Fault> {
    let filter = filter(call)?;
    let mut left = most;
    TABLE.each(|item| {
        if left > 0 && filter.matches(item) {
            call.add(whole(item));
            left -= 1;
        }
    });
    Ok(())
}

/// `dlgs.get field op value`.
pub(super) fn get(call: &mut RpcCall) -> Result<(), Fault> {
    matching(call, 1)
}

/// `dlgs.getall field op value`.
pub(super) fn get_all(call: &mut RpcCall) -> Result<(), Fault> {
    matching(call, usize::MAX)
}

/// `dlgs.count field op value`.
pub(super) fn count(call: &mut RpcCall) -> Result<(), Fault> {
    let filter = filter(call)?;
    let mut n = 0;
    TABLE.each(|item| n += i64::from(!item.stage.is_over() && filter.matches(item)));
    call.add(fields(vec![("count", Value::Int(n))]));
    Ok(())
}

/// `dlgs.stats`.
pub(super) fn stats(call: &mut RpcCall) -> Result<(), Fault> {
    let mut counts = [0; Stage::ALL.len()];
    TABLE.each(|item| {
        if let Some(n) = counts.get_mut(item.stage as usize - 1) {
            *n += 1;
        }
    });
    let values = Stage::ALL.iter().zip(counts).map(|((_, name), n)| (*name, Value::Int(n))).collect();
    call.add(fields(values));
    Ok(())
}
