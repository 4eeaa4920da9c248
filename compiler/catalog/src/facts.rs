//! Facts about the real server, made from the files in `data/` (see the project's shared catalogue): which
//! modules, functions, parameters and variables exist in a generation, whether or not this build has them.
//!
//! Parsed on first use: the server itself needs them only to explain an error.

use std::sync::OnceLock;

use serde_json::Value;

use crate::Generation;

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/", $name, ".json"))
    };
}

fn parsed(cell: &'static OnceLock<Value>, text: &'static str) -> &'static Value {
    cell.get_or_init(|| serde_json::from_str(text).unwrap_or(Value::Null))
}

/// All modules of a generation: object of module name to its description (keys: the shared catalogue's README).
pub fn modules(generation: Generation) -> &'static serde_json::Map<String, Value> {
    static V5: OnceLock<Value> = OnceLock::new();
    static V6: OnceLock<Value> = OnceLock::new();
    static EMPTY: OnceLock<serde_json::Map<String, Value>> = OnceLock::new();
    let value = match generation {
        Generation::V5_6 => parsed(&V5, data!("modules-5.6")),
        Generation::V6 => parsed(&V6, data!("modules-6")),
    };
    value["modules"].as_object().unwrap_or_else(|| EMPTY.get_or_init(Default::default))
}

/// The core's facts (global parameters, core functions, operators, ...).
pub fn core(generation: Generation) -> &'static Value {
    static V5: OnceLock<Value> = OnceLock::new();
    static V6: OnceLock<Value> = OnceLock::new();
    match generation {
        Generation::V5_6 => parsed(&V5, data!("core-5.6")),
        Generation::V6 => parsed(&V6, data!("core-6")),
    }
}

/// The modules, of either generation, that export a function of this name.
pub fn modules_with_function(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for generation in [Generation::V6, Generation::V5_6] {
        for (module, facts) in modules(generation) {
            let has = facts["functions"].as_array().is_some_and(|all| all.iter().any(|f| f["name"] == name));
            if has && !found.contains(&module.as_str()) {
                found.push(module.as_str());
            }
        }
    }
    found
}

/// The modules, of either generation, that bring a pseudo-variable; `core` if the server itself does.
pub fn modules_with_pv(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let has = |list: &Value| list.as_array().is_some_and(|all| all.iter().any(|p| p["name"] == name));
    for generation in [Generation::V6, Generation::V5_6] {
        if has(&core(generation)["core_pvs"]) && !found.contains(&"core") {
            found.push("core");
        }
        for (module, facts) in modules(generation) {
            if has(&facts["pvs"]) && !found.contains(&module.as_str()) {
                found.push(module.as_str());
            }
        }
    }
    found
}

/// True if either generation's module has a parameter of this name.
pub fn param_exists(module: &str, param: &str) -> bool {
    [Generation::V6, Generation::V5_6].iter().any(|generation| {
        modules(*generation)
            .get(module)
            .and_then(|m| m["params"].as_array())
            .is_some_and(|all| all.iter().any(|p| p["name"] == param))
    })
}

/// True if either generation of the real server has a module of this name.
pub fn module_exists(name: &str) -> bool {
    modules(Generation::V6).contains_key(name) || modules(Generation::V5_6).contains_key(name)
}
