//! The cache of DNS.

use std::{net::IpAddr, time::Duration};

use kamjit_net::dns::{CacheEntry, RecordKind, Records};
use kamjit_rpc::{Fault, Value};

use crate::rpc::{RpcCall, RpcFuture};

/// What the real server answers for a name that it does not find (captured).
fn not_found() -> Fault {
    Fault::new(400, "Not found")
}

fn kind_name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::A => "A",
        RecordKind::Aaaa => "AAAA",
        RecordKind::Srv => "SRV",
        RecordKind::Naptr => "NAPTR",
    }
}

pub(super) fn mem_info(call: &mut RpcCall) -> Result<(), Fault> {
    let (stats, options) = (call.engine.dns.cache_stats(), call.engine.dns.options());
    call.add(stats.bytes);
    call.add(options.cache_bytes);
    Ok(())
}

pub(super) fn view(call: &mut RpcCall) -> Result<(), Fault> {
    for entry in call.engine.dns.cache_list() {
        let value = entry_value(&entry);
        call.add(value);
    }
    Ok(())
}

fn entry_value(entry: &CacheEntry) -> Value {
    let mut members = vec![
        ("name".to_owned(), Value::from(entry.name.as_str())),
        ("type".to_owned(), kind_name(entry.kind).into()),
        ("size_bytes".to_owned(), entry.bytes.into()),
        ("reference_counter".to_owned(), Value::Int(1)),
        ("permanent".to_owned(), "no".into()),
        ("expires".to_owned(), entry.ttl.as_secs().into()),
        ("last_used".to_owned(), Value::Int(0)),
        ("negative_entry".to_owned(), if entry.records.is_some() { "no" } else { "yes" }.into()),
    ];
    let mut add = |name: &str, value: Value| members.push((name.to_owned(), value));
    match entry.records.as_deref() {
        None => {}
        Some(Records::Addrs(addrs)) => addrs.iter().for_each(|ip| add("rr_ip", ip.to_string().into())),
        Some(Records::Srv(records)) => records.iter().for_each(|r| {
            add("rr_name", r.target.as_str().into());
            add("rr_port", Value::Int(r.port.into()));
            add("rr_priority", Value::Int(r.priority.into()));
            add("rr_weight", Value::Int(r.weight.into()));
        }),
        Some(Records::Naptr(records)) => records.iter().for_each(|r| {
            add("rr_order", Value::Int(r.order.into()));
            add("rr_preference", Value::Int(r.preference.into()));
            add("rr_flags", r.flags.as_str().into());
            add("rr_service", r.services.as_str().into());
            add("rr_replacement", r.replacement.as_str().into());
        }),
    }
    Value::Struct(members)
}

pub(super) fn debug(call: &mut RpcCall) -> Result<(), Fault> {
    for entry in call.engine.dns.cache_list() {
        let kind = match entry.kind {
            RecordKind::A => 1,
            RecordKind::Aaaa => 28,
            RecordKind::Srv => 33,
            RecordKind::Naptr => 35,
        };
        call.add(entry.name.as_str());
        call.add(kind);
        call.add(entry.bytes);
        call.add(1);
        call.add(entry.ttl.as_secs());
        call.add(0);
        call.add(i64::from(entry.records.is_none()));
    }
    Ok(())
}

pub(super) fn delete_all(call: &mut RpcCall) -> Result<(), Fault> {
    call.engine.dns.cache_clear();
    Ok(())
}

fn delete(call: &mut RpcCall, kind: RecordKind) -> Result<(), Fault> {
    let name = call.str()?;
    let removed = call.engine.dns.cache_remove(&String::from_utf8_lossy(&name), kind);
    if removed { Ok(()) } else { Err(not_found()) }
}

pub(super) fn delete_a(call: &mut RpcCall) -> Result<(), Fault> {
    delete(call, RecordKind::A)
}

pub(super) fn delete_aaaa(call: &mut RpcCall) -> Result<(), Fault> {
    delete(call, RecordKind::Aaaa)
}

pub(super) fn delete_srv(call: &mut RpcCall) -> Result<(), Fault> {
    delete(call, RecordKind::Srv)
}

pub(super) fn delete_naptr(call: &mut RpcCall) -> Result<(), Fault> {
    delete(call, RecordKind::Naptr)
}

fn add(call: &mut RpcCall, kind: RecordKind) -> Result<(), Fault> {
    let (name, ttl, ip) = (call.str()?, call.int()?, call.str()?);
    let bad = || Fault::new(400, "Invalid address");
    let ip: IpAddr = std::str::from_utf8(&ip).map_err(|_| bad())?.parse().map_err(|_| bad())?;
    if ip.is_ipv4() != (kind == RecordKind::A) {
        return Err(bad());
    }
    let ttl = Duration::from_secs(u64::try_from(ttl).unwrap_or(0));
    call.engine.dns.cache_add(&String::from_utf8_lossy(&name), kind, Records::Addrs(vec![ip]), ttl);
    Ok(())
}

pub(super) fn add_a(call: &mut RpcCall) -> Result<(), Fault> {
    add(call, RecordKind::A)
}

pub(super) fn add_aaaa(call: &mut RpcCall) -> Result<(), Fault> {
    add(call, RecordKind::Aaaa)
}

pub(super) fn lookup(mut call: RpcCall) -> RpcFuture {
    Box::pin(async move {
        let (kind, name) = (call.str()?, call.str()?);
        let kind = match kind.to_ascii_uppercase().as_slice() {
            b"A" => RecordKind::A,
            b"AAAA" => RecordKind::Aaaa,
            b"SRV" => RecordKind::Srv,
            b"NAPTR" => RecordKind::Naptr,
            _ => return Err(Fault::new(400, "Invalid type")),
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        let client = call.engine.dns.client();
        client.lookup(&name, kind).await.map_err(|_| not_found())?;
        let lower = name.trim_end_matches('.').to_ascii_lowercase();
        let cached = call.engine.dns.cache_list().into_iter().find(|e| e.name == lower && e.kind == kind);
        Ok(cached.iter().map(entry_value).collect())
    })
}
