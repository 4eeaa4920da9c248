//! What a database answers.

use crate::Value;

/// One row: a value for each column.
pub type Row = Vec<Value>;

/// The answer to an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// Names of the columns, if there are rows to expect.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// How many rows were inserted, changed or deleted.
    pub affected: u64,
    /// The automatic key of the row that was inserted last.
    pub last_id: u64,
}

impl Reply {
    /// The first row.
    pub fn first(&self) -> Option<&Row> {
        self.rows.first()
    }
}
