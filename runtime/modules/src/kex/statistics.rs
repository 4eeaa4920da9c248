//! Reading and resetting statistics: `stats.*`. Shapes and texts are those of the real server (captured): groups and
//! names in the order of their bytes.

use kamjit_engine::{
    module::RpcDef,
    rpc::{RpcCall, RpcFn, RpcRun},
    stats::Source,
};
use kamjit_rpc::{Fault, Value};

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

pub(super) const COMMANDS: [RpcDef; 5] = [
    command("stats.clear_statistics", "Returns statistics and sets them to 0.", clear),
    command("stats.fetch", "Returns statistics as a structure of strings.", fetch),
    command("stats.fetchn", "Returns statistics as a structure of numbers.", fetch_numbers),
    command("stats.get_statistics", "Returns statistics as lines: all, GROUP: or NAME.", get),
    command("stats.reset_statistics", "Sets statistics to 0.", reset),
];

struct Row {
    group: String,
    name: String,
    source: Source,
}

/// The statistics that the parameters choose: `all`, `group:` or a name in any group; `stats.fetch` also takes
/// `group:name` (captured).
fn chosen(call: &mut RpcCall, with_group: bool) -> Result<Vec<Row>, Fault> {
    if call.rest().is_empty() {
        return Err(Fault::new(400, "Please provide which stats to retrieve"));
    }
    let mut rows = Vec::new();
    while let Some(pattern) = call.opt_str() {
        rows.extend(matching(call, &String::from_utf8_lossy(&pattern), with_group));
    }
    Ok(rows)
}

fn matching(call: &RpcCall, pattern: &str, with_group: bool) -> Vec<Row> {
    let stats = &call.engine.stats;
    if let Some((group, name)) = pattern.split_once(':').filter(|(_, name)| with_group && !name.is_empty()) {
        let found = stats.find(group, name);
        return found
            .into_iter()
            .map(|s| Row { group: group.into(), name: name.into(), source: s })
            .collect();
    }
    let mut groups = stats.groups();
    groups.sort_unstable();
    if let Some(group) = pattern.strip_suffix(':') {
        groups.retain(|g| g == group);
    }
    let one = (pattern != "all" && !pattern.ends_with(':')).then_some(pattern);
    let mut rows = Vec::new();
    for group in groups {
        let mut found = stats.group(&group);
        found.retain(|(name, _)| one.is_none_or(|wanted| name == wanted));
        found.sort_by(|a, b| a.0.cmp(&b.0));
        rows.extend(found.into_iter().map(|(name, source)| Row { group: group.clone(), name, source }));
        if one.is_some() && !rows.is_empty() {
            break;
        }
    }
    rows
}

fn lines(call: &mut RpcCall, rows: &[Row]) {
    for Row { group, name, source } in rows {
        call.add(format!("{group}:{name} = {}", source.value()));
    }
}

/// Groups that the real server computes and thus never sets to 0 (captured for sl; gauges and sums by process).
const NEVER_RESET: [&str; 6] = ["dns", "shmem", "sl", "tcp", "tmx", "usrloc"];

fn zero(rows: &[Row]) {
    for row in rows.iter().filter(|row| !NEVER_RESET.contains(&row.group.as_str())) {
        if let Source::Counter(counter) = &row.source {
            counter.set(0);
        }
    }
}

fn get(call: &mut RpcCall) -> Result<(), Fault> {
    let rows = chosen(call, false)?;
    lines(call, &rows);
    Ok(())
}

fn clear(call: &mut RpcCall) -> Result<(), Fault> {
    let rows = chosen(call, false)?;
    lines(call, &rows);
    zero(&rows);
    Ok(())
}

fn reset(call: &mut RpcCall) -> Result<(), Fault> {
    zero(&chosen(call, false)?);
    Ok(())
}

fn members(call: &mut RpcCall, value: impl Fn(i64) -> Value) -> Result<(), Fault> {
    let rows = chosen(call, true)?;
    let members = rows.iter().map(|r| (format!("{}.{}", r.group, r.name), value(r.source.value())));
    call.add(Value::Struct(members.collect()));
    Ok(())
}

fn fetch(call: &mut RpcCall) -> Result<(), Fault> {
    members(call, |n| Value::from(n.to_string()))
}

fn fetch_numbers(call: &mut RpcCall) -> Result<(), Fault> {
    members(call, Value::Int)
}
