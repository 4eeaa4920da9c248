//! Memory. There is no separate shared memory: what Kamailio reports of its pool is said of the whole process.

use kamjit_rpc::{Fault, Value};

use crate::rpc::RpcCall;

/// Figures about memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Memory of the machine.
    pub total: i64,
    /// Of it, what is available.
    pub free: i64,
    /// Memory that the process uses.
    pub used: i64,
    /// The most that it ever used.
    pub max_used: i64,
}

/// Reads the figures from /proc; zeros if there is none.
pub fn shared_memory() -> Memory {
    let field = |text: &str, name: &str| -> i64 {
        let line = text.lines().find_map(|l| l.strip_prefix(name));
        line.and_then(|l| l.split_ascii_whitespace().next()).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0)
            * 1024
    };
    let machine = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let own = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    // Numbers of Kamailio 5.6 have 32 bits: more would be shown as negative.
    let total = field(&machine, "MemTotal:").min(i64::from(i32::MAX));
    Memory {
        total,
        free: field(&machine, "MemAvailable:").min(total),
        used: field(&own, "VmRSS:"),
        max_used: field(&own, "VmHWM:"),
    }
}

pub(super) fn shmmem(call: &mut RpcCall) -> Result<(), Fault> {
    let unit = call.opt_str().unwrap_or_default();
    let shift = match unit.first().map(u8::to_ascii_lowercase) {
        None | Some(b'b') => 0,
        Some(b'k') => 10,
        Some(b'm') => 20,
        Some(b'g') => 30,
        Some(_) => return Err(Fault::new(500, "bad param (use b|k|m|g)")),
    };
    let memory = shared_memory();
    let size = |bytes: i64| Value::Int(bytes >> shift);
    call.add_struct(vec![
        ("total", size(memory.total)),
        ("free", size(memory.free)),
        ("used", size(memory.used)),
        ("real_used", size(memory.used)),
        ("max_used", size(memory.max_used)),
        ("fragments", Value::Int(0)),
    ]);
    Ok(())
}
