//! Remote commands. `table` and `id` number the entries; in Kamailio they are numbers of hash buckets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use kamjit_engine::{
    catalog::Rpc,
    module::RpcDef,
    rpc::{RpcCall, RpcFuture, RpcRun},
};
use kamjit_rpc::{Fault, Value};

use super::{STATE, State, address::Entry};

pub(super) const COMMANDS: &[RpcDef] = &[
    Rpc {
        name: "permissions.addressReload",
        help: "Reads the addresses again.",
        run: RpcRun::Waits(address_reload),
    },
    Rpc {
        name: "permissions.addressDump",
        help: "Shows the whole addresses.",
        run: RpcRun::Now(address_dump),
    },
    Rpc { name: "permissions.subnetDump", help: "Shows the subnets.", run: RpcRun::Now(subnet_dump) },
    Rpc { name: "permissions.domainDump", help: "Shows the names.", run: RpcRun::Now(domain_dump) },
    Rpc {
        name: "permissions.trustedReload",
        help: "Reads the trusted peers again.",
        run: RpcRun::Waits(trusted_reload),
    },
    Rpc { name: "permissions.trustedDump", help: "Shows the trusted peers.", run: RpcRun::Now(trusted_dump) },
];

/// When something was read last: `reload_delta` seconds must lie between two reloads of any kind (captured).
pub(super) struct Reloads {
    delta: i64,
    last: AtomicI64,
}

impl Reloads {
    pub(super) fn new(delta: i64) -> Reloads {
        Reloads { delta, last: AtomicI64::new(0) }
    }

    fn begin(&self) -> Result<(), Fault> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64);
        let free = |last: i64| (self.delta <= 0 || now > last + self.delta).then_some(now);
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free) {
            Ok(_) => Ok(()),
            Err(_) => Err(Fault::new(500, "ongoing reload")),
        }
    }
}

fn state(call: &RpcCall) -> Result<Arc<State>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "permissions is not loaded"))
}

fn address_reload(call: RpcCall) -> RpcFuture {
    Box::pin(async move {
        let state = state(&call)?;
        state.reloads.begin()?;
        state.reload_addresses().await.map_err(|why| {
            tracing::error!("permissions.addressReload: {why}");
            Fault::new(500, "Reload failed.")
        })?;
        Ok(vec![Value::from("Reload OK")])
    })
}

fn trusted_reload(call: RpcCall) -> RpcFuture {
    Box::pin(async move {
        let state = state(&call)?;
        state.reloads.begin()?;
        state.reload_trusted().await.map_err(|why| {
            tracing::error!("permissions.trustedReload: {why}");
            Fault::new(500, "Reload failed.")
        })?;
        Ok(vec![Value::from("Reload OK")])
    })
}

fn optional(text: Option<&[u8]>) -> Value {
    text.map_or(Value::from("NULL"), |text| Value::Str(text.to_vec()))
}

fn structure(members: Vec<(&str, Value)>) -> Value {
    Value::Struct(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn add<T>(call: &mut RpcCall, number: (&str, usize), entry: &Entry<T>, mut item: Vec<(&str, Value)>) {
    item.push(("port", Value::Int(i64::from(entry.port))));
    item.push(("tag", optional(entry.tag.as_deref())));
    call.add_struct(vec![
        (number.0, Value::Int(number.1 as i64)),
        ("group", Value::Int(entry.group)),
        ("item", structure(item)),
    ]);
}

fn address_dump(call: &mut RpcCall) -> Result<(), Fault> {
    let table = state(call)?.addresses();
    for (n, entry) in table.hosts.values().flatten().enumerate() {
        let ip = entry.what.to_string();
        add(call, ("table", n), entry, vec![("ip", Value::from(&*ip))]);
    }
    Ok(())
}

fn subnet_dump(call: &mut RpcCall) -> Result<(), Fault> {
    let table = state(call)?.addresses();
    for (n, entry) in table.nets.iter().enumerate() {
        let ip = entry.what.address.to_string();
        let item = vec![("ip", Value::from(&*ip)), ("mask", Value::Int(i64::from(entry.what.bits)))];
        add(call, ("id", n), entry, item);
    }
    Ok(())
}

fn domain_dump(call: &mut RpcCall) -> Result<(), Fault> {
    let table = state(call)?.addresses();
    for (n, entry) in table.names.iter().enumerate() {
        add(call, ("table", n), entry, vec![("domain_name", Value::Str(entry.what.to_vec()))]);
    }
    Ok(())
}

/// One structure in which `table` and `item` repeat (captured).
fn trusted_dump(call: &mut RpcCall) -> Result<(), Fault> {
    let table = state(call)?.trusted();
    let mut members = Vec::new();
    for (n, peer) in table.peers.iter().enumerate() {
        members.push(("table", Value::Int(n as i64)));
        members.push((
            "item",
            structure(vec![
                ("ip", Value::Str(peer.address.to_vec())),
                ("proto", Value::Int(peer.proto.map_or(0, |proto| proto as i64))),
                ("pattern", optional(peer.from.as_ref().map(|p| p.source()))),
                ("ruri_pattern", optional(peer.ruri.as_ref().map(|p| p.source()))),
                ("tag", optional(peer.tag.as_deref())),
                ("priority", Value::Int(peer.priority)),
            ]),
        ));
    }
    call.add_struct(members);
    Ok(())
}
