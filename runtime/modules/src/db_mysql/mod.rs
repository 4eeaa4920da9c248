//! The module `db_mysql`: lets `mysql://` URLs reach MySQL and MariaDB.

use std::time::Duration;

use kamjit_db::{Options, Scheme};
use kamjit_engine::{
    Module,
    catalog::{HostError, Param, ParamDefault},
    init::Init,
};

use crate::database;

const fn int(name: &'static str, default: i64) -> Param {
    Param { name, default: ParamDefault::Int(default) }
}

/// The export table. Parameters without effect are listed in docs/differences.md.
pub static MODULE: Module = Module {
    name: "db_mysql",
    params: &[
        int("auto_reconnect", 1),
        int("connect_timeout", 2),
        int("insert_delayed", 0),
        int("opt_ssl_mode", 0),
        Param { name: "opt_ssl_ca", default: ParamDefault::NoStr },
        int("ping_interval", 300),
        int("receive_timeout", 0),
        int("retries", 1),
        int("send_timeout", 0),
        int("server_timezone", 0),
        int("timeout_interval", 2),
        int("unsigned_type", 0),
        int("update_affected_found", 0),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    if init.int("opt_ssl_mode") > 1 {
        return Err(HostError::new("opt_ssl_mode: this build speaks no TLS with databases")
            .help("leave it out, or use a tunnel"));
    }
    let seconds = |name: &str| Duration::from_secs(init.int(name).clamp(1, 3600) as u64);
    let options = Options {
        connect_timeout: seconds("timeout_interval"),
        // README.db_mysql: a read is tried three times, so an answer may take three times the interval.
        timeout: seconds("timeout_interval") * 3,
        count_found: init.int("update_affected_found") != 0,
        ..Options::default()
    };
    database::register(init, Scheme::Mysql, move |_| options.clone());
    Ok(())
}
