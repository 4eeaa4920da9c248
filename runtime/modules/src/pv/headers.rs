//! Header fields: `$hdr(X)`, `$hdrc(X)`, `$hfl(X)`, `$hflc(X)`, and those with a name of their own (`$ua`, `$ci`).

use bumpalo::collections::Vec as ArenaVec;
use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Index, Inner, PvDef, PvName, indexed, named, read_only},
};
use kamjit_sip::{AddrEntry, Contacts, HeaderKind};

use super::message::first_value;

pub(super) const PVS: &[PvDef] = &[
    indexed(named("hdr", InnerName::Dynamic, header, Some(parse_name))),
    named("hdrc", InnerName::Dynamic, header_count, Some(parse_name)),
    indexed(named("hfl", InnerName::Dynamic, list_item, Some(parse_name))),
    named("hflc", InnerName::Dynamic, list_count, Some(parse_name)),
    read_only("ua", |ctx, _| first_value(ctx, HeaderKind::UserAgent)),
    read_only("ci", |ctx, _| Val::Str(ctx.msg.call_id())),
    read_only("cs", |ctx, _| Val::Str(ctx.msg.cseq().number_raw)),
    read_only("csb", |ctx, _| first_value(ctx, HeaderKind::CSeq)),
    read_only("cT", |ctx, _| first_value(ctx, HeaderKind::ContentType)),
    read_only("ct", |ctx, _| first_value(ctx, HeaderKind::Contact)),
    read_only("ctu", contact_uri),
    read_only("rt", refer_to),
    named("expires", InnerName::Static, expires, Some(parse_expires)),
];

/// A name that is compared by kind when it is a known one.
struct Name {
    text: Box<[u8]>,
    kind: HeaderKind,
}

/// Captured: blanks may follow the name, nothing but letters, digits and `- . _ ~ +` may be in it.
fn parse_name(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let name = name.split(|&b| b == b':').next().unwrap_or_default().trim_ascii_end();
    let valid = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+".contains(b);
    if name.is_empty() || !name.iter().all(valid) {
        return Err(HostError::new(format!("'{}' is no header name", name.escape_ascii())));
    }
    Ok(Inner::Digested(Box::new(Name { text: name.into(), kind: HeaderKind::from_name(name) })))
}

fn resolve<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> (HeaderKind, &'m [u8]) {
    match name.digested::<Name>() {
        Some(name) => (name.kind, &name.text),
        None => {
            let text = name.text(ctx);
            (HeaderKind::from_name(text), text)
        }
    }
}

/// Values of the headers of that name, in order; none if a header of the message is broken (captured).
fn values<'m>(ctx: &Ctx<'m>, kind: HeaderKind, name: &'m [u8]) -> impl Iterator<Item = &'m [u8]> + use<'m> {
    let broken = ctx.msg.is_broken();
    ctx.msg
        .headers_of(kind)
        .filter(move |_| !broken)
        .filter(move |h| kind != HeaderKind::Other || h.name_raw.eq_ignore_ascii_case(name))
        .map(|h| h.value)
}

fn header<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let (kind, text) = resolve(ctx, name);
    if matches!(name.index, Index::None) {
        return if kind == HeaderKind::Other || ctx.msg.is_broken() {
            Val::opt(values(ctx, kind, text).next())
        } else {
            first_value(ctx, kind)
        };
    }
    pick(ctx, name, |ctx| values(ctx, kind, text))
}

/// The value at the index; all of them joined by commas for `[*]`.
fn pick<'m, I: Iterator<Item = &'m [u8]>>(
    ctx: &mut Ctx<'m>,
    name: &'m PvName,
    all: impl Fn(&Ctx<'m>) -> I,
) -> Val<'m> {
    if matches!(name.index, Index::All) {
        return joined(ctx, all(ctx));
    }
    let index = name.index(ctx).unwrap_or(0);
    match usize::try_from(index) {
        Ok(at) => Val::opt(all(ctx).nth(at)),
        Err(_) => {
            let count = all(ctx).count();
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            Val::opt(count.checked_sub(back).and_then(|at| all(ctx).nth(at)))
        }
    }
}

fn joined<'m>(ctx: &Ctx<'m>, mut all: impl Iterator<Item = &'m [u8]>) -> Val<'m> {
    let Some(first) = all.next() else { return Val::Null };
    let Some(second) = all.next() else { return Val::Str(first) };
    let mut out = ArenaVec::with_capacity_in(first.len() + second.len() + 64, ctx.arena);
    out.extend_from_slice(first);
    for value in std::iter::once(second).chain(all) {
        out.push(b',');
        out.extend_from_slice(value);
    }
    Val::Str(out.into_bump_slice())
}

