//! The remote commands `ul.*`; structures and texts as captured from the real server.

use std::sync::Arc;

use kamjit_engine::{Engine, rpc::RpcCall};
use kamjit_net::SocketId;
use kamjit_rpc::{Fault, Value};
use kamjit_sip::Proto;

use super::{Contact, ContactInfo, Domain, Event, Record, STATE, Usrloc, now};

fn member(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

fn wrap(name: &str, value: Value) -> Value {
    Value::Struct(vec![(name.to_owned(), value)])
}

fn state(call: &RpcCall) -> Result<Arc<Usrloc>, Fault> {
    call.program.shared_state(&STATE).ok_or_else(|| Fault::new(500, "usrloc is not loaded"))
}

fn table(usrloc: &Usrloc, name: &[u8]) -> Result<Arc<Domain>, Fault> {
    usrloc.find_domain(name).ok_or_else(|| Fault::new(500, "Domain table not found"))
}

/// An address as the tables hold it: without domain unless they use domains, in lower case.
fn address(usrloc: &Usrloc, given: &[u8]) -> Vec<u8> {
    let user = match given.iter().position(|&b| b == b'@') {
        Some(at) if !usrloc.use_domain => &given[..at],
        _ => given,
    };
    user.to_ascii_lowercase()
}

/// `ul.dump [brief]`: all tables, records in the order of a real server's table.
pub(super) fn dump(call: &mut RpcCall) -> Result<(), Fault> {
    let usrloc = state(call)?;
    let brief = call.opt_str().is_some_and(|mode| mode == b"brief");
    let mut domains = Vec::new();
    for domain in usrloc.domains() {
        domains.push(wrap("Domain", table_value(&usrloc, &domain, brief, &call.engine)));
    }
    call.add_struct(vec![("Domains", Value::Array(domains))]);
    Ok(())
}

fn table_value(usrloc: &Usrloc, domain: &Domain, brief: bool, engine: &Engine) -> Value {
    let (mut records, now) = (Vec::new(), now());
    domain.visit(|aor, record| {
        let value = if brief {
            wrap("AoR", aor.into())
        } else {
            let members = vec![
                member("AoR", aor),
                member("HashID", i64::from(record.hash)),
                member("Contacts", contacts_value(record, now, engine)),
            ];
            wrap("Info", Value::Struct(members))
        };
        records.push((record.hash & (usrloc.slots - 1), record.sequence, value));
    });
    records.sort_by_key(|(slot, sequence, _)| (*slot, *sequence));
    let fullest = records.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).max().unwrap_or(0);
    let stats = vec![member("Records", records.len() as i64), member("Max-Slots", fullest as i64)];
    Value::Struct(vec![
        member("Domain", domain.name()),
        member("Size", i64::from(usrloc.slots)),
        member("AoRs", Value::Array(records.into_iter().map(|(_, _, value)| value).collect())),
        member("Stats", Value::Struct(stats)),
    ])
}

fn contacts_value(record: &Record, now: i64, engine: &Engine) -> Value {
    let contacts = record.contacts.iter().map(|c| wrap("Contact", contact_value(c, now, engine)));
    Value::Array(contacts.collect())
}

