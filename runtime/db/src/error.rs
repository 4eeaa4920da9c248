//! What can go wrong with a database.

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No connection: nobody listens, the host is unknown, the login is refused, the file cannot be opened.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// A row with this key exists.
    Duplicate,
    /// There is no such table or column.
    Schema,
    /// The server refuses the statement for another reason.
    Statement,
    /// The driver cannot do this.
    Unsupported,
}

/// A failure, with the database and the cause. The password is in neither.
#[derive(Clone, Debug, thiserror::Error)]
#[error("database {url}: {message}")]
pub struct Error {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// The database, without its password.
    pub url: String,
    /// The cause, in the server's or the system's words.
    pub message: String,
}

impl Error {
    /// True if the database itself cannot be used at the moment, so that another try makes no sense yet.
    pub fn is_down(&self) -> bool {
        matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Timeout)
    }
}
