//! `$dns(id=>key)`, `$srvquery(id=>key)`, `$naptrquery(id=>key)` and `$HN(key)`.

use std::{fmt::Display, net::IpAddr, rc::Rc};

use kamjit_engine::{
    Ctx, Val,
    catalog::{HostError, InnerName},
    module::Prepare,
    pv::{Index, Inner, Pv, PvDef, PvName, named},
};
use kamjit_net::dns::{Naptr, Srv};

use super::{hostname::host_name, results::Results};

pub(super) const PVS: &[PvDef] = &[
    named("HN", InnerName::Static, host, Some(parse_host)),
    named("dns", InnerName::Static, addresses, Some(parse_addresses)),
    named("naptrquery", InnerName::Static, pointers, Some(parse_pointers)),
    named("srvquery", InnerName::Static, services, Some(parse_services)),
];

/// `id=>key[index]`, digested.
struct Entry {
    id: Box<[u8]>,
    key: &'static str,
    index: Index,
}

/// Splits `id=>key[index]`; keys in `indexed` need their index unless `optional`.
fn parse(
    prepare: &mut Prepare<'_>,
    text: &[u8],
    plain: &[&'static str],
    indexed: &[&'static str],
    optional: bool,
) -> Result<Inner, HostError> {
    let bad = || HostError::new(format!("'{}' is not id=>key", text.escape_ascii()));
    let arrow = memchr::memmem::find(text, b"=>").ok_or_else(bad)?;
    let (id, rest) = (&text[..arrow], &text[arrow + 2..]);
    let (key, index) = match memchr::memchr(b'[', rest) {
        Some(open) => {
            let inner = rest[open + 1..].strip_suffix(b"]").ok_or_else(bad)?;
            (&rest[..open], parse_index(prepare, inner)?)
        }
        None => (rest, Index::None),
    };
    let known = plain.iter().chain(indexed).find(|known| known.as_bytes() == key);
    let key = *known.ok_or_else(|| {
        HostError::new(format!("unknown key '{}'", key.escape_ascii()))
            .help(format!("keys: {}", [plain, indexed].concat().join(", ")))
    })?;
    if !optional && indexed.contains(&key) && matches!(index, Index::None | Index::At(i32::MIN..0)) {
        return Err(HostError::new(format!("{key} needs an index from 0: {key}[0]")));
    }
    Ok(Inner::Digested(Box::new(Entry { id: id.into(), key, index })))
}

fn parse_index(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Index, HostError> {
    if text.first() == Some(&b'$') {
        let pv: Pv = prepare.pv_text(text)?;
        return Ok(Index::Var(Box::new(pv)));
    }
    let number = kamjit_engine::value::parse_int(text).and_then(|n| i32::try_from(n).ok());
    number.map(Index::At).ok_or_else(|| HostError::new(format!("bad index '{}'", text.escape_ascii())))
}

fn parse_addresses(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    parse(prepare, text, &["count", "ipv4", "ipv6"], &["addr", "type"], true)
}

fn parse_services(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    parse(prepare, text, &["count"], &["port", "priority", "target", "weight"], false)
}

fn parse_pointers(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let fields = ["order", "pref", "flags", "services", "regex", "replace"];
    parse(prepare, text, &["count"], &fields, false)
}

fn parse_host(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    match text {
        b"n" | b"f" | b"d" | b"i" => Ok(Inner::Text(text.into())),
        _ => Err(HostError::new("$HN takes n (name), f (full name), d (domain) or i (address)")),
    }
}

/// The place that an index means among `count`; negative ones count from the end.
fn place<'m>(ctx: &mut Ctx<'m>, index: &'m Index, count: usize) -> Option<usize> {
    let index = match index {
        Index::None | Index::All => 0,
        Index::At(n) => i64::from(*n),
        Index::Var(pv) => pv.get(ctx).to_int(),
    };
    let place = if index < 0 { index + i64::try_from(count).ok()? } else { index };
    usize::try_from(place).ok().filter(|place| *place < count)
}

fn text<'m>(ctx: &Ctx<'m>, value: impl Display) -> Val<'m> {
    Val::Str(ctx.format(format_args!("{value}")))
}

fn addresses<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(entry) = name.digested::<Entry>() else { return Val::Null };
    let find = |ctx: &Ctx<'m>| ctx.ext.get::<Results>()?.addresses.get(&entry.id).cloned();
    let Some(all) = find(ctx) else { return Val::Null };
    let has = |v4: bool| Val::Int(i64::from(all.iter().any(|ip| ip.is_ipv4() == v4)));
    match entry.key {
        "count" => Val::Int(all.len() as i64),
        "ipv4" => has(true),
        "ipv6" => has(false),
        key => match place(ctx, &entry.index, all.len()).and_then(|at| all.get(at)) {
            Some(ip) if key == "addr" => text(ctx, ip),
            Some(IpAddr::V4(_)) => Val::Int(4),
            Some(IpAddr::V6(_)) => Val::Int(6),
            None => Val::Null,
        },
    }
}

fn services<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(entry) = name.digested::<Entry>() else { return Val::Null };
    let find = |ctx: &Ctx<'m>| ctx.ext.get::<Results>()?.services.get(&entry.id).cloned();
    let all: Option<Rc<[Srv]>> = find(ctx);
    if entry.key == "count" {
        // Captured: 0 before any question, unlike `$dns`.
        return Val::Int(all.map_or(0, |all| all.len() as i64));
    }
    let Some(all) = all else { return Val::Null };
    let Some(srv) = place(ctx, &entry.index, all.len()).and_then(|at| all.get(at)) else { return Val::Null };
    match entry.key {
        "port" => Val::Int(srv.port.into()),
        "priority" => Val::Int(srv.priority.into()),
        "weight" => Val::Int(srv.weight.into()),
        _ => text(ctx, &srv.target),
    }
}

fn pointers<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(entry) = name.digested::<Entry>() else { return Val::Null };
    let find = |ctx: &Ctx<'m>| ctx.ext.get::<Results>()?.pointers.get(&entry.id).cloned();
    let all: Option<Rc<[Naptr]>> = find(ctx);
    if entry.key == "count" {
        return Val::Int(all.map_or(0, |all| all.len() as i64));
    }
    let Some(all) = all else { return Val::Null };
    let Some(naptr) = place(ctx, &entry.index, all.len()).and_then(|at| all.get(at)) else {
        return Val::Null;
    };
    match entry.key {
        "order" => Val::Int(naptr.order.into()),
        "pref" => Val::Int(naptr.preference.into()),
        "flags" => text(ctx, &naptr.flags),
        "services" => text(ctx, &naptr.services),
        "regex" => text(ctx, &naptr.regexp),
        _ => text(ctx, &naptr.replacement),
    }
}

fn host<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let host = host_name();
    match name.text(ctx) {
        b"n" => Val::Str(host.name().as_bytes()),
        b"f" => Val::Str(host.full.as_bytes()),
        b"d" => Val::opt(host.domain().map(str::as_bytes)),
        _ => Val::opt(host.ip.as_deref().map(str::as_bytes)),
    }
}
