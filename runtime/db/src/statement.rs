//! Operations as SQL with parameters.

use std::fmt::Write;

use crate::{Compare, Condition, Error, ErrorKind, Insert, InsertMode, Op, Select, Update, Value};

/// What differs between the databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `?`, backticks, `REPLACE`, `ON DUPLICATE KEY UPDATE`.
    Mysql,
    /// `?`, double quotes, `REPLACE`, `ON CONFLICT`.
    Sqlite,
    /// `$1`, `ON CONFLICT`.
    #[cfg_attr(not(test), expect(dead_code, reason = "its driver is to come"))]
    Postgres,
}

/// A statement and its parameters, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Statement {
    /// The text.
    pub(crate) sql: String,
    /// The parameters.
    pub(crate) params: Vec<Value>,
}

/// Why there is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadOp {
    /// A name from the configuration that cannot be one.
    #[error("'{0}' cannot be the name of a table or column")]
    Name(String),
}

impl BadOp {
    /// As the database's error.
    pub(crate) fn at(self, url: &crate::Url) -> Error {
        Error { kind: ErrorKind::Schema, url: url.to_string(), message: self.to_string() }
    }
}

struct Builder {
    dialect: Dialect,
    out: Statement,
}

/// Makes a statement of an operation.
pub(crate) fn build(op: &Op<'_>, dialect: Dialect) -> Result<Statement, BadOp> {
    let mut builder = Builder { dialect, out: Statement::default() };
    match op {
        Op::Select(select) => builder.select(select)?,
        Op::Insert(insert) => builder.insert(insert)?,
        Op::Update(update) => builder.update(update)?,
        Op::Delete(table, conditions) => {
            builder.push("DELETE FROM ");
            builder.name(table)?;
            builder.conditions(conditions)?;
        }
        Op::Raw(text) => builder.push(text),
    }
    Ok(builder.out)
}

impl Builder {
    fn push(&mut self, text: &str) {
        self.out.sql.push_str(text);
    }

