//! SQLite, built in. Each database has one thread that runs its statements one after another, so that a locked file
//! holds up no worker.

use std::{
    sync::{Arc, OnceLock, mpsc},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, fallible_iterator::FallibleIterator, types::ValueRef};
use tokio::sync::oneshot;

use crate::{
    Error, ErrorKind, Op, Options, Reply, Url, Value,
    driver::{Answer, Driver},
    statement::{Dialect, Statement, build},
    time,
};

/// Statements that may wait for the thread. More than that and the file is far too slow for the traffic.
const QUEUE: usize = 4096;

/// An SQLite database.
pub(crate) struct Sqlite {
    url: Arc<Url>,
    options: Options,
    /// The thread, once it is needed: after a daemon has forked.
    thread: OnceLock<mpsc::SyncSender<Job>>,
}

/// A statement and where its answer goes.
struct Job {
    statement: Statement,
    raw: bool,
    answer: oneshot::Sender<Result<Reply, Error>>,
}

impl Sqlite {
    pub(crate) fn new(url: Arc<Url>, options: Options) -> Sqlite {
        Sqlite { url, options, thread: OnceLock::new() }
    }

    fn submit(&self, op: &Op<'_>) -> Result<oneshot::Receiver<Result<Reply, Error>>, Error> {
        let statement = build(op, Dialect::Sqlite).map_err(|bad| bad.at(&self.url))?;
        let (answer, receiver) = oneshot::channel();
        let job = Job { statement, raw: matches!(op, Op::Raw(_)), answer };
        let thread = self.thread.get_or_init(|| start(Arc::clone(&self.url), self.options.clone()));
        let busy =
            || error(&self.url, ErrorKind::Timeout, "too many statements wait for the file".to_owned());
        thread.try_send(job).map_err(|_| busy())?;
        Ok(receiver)
    }
}

impl Driver for Sqlite {
    fn run<'a>(&'a self, op: &'a Op<'a>) -> Answer<'a> {
        Box::pin(async move {
            let receiver = self.submit(op)?;
            match tokio::time::timeout(self.options.timeout, receiver).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(error(&self.url, ErrorKind::Unreachable, "its thread ended".to_owned())),
                Err(_) => Err(error(&self.url, ErrorKind::Timeout, "no answer in time".to_owned())),
            }
        })
    }
}

fn error(url: &Url, kind: ErrorKind, message: String) -> Error {
    Error { kind, url: url.to_string(), message }
}

fn start(url: Arc<Url>, options: Options) -> mpsc::SyncSender<Job> {
    let (sender, jobs) = mpsc::sync_channel::<Job>(QUEUE);
    let body = move || {
        let mut connection = None;
        // Ends when the database is no longer used: the last sender is gone.
        while let Ok(job) = jobs.recv() {
            if job.answer.is_closed() {
                continue;
            }
            let result = run(&mut connection, &url, &options, &job);
            let _ = job.answer.send(result);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("sqlite".to_owned()).spawn(body) {
        // The receiver is gone with the closure, so each statement is refused.
        tracing::error!("no thread for SQLite: {error}");
    }
    sender
}

fn run(connection: &mut Option<Connection>, url: &Url, options: &Options, job: &Job) -> Result<Reply, Error> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(open(url, options).map_err(|e| of_sqlite(url, &e))?),
    };
    let done = if job.raw {
        raw(connection, &job.statement.sql)
    } else {
        connection
            .prepare_cached(&job.statement.sql)
            .and_then(|mut prepared| execute(&mut prepared, &job.statement.params))
    };
    let mut reply = done.map_err(|e| of_sqlite(url, &e))?;
    reply.affected = connection.changes();
    reply.last_id = u64::try_from(connection.last_insert_rowid()).unwrap_or(0);
    Ok(reply)
}

fn open(url: &Url, options: &Options) -> rusqlite::Result<Connection> {
    let flags = if options.read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection = Connection::open_with_flags(&url.database, flags)?;
    connection.busy_timeout(options.timeout.min(Duration::from_secs(5)))?;
    if let Some(mode) = &options.journal_mode {
        connection.pragma_update(None, "journal_mode", mode)?;
    }
    Ok(connection)
}

