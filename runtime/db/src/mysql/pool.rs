//! The connections of a thread.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use mysql_async::{Conn, OptsBuilder, Pool, PoolConstraints, PoolOpts};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Mysql, code, group};
use crate::{Error, ErrorKind};

/// After a failed connection nobody tries again for so long: a dead database must answer at once, not after a timeout
/// for each message.
const PAUSE: Duration = Duration::from_secs(1);

/// Where Debian's MariaDB listens for `localhost`.
const LOCAL_SOCKET: &str = "/run/mysqld/mysqld.sock";

/// Connections that have nothing to do are kept so long.
const KEEP_IDLE: Duration = Duration::from_secs(300);

/// The pool of one database in one thread.
struct Slot {
    pool: Pool,
    /// One permit a connection. Who waits for a free one waits here, so that in the pool nothing is waited for but a
    /// new connection, and slow queries are not taken for a dead server.
    free: Arc<Semaphore>,
    /// The last failure, and until when it counts.
    down: Option<(Instant, Error)>,
}

thread_local! {
    static SLOTS: RefCell<HashMap<u64, Slot>> = RefCell::new(HashMap::new());
}

/// A connection, with the right to use it.
pub(super) struct Held {
    pub(super) conn: Conn,
    _permit: OwnedSemaphorePermit,
}

/// A connection: a free one, a new one, or one that becomes free.
pub(super) async fn connection(mysql: &Mysql) -> Result<Held, Error> {
    let (pool, free) = slot(mysql)?;
    let Ok(permit) = free.acquire_owned().await else {
        return Err(mysql.error(ErrorKind::Unreachable, "the connections are closed"));
    };
    let connecting = tokio::time::timeout(mysql.options.connect_timeout, pool.get_conn()).await;
    let error = match connecting {
        Ok(Ok(conn)) => {
            set_down(mysql.id, None);
            return Ok(Held { conn, _permit: permit });
        }
        Ok(Err(error)) if is_full(&error) => return Err(mysql.of_mysql(&error)),
        Ok(Err(error)) => mysql.of_mysql(&error),
        Err(_) => mysql.error(ErrorKind::Timeout, "no connection in time"),
    };
    if error.is_down() {
        set_down(mysql.id, Some((Instant::now() + PAUSE, error.clone())));
    }
    Err(error)
}

/// The server has as many connections as it takes; those that exist still work.
fn is_full(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(error) if error.code == code::TOO_MANY_CONNECTIONS)
}

fn slot(mysql: &Mysql) -> Result<(Pool, Arc<Semaphore>), Error> {
    SLOTS.with_borrow_mut(|slots| {
        let slot = slots.entry(mysql.id).or_insert_with(|| Slot {
            pool: Pool::new(options(mysql)),
            free: Arc::new(Semaphore::new(mysql.options.connections.max(1))),
            down: None,
        });
        match &slot.down {
            Some((until, error)) if Instant::now() < *until => Err(error.clone()),
            _ => Ok((slot.pool.clone(), Arc::clone(&slot.free))),
        }
    })
}

fn set_down(id: u64, down: Option<(Instant, Error)>) {
    SLOTS.with_borrow_mut(|slots| {
        if let Some(slot) = slots.get_mut(&id) {
            slot.down = down;
        }
    });
}

/// Forgets all connections to a database: one of them turned out to be dead, so the others are, too.
pub(super) fn discard(mysql: &Mysql) {
    SLOTS.with_borrow_mut(|slots| {
        if let Some(slot) = slots.get_mut(&mysql.id) {
            slot.pool = Pool::new(options(mysql));
        }
    });
}

/// Forgets the pools of a thread that ends.
pub(crate) fn forget_thread() {
    SLOTS.with_borrow_mut(HashMap::clear);
}

fn options(mysql: &Mysql) -> OptsBuilder {
    let url = &mysql.url;
    let file = url.group().map(group::read).unwrap_or_default();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let host = if url.group().is_some() { file.host } else { given(&url.host) };
    let user = given(&url.user).or(file.user);
    let password = given(&url.password).or(file.password);
    let port = url.port.or(file.port);
    let local = host.as_deref().is_none_or(|host| host == "localhost") && port.is_none();
    let socket = file
        .socket
        .or_else(|| (local && std::path::Path::new(LOCAL_SOCKET).exists()).then(|| LOCAL_SOCKET.to_owned()));
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
    let limits = PoolConstraints::new(0, mysql.options.connections.max(1)).unwrap_or_default();
    let pool = PoolOpts::default()
        .with_constraints(limits)
        .with_inactive_connection_ttl(KEEP_IDLE)
        // Nothing is left behind on a connection that a reset would have to undo.
        .with_reset_connection(false);
    OptsBuilder::default()
        .ip_or_hostname(bare)
        .tcp_port(port.unwrap_or(3306))
        .socket(socket)
        .prefer_socket(false)
        .user(user)
        .pass(password)
        .db_name(Some(url.database.clone()))
        .client_found_rows(mysql.options.count_found)
        .pool_opts(pool)
}
