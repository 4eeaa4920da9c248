//! Values between MySQL and us.

use mysql_async::{
    BinaryProtocol, QueryResult, Row, TextProtocol, Value as My,
    consts::{ColumnFlags, ColumnType},
    prelude::Protocol,
};

use crate::{Reply, Value, time};

/// A parameter.
pub(super) fn to_mysql(value: &Value) -> My {
    match value {
        Value::Null => My::NULL,
        Value::Int(number) => My::Int(*number),
        Value::Double(number) => My::Double(*number),
        Value::Bytes(bytes) => My::Bytes(bytes.to_vec()),
        Value::Time(seconds) => {
            let (year, month, day, hour, minute, second) = time::local_parts(*seconds);
            My::Date(year, month, day, hour, minute, second, 0)
        }
    }
}

/// Reads all that a statement answers; of several result sets the first.
pub(super) async fn collect<P: Answers>(
    mut result: QueryResult<'_, 'static, P>,
) -> mysql_async::Result<Reply> {
    let mut reply = Reply::default();
    let columns = result.columns();
    if let Some(columns) = &columns {
        reply.columns = columns.iter().map(|column| column.name_str().into_owned()).collect();
    }
    let rows: Vec<Row> = result.collect().await?;
    reply.affected = result.affected_rows();
    reply.last_id = result.last_insert_id().unwrap_or(0);
    result.drop_result().await?;
    let kinds: Vec<Kind> = columns.map(|columns| columns.iter().map(kind).collect()).unwrap_or_default();
    reply.rows = rows
        .into_iter()
        .map(|row| {
            let values = row.unwrap().into_iter();
            values.zip(&kinds).map(|(value, kind)| from_mysql(value, *kind)).collect()
        })
        .collect();
    Ok(reply)
}

/// Both protocols: prepared statements answer in binary, others in text.
pub(super) trait Answers: Protocol {}
impl Answers for TextProtocol {}
impl Answers for BinaryProtocol {}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Double,
    Time,
    Bytes,
}

fn kind(column: &mysql_async::Column) -> Kind {
    use ColumnType as T;
    match column.column_type() {
        T::MYSQL_TYPE_TINY
        | T::MYSQL_TYPE_SHORT
        | T::MYSQL_TYPE_LONG
        | T::MYSQL_TYPE_INT24
        | T::MYSQL_TYPE_LONGLONG
        | T::MYSQL_TYPE_YEAR => Kind::Int,
        T::MYSQL_TYPE_FLOAT | T::MYSQL_TYPE_DOUBLE | T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => {
            Kind::Double
        }
        // A TIMESTAMP and a DATETIME are both local time to a client.
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_DATE
            if !column.flags().contains(ColumnFlags::ENUM_FLAG) =>
        {
            Kind::Time
        }
        _ => Kind::Bytes,
    }
}

fn from_mysql(value: My, kind: Kind) -> Value {
    match value {
        My::NULL => Value::Null,
        My::Int(number) => Value::Int(number),
        My::UInt(number) => Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        My::Float(number) => Value::Double(f64::from(number)),
        My::Double(number) => Value::Double(number),
        My::Date(year, month, day, hour, minute, second, _) => {
            time::from_local((year, month, day, hour, minute, second)).map_or(Value::Int(0), Value::Time)
        }
        My::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Value::text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"))
        }
        My::Bytes(bytes) => from_text(bytes, kind),
    }
}

/// The text protocol sends everything as text.
fn from_text(bytes: Vec<u8>, kind: Kind) -> Value {
    let text = std::str::from_utf8(&bytes).ok();
    let read = match kind {
        Kind::Int => text.and_then(|t| t.parse().ok()).map(Value::Int),
        Kind::Double => text.and_then(|t| t.parse().ok()).map(Value::Double),
        Kind::Time => text.and_then(time::parse_local).map(Value::Time),
        Kind::Bytes => None,
    };
    read.unwrap_or(Value::Bytes(bytes.into_boxed_slice()))
}