fn header_count<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let (kind, text) = resolve(ctx, name);
    Val::Int(values(ctx, kind, text).count() as i64)
}

/// The values of the lists that the real server takes apart: Via, Contact, Route, Record-Route; `None` for other
/// headers. Captured: contacts of one header come in reverse order; a list that cannot be read is empty, as `*` is.
fn list<'m>(ctx: &Ctx<'m>, kind: HeaderKind) -> Option<ArenaVec<'m, &'m [u8]>> {
    let mut out = ArenaVec::new_in(ctx.arena);
    match kind {
        HeaderKind::Via => out.extend(ctx.msg.vias().iter().map(|via| via.raw)),
        HeaderKind::Route => routes(ctx.msg.routes().unwrap_or_default(), &mut out),
        HeaderKind::RecordRoute => routes(ctx.msg.record_routes().unwrap_or_default(), &mut out),
        HeaderKind::Contact => {
            if let Ok(Contacts::List(all)) = ctx.msg.contacts()
                && all.iter().all(|contact| !contact.raw.contains(&b'<') || contact.raw.contains(&b'>'))
            {
                out.extend(reversed_in_headers(all));
            }
        }
        _ => return None,
    }
    Some(out)
}

/// Entries of a route set, which must have brackets.
fn routes<'m>(all: &'m [AddrEntry<'m>], out: &mut ArenaVec<'m, &'m [u8]>) {
    if all.iter().all(|entry| entry.raw.contains(&b'<') && entry.raw.contains(&b'>')) {
        out.extend(all.iter().map(|entry| entry.raw));
    }
}

fn reversed_in_headers<'m>(all: &'m [AddrEntry<'m>]) -> impl Iterator<Item = &'m [u8]> {
    all.chunk_by(|a, b| a.header == b.header).flat_map(|group| group.iter().rev().map(|entry| entry.raw))
}

fn list_item<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let (kind, text) = resolve(ctx, name);
    if matches!(name.index, Index::All) {
        return joined(ctx, values(ctx, kind, text));
    }
    let Some(items) = list(ctx, kind) else {
        return pick(ctx, name, |ctx| values(ctx, kind, text));
    };
    let index = name.index(ctx).unwrap_or(0);
    // Captured: in these lists -1 is behind the end, -2 the last.
    let at = match usize::try_from(index) {
        Ok(at) => Some(at),
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|n| (items.len() + 1).checked_sub(n)),
    };
    Val::opt(at.and_then(|at| items.get(at).copied()))
}

fn list_count<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let (kind, text) = resolve(ctx, name);
    Val::Int(list(ctx, kind).map_or_else(|| values(ctx, kind, text).count(), |l| l.len()) as i64)
}

fn contact_uri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.contacts() {
        Ok(Contacts::List([first, ..])) => Val::Str(first.uri),
        _ => Val::Null,
    }
}

/// The URI in Refer-To.
fn refer_to<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    let value = ctx.msg.value(HeaderKind::ReferTo);
    Val::opt(value.and_then(kamjit_sip::NameAddr::parse).map(|addr| addr.uri))
}

#[derive(Clone, Copy)]
enum Extreme {
    Least,
    Greatest,
}

fn parse_expires(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let extreme = match name {
        b"min" => Extreme::Least,
        b"max" => Extreme::Greatest,
        _ => return Err(HostError::new("$expires takes min or max")),
    };
    Ok(Inner::Digested(Box::new(extreme)))
}

/// The least or greatest expiry of all contacts; that of the header where a contact has none of its own. Captured:
/// undefined if that of a contact is no number, and the header's wraps in 32 bits.
fn expires<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(extreme) = name.digested::<Extreme>() else { return Val::Null };
    let of_header = ctx.msg.value(HeaderKind::Expires).and_then(wrapped);
    let contacts = match ctx.msg.contacts() {
        Ok(Contacts::List(all)) => all,
        _ => &[],
    };
    let (mut least, mut greatest) = (None, None);
    for contact in contacts {
        let own = contact.expires();
        if own.is_none() && contact.params().get(b"expires").is_some() {
            return Val::Null;
        }
        let Some(seconds) = own.or(of_header) else { continue };
        least = Some(least.map_or(seconds, |n: u32| n.min(seconds)));
        greatest = Some(greatest.map_or(seconds, |n: u32| n.max(seconds)));
    }
    let found = match extreme {
        Extreme::Least => least,
        Extreme::Greatest => greatest,
    };
    found.or(of_header).map_or(Val::Null, |seconds| Val::Int(i64::from(seconds)))
}

/// A number cut to 32 bits; `None` if it is none.
fn wrapped(text: &[u8]) -> Option<u32> {
    let text = kamjit_sip::text::trim(text);
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits
        .then(|| text.iter().fold(0u32, |n, digit| n.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'))))
}
