//! Databases: one trait, drivers for MySQL/MariaDB, PostgreSQL, SQLite and text files.
//!
//! A module opens a [`Database`] by the URL of its configuration; that does no I/O. Each operation is a future, so that a
//! script that waits for an answer suspends its fibre and not its worker. Connections belong to the thread that made
//! them: workers share nothing but the URL.
//!
//! SQL is made here only, from names of the configuration (checked, quoted) and from values that travel as
//! parameters; nothing that came in a message becomes part of a statement's text. What the script itself writes as SQL
//! ([`Op::Raw`], for `sql_query`) goes out as written.

mod database;
mod driver;
mod error;
mod mysql;
mod query;
mod rows;
mod sqlite;
mod statement;
pub mod time;
mod url;
mod value;

pub use database::{Database, Options, blocking};
pub use driver::Answer;
pub use error::{Error, ErrorKind};
pub use query::{Compare, Condition, Insert, InsertMode, Op, Select, Update};
pub use rows::{Reply, Row};
pub use url::{BadUrl, Scheme, Url};
pub use value::Value;
