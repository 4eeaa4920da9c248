//! What the server is and how it was started.

use std::time::{Duration, SystemTime};

use kamjit_catalog::Generation;
use kamjit_rpc::{Fault, Value};

use super::ctime;
use crate::rpc::RpcCall;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Features that are always there, in the words of the real server.
const FLAGS: &str = "USE_TCP, DISABLE_NAGLE, USE_DNS_CACHE, USE_DNS_FAILOVER, USE_NAPTR, JIT";

/// The blank at the end is the real server's (captured).
pub(super) fn version(call: &mut RpcCall) -> Result<(), Fault> {
    call.add(format!("kamjit {VERSION} ({}/{}) ", std::env::consts::ARCH, std::env::consts::OS));
    Ok(())
}

pub(super) fn info(call: &mut RpcCall) -> Result<(), Fault> {
    call.add_struct(vec![
        ("version", format!("kamjit {VERSION}").into()),
        ("id", "unknown".into()),
        ("compiler", "rustc".into()),
        ("compiled", "".into()),
        ("flags", FLAGS.into()),
    ]);
    Ok(())
}

pub(super) fn flags(call: &mut RpcCall) -> Result<(), Fault> {
    call.add(FLAGS);
    Ok(())
}

/// Whole seconds as clocks show them: the difference of the two times that are shown beside it.
fn up_for(call: &RpcCall) -> Duration {
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Duration::from_secs(seconds(SystemTime::now()).saturating_sub(seconds(call.engine.started)))
}

/// Names that the preprocessor knows, and `MOD_name` of each loaded module.
fn all_defines(call: &RpcCall) -> Vec<(String, Option<String>)> {
    let versions: &[&str] = match call.program.generation {
        Generation::V5_6 => &["KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"],
        Generation::V6 => &["KAMAILIO_6", "KAMAILIO_6_2", "KAMAILIO_6_2_0"],
    };
    let mut defines: Vec<_> = versions.iter().map(|name| ((*name).to_owned(), None)).collect();
    let written = call.engine.start.defines.iter().filter(|(name, _)| !versions.contains(&name.as_str()));
    defines.extend(written.cloned());
    for module in call.program.modules.iter().filter(|m| m.name != "core") {
        let name = format!("MOD_{}", module.name);
        if defines.iter().all(|(known, _)| *known != name) {
            defines.push((name, None));
        }
    }
    defines
}

pub(super) fn uptime(call: &mut RpcCall) -> Result<(), Fault> {
    call.add_struct(vec![
        ("now", ctime(SystemTime::now()).into()),
        ("up_since", ctime(call.engine.started).into()),
        ("uptime", up_for(call).as_secs().into()),
    ]);
    Ok(())
}

pub(super) fn runinfo(call: &mut RpcCall) -> Result<(), Fault> {
    let up = up_for(call).as_secs();
    let text = format!("{}d {}h {}m {}s", up / 86_400, up / 3600 % 24, up / 60 % 60, up % 60);
    call.add_struct(vec![
        ("name", "kamjit".into()),
        ("version", VERSION.into()),
        ("sourceid", "unknown".into()),
        ("compiler", "rustc".into()),
        ("compiled", "".into()),
        ("time_now", ctime(SystemTime::now()).into()),
        ("time_started", ctime(call.engine.started).into()),
        ("uptime_secs", up.into()),
        ("utime_days", text.into()),
    ]);
    Ok(())
}

pub(super) fn arg(call: &mut RpcCall) -> Result<(), Fault> {
    for arg in call.engine.start.args.clone() {
        call.add(arg);
    }
    Ok(())
}

pub(super) fn pwd(call: &mut RpcCall) -> Result<(), Fault> {
    let dir = std::env::current_dir().map_err(|e| Fault::new(500, e.to_string()))?;
    call.add(dir.to_string_lossy().into_owned());
    Ok(())
}

/// The module loaded last comes first (captured).
pub(super) fn modules(call: &mut RpcCall) -> Result<(), Fault> {
    let names: Vec<_> = call.program.modules.iter().rev().map(|m| m.name).filter(|n| *n != "core").collect();
    names.into_iter().for_each(|name| call.add(name));
    Ok(())
}

pub(super) fn defines(call: &mut RpcCall) -> Result<(), Fault> {
    for (name, _) in all_defines(call) {
        call.add(name);
    }
    Ok(())
}

pub(super) fn defines_full(call: &mut RpcCall) -> Result<(), Fault> {
    for (name, value) in all_defines(call) {
        call.add_struct(vec![
            ("name", name.into()),
            ("type", Value::Int(0)),
            ("value", value.unwrap_or_else(|| "none".to_owned()).into()),
        ]);
    }
    Ok(())
}
