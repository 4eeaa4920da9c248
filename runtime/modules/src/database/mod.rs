//! How modules come by a database: by the URL of their parameter, through the driver module that the configuration loads.
//! Not a module of Kamailio itself.

use std::sync::Arc;

use kamjit_db::{Database, Error, Options, Reply, Scheme, Url};
use kamjit_engine::{
    Ctx, Ret,
    catalog::HostError,
    init::Init,
    log::{self, Level},
    state::StateKey,
};

/// Names of the driver modules, for the `after` of a module's table: their parameters must be known first.
pub const DRIVERS: &[&str] = &["db_mysql", "db_postgres", "db_sqlite", "db_text"];

/// What a driver module knows about the databases of its scheme.
pub(crate) struct DriverState {
    /// Settings for a URL.
    pub(crate) options: Box<dyn Fn(&Url) -> Options + Send + Sync>,
}

/// The state of each driver module, in the order of [`DRIVERS`].
pub(crate) static STATES: [StateKey<DriverState>; 4] =
    [StateKey::new(), StateKey::new(), StateKey::new(), StateKey::new()];

/// The key of a scheme's driver.
pub(crate) fn key(scheme: Scheme) -> &'static StateKey<DriverState> {
    match scheme {
        Scheme::Mysql => &STATES[0],
        Scheme::Postgres => &STATES[1],
        Scheme::Sqlite => &STATES[2],
        Scheme::Text => &STATES[3],
    }
}

/// The database of a URL. Nothing is connected, so `kamjit check` may call it. A module that calls it names [`DRIVERS`] in
/// its `after`.
///
/// # Errors
/// The URL is malformed, or its driver module is not loaded.
pub fn open(init: &Init<'_>, url: &[u8]) -> Result<Database, HostError> {
    let text = String::from_utf8_lossy(url);
    let url = Url::parse(&text).map_err(|bad| HostError::new(bad.to_string()))?;
    let Some(driver) = init.state(key(url.scheme)) else {
        let module = url.scheme.module();
        return Err(HostError::new(format!("the database {url} needs the driver {module}"))
            .help(format!("add loadmodule \"{module}.so\"")));
    };
    Database::new(&text, (driver.options)(&url)).map_err(|bad| HostError::new(bad.to_string()))
}

/// The database that a parameter of the module names.
pub fn of_param(init: &Init<'_>, param: &str) -> Result<Database, HostError> {
    open(init, init.str(param).unwrap_or_default())
}

/// Runs what must be read before the server starts, and says which database failed and why.
pub fn at_start<T: Send>(body: impl AsyncFnOnce() -> Result<T, Error> + Send) -> Result<T, HostError> {
    match kamjit_db::blocking(body) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(HostError::new(error.to_string())),
        Err(error) => Err(HostError::new(format!("cannot start a thread for the database: {error}"))),
    }
}

/// Holds the version of a table against the one that a module needs, as the real server does at its start.
pub async fn check_version(
    database: &Database,
    version_table: &str,
    table: &str,
    wanted: i64,
) -> Result<(), Error> {
    let found = database.table_version(version_table, table).await?;
    if found == Some(wanted) {
        return Ok(());
    }
    let found = found.map_or("none".to_owned(), |n| n.to_string());
    Err(Error {
        kind: kamjit_db::ErrorKind::Schema,
        url: database.url().to_string(),
        message: format!("table {table} has version {found} but {wanted} is needed; update it with kamdbctl"),
    })
}

/// Runs an operation for a message, which waits for it; a failure is logged.
///
/// # Errors
/// What the function that asked returns to the script.
pub fn ask(ctx: &Ctx<'_>, operation: impl Future<Output = Result<Reply, Error>>) -> Result<Reply, Ret> {
    match ctx.wait(operation) {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => {
            log::core(Level::Err, format_args!("{error}"));
            Err(Ret::FALSE)
        }
        Err(cancelled) => Err(cancelled.into()),
    }
}

/// Enters a driver's settings.
pub(crate) fn register(
    init: &mut Init<'_>,
    scheme: Scheme,
    options: impl Fn(&Url) -> Options + Send + Sync + 'static,
) {
    init.set_state(key(scheme), Arc::new(DriverState { options: Box::new(options) }));
}
