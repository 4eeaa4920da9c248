//! The parameters: definitions of queues (README, "mqueue").

use std::sync::Arc;

use kamjit_engine::{
    catalog::{
        ConfigValue, HostError, Param,
        ParamDefault::{Int, Many, NoStr},
    },
    init::Init,
};

use super::queue::{AddMode, Definition, Queue};

pub(super) static PARAMS: &[Param] = &[
    Param { name: "db_url", default: NoStr },
    Param { name: "mqueue", default: Many },
    Param { name: "mqueue_addmode", default: Int(0) },
    Param { name: "mqueue_name", default: Many },
    Param { name: "mqueue_size", default: Int(0) },
];

/// The queues that the parameters define.
pub(super) fn queues(init: &Init<'_>) -> Result<Vec<Arc<Queue>>, HostError> {
    if init.str("db_url").is_some_and(|url| !url.is_empty()) {
        return Err(HostError::new(
            "mqueue.db_url: kamjit has no database connection yet; queues live in memory only",
        )
        .help("remove db_url")
        .param("db_url", 0));
    }
    let mut definitions: Vec<(Definition, &str, usize)> = Vec::new();
    for (nth, value) in init.all("mqueue").enumerate() {
        let ConfigValue::Str(text) = value else { continue };
        let text = String::from_utf8_lossy(text);
        let definition = parse(&text).map_err(|why| {
            HostError::new(format!("mqueue: '{text}' defines no queue: {why}")).param("mqueue", nth)
        })?;
        definitions.push((definition, "mqueue", nth));
    }
    for (nth, value) in init.all("mqueue_name").enumerate() {
        let ConfigValue::Str(name) = value else { continue };
        let definition = Definition {
            name: String::from_utf8_lossy(name).into(),
            size: usize::try_from(init.int("mqueue_size")).unwrap_or(0),
            mode: mode(init.int("mqueue_addmode")).map_err(HostError::new)?,
        };
        definitions.push((definition, "mqueue_name", nth));
    }
    let bytes = Arc::default();
    let mut queues: Vec<Arc<Queue>> = Vec::new();
    for (definition, param, nth) in definitions {
        if queues.iter().any(|queue| queue.definition.name == definition.name) {
            let error = HostError::new(format!("mqueue: the queue {} is defined twice", definition.name));
            return Err(error.param(param, nth));
        }
        queues.push(Arc::new(Queue::new(definition, &bytes)));
    }
    Ok(queues)
}

fn mode(number: i64) -> Result<AddMode, String> {
    match number {
        0 => Ok(AddMode::All),
        1 => Ok(AddMode::Oldest),
        2 => Ok(AddMode::Newest),
        other => Err(format!("addmode is 0, 1 or 2, not {other}")),
    }
}

/// Reads `name=q;size=100;addmode=2`.
fn parse(text: &str) -> Result<Definition, String> {
    let mut definition = Definition { name: "".into(), size: 0, mode: AddMode::All };
    for attribute in text.split(';').map(str::trim).filter(|attribute| !attribute.is_empty()) {
        let (key, value) = attribute.split_once('=').ok_or_else(|| format!("{attribute} has no value"))?;
        let value = value.trim();
        let number = || value.parse::<u32>().map_err(|_| format!("{key} takes a number, not '{value}'"));
        match key.trim() {
            "name" => definition.name = value.into(),
            "size" => definition.size = number()? as usize,
            "addmode" => definition.mode = mode(i64::from(number()?))?,
            // Has no meaning without db_url.
            "dbmode" => drop(number()?),
            other => return Err(format!("there is no attribute {other}")),
        }
    }
    if definition.name.is_empty() {
        return Err("it has no name".to_owned());
    }
    Ok(definition)
}
