//! Sockets and names of the server.

use kamjit_rpc::{Fault, Value};

use crate::{identity::Alias, rpc::RpcCall};

pub(super) fn list(call: &mut RpcCall) -> Result<(), Fault> {
    let engine = call.engine.clone();
    let aliases = call.program.globals.int("auto_aliases") != 0;
    let sockets = engine.sockets.infos().iter().map(|info| {
        let mut members = vec![
            ("proto".to_owned(), Value::from(info.proto.name())),
            ("address".to_owned(), info.addr.ip().to_string().into()),
            ("port".to_owned(), info.addr.port().to_string().into()),
            ("mcast".to_owned(), if info.addr.ip().is_multicast() { "yes" } else { "no" }.into()),
            ("mhomed".to_owned(), "no".into()),
            ("virtual".to_owned(), "no".into()),
        ];
        // Captured: without automatic aliases the real server tells name and address apart.
        if !aliases {
            members.insert(2, ("ipaddress".to_owned(), info.addr.ip().to_string().into()));
        }
        if let Some((host, port)) = &info.advertise {
            let port = if *port == 0 { info.addr.port() } else { *port };
            members.push(("advertise".to_owned(), format!("{}:{host}:{port}", info.proto.name()).into()));
        }
        if let Some(name) = &info.name {
            members.push(("sockname".to_owned(), name.as_str().into()));
        }
        Value::record([("socket", Value::Struct(members))])
    });
    call.add(Value::Array(sockets.collect()));
    Ok(())
}

pub(super) fn aliases(call: &mut RpcCall) -> Result<(), Fault> {
    let engine = call.engine.clone();
    let alias = |a: &Alias| {
        Value::record([(
            "alias",
            Value::record([
                ("proto", a.proto.map_or("*", |p| p.name()).into()),
                ("address", Value::from(&*a.host)),
                ("port", a.port.map_or_else(|| Value::from("*"), |p| Value::Int(p.into()))),
            ]),
        )])
    };
    let callbacks = if call.program.hooks.is_myself.is_empty() { "no" } else { "yes" };
    call.add_struct(vec![
        ("myself_callbacks", callbacks.into()),
        ("aliases", Value::Array(engine.identity.aliases().iter().rev().map(alias).collect())),
    ]);
    Ok(())
}

/// Raw sockets are not used.
pub(super) fn udp4_raw_info(call: &mut RpcCall) -> Result<(), Fault> {
    call.add_struct(vec![
        ("udp4_raw", Value::Int(0)),
        ("udp4_raw_mtu", Value::Int(1500)),
        ("udp4_raw_ttl", Value::Int(64)),
    ]);
    Ok(())
}
