//! What Kamailio has and this build lacks.

use std::collections::HashSet;

use kamjit_catalog::{Generation, facts};
use serde_json::Value;

use super::listing::{Entry, KINDS, Listing};

/// Words that are part of the language, not functions of a table.
const STATEMENTS: [&str; 5] = ["break", "drop", "exit", "return", "route"];

/// The entries of Kamailio's module of the same name that a module of this build has not.
pub(super) fn missing(module: &Listing, generation: Generation) -> Listing {
    let mut entries: [Vec<Entry>; KINDS.len()] = Default::default();
    for (at, (list, own)) in entries.iter_mut().zip(&module.entries).enumerate() {
        let have: HashSet<&str> = own.iter().map(|entry| bare(&entry.name)).collect();
        let wanted = names(&module.name, KINDS[at].0, generation);
        *list = wanted.into_iter().filter(|name| !have.contains(bare(name))).map(Entry::bare).collect();
    }
    Listing { name: module.name.clone(), entries }
}

/// A name without the decoration of its listing: `$avp(name)` is `avp`.
fn bare(name: &str) -> &str {
    let name = name.strip_prefix('$').unwrap_or(name);
    name.split(['(', ' ', '<']).next().unwrap_or(name)
}

fn names(module: &str, kind: &str, generation: Generation) -> Vec<String> {
    let (facts, key) = if module == "core" {
        let key = match kind {
            "functions" => "core_functions",
            "globals" => "global_params",
            "variables" => "core_pvs",
            "rpc" => "core_rpc",
            "event_routes" => "core_event_routes",
            _ => return Vec::new(),
        };
        (facts::core(generation), key)
    } else {
        let Some(facts) = facts::modules(generation).get(module) else { return Vec::new() };
        let key = match kind {
            "functions" | "rpc" | "event_routes" => kind,
            "parameters" => "params",
            "variables" => "pvs",
            _ => return Vec::new(),
        };
        (facts, key)
    };
    facts[key].as_array().map(|all| all.iter().filter_map(name).collect()).unwrap_or_default()
}

/// The name of an entry, unless it is none that a configuration could write.
fn name(entry: &Value) -> Option<String> {
    let name = entry.as_str().or_else(|| entry["name"].as_str())?;
    // Functions by which modules find each other are no script functions.
    let internal = entry["undocumented"] == true && (name.starts_with("bind_") || name.starts_with("load_"));
    (!internal && !STATEMENTS.contains(&name)).then(|| name.to_owned())
}
