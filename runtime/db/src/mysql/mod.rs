//! MySQL and MariaDB.

mod group;
mod pool;
mod values;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mysql_async::{Params, prelude::Queryable};

pub(crate) use pool::forget_thread;

use crate::{
    Error, ErrorKind, Op, Options, Reply, Url,
    driver::{Answer, Driver},
    statement::{Dialect, Statement, build},
};

/// Server errors with a meaning of their own (MariaDB's "Error codes").
mod code {
    pub(super) const TOO_MANY_CONNECTIONS: u16 = 1040;
    pub(super) const ACCESS_DENIED: [u16; 3] = [1044, 1045, 1698];
    pub(super) const UNKNOWN_DATABASE: u16 = 1049;
    pub(super) const DUPLICATE: [u16; 2] = [1062, 1586];
    pub(super) const NO_TABLE_OR_COLUMN: [u16; 3] = [1051, 1054, 1146];
    pub(super) const SHUTDOWN: [u16; 2] = [1053, 1927];
}

/// A MySQL database.
pub(crate) struct Mysql {
    url: Arc<Url>,
    options: Options,
    /// Tells the pools of a thread apart.
    id: u64,
}

impl Mysql {
    pub(crate) fn new(url: Arc<Url>, options: Options) -> Mysql {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Mysql { url, options, id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    async fn execute(&self, op: &Op<'_>) -> Result<Reply, Error> {
        let statement = build(op, Dialect::Mysql).map_err(|bad| bad.at(&self.url))?;
        let raw = matches!(op, Op::Raw(_));
        match self.attempt(&statement, raw).await {
            // The connection was kept too long: the server ended it, or was started again.
            Err(Failed::Stale) => match self.attempt(&statement, raw).await {
                Ok(reply) => Ok(reply),
                Err(Failed::Stale) => Err(self.error(ErrorKind::Unreachable, "the connection was lost")),
                Err(Failed::For(error)) => Err(error),
            },
            Ok(reply) => Ok(reply),
            Err(Failed::For(error)) => Err(error),
        }
    }

    async fn attempt(&self, statement: &Statement, raw: bool) -> Result<Reply, Failed> {
        let mut held = pool::connection(self).await.map_err(Failed::For)?;
        let result = if raw {
            run_text(&mut held.conn, &statement.sql).await
        } else {
            run_prepared(&mut held.conn, statement).await
        };
        result.map_err(|error| match error {
            mysql_async::Error::Io(_) | mysql_async::Error::Driver(_) => {
                pool::discard(self);
                Failed::Stale
            }
            mysql_async::Error::Server(error) if code::SHUTDOWN.contains(&error.code) => {
                pool::discard(self);
                Failed::Stale
            }
            error => Failed::For(self.of_mysql(&error)),
        })
    }

    /// An error in our terms.
    fn of_mysql(&self, error: &mysql_async::Error) -> Error {
        let mysql_async::Error::Server(server) = error else {
            return self.error(ErrorKind::Unreachable, &error.to_string());
        };
        let kind = match server.code {
            n if code::ACCESS_DENIED.contains(&n) => ErrorKind::Unreachable,
            code::TOO_MANY_CONNECTIONS | code::UNKNOWN_DATABASE => ErrorKind::Unreachable,
            n if code::DUPLICATE.contains(&n) => ErrorKind::Duplicate,
            n if code::NO_TABLE_OR_COLUMN.contains(&n) => ErrorKind::Schema,
            _ => ErrorKind::Statement,
        };
        self.error(kind, &format!("{} ({})", server.message, server.code))
    }

    fn error(&self, kind: ErrorKind, message: &str) -> Error {
        Error { kind, url: self.url.to_string(), message: message.to_owned() }
    }
}

/// Why an attempt failed.
enum Failed {
    /// A kept connection is dead; a new one may work.
    Stale,
    /// For good.
    For(Error),
}

impl Driver for Mysql {
    fn run<'a>(&'a self, op: &'a Op<'a>) -> Answer<'a> {
        Box::pin(async move {
            match tokio::time::timeout(self.options.timeout, self.execute(op)).await {
                Ok(result) => result,
                Err(_) => Err(self.error(
                    ErrorKind::Timeout,
                    &format!("no answer within {} s", self.options.timeout.as_secs_f32()),
                )),
            }
        })
    }
}

async fn run_prepared(conn: &mut mysql_async::Conn, statement: &Statement) -> mysql_async::Result<Reply> {
    let params = if statement.params.is_empty() {
        Params::Empty
    } else {
        Params::Positional(statement.params.iter().map(values::to_mysql).collect())
    };
    let result = conn.exec_iter(statement.sql.as_str(), params).await?;
    values::collect(result).await
}

async fn run_text(conn: &mut mysql_async::Conn, sql: &str) -> mysql_async::Result<Reply> {
    let result = conn.query_iter(sql).await?;
    values::collect(result).await
}