    /// A table or column. Names come from the configuration, but an odd one must not end up as part of the statement.
    fn name(&mut self, name: &str) -> Result<(), BadOp> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        let good = !name.is_empty() && name.split('.').all(|part| !part.is_empty() && part.chars().all(fits));
        if !good {
            return Err(BadOp::Name(name.to_owned()));
        }
        let quote = match self.dialect {
            Dialect::Mysql => "`",
            Dialect::Sqlite => "\"",
            // PostgreSQL folds the case of unquoted names, which is what tables made by kamdbctl rely on.
            Dialect::Postgres => "",
        };
        for (n, part) in name.split('.').enumerate() {
            if n > 0 {
                self.out.sql.push('.');
            }
            let _ = write!(self.out.sql, "{quote}{part}{quote}");
        }
        Ok(())
    }

    fn names<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), BadOp> {
        for (n, name) in names.enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.name(name)?;
        }
        Ok(())
    }

    fn param(&mut self, value: &Value) {
        self.out.params.push(value.clone());
        match self.dialect {
            Dialect::Mysql | Dialect::Sqlite => self.push("?"),
            Dialect::Postgres => {
                let _ = write!(self.out.sql, "${}", self.out.params.len());
            }
        }
    }

    fn conditions(&mut self, conditions: &[Condition<'_>]) -> Result<(), BadOp> {
        for (n, condition) in conditions.iter().enumerate() {
            self.push(if n == 0 { " WHERE " } else { " AND " });
            self.name(condition.column)?;
            match (condition.compare, &condition.value) {
                (Compare::Eq, Value::Null) => self.push(" IS NULL"),
                (Compare::Ne, Value::Null) => self.push(" IS NOT NULL"),
                (compare, value) => {
                    self.push(match compare {
                        Compare::Eq => " = ",
                        Compare::Ne => " <> ",
                        Compare::Lt => " < ",
                        Compare::Le => " <= ",
                        Compare::Gt => " > ",
                        Compare::Ge => " >= ",
                    });
                    self.param(value);
                }
            }
        }
        Ok(())
    }

    fn select(&mut self, select: &Select<'_>) -> Result<(), BadOp> {
        self.push("SELECT ");
        if select.columns.is_empty() {
            self.push("*");
        } else {
            self.names(select.columns.iter().copied())?;
        }
        self.push(" FROM ");
        self.name(select.table)?;
        self.conditions(select.conditions)?;
        if let Some(order) = select.order {
            self.push(" ORDER BY ");
            self.name(order)?;
        }
        if let Some((count, skip)) = select.limit {
            let _ = write!(self.out.sql, " LIMIT {count} OFFSET {skip}");
        }
        Ok(())
    }

    fn insert(&mut self, insert: &Insert<'_>) -> Result<(), BadOp> {
        self.push(match (insert.mode, self.dialect) {
            (InsertMode::Replace, Dialect::Mysql | Dialect::Sqlite) => "REPLACE INTO ",
            (InsertMode::Ignore, Dialect::Mysql) => "INSERT IGNORE INTO ",
            _ => "INSERT INTO ",
        });
        self.name(insert.table)?;
        self.push(" (");
        self.names(insert.values.iter().map(|(name, _)| *name))?;
        self.push(") VALUES (");
        for (n, (_, value)) in insert.values.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.param(value);
        }
        self.push(")");
        match (insert.mode, self.dialect) {
            (InsertMode::Update, Dialect::Mysql) => {
                self.push(" ON DUPLICATE KEY UPDATE ");
                self.new_values(insert, "VALUES(", ")")?;
            }
            (InsertMode::Ignore, Dialect::Sqlite | Dialect::Postgres) => self.push(" ON CONFLICT DO NOTHING"),
            (InsertMode::Update, _) | (InsertMode::Replace, Dialect::Postgres) => {
                self.push(" ON CONFLICT (");
                self.names(insert.key.iter().copied())?;
                self.push(") DO UPDATE SET ");
                self.new_values(insert, "EXCLUDED.", "")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// `column = VALUES(column)` for all columns.
    fn new_values(&mut self, insert: &Insert<'_>, before: &str, after: &str) -> Result<(), BadOp> {
        for (n, (name, _)) in insert.values.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.name(name)?;
            self.push(" = ");
            self.push(before);
            self.name(name)?;
            self.push(after);
        }
        Ok(())
    }

    fn update(&mut self, update: &Update<'_>) -> Result<(), BadOp> {
        self.push("UPDATE ");
        self.name(update.table)?;
        self.push(" SET ");
        for (n, (name, value)) in update.values.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.name(name)?;
            self.push(" = ");
            self.param(value);
        }
        self.conditions(update.conditions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(op: &Op<'_>, dialect: Dialect) -> String {
        build(op, dialect).map_or_else(|error| error.to_string(), |statement| statement.sql)
    }

    #[test]
    fn values_are_parameters() {
        let conditions = [Condition::eq("username", "'; DROP TABLE x"), Condition::eq("domain", Value::Null)];
        let op = Op::Select(Select::new("subscriber", &["ha1", "password"], &conditions));
        assert_eq!(
            sql(&op, Dialect::Mysql),
            "SELECT `ha1`, `password` FROM `subscriber` WHERE `username` = ? AND `domain` IS NULL"
        );
        assert_eq!(
            sql(&op, Dialect::Postgres),
            "SELECT ha1, password FROM subscriber WHERE username = $1 AND domain IS NULL"
        );
        assert_eq!(build(&op, Dialect::Sqlite).unwrap().params, [Value::text("'; DROP TABLE x")]);
    }

    #[test]
    fn insertions_say_what_happens_to_an_old_row() {
        let values = [("id", Value::Int(1)), ("v", Value::text("x"))];
        let op = |mode| Op::Insert(Insert { table: "t", values: &values, mode, key: &["id"] });
        assert_eq!(sql(&op(InsertMode::Plain), Dialect::Mysql), "INSERT INTO `t` (`id`, `v`) VALUES (?, ?)");
        assert_eq!(
            sql(&op(InsertMode::Update), Dialect::Mysql),
            "INSERT INTO `t` (`id`, `v`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `id` = VALUES(`id`), `v` = VALUES(`v`)"
        );
        assert_eq!(
            sql(&op(InsertMode::Replace), Dialect::Postgres),
            "INSERT INTO t (id, v) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id, v = EXCLUDED.v"
        );
        assert_eq!(
            sql(&op(InsertMode::Replace), Dialect::Sqlite),
            "REPLACE INTO \"t\" (\"id\", \"v\") VALUES (?, ?)"
        );
    }

    #[test]
    fn names_cannot_break_out() {
        for bad in ["", "a b", "a`b", "a;b", "a\"", "a.", "(select 1)"] {
            assert!(build(&Op::Delete(bad, &[]), Dialect::Mysql).is_err(), "{bad}");
        }
        assert_eq!(sql(&Op::Delete("db.t_1", &[]), Dialect::Mysql), "DELETE FROM `db`.`t_1`");
    }
}
