//! Questions to name servers. Return codes were captured.

use std::net::IpAddr;

use kamjit_engine::{Arg, Cancelled, Ctx, Ret};
use kamjit_net::dns::{RecordKind, Records};

use super::{
    address,
    results::{Results, store},
};

/// The name is missing.
const NO_NAME: Ret = Ret(-2);
/// The id, or the address to compare with, is missing or wrong.
const BAD_SECOND: Ret = Ret(-3);
/// The name has no address.
const UNKNOWN: Ret = Ret(-4);

fn texts<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> (&'m [u8], &'m [u8]) {
    match args {
        [a, b] => (a.text(ctx), b.text(ctx)),
        _ => (b"", b""),
    }
}

/// All addresses of a name, IPv4 first; an address is its own.
fn all_addresses(ctx: &Ctx<'_>, name: &[u8]) -> Result<Vec<IpAddr>, Cancelled> {
    if let Some(ip) = address::pure(name) {
        return Ok(vec![ip]);
    }
    let mut found = Vec::new();
    for kind in [RecordKind::A, RecordKind::Aaaa] {
        if let Some(records) = ask(ctx, name, kind)?
            && let Records::Addrs(addrs) = &*records
        {
            found.extend_from_slice(addrs);
        }
    }
    Ok(found)
}

fn ask(ctx: &Ctx<'_>, name: &[u8], kind: RecordKind) -> Result<Option<std::sync::Arc<Records>>, Cancelled> {
    let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
    Ok(ctx.wait(ctx.worker.dns().lookup(name, kind))?.ok())
}

/// `dns_query(name, id)`.
pub(super) fn addresses<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, id) = texts(ctx, args);
    let found = match all_addresses(ctx, name) {
        Ok(found) => found,
        Err(cancelled) => return cancelled.into(),
    };
    let results = ctx.ext.or_default::<Results>();
    if found.is_empty() {
        results.addresses.remove(id);
        return UNKNOWN;
    }
    store(&mut results.addresses, id, found);
    Ret::TRUE
}

/// `dns_sys_match_ip(name, address)` and `dns_int_match_ip(name, address)`: there is one resolver here.
pub(super) fn matches<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, wanted) = texts(ctx, args);
    let Some(wanted) = address::parse(wanted) else { return BAD_SECOND };
    match all_addresses(ctx, name) {
        Ok(found) if found.is_empty() => UNKNOWN,
        Ok(found) => found.contains(&wanted.ip).into(),
        Err(cancelled) => cancelled.into(),
    }
}

/// `srv_query(name, id)`: by priority, then by weight, heaviest first. A name without records counts as answered.
pub(super) fn srv<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, id) = match checked(ctx, args) {
        Ok(both) => both,
        Err(refused) => return refused,
    };
    let mut found = match ask(ctx, name, RecordKind::Srv) {
        Ok(records) => match records.as_deref() {
            Some(Records::Srv(all)) => all.clone(),
            _ => Vec::new(),
        },
        Err(cancelled) => return cancelled.into(),
    };
    found.sort_by_key(|srv| (srv.priority, std::cmp::Reverse(srv.weight)));
    store(&mut ctx.ext.or_default::<Results>().services, id, found);
    Ret::TRUE
}

/// `naptr_query(name, id)`: by order, then by preference.
pub(super) fn naptr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, id) = match checked(ctx, args) {
        Ok(both) => both,
        Err(refused) => return refused,
    };
    let mut found = match ask(ctx, name, RecordKind::Naptr) {
        Ok(records) => match records.as_deref() {
            Some(Records::Naptr(all)) => all.clone(),
            _ => Vec::new(),
        },
        Err(cancelled) => return cancelled.into(),
    };
    found.sort_by_key(|naptr| (naptr.order, naptr.preference));
    store(&mut ctx.ext.or_default::<Results>().pointers, id, found);
    Ret::TRUE
}

fn checked<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Result<(&'m [u8], &'m [u8]), Ret> {
    match texts(ctx, args) {
        (b"", _) => Err(NO_NAME),
        (_, b"") => Err(BAD_SECOND),
        both => Ok(both),
    }
}

/// `dns_set_local_ttl(seconds)`: nothing to be set here, answers are kept as the `dns_cache_*` parameters say (see
/// docs/src/differences.md).
pub(super) fn set_ttl<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    args.first().is_some_and(|arg| arg.int(ctx) >= 0).into()
}
