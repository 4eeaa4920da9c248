//! A database as modules see it.

use std::{sync::Arc, time::Duration};

use crate::{
    BadUrl, Condition, Error, Insert, InsertMode, Op, Reply, Scheme, Select, Update, Url, Value,
    driver::Driver, mysql, sqlite,
};

/// Settings that are not in the URL.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long an operation may take, with the wait for a free connection.
    pub timeout: Duration,
    /// Connections of one thread.
    pub connections: usize,
    /// `update_affected_found` of db_mysql: rows that an update finds count, even if it changes nothing.
    pub count_found: bool,
    /// `db_set_readonly` of db_sqlite.
    pub read_only: bool,
    /// `db_set_journal_mode` of db_sqlite.
    pub journal_mode: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(6),
            connections: 64,
            count_found: false,
            read_only: false,
            journal_mode: None,
        }
    }
}

/// A database. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Database {
    url: Arc<Url>,
    driver: Arc<dyn Driver>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.url)
    }
}

impl Database {
    /// The database of a URL. Nothing is connected yet.
    pub fn new(url: &str, options: Options) -> Result<Database, BadUrl> {
        let url = Arc::new(Url::parse(url)?);
        let driver: Arc<dyn Driver> = match url.scheme {
            Scheme::Mysql => Arc::new(mysql::Mysql::new(Arc::clone(&url), options)),
            Scheme::Sqlite => Arc::new(sqlite::Sqlite::new(Arc::clone(&url), options)),
            Scheme::Postgres | Scheme::Text => {
                return Err(BadUrl::UnknownScheme(url.scheme.module().to_owned()));
            }
        };
        Ok(Database { url, driver })
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Runs an operation.
    pub async fn run(&self, op: &Op<'_>) -> Result<Reply, Error> {
        self.driver.run(op).await
    }

    /// Reads rows.
    pub async fn select(
        &self,
        table: &str,
        columns: &[&str],
        conditions: &[Condition<'_>],
    ) -> Result<Reply, Error> {
        self.run(&Op::Select(Select::new(table, columns, conditions))).await
    }

    /// Adds a row.
    pub async fn insert(&self, table: &str, values: &[(&str, Value)]) -> Result<Reply, Error> {
        self.run(&Op::Insert(Insert { table, values, mode: InsertMode::Plain, key: &[] })).await
    }

    /// Changes rows; `affected` says how many.
    pub async fn update(
        &self,
        table: &str,
        values: &[(&str, Value)],
        conditions: &[Condition<'_>],
    ) -> Result<Reply, Error> {
        self.run(&Op::Update(Update { table, values, conditions })).await
    }

    /// Deletes rows; `affected` says how many.
    pub async fn delete(&self, table: &str, conditions: &[Condition<'_>]) -> Result<Reply, Error> {
        self.run(&Op::Delete(table, conditions)).await
    }

    /// Runs SQL as it is written.
    pub async fn raw(&self, sql: &str) -> Result<Reply, Error> {
        self.run(&Op::Raw(sql)).await
    }

    /// The version of a table's structure, from the table `version` that `kamdbctl` fills; `None` if it says nothing.
    pub async fn table_version(&self, version_table: &str, table: &str) -> Result<Option<i64>, Error> {
        let conditions = [Condition::eq("table_name", table)];
        let reply = self.select(version_table, &["table_version"], &conditions).await?;
        Ok(reply.first().and_then(|row| row.first()).and_then(Value::to_int))
    }
}

/// Runs a future to its end on a thread of its own, for what must be read before the server starts. The connections that
/// it makes end with it.
pub fn blocking<T: Send>(future: impl AsyncFnOnce() -> T + Send) -> std::io::Result<T> {
    let body = move || -> std::io::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let result = runtime.block_on(future());
        mysql::forget_thread();
        Ok(result)
    };
    std::thread::scope(|scope| {
        scope.spawn(body).join().unwrap_or_else(|_| Err(std::io::Error::other("the thread panicked")))
    })
}
