//! The module `htable`: tables of keys and values that all workers share, in memory.

mod database;
mod define;
mod events;
mod functions;
mod hash;
mod iterator;
mod lock;
mod matching;
mod rpc;
mod table;
mod vars;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use kamjit_engine::{
    Engine, Module, Run,
    catalog::{
        ArgKind::{self, Custom, IntVar, StrVar},
        Form, HostError, Routes, Rpc,
    },
    init::Init,
    log::{self, Level},
    module::{FunctionDef, RunFn},
    rpc::{RpcFn, RpcRun},
    state::StateKey,
};

use table::Table;

static STATE: StateKey<State> = StateKey::new();

/// The tables, in the order of their definition.
struct State {
    tables: Vec<Arc<Table>>,
    /// Where tables with a `dbtable` are kept, if there is a `db_url`.
    store: Option<database::Store>,
    /// Seconds between two looks for items whose time is over.
    timer_interval: u64,
}

impl State {
    fn table(&self, name: &[u8]) -> Option<Arc<Table>> {
        self.tables.iter().find(|table| table.definition.name.as_bytes() == name).cloned()
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

const NONE: &[Form] = &[form(&[])];
const ONE: &[Form] = &[form(&[StrVar])];
const TWO: &[Form] = &[form(&[StrVar, StrVar])];
const TEXT_NUMBER: &[Form] = &[form(&[StrVar, IntVar])];
const THREE: &[Form] = &[form(&[StrVar, StrVar, StrVar])];
const SET_TEXT: &[Form] = &[form(&[StrVar, StrVar, StrVar, IntVar])];
const SET_NUMBER: &[Form] = &[form(&[StrVar, StrVar, IntVar, IntVar])];
const TARGET: &[Form] = &[form(&[Custom])];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn target(name: &'static str, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms: TARGET, run: Run::prepared(functions::target, run) }
}

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> Rpc<RpcRun> {
    Rpc { name, help, run: RpcRun::Now(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "htable",
    after: crate::database::DRIVERS,
    functions: FUNCTIONS,
    params: define::PARAMS,
    pvs: vars::PVS,
    rpc: &[
        command("htable.delete", "Removes an item: table, key.", rpc::delete),
        command("htable.dump", "Lists the items of a table by slot.", rpc::dump),
        command("htable.flush", "Removes all items of a table.", rpc::flush),
        command("htable.get", "Shows an item: table, key.", rpc::get),
        command("htable.listTables", "The tables and how they are defined.", rpc::list),
        Rpc {
            name: "htable.reload",
            help: "Loads a table from the database.",
            run: RpcRun::Waits(rpc::reload),
        },
        command("htable.setex", "Sets the seconds until an item ends: table, key, seconds.", rpc::set_end),
        command("htable.seti", "Sets an item to a number: table, key, number.", rpc::set_number),
        command("htable.sets", "Sets an item to a text: table, key, text.", rpc::set_text),
        command(
            "htable.setxi",
            "Sets an item to a number and its end: table, key, number, seconds.",
            rpc::set_number_and_end,
        ),
        command(
            "htable.setxs",
            "Sets an item to a text and its end: table, key, text, seconds.",
            rpc::set_text_and_end,
        ),
        command("htable.stats", "Counts the items of all tables.", rpc::stats),
        Rpc { name: "htable.store", help: "Writes a table to the database.", run: RpcRun::Waits(rpc::store) },
    ],
    event_routes: &["htable:mod-init", "htable:expired:<table>", "htable:reloaded:<table>"],
    init,
    start: Some(start),
    stop: Some(stop),
    ..Module::EMPTY
};

static FUNCTIONS: &[FunctionDef] = &[
    plain("sht_dec", TWO, functions::decrease),
    plain("sht_has_name", THREE, functions::has_name),
    plain("sht_has_str_value", THREE, functions::has_text),
    plain("sht_inc", TWO, functions::increase),
    plain("sht_is_null", TWO, functions::is_null),
    plain("sht_iterator_end", ONE, iterator::end),
    plain("sht_iterator_next", ONE, iterator::next),
    plain("sht_iterator_rm", ONE, iterator::remove),
    plain("sht_iterator_setex", TEXT_NUMBER, iterator::set_end),
    plain("sht_iterator_seti", TEXT_NUMBER, iterator::set_number),
    plain("sht_iterator_sets", TWO, iterator::set_text),
    plain("sht_iterator_start", TWO, iterator::start),
    target("sht_lock", functions::lock_key),
    plain("sht_match_name", THREE, functions::has_name),
    plain("sht_match_str_value", THREE, functions::has_text),
    plain("sht_print", NONE, functions::print),
    plain("sht_reset", ONE, functions::reset),
    plain("sht_rm", TWO, functions::remove),
    plain("sht_rm_name", THREE, functions::remove_name),
    target("sht_rm_name_re", functions::remove_name_re),
    plain("sht_rm_value", THREE, functions::remove_value),
    target("sht_rm_value_re", functions::remove_value_re),
    plain("sht_setxi", SET_NUMBER, functions::set_number),
    plain("sht_setxs", SET_TEXT, functions::set_text),
    target("sht_unlock", functions::unlock_key),
];

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let tables = define::tables(init)?;
    let store = database::Store::from_params(init)?;
    let timer_interval = init.int("timer_interval").clamp(1, 1 << 30) as u64;
    init.set_state(&STATE, Arc::new(State { tables, store, timer_interval }));
    Ok(())
}

/// Loads tables, then runs `htable:mod-init`.
fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(state) = engine.program().shared_state(&STATE) else { return Ok(()) };
    if let Some(store) = &state.store {
        let tables: Vec<_> = state.tables.iter().filter(|table| table.is_stored()).cloned().collect();
        store.load(&tables)?;
    }
    events::start(engine)
}

/// Writes the tables with `dbmode=1`.
fn stop(engine: &Arc<Engine>) {
    let Some(state) = engine.program().shared_state(&STATE) else { return };
    let Some(store) = &state.store else { return };
    for table in state.tables.iter().filter(|table| table.is_stored() && table.definition.db_mode != 0) {
        if let Err(error) = store.save(table) {
            let name = &table.definition.name;
            log::module(Level::Err, "htable", format_args!("table {name} is lost: {}", error.message));
        }
    }
}
