//! The parameters: definitions of tables (README, "htable").

use std::sync::{Arc, atomic::AtomicUsize};

use kamjit_engine::{
    catalog::{
        ConfigValue, HostError, Param,
        ParamDefault::{Int, Many, NoStr, Str},
    },
    init::Init,
};

use super::table::{Definition, Table};

pub(super) static PARAMS: &[Param] = &[
    Param { name: "array_size_suffix", default: Str("::size") },
    Param { name: "db_expires", default: Int(0) },
    Param { name: "db_url", default: NoStr },
    Param { name: "dmq_init_sync", default: Int(0) },
    Param { name: "dmq_peer_id", default: Str("htable") },
    Param { name: "enable_dmq", default: Int(0) },
    Param { name: "event_callback", default: NoStr },
    Param { name: "event_callback_mode", default: Int(0) },
    Param { name: "expires_column", default: Str("expires") },
    Param { name: "fetch_rows", default: Int(100) },
    Param { name: "htable", default: Many },
    Param { name: "key_name_column", default: Str("key_name") },
    Param { name: "key_type_column", default: Str("key_type") },
    Param { name: "key_value_column", default: Str("key_value") },
    Param { name: "timer_interval", default: Int(20) },
    Param { name: "timer_procs", default: Int(0) },
    Param { name: "value_type_column", default: Str("value_type") },
];

/// Largest power of two of slots (README: 2 to 31; others become 3 and 14).
const SIZES: std::ops::RangeInclusive<u32> = 2..=31;

/// The tables that the parameters define.
pub(super) fn tables(init: &Init<'_>) -> Result<Vec<Arc<Table>>, HostError> {
    refuse(init)?;
    let bytes = Arc::new(AtomicUsize::new(0));
    let mut tables: Vec<Arc<Table>> = Vec::new();
    for (nth, value) in init.all("htable").enumerate() {
        let ConfigValue::Str(text) = value else { continue };
        let text = String::from_utf8_lossy(text);
        let definition = parse(&text).map_err(|why| {
            HostError::new(format!("htable: '{text}' defines no table: {why}"))
                .help("write name=>size=8;autoexpire=3600;initval=0;")
                .param("htable", nth)
        })?;
        if tables.iter().any(|table| table.definition.name == definition.name) {
            let error = HostError::new(format!("htable: the table {} is defined twice", definition.name));
            return Err(error.param("htable", nth));
        }
        tables.push(Arc::new(Table::new(definition, &bytes)));
    }
    Ok(tables)
}

/// What this build cannot do is an error, not silence.
fn refuse(init: &Init<'_>) -> Result<(), HostError> {
    if init.int("enable_dmq") != 0 {
        return Err(HostError::new("htable.enable_dmq: kamjit does not replicate over DMQ yet")
            .help("remove enable_dmq")
            .param("enable_dmq", 0));
    }
    if init.str("event_callback").is_some_and(|name| !name.is_empty()) {
        return Err(HostError::new("htable.event_callback: kamjit has no script engine that it could call")
            .help("use event_route[htable:mod-init] and event_route[htable:expired:TABLE]")
            .param("event_callback", 0));
    }
    Ok(())
}

/// Reads `name=>key=value;...`.
fn parse(text: &str) -> Result<Definition, String> {
    let (name, attributes) = text.split_once("=>").ok_or("there is no '=>' behind its name")?;
    let mut definition = Definition {
        name: name.trim().into(),
        size: 4,
        auto_expire: 0,
        update_expire: true,
        initial: None,
        db_table: "".into(),
        columns: Box::default(),
        db_mode: 0,
        replicate: 0,
    };
    for attribute in split(attributes) {
        let attribute = attribute.trim();
        if attribute.is_empty() {
            continue;
        }
        let (key, value) = attribute.split_once('=').ok_or_else(|| format!("{attribute} has no value"))?;
        let value = value.trim().trim_matches(['"', '\'']);
        let number = || value.parse::<u32>().map_err(|_| format!("{key} takes a number, not '{value}'"));
        match key.trim() {
            "size" => {
                let size = number()?;
                definition.size = match size {
                    _ if SIZES.contains(&size) => size,
                    0 | 1 => 3,
                    _ => 14,
                };
            }
            "autoexpire" => definition.auto_expire = i64::from(number()?),
            "updateexpire" => definition.update_expire = number()? != 0,
            "initval" => {
                let value = value.parse().map_err(|_| format!("initval takes a number, not '{value}'"))?;
                definition.initial = Some(value);
            }
            "dbtable" => definition.db_table = value.into(),
            "dbmode" => definition.db_mode = i64::from(number()?),
            "dmqreplicate" => definition.replicate = i64::from(number()?),
            "cols" => {
                definition.columns = value.split(',').map(|column| column.trim().into()).collect();
                if definition.columns.len() < 2 || definition.columns.iter().any(|column| column.is_empty()) {
                    return Err("cols names a column for the key and at least one for the value".to_owned());
                }
            }
            other => return Err(format!("there is no attribute {other}")),
        }
    }
    Ok(definition)
}

/// The attributes; a `;` in quotes parts none.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= matches!(c, '"' | '\'');
        c == ';' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_as_by_the_real_server() {
        for (text, size, expire) in [
            ("a=>size=0", 3, 0),
            ("a=>size=20", 20, 0),
            ("a=>size=99", 14, 0),
            ("a=>", 4, 0),
            (" a =>size=4; autoexpire=10 ;", 4, 10),
            ("a=>size=4;cols=\"k,v;w\"", 4, 0),
        ] {
            let definition = parse(text).unwrap();
            assert_eq!((definition.size, definition.auto_expire), (size, expire), "{text}");
            assert_eq!(&*definition.name, "a");
        }
        for text in ["a", "a=>foo=1", "a=>SIZE=4", "a=>size=-4", "a=>size=4;autoexpire=x", "a=>initval=abc"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
