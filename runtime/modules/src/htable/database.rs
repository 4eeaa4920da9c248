//! Tables that are kept in a database: loaded at the start and on command, written on command and at the end.

use std::sync::Arc;

use kamjit_db::{Database, Error, Op, Select, Value as Field};
use kamjit_engine::{
    catalog::HostError,
    init::Init,
    log::{self, Level},
    value::parse_int,
};

use super::{
    now,
    table::{Item, Table, Value},
};
use crate::database;

/// What a null value among several reads as (captured).
const NOTHING: &[u8] = b"*";

/// The database and how tables stand in it.
pub(super) struct Store {
    database: Database,
    key: String,
    key_type: String,
    value_type: String,
    value: String,
    expires: String,
    /// Behind the name of an array for the number of its elements.
    size_suffix: Vec<u8>,
    /// Whether ends are loaded and written (`db_expires`).
    with_ends: bool,
}

impl Store {
    /// As the parameters say; `None` without `db_url`.
    pub fn from_params(init: &Init<'_>) -> Result<Option<Store>, HostError> {
        if init.str("db_url").is_none_or(<[u8]>::is_empty) {
            return Ok(None);
        }
        let database = database::of_param(init, "db_url").map_err(|error| error.param("db_url", 0))?;
        let text = |name: &str| String::from_utf8_lossy(init.str(name).unwrap_or_default()).into_owned();
        Ok(Some(Store {
            database,
            key: text("key_name_column"),
            key_type: text("key_type_column"),
            value_type: text("value_type_column"),
            value: text("key_value_column"),
            expires: text("expires_column"),
            size_suffix: init.str("array_size_suffix").unwrap_or_default().to_vec(),
            with_ends: init.int("db_expires") != 0,
        }))
    }

    /// Puts what the database has in the place of what the tables have.
    pub fn load(&self, tables: &[Arc<Table>]) -> Result<(), HostError> {
        for table in tables {
            let items = database::at_start(async || self.read(table).await)?;
            let name = &table.definition.name;
            table.replace(items).map_err(|_| HostError::new(format!("no memory for the table {name}")))?;
        }
        Ok(())
    }

    /// Puts what a table has in the place of what the database has. A table with columns of its own stays as it is.
    pub fn save(&self, table: &Arc<Table>) -> Result<(), HostError> {
        if !table.definition.columns.is_empty() {
            let name = &table.definition.name;
            log::module(
                Level::Warn,
                "htable",
                format_args!("table {name} has columns of its own and is not written"),
            );
            return Ok(());
        }
        let mut items = Vec::new();
        table.visit(|_, item| items.push(item.clone()));
        database::at_start(async || self.write(table, &items).await)
    }

    async fn read(&self, table: &Table) -> Result<Vec<Item>, Error> {
        let definition = &table.definition;
        let own: Vec<&str> = definition.columns.iter().map(|column| &**column).collect();
        let usual = [&*self.key, &self.key_type, &self.value_type, &self.value, &self.expires];
        let columns = match own.is_empty() {
            false => &own[..],
            true if self.with_ends => &usual[..],
            true => &usual[..4],
        };
        let select =
            Select { order: columns.first().copied(), ..Select::new(&definition.db_table, columns, &[]) };
        let reply = self.database.run(&Op::Select(select)).await?;
        if !own.is_empty() {
            return Ok(reply.rows.iter().filter_map(|row| packed(row, table)).collect());
        }
        let mut items = Vec::with_capacity(reply.rows.len());
        let mut array: Option<(Vec<u8>, i64)> = None;
        for row in &reply.rows {
            let [key, key_type, value_type, value, ..] = &row[..] else { continue };
            let Some(end) = self.end(row.get(4), table) else { continue };
            let key = key.to_text().unwrap_or_default().into_owned();
            if key.is_empty() {
                continue;
            }
            let text = value.to_text().unwrap_or_default();
            let value = match value_type.to_int() {
                Some(1) => Value::Int(parse_int(&text).unwrap_or(0)),
                _ => Value::Str(text.into_owned().into()),
            };
            if array.as_ref().is_some_and(|(name, _)| *name != key) {
                items.extend(array.take().map(|(name, count)| self.size(name, count, table)));
            }
            let name = match key_type.to_int() {
                Some(1) => {
                    let (_, count) = array.get_or_insert_with(|| (key.clone(), 0));
                    *count += 1;
                    [&key, format!("[{}]", *count - 1).as_bytes()].concat()
                }
                _ => key,
            };
            items.push(Item { name: name.into(), value, expires: end });
        }
        items.extend(array.map(|(name, count)| self.size(name, count, table)));
        Ok(items)
    }

    /// The item that tells how many elements an array has.
    fn size(&self, name: Vec<u8>, count: i64, table: &Table) -> Item {
        let name = [name, self.size_suffix.clone()].concat().into();
        Item { name, value: Value::Int(count), expires: table.end_of_new(now()) }
    }

    /// When an item ends; `None` if it has ended already.
    fn end(&self, field: Option<&Field>, table: &Table) -> Option<i64> {
        let now = now();
        match field.and_then(Field::to_int).filter(|_| table.definition.auto_expire > 0) {
            Some(at) if at > 0 => (at >= now).then_some(at),
            _ => Some(table.end_of_new(now)),
        }
    }

    async fn write(&self, table: &Table, items: &[Item]) -> Result<(), Error> {
        let db_table = &*table.definition.db_table;
        self.database.delete(db_table, &[]).await?;
        let now = now();
        let ends = self.with_ends && table.definition.auto_expire > 0;
        // Captured: with ends, what never ends is not written.
        for item in items.iter().filter(|item| !ends || item.expires >= now) {
            let (kind, text) = match &item.value {
                Value::Int(n) => (1, Field::text(n.to_string())),
                Value::Str(text) => (0, Field::text(text)),
            };
            let fields = [
                (&*self.key, Field::text(&item.name)),
                (&*self.key_type, Field::Int(0)),
                (&*self.value_type, Field::Int(kind)),
                (&*self.value, text),
                (&*self.expires, Field::Int(item.expires)),
            ];
            let count = if ends { fields.len() } else { fields.len() - 1 };
            self.database.insert(db_table, &fields[..count]).await?;
        }
        Ok(())
    }
}

/// An item of a table with columns of its own: values with commas between them.
fn packed(row: &[Field], table: &Table) -> Option<Item> {
    let (key, values) = row.split_first()?;
    let name = key.to_text().filter(|key| !key.is_empty())?.into_owned();
    let texts: Vec<Vec<u8>> = values
        .iter()
        .map(|value| value.to_text().map_or(NOTHING.to_vec(), |text| text.into_owned()))
        .collect();
    let value = Value::Str(texts.join(&b","[..]).into());
    Some(Item { name: name.into(), value, expires: table.end_of_new(now()) })
}