fn contact_value(contact: &Contact, now: i64, engine: &Engine) -> Value {
    let info = contact.info();
    let or_not_set = |text: &[u8]| if text.is_empty() { "[not set]".into() } else { Value::from(text) };
    let expires = match info.expires {
        0 => "permanent".into(),
        at if at < now => "expired".into(),
        at => Value::Int(at - now),
    };
    let q = if info.q < 0 { Value::Int(-1) } else { Value::Double(f64::from(info.q) / 1000.0) };
    let socket = info.socket.and_then(|id| engine.identity.socket(id)).map(|name| {
        format!("{}:{}:{}", name.proto.name(), String::from_utf8_lossy(&name.address), name.bound_port)
    });
    Value::Struct(vec![
        member("Address", info.uri),
        member("Expires", expires),
        member("Q", q),
        member("Call-ID", info.call_id),
        member("CSeq", i64::from(info.cseq)),
        member("User-Agent", info.user_agent),
        member("Received", or_not_set(info.received)),
        member("Path", or_not_set(info.path)),
        member("State", "CS_NEW"),
        member("Flags", i64::from(info.flags)),
        member("CFlags", i64::from(info.cflags)),
        member("Socket", socket.map_or_else(|| "[not set]".into(), Value::from)),
        member("Methods", i64::from(info.methods)),
        member("Ruid", or_not_set(info.ruid)),
        member("Instance", or_not_set(info.instance)),
        member("Reg-Id", i64::from(info.reg_id)),
        member("Server-Id", 0),
        member("Tcpconn-Id", info.conn.map_or(-1, |c| c.0 as i64)),
        member("Keepalive", i64::from(info.keepalive)),
        member("Last-Keepalive", if info.modified == 0 { now } else { info.modified }),
        member("KA-Roundtrip", 0),
        member("Last-Modified", info.modified),
    ])
}

/// `ul.lookup table address`.
pub(super) fn lookup(call: &mut RpcCall) -> Result<(), Fault> {
    let usrloc = state(call)?;
    let (Some(name), Some(given)) = (call.opt_str(), call.opt_str()) else {
        return Err(Fault::new(500, "Not enough parameters (table and AOR to lookup)"));
    };
    let domain = table(&usrloc, &name)?;
    let (aor, now) = (address(&usrloc, &given), now());
    let engine = Arc::clone(&call.engine);
    let contacts = domain.read(&aor, |record| record.map(|r| contacts_value(r, now, &engine)));
    let contacts = contacts.ok_or_else(|| Fault::new(500, "AOR not found in location table"))?;
    call.add_struct(vec![("AoR", aor.as_slice().into()), ("Contacts", contacts)]);
    Ok(())
}

/// `ul.rm table address`; an address that is not there is no error.
pub(super) fn remove(call: &mut RpcCall) -> Result<(), Fault> {
    let usrloc = state(call)?;
    let (Some(name), Some(given)) = (call.opt_str(), call.opt_str()) else {
        return Err(Fault::new(500, "Not enough parameters (table and AOR to lookup)"));
    };
    let domain = table(&usrloc, &name)?;
    let aor = address(&usrloc, &given);
    let (_, changes) = domain.remove(&aor, usrloc.is_hooked());
    usrloc.announce(&domain, &aor, &changes);
    Ok(())
}

/// `ul.rm_contact table address contact`.
pub(super) fn remove_contact(call: &mut RpcCall) -> Result<(), Fault> {
    let usrloc = state(call)?;
    let (Some(name), Some(given), Some(uri)) = (call.opt_str(), call.opt_str(), call.opt_str()) else {
        return Err(Fault::new(500, "Not enough parameters (table, AOR and contact)"));
    };
    let domain = table(&usrloc, &name)?;
    let aor = address(&usrloc, &given);
    let (result, changes) = domain.edit(&aor, usrloc.is_hooked(), |record, changes| {
        if record.contacts.is_empty() {
            return Err(Fault::new(404, "AOR not found"));
        }
        let Some(at) = record.contacts.iter().position(|c| c.uri() == uri) else {
            return Err(Fault::new(404, "Contact not found"));
        };
        let contact = record.contacts.remove(at);
        changes.note(Event::Deleted, Some(&contact));
        Ok(())
    });
    usrloc.announce(&domain, &aor, &changes);
    result
}

/// What a contact added by hand says of itself (captured).
const RPC_CALL_ID: &[u8] = b"dfjrewr12386fd6-343@kamailio.rpc";
const RPC_USER_AGENT: &[u8] = b"kamailio SIP Router - RPC Server";

