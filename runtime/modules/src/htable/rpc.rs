//! The remote commands `htable.*`; structures and texts as captured from the real server.

use std::sync::Arc;

use kamjit_engine::{
    catalog::HostError,
    log::{self, Level},
    rpc::{RpcCall, RpcFuture},
};
use kamjit_rpc::{Fault, Value as Reply};

use super::{
    STATE, State,
    database::Store,
    events, now,
    table::{Full, Item, Table, Value},
};

fn fault(text: &str) -> Fault {
    Fault::new(500, text)
}

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| fault("htable is not loaded"))
}

fn find(call: &RpcCall, name: &[u8]) -> Result<Arc<Table>, Fault> {
    state(call)?.table(name).ok_or_else(|| fault("No such htable"))
}

/// The next parameter; a number is no name (captured).
fn name(call: &mut RpcCall) -> Option<Vec<u8>> {
    match call.rest().first() {
        Some(Reply::Str(_)) => call.opt_str(),
        _ => None,
    }
}

fn names(call: &mut RpcCall, missing: &str) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    name(call).and_then(|table| Some((table, name(call)?))).ok_or_else(|| fault(missing))
}

fn number(call: &mut RpcCall, missing: &str) -> Result<i64, Fault> {
    call.opt_int().ok().flatten().ok_or_else(|| fault(missing))
}

fn value(value: &Value) -> Reply {
    match value {
        Value::Int(n) => Reply::Int(*n),
        Value::Str(text) => (&**text).into(),
    }
}

/// `htable.get table key`.
pub(super) fn get(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, "Not enough parameters (htable name and key name)")?;
    let table = find(call, &table)?;
    let item =
        table.read(&key, now(), Item::clone).ok_or_else(|| fault("Key name doesn't exist in htable."))?;
    let flags = if item.value.text().is_some() { 2 } else { 0 };
    let expire = if item.expires == 0 { "NEVER".into() } else { date(item.expires) };
    call.add_struct(vec![(
        "item",
        Reply::record([
            ("name", (&*item.name).into()),
            ("value", value(&item.value)),
            ("flags", flags.into()),
            ("expire", expire.into()),
        ]),
    )]);
    Ok(())
}

/// Local time as `2026-11-23 22:26:09`.
fn date(seconds: i64) -> String {
    let mut text = [0u8; 32];
    // SAFETY: an all-zero `tm` is valid; the buffer's length is given and the format ends in NUL.
    let length = unsafe {
        let mut fields: libc::tm = std::mem::zeroed();
        libc::localtime_r(&seconds, &mut fields);
        libc::strftime(text.as_mut_ptr().cast(), text.len(), c"%Y-%m-%d %H:%M:%S".as_ptr(), &fields)
    };
    String::from_utf8_lossy(text.get(..length).unwrap_or_default()).into_owned()
}

/// `htable.delete table key`.
pub(super) fn delete(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, "Not enough parameters (htable name & key name")?;
    if !find(call, &table)?.remove(&key) {
        return Err(Fault::new(404, "Key not found in htable."));
    }
    call.add("Ok. Key deleted.");
    Ok(())
}

fn set_done(call: &mut RpcCall, result: Result<(), Full>) -> Result<(), Fault> {
    result.map_err(|_| fault("Failed to set the item"))?;
    call.add("Ok. Key set to new value.");
    Ok(())
}

const SET: &str = "Not enough parameters (htable name, key name and value)";
const SET_BOTH: &str = "Not enough parameters (htable name, key name, value and expire)";

/// `htable.sets table key text`.
pub(super) fn set_text(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, SET)?;
    let text = call.opt_str().ok_or_else(|| fault(SET))?;
    let result = find(call, &table)?.set(&key, Value::Str(text.into()), now());
    set_done(call, result)
}

/// `htable.seti table key number`.
pub(super) fn set_number(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, SET)?;
    let n = number(call, SET)?;
    let result = find(call, &table)?.set(&key, Value::Int(n), now());
    set_done(call, result)
}

/// `htable.setxs table key text seconds`.
pub(super) fn set_text_and_end(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, SET_BOTH)?;
    let text = call.opt_str().ok_or_else(|| fault(SET_BOTH))?;
    let seconds = number(call, SET_BOTH)?;
    set_both(call, &table, &key, Value::Str(text.into()), seconds)
}

/// `htable.setxi table key number seconds`.
pub(super) fn set_number_and_end(call: &mut RpcCall) -> Result<(), Fault> {
    let (table, key) = names(call, SET_BOTH)?;
    let (n, seconds) = (number(call, SET_BOTH)?, number(call, SET_BOTH)?);
    set_both(call, &table, &key, Value::Int(n), seconds)
}

/// An unknown table is not told apart from other failures here (captured).
fn set_both(call: &mut RpcCall, table: &[u8], key: &[u8], value: Value, seconds: i64) -> Result<(), Fault> {
    let table = find(call, table).map_err(|_| fault("Failed to set the item"))?;
    let result = table.set_both(key, value, seconds, now());
    set_done(call, result)
}

