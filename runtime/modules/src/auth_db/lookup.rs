//! The row of a user.

use kamjit_db::{Condition, Value};
use kamjit_engine::{Ctx, Val};
use kamjit_sip::digest::{self, Credentials};

use super::State;
use crate::{auth, database};

/// What the table says about a user.
pub(super) enum Row {
    /// His HA1 in hex or his password, and the columns to load.
    User(Vec<Value>),
    /// There is none.
    Unknown,
    /// The run was cancelled, or the database failed.
    Failed,
}

/// Reads a user's row. `password` is the column to read first, if any.
pub(super) fn user(
    ctx: &mut Ctx<'_>,
    state: &State,
    table: &str,
    user: &[u8],
    domain: Option<&[u8]>,
    password: Option<&str>,
) -> Row {
    let mut conditions = vec![Condition::eq(&state.user_column, user)];
    if let Some(domain) = domain {
        conditions.push(Condition::eq(&state.domain_column, domain));
    }
    let mut columns: Vec<&str> = password.into_iter().collect();
    columns.extend(state.load.iter().map(|(column, _)| &**column));
    if columns.is_empty() {
        columns.push(&state.user_column);
    }
    match database::ask(ctx, state.database.select(table, &columns, &conditions)) {
        Ok(reply) => reply.rows.into_iter().next().map_or(Row::Unknown, Row::User),
        Err(_) => Row::Failed,
    }
}

/// Puts loaded columns into their variables; `values` are those of [`State::load`].
pub(super) fn load<'m>(ctx: &mut Ctx<'m>, state: &'m State, values: &[Value]) {
    for ((_, pv), value) in state.load.iter().zip(values) {
        let value = match value {
            Value::Null => continue,
            Value::Int(number) => Val::Int(*number),
            other => Val::Str(ctx.keep(&other.to_text().unwrap_or_default())),
        };
        pv.set(ctx, value);
    }
}

/// The user's HA1 in hex, from what the table holds.
pub(super) fn ha1(
    ctx: &Ctx<'_>,
    state: &State,
    credentials: &Credentials<'_>,
    realm: &[u8],
    stored: &Value,
) -> Option<Vec<u8>> {
    let stored = stored.to_text()?;
    if !state.plain {
        return Some(stored.into_owned());
    }
    let algorithm = auth::STATE.get(ctx)?.algorithm;
    Some(digest::ha1(algorithm, credentials.username, realm, &stored).as_bytes().to_vec())
}
