//! The module `db_sqlite`: lets `sqlite://` URLs reach files of SQLite.

use std::collections::{HashMap, HashSet};

use kamjit_db::{Options, Scheme};
use kamjit_engine::{
    Module,
    catalog::{ConfigValue, HostError, Param, ParamDefault},
    init::Init,
};

use crate::database;

/// The export table.
pub static MODULE: Module = Module {
    name: "db_sqlite",
    params: &[
        Param { name: "db_set_journal_mode", default: ParamDefault::Many },
        Param { name: "db_set_readonly", default: ParamDefault::Many },
    ],
    init,
    ..Module::EMPTY
};

const JOURNAL_MODES: [&str; 6] = ["DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF"];

fn texts(init: &Init<'_>, name: &str) -> Vec<String> {
    init.all(name)
        .filter_map(|value| match value {
            ConfigValue::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
            ConfigValue::Int(_) | ConfigValue::Word(_) => None,
        })
        .collect()
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let read_only: HashSet<String> = texts(init, "db_set_readonly").into_iter().collect();
    let mut journals = HashMap::new();
    for text in texts(init, "db_set_journal_mode") {
        let (path, mode) = text
            .trim_end_matches(';')
            .split_once('=')
            .ok_or_else(|| HostError::new(format!("db_set_journal_mode '{text}' is not PATH=MODE")))?;
        let mode = mode.trim().to_ascii_uppercase();
        if !JOURNAL_MODES.contains(&&*mode) {
            return Err(HostError::new(format!("'{mode}' is no journal mode"))
                .help(format!("it is one of {}", JOURNAL_MODES.join(", "))));
        }
        journals.insert(path.to_owned(), mode);
    }
    database::register(init, Scheme::Sqlite, move |url| Options {
        read_only: read_only.contains(&url.database),
        journal_mode: journals.get(&url.database).cloned(),
        ..Options::default()
    });
    Ok(())
}