/// `htable.setex table key seconds`; an absent key is no error (captured).
pub(super) fn set_end(call: &mut RpcCall) -> Result<(), Fault> {
    const MISSING: &str = "Not enough parameters (htable name, item name and expire)";
    let (table, key) = names(call, MISSING)?;
    let seconds = number(call, MISSING)?;
    find(call, &table)?.set_end(&key, seconds, now());
    call.add("Ok");
    Ok(())
}

fn one_table(call: &mut RpcCall) -> Result<Arc<Table>, Fault> {
    let name = name(call).ok_or_else(|| fault("No htable name given"))?;
    find(call, &name)
}

/// `htable.dump table`: one structure a slot that holds items.
pub(super) fn dump(call: &mut RpcCall) -> Result<(), Fault> {
    let table = one_table(call)?;
    let mut slots: Vec<(u32, Vec<Reply>)> = Vec::new();
    table.visit(|slot, item| {
        let kind = if item.value.text().is_some() { "str" } else { "int" };
        let item = Reply::record([
            ("name", (&*item.name).into()),
            ("value", value(&item.value)),
            ("type", kind.into()),
        ]);
        match slots.last_mut() {
            Some((last, items)) if *last == slot => items.push(item),
            _ => slots.push((slot, vec![item])),
        }
    });
    for (slot, items) in slots {
        call.add_struct(vec![
            ("entry", i64::from(slot).into()),
            ("size", items.len().into()),
            ("slot", Reply::Array(items)),
        ]);
    }
    Ok(())
}

/// `htable.flush table`.
pub(super) fn flush(call: &mut RpcCall) -> Result<(), Fault> {
    one_table(call)?.remove_all(|_| true);
    call.add("Ok. Htable flushed.");
    Ok(())
}

/// The table that `htable.reload` and `htable.store` mean, with the database.
fn stored_table(call: &mut RpcCall) -> Result<(Arc<State>, Arc<Table>), Fault> {
    let state = state(call)?;
    if state.store.is_none() {
        return Err(fault("No htable db_url"));
    }
    let table = one_table(call)?;
    if table.is_stored() { Ok((state, table)) } else { Err(fault("No database htable")) }
}

/// Works with the database on a thread of its own.
fn with_database(
    mut call: RpcCall,
    done: &'static str,
    work: fn(&Store, &Arc<Table>) -> Result<(), HostError>,
) -> RpcFuture {
    Box::pin(async move {
        let (state, table) = stored_table(&mut call)?;
        let result =
            tokio::task::spawn_blocking(move || state.store.as_ref().map(|store| work(store, &table)));
        match result.await {
            Ok(Some(Ok(()))) => Ok(vec![done.into()]),
            Ok(Some(Err(error))) => {
                log::module(Level::Err, "htable", format_args!("{}", error.message));
                Err(fault("Database operation failed"))
            }
            Ok(None) | Err(_) => Err(fault("Database operation failed")),
        }
    })
}

/// `htable.reload table`: what the database does not have is gone afterwards (captured).
pub(super) fn reload(call: RpcCall) -> RpcFuture {
    let engine = Arc::clone(&call.engine);
    let name = match call.rest().first() {
        Some(Reply::Str(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    };
    let work =
        with_database(call, "Ok. Htable reloaded.", |store, table| store.load(std::slice::from_ref(table)));
    Box::pin(async move {
        let reply = work.await?;
        events::reloaded(&engine, &name);
        Ok(reply)
    })
}

/// `htable.store table`.
pub(super) fn store(call: RpcCall) -> RpcFuture {
    with_database(call, "Ok. Htable successfully stored to DB.", |store, table| store.save(table))
}

/// `htable.listTables`: the table defined last comes first (captured).
pub(super) fn list(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    for table in state.tables.iter().rev() {
        let definition = &table.definition;
        call.add_struct(vec![
            ("name", (*definition.name).into()),
            ("dbtable", (*definition.db_table).into()),
            ("dbmode", definition.db_mode.into()),
            ("expire", definition.auto_expire.into()),
            ("updateexpire", i64::from(definition.update_expire).into()),
            ("size", table.slots().into()),
            ("dmqreplicate", definition.replicate.into()),
        ]);
    }
    Ok(())
}

/// `htable.stats`.
pub(super) fn stats(call: &mut RpcCall) -> Result<(), Fault> {
    let state = state(call)?;
    for table in state.tables.iter().rev() {
        let (mut all, mut used, mut most, mut least, mut run) = (0u64, 0u64, 0u64, u64::MAX, None);
        let mut close = |run: Option<(u32, u64)>| {
            if let Some((_, count)) = run {
                (used, most, least) = (used + 1, most.max(count), least.min(count));
            }
        };
        table.visit(|slot, _| {
            all += 1;
            run = match run {
                Some((last, count)) if last == slot => Some((last, count + 1)),
                other => {
                    close(other);
                    Some((slot, 1))
                }
            };
        });
        close(run);
        if used < table.slots() {
            least = 0;
        }
        call.add_struct(vec![
            ("name", (*table.definition.name).into()),
            ("slots", table.slots().into()),
            ("all", all.into()),
            ("min", least.into()),
            ("max", most.into()),
        ]);
    }
    Ok(())
}
