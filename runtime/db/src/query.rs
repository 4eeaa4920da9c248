//! Operations on tables, for drivers with SQL and without.

use crate::Value;

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal; with `NULL`: is null.
    Eq,
    /// Not equal; with `NULL`: is not null.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// A condition on one column; all of an operation must hold.
#[derive(Clone, Debug)]
pub struct Condition<'a> {
    /// The column.
    pub column: &'a str,
    /// How.
    pub compare: Compare,
    /// With what.
    pub value: Value,
}

impl<'a> Condition<'a> {
    /// `column = value`.
    pub fn eq(column: &'a str, value: impl Into<Value>) -> Condition<'a> {
        Condition { column, compare: Compare::Eq, value: value.into() }
    }

    /// Any comparison.
    pub fn new(column: &'a str, compare: Compare, value: impl Into<Value>) -> Condition<'a> {
        Condition { column, compare, value: value.into() }
    }
}

/// Reads rows.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns; none: all.
    pub columns: &'a [&'a str],
    /// Which rows.
    pub conditions: &'a [Condition<'a>],
    /// Sorted by this column, ascending.
    pub order: Option<&'a str>,
    /// At most so many rows, after so many others.
    pub limit: Option<(u64, u64)>,
}

impl<'a> Select<'a> {
    /// Some columns of the rows that meet the conditions.
    pub fn new(table: &'a str, columns: &'a [&'a str], conditions: &'a [Condition<'a>]) -> Select<'a> {
        Select { table, columns, conditions, order: None, limit: None }
    }
}

/// What an insertion does if the key exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InsertMode {
    /// It fails with [`crate::ErrorKind::Duplicate`].
    #[default]
    Plain,
    /// The row is replaced (`REPLACE`).
    Replace,
    /// The row's other columns are changed (`ON DUPLICATE KEY UPDATE`, `ON CONFLICT`).
    Update,
    /// Nothing happens.
    Ignore,
}

/// Adds a row.
#[derive(Clone, Debug)]
pub struct Insert<'a> {
    /// The table.
    pub table: &'a str,
    /// Columns and values.
    pub values: &'a [(&'a str, Value)],
    /// What happens if the key exists.
    pub mode: InsertMode,
    /// The columns of the unique key that [`InsertMode::Replace`] and [`InsertMode::Update`] look at, for databases that
    /// must be told (PostgreSQL).
    pub key: &'a [&'a str],
}

/// Changes rows.
#[derive(Clone, Debug)]
pub struct Update<'a> {
    /// The table.
    pub table: &'a str,
    /// Columns and new values.
    pub values: &'a [(&'a str, Value)],
    /// Which rows.
    pub conditions: &'a [Condition<'a>],
}

/// An operation.
#[derive(Clone, Debug)]
pub enum Op<'a> {
    /// Reads rows.
    Select(Select<'a>),
    /// Adds a row.
    Insert(Insert<'a>),
    /// Changes rows.
    Update(Update<'a>),
    /// Deletes the rows of a table that meet the conditions.
    Delete(&'a str, &'a [Condition<'a>]),
    /// A statement in the database's own language, as the script or the operator wrote it.
    Raw(&'a str),
}
