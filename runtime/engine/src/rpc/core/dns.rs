//! The cache of DNS.

use std::{net::IpAddr, time::Duration};

use kamjit_net::dns::{CacheEntry, RecordKind, Records, Srv};
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
    if let Some(records) = entry.records.as_deref() {
        let rows = record_values(records).into_iter().enumerate().map(|(at, row)| {
            let mut members = vec![("rr_idx".to_owned(), Value::from(at))];
            members.extend(row.into_iter().map(|(name, value)| (name.to_owned(), value)));
            members.push(("rr_permanent".to_owned(), "no".into()));
            members.push(("rr_expires".to_owned(), entry.ttl.as_secs().into()));
            Value::Struct(members)
        });
        members.push(("records".to_owned(), Value::Array(rows.collect())));
    }
    Value::Struct(members)
}

/// What a record says, one list of fields a record.
fn record_values(records: &Records) -> Vec<Vec<(&'static str, Value)>> {
    match records {
        Records::Addrs(addrs) => addrs.iter().map(|ip| vec![("rr_ip", ip.to_string().into())]).collect(),
        Records::Srv(records) => records
            .iter()
            .map(|r| {
                vec![
                    ("rr_name", r.target.as_str().into()),
                    ("rr_port", Value::Int(r.port.into())),
                    ("rr_priority", Value::Int(r.priority.into())),
                    ("rr_weight", Value::Int(r.weight.into())),
                ]
            })
            .collect(),
        Records::Naptr(records) => records
            .iter()
            .map(|r| {
                vec![
                    ("rr_order", Value::Int(r.order.into())),
                    ("rr_preference", Value::Int(r.preference.into())),
                    ("rr_flags", r.flags.as_str().into()),
                    ("rr_service", r.services.as_str().into()),
                    ("rr_replacement", r.replacement.as_str().into()),
                ]
            })
            .collect(),
    }
}

fn kind_number(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::A => 1,
        RecordKind::Aaaa => 28,
        RecordKind::Srv => 33,
        RecordKind::Naptr => 35,
    }
}

pub(super) fn debug(call: &mut RpcCall) -> Result<(), Fault> {
    for entry in call.engine.dns.cache_list() {
        call.add(entry.name.as_str());
        call.add(kind_number(entry.kind));
        call.add(entry.bytes);
        call.add(1);
        call.add(entry.ttl.as_secs());
        call.add(0);
        call.add(i64::from(entry.records.is_none()));
    }
    Ok(())
}

/// As `dns.debug`, with a block for each record.
pub(super) fn debug_all(call: &mut RpcCall) -> Result<(), Fault> {
    for entry in call.engine.dns.cache_list() {
        let rows: Vec<(&str, String)> = match entry.records.as_deref() {
            None => Vec::new(),
            Some(Records::Addrs(addrs)) => addrs.iter().map(|ip| ("ip", ip.to_string())).collect(),
            Some(Records::Srv(records)) => records.iter().map(|r| ("srv", r.target.clone())).collect(),
            Some(Records::Naptr(records)) => {
                records.iter().map(|r| ("naptr", r.replacement.clone())).collect()
            }
        };
        for (at, (what, text)) in rows.into_iter().enumerate() {
            call.add(entry.name.as_str());
            call.add(kind_number(entry.kind));
            call.add(at);
            call.add(entry.bytes);
            call.add(1);
            call.add(entry.ttl.as_secs());
            call.add(0);
            call.add(0);
            call.add(what);
            call.add(text);
            call.add(entry.ttl.as_secs());
        }
    }
    Ok(())
}

pub(super) fn delete_all(call: &mut RpcCall) -> Result<(), Fault> {
    call.engine.dns.cache_clear();
    call.add_struct(vec![("status", "ok".into())]);
    Ok(())
}

/// Records of kinds that are never asked for are never there.
pub(super) fn delete_none(call: &mut RpcCall) -> Result<(), Fault> {
    call.str()?;
    Err(not_found())
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
    let bad = not_added;
    let ip: IpAddr = std::str::from_utf8(&ip).map_err(|_| bad())?.parse().map_err(|_| bad())?;
    if ip.is_ipv4() != (kind == RecordKind::A) {
        return Err(bad());
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    let mut addrs = match known(call, &name, kind) {
        Some(Records::Addrs(addrs)) => addrs,
        _ => Vec::new(),
    };
    if addrs.len() >= MAX_RECORDS {
        return Err(bad());
    }
    addrs.push(ip);
    call.engine.dns.cache_add(&name, kind, Records::Addrs(addrs), seconds(ttl));
    Ok(())
}

/// Records that one name may be given by hand.
const MAX_RECORDS: usize = 64;

fn not_added() -> Fault {
    Fault::new(400, "Failed to add the entry to the cache")
}

fn seconds(ttl: i64) -> Duration {
    Duration::from_secs(u64::try_from(ttl).unwrap_or(0))
}

/// What the cache has: a record that is added by hand joins it (captured).
fn known(call: &RpcCall, name: &str, kind: RecordKind) -> Option<Records> {
    let lower = name.trim_end_matches('.').to_ascii_lowercase();
    let entry = call.engine.dns.cache_list().into_iter().find(|e| e.name == lower && e.kind == kind)?;
    entry.records.as_deref().cloned()
}

/// Name, ttl, priority, weight, port, target, flags.
pub(super) fn add_srv(call: &mut RpcCall) -> Result<(), Fault> {
    let (name, ttl) = (call.str()?, call.int()?);
    let mut number = || -> Result<u16, Fault> { u16::try_from(call.int()?).map_err(|_| not_added()) };
    let (priority, weight, port) = (number()?, number()?, number()?);
    let target = String::from_utf8_lossy(&call.str()?).into_owned();
    let name = String::from_utf8_lossy(&name).into_owned();
    let mut records = match known(call, &name, RecordKind::Srv) {
        Some(Records::Srv(records)) => records,
        _ => Vec::new(),
    };
    if records.len() >= MAX_RECORDS {
        return Err(not_added());
    }
    records.push(Srv { priority, weight, port, target });
    call.engine.dns.cache_add(&name, RecordKind::Srv, Records::Srv(records), seconds(ttl));
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
