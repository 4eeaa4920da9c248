//! Which sockets to bind, from `-l`, `listen=`, `socket=` and, without any, all local addresses.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use kamjit_catalog::ConfigValue;
use kamjit_engine::{globals::Globals, identity::Alias};
use kamjit_net::{ListenSpec, interfaces};
use kamjit_sip::Proto;

use crate::{args::Args, reverse::reverse_name};

/// A socket text that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on '{text}': {why}")]
pub struct BadListen {
    text: String,
    why: String,
}

/// All sockets to bind, in order.
pub fn specs(args: &Args, globals: &Globals) -> Result<Vec<ListenSpec>, BadListen> {
    let default_port = match globals.int("port") {
        port @ 1..=65535 => port as u16,
        _ => 5060,
    };
    let tcp = globals.int("disable_tcp") == 0 && args.no_tcp == 0;
    let mut specs = Vec::new();
    for text in &args.listen {
        let (address, advertise) = match text.split_once('/') {
            Some((address, advertise)) => (address, Some(advertise.to_owned())),
            None => (text.as_str(), None),
        };
        add(&mut specs, address, advertise, None, default_port, tcp)?;
    }
    for key in ["listen", "socket"] {
        for value in globals.all(key) {
            let words: Vec<&str> = value.iter().filter_map(word).collect();
            let Some((address, rest)) = words.split_first() else { continue };
            let after = |name: &str| {
                let at = rest.iter().position(|w| w.eq_ignore_ascii_case(name))?;
                rest.get(at + 1).map(|w| (*w).to_owned())
            };
            add(&mut specs, address, after("advertise"), after("name"), default_port, tcp)?;
        }
    }
    if specs.is_empty() {
        if globals.int("auto_bind_ipv6") != 0 {
            for entry in interfaces::interface_addrs().into_iter().filter(|entry| entry.addr.is_ipv6()) {
                // Link-local addresses have a scope.
                if entry.scope_id == 0 || globals.int("bind_ipv6_link_local") != 0 {
                    push(&mut specs, Proto::Udp, entry.with_port(default_port), None, None);
                    if tcp {
                        push(&mut specs, Proto::Tcp, entry.with_port(default_port), None, None);
                    }
                }
            }
        }
        for ip in interfaces::default_ipv4() {
            push(&mut specs, Proto::Udp, SocketAddr::new(ip.into(), default_port), None, None);
            if tcp {
                push(&mut specs, Proto::Tcp, SocketAddr::new(ip.into(), default_port), None, None);
            }
        }
    }
    // The real server keeps its UDP sockets before the TCP ones.
    specs.sort_by_key(|spec| spec.proto);
    Ok(specs)
}

fn word(value: &ConfigValue) -> Option<&str> {
    match value {
        ConfigValue::Word(word) => Some(word),
        ConfigValue::Str(text) => std::str::from_utf8(text).ok(),
        ConfigValue::Int(_) => None,
    }
}

fn push(
    specs: &mut Vec<ListenSpec>,
    proto: Proto,
    addr: SocketAddr,
    advertise: Option<(String, u16)>,
    name: Option<String>,
) {
    if !specs.iter().any(|s| s.proto == proto && s.addr == addr) {
        specs.push(ListenSpec { proto, addr, advertise, name });
    }
}

fn add(
    specs: &mut Vec<ListenSpec>,
    text: &str,
    advertise: Option<String>,
    name: Option<String>,
    default_port: u16,
    tcp: bool,
) -> Result<(), BadListen> {
    let bad = |why: &str| BadListen { text: text.to_owned(), why: why.to_owned() };
    let (proto, host, port) = split(text);
    if proto.is_some_and(|p| !matches!(p, Proto::Udp | Proto::Tcp)) {
        return Err(bad("kamjit speaks UDP and TCP so far"));
    }
    let advertise = advertise.map(|text| {
        let (_, host, port) = split(&text);
        (host, port.unwrap_or(0))
    });
    let port = port.unwrap_or(default_port);
    let hosts = host.trim_start_matches('(').trim_end_matches(')');
    for host in hosts.split(',').map(str::trim) {
        let addresses = resolve(host);
        if addresses.is_empty() {
            return Err(bad("no such address or interface"));
        }
        for ip in addresses {
            let addr = SocketAddr::new(ip, port);
            match proto {
                Some(Proto::Tcp) if !tcp => {}
                Some(proto) => push(specs, proto, addr, advertise.clone(), name.clone()),
                None => {
                    push(specs, Proto::Udp, addr, advertise.clone(), name.clone());
                    if tcp {
                        push(specs, Proto::Tcp, addr, advertise.clone(), name.clone());
                    }
                }
            }
        }
    }
    Ok(())
}

/// Splits `[proto:]host[:port]`; IPv6 stands in brackets.
fn split(text: &str) -> (Option<Proto>, String, Option<u16>) {
    let (proto, rest) = match text.split_once(':') {
        Some((word, rest)) if Proto::from_name(word.as_bytes()).is_some() => {
            (Proto::from_name(word.as_bytes()), rest)
        }
        Some(("any" | "*", rest)) => (None, rest),
        _ => (None, text),
    };
    if let Some(rest) = rest.strip_prefix('[')
        && let Some((host, after)) = rest.split_once(']')
    {
        return (proto, host.to_owned(), after.strip_prefix(':').and_then(|p| p.parse().ok()));
    }
    if rest.parse::<std::net::Ipv6Addr>().is_ok() {
        return (proto, rest.to_owned(), None);
    }
    match rest.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => (proto, host.to_owned(), port.parse().ok()),
        _ => (proto, rest.to_owned(), None),
    }
}

fn resolve(host: &str) -> Vec<IpAddr> {
    if let Ok(ip) = host.parse() {
        return vec![ip];
    }
    let on_interface: Vec<IpAddr> =
        interfaces::interface_addrs().into_iter().filter(|i| i.name == host).map(|i| i.addr).collect();
    if !on_interface.is_empty() {
        return on_interface;
    }
    // The system's resolver reads a bare number as an address; the real server does not (captured).
    if host.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    match (host, 0).to_socket_addrs() {
        Ok(mut found) => found.next().map(|addr| vec![addr.ip()]).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Aliases: `alias=`, `--alias`, and the names of our addresses unless `auto_aliases` is off.
pub fn aliases(args: &Args, globals: &Globals, specs: &[ListenSpec]) -> Vec<Alias> {
    let mut aliases = Vec::new();
    let given =
        globals.all("alias").chain(globals.all("domain")).flat_map(|words| words.iter().filter_map(word));
    for text in args.alias.iter().map(String::as_str).chain(given) {
        let (proto, host, port) = split(text);
        aliases.push(Alias { host: host.to_ascii_lowercase().into_bytes().into(), port, proto });
    }
    let auto = match args.auto_aliases.as_deref() {
        Some(mode) => matches!(mode, "yes" | "on" | "1"),
        None => globals.int("auto_aliases") != 0,
    };
    if auto {
        for spec in specs {
            if let Some(name) = reverse_name(spec.addr.ip()) {
                let alias = Alias {
                    host: name.to_ascii_lowercase().into_bytes().into(),
                    port: Some(spec.addr.port()),
                    proto: Some(spec.proto),
                };
                if !aliases.contains(&alias) {
                    aliases.push(alias);
                }
            }
        }
    }
    aliases
}