/// `ul.add table address contact expires q path flags cflags methods [received socket]`; `0` and `.` stand for
/// texts that are not there.
pub(super) fn add(call: &mut RpcCall) -> Result<(), Fault> {
    let usrloc = state(call)?;
    let few = || Fault::new(500, "Not enough parameters or wrong format");
    let text = |call: &mut RpcCall| call.opt_str().ok_or_else(few);
    let (name, given, uri) = (text(call)?, text(call)?, text(call)?);
    let number = |call: &mut RpcCall| call.opt_int().map_err(|_| few())?.ok_or_else(few);
    let expires = number(call)?;
    let q = text(call)?;
    let path = text(call)?;
    let (flags, cflags, methods) = (number(call)?, number(call)?, number(call)?);
    let received = call.opt_str().unwrap_or_default();
    let socket = call.opt_str().and_then(|text| socket_named(&call.engine, &text));
    let domain = table(&usrloc, &name)?;
    let aor = address(&usrloc, &given);
    let absent = |text: &Vec<u8>| matches!(text.as_slice(), b"0" | b"." | b"");
    let mut ruid = Vec::new();
    usrloc.rpc_ids.write(usrloc.rpc_ids.take(), &mut ruid);
    let now = now();
    let info = ContactInfo {
        uri: &uri,
        call_id: RPC_CALL_ID,
        received: if absent(&received) { b"" } else { &received },
        path: if absent(&path) { b"" } else { &path },
        instance: b"",
        ruid: &ruid,
        user_agent: RPC_USER_AGENT,
        expires: if expires == 0 { 0 } else { now.saturating_add(expires) },
        cseq: 1,
        q: kamjit_sip::Q::parse(&q).map_or(-1, |q| i32::from(q.thousandths())),
        flags: flags as u32,
        cflags: cflags as u32,
        methods: methods as u32,
        reg_id: 0,
        socket,
        conn: None,
        keepalive: false,
        modified: 0,
    };
    let keeping = &usrloc.keeping;
    let (stored, changes) = domain.edit(&aor, usrloc.is_hooked(), |record, changes| {
        let found = record.contacts.iter().position(|c| c.uri() == info.uri);
        let (event, done) = match found {
            Some(at) => (Event::Updated, record.update(at, &info, &keeping.rules, &keeping.agents)),
            None => (Event::Inserted, record.insert(&info, &keeping.rules, &keeping.agents)),
        };
        changes.note(event, record.contacts.iter().find(|c| c.uri() == info.uri).filter(|_| done));
        done
    });
    usrloc.announce(&domain, &aor, &changes);
    if stored { Ok(()) } else { Err(Fault::new(500, "Can't insert record")) }
}

/// One of our sockets by `proto:host:port`.
pub(crate) fn socket_named(engine: &Engine, text: &[u8]) -> Option<SocketId> {
    let text = std::str::from_utf8(text).ok()?;
    let (proto, address) = text.split_once(':')?;
    let (host, port) = match address.rfind(':') {
        Some(at) if !address.ends_with(']') => (&address[..at], address[at + 1..].parse().ok()?),
        _ => (address, 0),
    };
    let proto = Proto::from_name(proto.as_bytes())?;
    let port = if port == 0 { proto.default_port() } else { port };
    engine.sockets.infos().iter().map(|info| info.id).find(|id| {
        engine.identity.socket(*id).is_some_and(|name| {
            name.proto == proto
                && ((*name.address == *host.as_bytes() && name.bound_port == port)
                    || (*name.host == *host.as_bytes() && name.port == port))
        })
    })
}

/// `ul.flush`: there is no database to write to, so nothing is to be done.
pub(super) fn flush(call: &mut RpcCall) -> Result<(), Fault> {
    state(call).map(drop)
}

/// `ul.db_users` and its kin.
pub(super) fn database_only(_: &mut RpcCall) -> Result<(), Fault> {
    Err(Fault::new(500, "Command is not supported in db_mode=0"))
}