/// Runs a text of one or more statements; the rows are those of the last.
fn raw(connection: &Connection, sql: &str) -> rusqlite::Result<Reply> {
    let mut reply = Reply::default();
    let mut batch = rusqlite::Batch::new(connection, sql);
    while let Some(mut prepared) = batch.next()? {
        reply = execute(&mut prepared, &[])?;
    }
    Ok(reply)
}

fn execute(prepared: &mut rusqlite::Statement<'_>, params: &[Value]) -> rusqlite::Result<Reply> {
    for (n, value) in params.iter().enumerate() {
        match value {
            Value::Null => prepared.raw_bind_parameter(n + 1, rusqlite::types::Null)?,
            Value::Int(number) => prepared.raw_bind_parameter(n + 1, number)?,
            Value::Double(number) => prepared.raw_bind_parameter(n + 1, number)?,
            Value::Time(seconds) => prepared.raw_bind_parameter(n + 1, time::format_local(*seconds))?,
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => prepared.raw_bind_parameter(n + 1, text)?,
                Err(_) => prepared.raw_bind_parameter(n + 1, &**bytes)?,
            },
        }
    }
    let mut reply = Reply {
        columns: prepared.column_names().into_iter().map(str::to_owned).collect(),
        ..Reply::default()
    };
    let times: Vec<bool> = prepared.columns().iter().map(holds_times).collect();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        let read = |(n, &is_time): (usize, &bool)| Ok(value(row.get_ref(n)?, is_time));
        reply.rows.push(times.iter().enumerate().map(read).collect::<rusqlite::Result<_>>()?);
    }
    Ok(reply)
}

/// SQLite has no type for times; the declaration of the column tells.
fn holds_times(column: &rusqlite::Column<'_>) -> bool {
    column.decl_type().is_some_and(|decl| {
        let decl = decl.to_ascii_uppercase();
        decl.starts_with("DATETIME") || decl.starts_with("TIMESTAMP")
    })
}

fn value(value: ValueRef<'_>, is_time: bool) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) if is_time => Value::Time(number),
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Double(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let time =
                if is_time { std::str::from_utf8(bytes).ok().and_then(time::parse_local) } else { None };
            time.map_or_else(|| Value::Bytes(bytes.into()), Value::Time)
        }
    }
}

fn of_sqlite(url: &Url, failure: &rusqlite::Error) -> Error {
    let message = failure.to_string();
    let kind = match failure.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => ErrorKind::Duplicate,
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied) => {
            ErrorKind::Unreachable
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Timeout,
        _ if message.contains("no such table") || message.contains("no such column") => ErrorKind::Schema,
        _ => ErrorKind::Statement,
    };
    error(url, kind, message)
}

#[cfg(test)]
mod tests {
    use crate::{Condition, Database, ErrorKind, Insert, InsertMode, Op, Options, Value};

    fn on_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn a_table_is_made_filled_read_and_changed() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/k.db", dir.path().display());
        let db = Database::new(&url, Options::default()).unwrap();
        on_runtime(async {
            db.raw("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(10), at DATETIME); CREATE UNIQUE INDEX u ON t (name)")
                .await
                .unwrap();
            let row = [("name", Value::text("o'brien")), ("at", Value::Time(1_790_000_000))];
            assert_eq!(db.insert("t", &row).await.unwrap().last_id, 1);
            let refused = db.insert("t", &row).await.unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Duplicate);
            let op =
                Op::Insert(Insert { table: "t", values: &row, mode: InsertMode::Update, key: &["name"] });
            db.run(&op).await.unwrap();
            let found = db.select("t", &["at", "name"], &[Condition::eq("name", "o'brien")]).await.unwrap();
            assert_eq!(found.rows, [vec![Value::Time(1_790_000_000), Value::text("o'brien")]]);
            let changed = db.update("t", &[("name", Value::text("x"))], &[]).await.unwrap();
            assert_eq!(changed.affected, 1);
            assert_eq!(db.delete("t", &[Condition::eq("name", "nobody")]).await.unwrap().affected, 0);
            assert_eq!(db.select("nowhere", &[], &[]).await.unwrap_err().kind, ErrorKind::Schema);
        });
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_that_names_it() {
        let db = Database::new("sqlite:///nonexistent/dir/k.db", Options::default()).unwrap();
        let error = on_runtime(db.raw("SELECT 1")).unwrap_err();
        assert!(error.is_down() && error.to_string().contains("/nonexistent/dir/k.db"), "{error}");
    }
}
