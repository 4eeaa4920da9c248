//! The module `permissions`: who may do what, by address or by rules in files (README.permissions).
//!
//! | file | what |
//! |---|---|
//! | `address` | groups of addresses and subnets: `allow_source_address()` and its kin |
//! | `trusted` | peers by address, transport and patterns: `allow_trusted()` |
//! | `rpc` | remote commands |

mod address;
mod rpc;
mod trusted;

use std::sync::{Arc, RwLock};

use kamjit_db::Database;
use kamjit_engine::{
    Ctx, Engine, Module, Run, Val,
    catalog::{
        ArgKind::{IntVar, StrVar},
        Form, HostError, Param, ParamDefault, Routes,
    },
    init::Init,
    module::FunctionDef,
    pv::Pv,
    state::StateKey,
};

use crate::database;

/// Version of both tables.
const TABLE_VERSION: i64 = 6;

/// Parts that `load_backends` chooses.
mod backend {
    pub(super) const ADDRESS: i64 = 1;
    pub(super) const TRUSTED: i64 = 2;
}

/// What the module knows.
struct State {
    addresses: RwLock<Arc<address::Table>>,
    trusted: RwLock<Arc<trusted::Table>>,
    source: address::Source,
    trusted_source: Option<trusted::Source>,
    /// Gets the tag of the entry that matched.
    tag: Option<Pv>,
    reloads: rpc::Reloads,
}

static STATE: StateKey<State> = StateKey::new();

const fn text(name: &'static str, default: &'static str) -> Param {
    Param { name, default: ParamDefault::Str(default) }
}

const fn int(name: &'static str, default: i64) -> Param {
    Param { name, default: ParamDefault::Int(default) }
}

const fn form(args: &'static [kamjit_engine::catalog::ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "permissions",
    after: database::DRIVERS,
    functions: &[
        FunctionDef {
            name: "allow_source_address",
            forms: &[form(&[]), form(&[IntVar])],
            run: Run::plain(address::allow_source),
        },
        FunctionDef {
            name: "allow_address",
            forms: &[form(&[IntVar, StrVar, IntVar])],
            run: Run::plain(address::allow),
        },
        FunctionDef {
            name: "allow_source_address_group",
            forms: &[form(&[])],
            run: Run::plain(address::group_of_source),
        },
        FunctionDef {
            name: "allow_address_group",
            forms: &[form(&[StrVar, IntVar])],
            run: Run::plain(address::group),
        },
        FunctionDef {
            name: "allow_trusted",
            forms: &[form(&[]), form(&[StrVar, StrVar]), form(&[StrVar, StrVar, StrVar])],
            run: Run::plain(trusted::allow),
        },
    ],
    params: &[
        Param { name: "address_file", default: ParamDefault::NoStr },
        text("address_table", "address"),
        int("db_mode", 0),
        Param { name: "db_url", default: ParamDefault::NoStr },
        text("from_col", "from_pattern"),
        text("grp_col", "grp"),
        text("ip_addr_col", "ip_addr"),
        int("load_backends", 0xffff),
        text("mask_col", "mask"),
        int("max_subnets", 512),
        Param { name: "peer_tag_avp", default: ParamDefault::NoStr },
        int("peer_tag_mode", 0),
        text("port_col", "port"),
        text("priority_col", "priority"),
        text("proto_col", "proto"),
        int("reload_delta", 5),
        text("ruri_col", "ruri_pattern"),
        text("source_col", "src_ip"),
        text("tag_col", "tag"),
        int("trusted_cleanup_interval", 60),
        text("trusted_table", "trusted"),
    ],
    rpc: rpc::COMMANDS,
    init,
    start: Some(start),
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let name = |param: &str| String::from_utf8_lossy(init.str(param).unwrap_or_default()).into_owned();
    let database = match init.str("db_url").filter(|url| !url.is_empty()) {
        Some(_) => Some(database::of_param(init, "db_url")?),
        None => None,
    };
    let backends = init.int("load_backends");
    let file = Some(name("address_file")).filter(|file| !file.is_empty());
    let source = match (&database, file) {
        _ if backends & backend::ADDRESS == 0 => address::Source::None,
        (_, Some(file)) => address::Source::File(file),
        (Some(database), None) => address::Source::Table {
            database: database.clone(),
            table: name("address_table"),
            columns: ["grp_col", "ip_addr_col", "mask_col", "port_col", "tag_col"].map(name),
        },
        (None, None) => address::Source::None,
    };
    let trusted_source =
        database.filter(|_| backends & backend::TRUSTED != 0).map(|database| trusted::Source {
            database,
            table: name("trusted_table"),
            columns: ["source_col", "proto_col", "from_col", "ruri_col", "tag_col", "priority_col"].map(name),
        });
    let delta = init.int("reload_delta");
    let tag = init.pv("peer_tag_avp")?;
    if tag.as_ref().is_some_and(|tag| !tag.writable()) {
        return Err(HostError::new("peer_tag_avp cannot be assigned"));
    }
    let state = State {
        addresses: RwLock::default(),
        trusted: RwLock::default(),
        source,
        trusted_source,
        tag,
        reloads: rpc::Reloads::new(delta),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let program = engine.program();
    let Some(state) = STATE.find(&program) else { return Ok(()) };
    let version_table = program.globals.text("version_table").unwrap_or_else(|| "version".to_owned());
    let versioned = async |database: &Database, table: &str| {
        database::check_version(database, &version_table, table, TABLE_VERSION).await
    };
    if let address::Source::Table { database, table, .. } = &state.source {
        database::at_start(async || versioned(database, table).await)?;
    }
    if let Some(source) = &state.trusted_source {
        database::at_start(async || versioned(&source.database, &source.table).await)?;
    }
    let loaded = kamjit_db::blocking(async || state.reload_addresses().await);
    loaded.map_err(|e| HostError::new(e.to_string()))?.map_err(HostError::new)?;
    database::at_start(async || state.reload_trusted().await)
}

impl State {
    /// Reads the addresses again; those before stay if that fails.
    async fn reload_addresses(&self) -> Result<(), String> {
        let table = self.source.read().await?;
        *self.addresses.write().unwrap_or_else(|broken| broken.into_inner()) = Arc::new(table);
        Ok(())
    }

    /// Reads the trusted peers again.
    async fn reload_trusted(&self) -> Result<(), kamjit_db::Error> {
        let Some(source) = &self.trusted_source else { return Ok(()) };
        let table = source.read().await?;
        *self.trusted.write().unwrap_or_else(|broken| broken.into_inner()) = Arc::new(table);
        Ok(())
    }

    fn addresses(&self) -> Arc<address::Table> {
        Arc::clone(&self.addresses.read().unwrap_or_else(|broken| broken.into_inner()))
    }

    fn trusted(&self) -> Arc<trusted::Table> {
        Arc::clone(&self.trusted.read().unwrap_or_else(|broken| broken.into_inner()))
    }
}

/// Puts the tag of a match where the script wants it.
fn set_tag(ctx: &mut Ctx<'_>, tag: Option<&[u8]>) {
    let Some(state) = STATE.get(ctx) else { return };
    if let (Some(pv), Some(tag)) = (&state.tag, tag) {
        let tag = ctx.keep(tag);
        pv.set(ctx, Val::Str(tag));
    }
}
