//! The module `auth_db`: digest authentication against a table of users (README.auth_db).

mod functions;
mod lookup;

use std::sync::{Arc, Mutex};

use kamjit_db::Database;
use kamjit_engine::{
    Arg, Engine, Module, Run,
    catalog::{
        ArgKind::{IntVar, StrVar},
        Form, HostError, Param, ParamDefault, Place, Routes,
    },
    init::Init,
    module::{FunctionDef, Prepare},
    pv::Pv,
    state::StateKey,
};

use crate::database;

/// Version of the table of users that this code reads.
const TABLE_VERSION: i64 = 7;

/// What the module knows.
struct State {
    database: Database,
    user_column: String,
    domain_column: String,
    password_column: String,
    password_column_2: String,
    /// The password column holds passwords, not HA1.
    plain: bool,
    use_domain: bool,
    /// Columns that go to variables.
    load: Vec<(String, Pv)>,
    /// `force_generate_avps`.
    load_always: bool,
    checks_version: bool,
    /// Tables that the script names.
    tables: Mutex<Vec<String>>,
}

static STATE: StateKey<State> = StateKey::new();

const REALM_TABLE: Form = Form { args: &[StrVar, StrVar], routes: Routes::REQUEST };
const REALM_TABLE_METHOD: Form = Form { args: &[StrVar, StrVar, StrVar], routes: Routes::REQUEST };

/// The export table.
pub static MODULE: Module = Module {
    name: "auth_db",
    needs: &["auth"],
    after: database::DRIVERS,
    functions: &[
        FunctionDef {
            name: "www_authenticate",
            forms: &[REALM_TABLE, REALM_TABLE_METHOD],
            run: Run::prepared(note_table, functions::www),
        },
        FunctionDef {
            name: "www_authorize",
            forms: &[REALM_TABLE],
            run: Run::prepared(note_table, functions::www),
        },
        FunctionDef {
            name: "proxy_authenticate",
            forms: &[REALM_TABLE],
            run: Run::prepared(note_table, functions::proxy),
        },
        FunctionDef {
            name: "proxy_authorize",
            forms: &[REALM_TABLE],
            run: Run::prepared(note_table, functions::proxy),
        },
        FunctionDef {
            name: "auth_check",
            forms: &[Form { args: &[StrVar, StrVar, IntVar], routes: Routes::REQUEST }],
            run: Run::prepared(note_table, functions::check),
        },
        FunctionDef {
            name: "is_subscriber",
            forms: &[Form { args: &[StrVar, StrVar, IntVar], routes: Routes::ANY }],
            run: Run::prepared(note_table, functions::is_subscriber),
        },
    ],
    params: &[
        Param { name: "calculate_ha1", default: ParamDefault::Int(0) },
        text("db_url", "mysql://kamailioro:kamailioro@localhost/kamailio"),
        text("domain_column", "domain"),
        Param { name: "force_generate_avps", default: ParamDefault::Int(0) },
        text("load_credentials", ""),
        text("password_column", "ha1"),
        text("password_column_2", "ha1b"),
        Param { name: "use_domain", default: ParamDefault::Int(0) },
        text("user_column", "username"),
        Param { name: "version_table", default: ParamDefault::Int(1) },
    ],
    init,
    start: Some(start),
    ..Module::EMPTY
};

const fn text(name: &'static str, default: &'static str) -> Param {
    Param { name, default: ParamDefault::Str(default) }
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let name = |param: &str| String::from_utf8_lossy(init.str(param).unwrap_or_default()).into_owned();
    let columns = ["user_column", "domain_column", "password_column", "password_column_2"].map(name);
    let database = database::of_param(init, "db_url")?;
    let load = credentials_to_load(init)?;
    let [user_column, domain_column, password_column, password_column_2] = columns;
    let state = State {
        database,
        user_column,
        domain_column,
        password_column,
        password_column_2,
        plain: init.int("calculate_ha1") != 0,
        use_domain: init.int("use_domain") != 0,
        load,
        load_always: init.int("force_generate_avps") != 0,
        checks_version: init.int("version_table") != 0,
        tables: Mutex::default(),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

/// `load_credentials`: `$avp(name)=column;column`; a column alone goes to the AVP of its name.
fn credentials_to_load(init: &mut Init<'_>) -> Result<Vec<(String, Pv)>, HostError> {
    let text = String::from_utf8_lossy(init.str("load_credentials").unwrap_or_default()).into_owned();
    let mut all = Vec::new();
    for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let (variable, column) = match item.split_once('=') {
            Some((variable, column)) => (variable.trim().to_owned(), column.trim()),
            None => (format!("$avp({item})"), item),
        };
        let pv = init.prepare().pv_text(variable.as_bytes())?;
        if !pv.writable() {
            return Err(HostError::new(format!("load_credentials: {variable} cannot be assigned")));
        }
        all.push((column.to_owned(), pv));
    }
    Ok(all)
}

/// Remembers the tables that the script names, whose versions are looked at when the server starts.
fn note_table(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let table = match args.get(1) {
        Some(Arg::Str(text)) => Some(&**text),
        Some(Arg::Format(format)) => format.as_constant(),
        _ => None,
    };
    if let (Some(table), Some(state)) = (table, prepare.state(&STATE)) {
        if table.is_empty() {
            return Err(HostError::new("the table must not be empty").at(1));
        }
        let table = String::from_utf8_lossy(table).into_owned();
        let mut tables = state.tables.lock().unwrap_or_else(|broken| broken.into_inner());
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    Ok(args)
}

fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let program = engine.program();
    let Some(state) = STATE.find(&program) else { return Ok(()) };
    let tables = state.tables.lock().unwrap_or_else(|broken| broken.into_inner()).clone();
    if !state.checks_version || tables.is_empty() {
        return Ok(());
    }
    let version_table = program.globals.text("version_table").unwrap_or_else(|| "version".to_owned());
    database::at_start(async || {
        for table in &tables {
            database::check_version(&state.database, &version_table, table, TABLE_VERSION).await?;
        }
        Ok(())
    })
}
