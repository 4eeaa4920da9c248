//! From and To: `$fu $fU $fd $fn $ft` and `$tu $tU $td $tn $tt`, read from the message as received and assigned by
//! edits, which later reads do not see until `msg_apply_changes()` (captured).

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Val,
    core::uri::split_user,
    pv::{PvDef, read_only, read_write},
};
use kamjit_sip::{NameAddr, Uri};

use super::uri::{Part, part};

pub(super) const PVS: &[PvDef] = &[
    read_write("fu", |ctx, _| from(ctx, Read::Uri), |ctx, _, v| set_from(ctx, Write::Uri, v)),
    read_write("from", |ctx, _| from(ctx, Read::Uri), |ctx, _, v| set_from(ctx, Write::Uri, v)),
    read_write("fU", |ctx, _| from(ctx, Read::User), |ctx, _, v| set_from(ctx, Write::User, v)),
    read_write("from.user", |ctx, _| from(ctx, Read::User), |ctx, _, v| set_from(ctx, Write::User, v)),
    read_only("fUl", |ctx, _| from(ctx, Read::UserLength)),
    read_only("ful", |ctx, _| from(ctx, Read::UriLength)),
    read_write("fd", |ctx, _| from(ctx, Read::Host), |ctx, _, v| set_from(ctx, Write::Host, v)),
    read_write("from.domain", |ctx, _| from(ctx, Read::Host), |ctx, _, v| set_from(ctx, Write::Host, v)),
    read_write("fn", |ctx, _| from(ctx, Read::Display), |ctx, _, v| set_from(ctx, Write::Display, v)),
    read_only("ft", |ctx, _| from(ctx, Read::Tag)),
    read_write("tu", |ctx, _| to(ctx, Read::Uri), |ctx, _, v| set_to(ctx, Write::Uri, v)),
    read_write("to", |ctx, _| to(ctx, Read::Uri), |ctx, _, v| set_to(ctx, Write::Uri, v)),
    read_write("tU", |ctx, _| to(ctx, Read::User), |ctx, _, v| set_to(ctx, Write::User, v)),
    read_write("to.user", |ctx, _| to(ctx, Read::User), |ctx, _, v| set_to(ctx, Write::User, v)),
    read_write("tUl", |ctx, _| to(ctx, Read::UserLength), |ctx, _, v| set_to(ctx, Write::User, v)),
    read_write("td", |ctx, _| to(ctx, Read::Host), |ctx, _, v| set_to(ctx, Write::Host, v)),
    read_write("to.domain", |ctx, _| to(ctx, Read::Host), |ctx, _, v| set_to(ctx, Write::Host, v)),
    read_write("tn", |ctx, _| to(ctx, Read::Display), |ctx, _, v| set_to(ctx, Write::Display, v)),
    read_only("tt", |ctx, _| to(ctx, Read::Tag)),
    read_only("tts", |ctx, _| to(ctx, Read::Tag)),
    read_only("AU", |ctx, _| account(ctx)),
    read_only("Au", |ctx, _| user_at_host(ctx)),
];

#[derive(Clone, Copy)]
enum Read {
    Uri,
    UriLength,
    User,
    UserLength,
    Host,
    Display,
    Tag,
}

fn from<'m>(ctx: &Ctx<'m>, what: Read) -> Val<'m> {
    ctx.msg.from().map_or(Val::Null, |addr| read(ctx, addr, what))
}

fn to<'m>(ctx: &Ctx<'m>, what: Read) -> Val<'m> {
    read(ctx, ctx.msg.to(), what)
}

fn read<'m>(ctx: &Ctx<'m>, addr: &NameAddr<'m>, what: Read) -> Val<'m> {
    match what {
        Read::Uri => Val::Str(addr.uri),
        Read::UriLength => Val::Int(addr.uri.len() as i64),
        Read::Display if addr.display.is_empty() => Val::Null,
        Read::Display => Val::Str(addr.display),
        Read::Tag => Val::opt(addr.tag),
        Read::User => part(ctx.uri(addr.uri), Part::User),
        Read::UserLength => part(ctx.uri(addr.uri), Part::UserLength),
        Read::Host => part(ctx.uri(addr.uri), Part::Host),
    }
}

/// The user of From for accounting: empty where From has none, undefined where From cannot be read (captured).
fn account<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    match (ctx.msg.from(), from(ctx, Read::User)) {
        (Ok(addr), Val::Null) if ctx.uri(addr.uri).is_some() => Val::Str(b""),
        (_, user) => user,
    }
}

/// `user@host` of From, as accounting shows a caller that did not authenticate.
fn user_at_host<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    let Some(uri) = ctx.msg.from().ok().and_then(|from| from.parse_uri().ok()) else { return Val::Null };
    let (user, _) = split_user(&uri);
    let mut out = ArenaVec::with_capacity_in(user.len() + uri.host.len() + 1, ctx.arena);
    out.extend_from_slice(user);
    out.push(b'@');
    out.extend_from_slice(uri.host);
    Val::Str(out.into_bump_slice())
}

#[derive(Clone, Copy)]
enum Write {
    Uri,
    User,
    Host,
    Display,
}

fn set_from(ctx: &mut Ctx<'_>, what: Write, value: Val<'_>) -> bool {
    match ctx.msg.from() {
        Ok(addr) => write(ctx, *addr, what, value),
        Err(_) => false,
    }
}

fn set_to(ctx: &mut Ctx<'_>, what: Write, value: Val<'_>) -> bool {
    write(ctx, *ctx.msg.to(), what, value)
}

/// Captured: nothing of an address whose URI is malformed can be changed.
fn write(ctx: &Ctx<'_>, addr: NameAddr<'_>, what: Write, value: Val<'_>) -> bool {
    let Ok(uri) = addr.parse_uri() else { return false };
    match (what, value) {
        (Write::Display, Val::Null) => remove_display(ctx, addr),
        (Write::Display, Val::Str(text)) => write_display(ctx, addr, text),
        (Write::User, Val::Null) => remove_user(ctx, &uri),
        (Write::User, Val::Str(user)) => write_user(ctx, &uri, user),
        (Write::Uri, Val::Str(text)) => replace(ctx, addr.uri, text),
        (Write::Host, Val::Str(host)) => replace(ctx, uri.host, host),
        _ => false,
    }
}

fn replace(ctx: &Ctx<'_>, old: &[u8], new: &[u8]) -> bool {
    let Some(offset) = ctx.msg.offset_of(old) else { return false };
    ctx.edits.replace(offset, old.len(), new);
    true
}

/// A new user; one where there was none brings its `@`.
fn write_user(ctx: &Ctx<'_>, uri: &Uri<'_>, user: &[u8]) -> bool {
    let (old, _) = split_user(uri);
    if !old.is_empty() {
        return replace(ctx, old, user);
    }
    let Some(host) = ctx.msg.offset_of(uri.host) else { return false };
    if !user.is_empty() {
        let mut text = ArenaVec::with_capacity_in(user.len() + 1, ctx.arena);
        text.extend_from_slice(user);
        text.push(b'@');
        ctx.edits.insert(host, &text);
    }
    true
}

/// Takes the user away, and an `@` right behind it (captured).
fn remove_user(ctx: &Ctx<'_>, uri: &Uri<'_>) -> bool {
    let (old, _) = split_user(uri);
    if old.is_empty() {
        return true;
    }
    let Some(start) = ctx.msg.offset_of(old) else { return false };
    let at_sign = ctx.msg.buf().get(start + old.len()) == Some(&b'@');
    ctx.edits.delete(start, old.len() + usize::from(at_sign));
    true
}

/// A new display name, written as given, with a blank behind it where there was no name.
fn write_display(ctx: &Ctx<'_>, addr: NameAddr<'_>, text: &[u8]) -> bool {
    if !addr.display.is_empty() {
        return replace(ctx, addr.display, text);
    }
    let Some(start) = ctx.msg.offset_of(addr.raw) else { return false };
    let mut name = ArenaVec::with_capacity_in(text.len() + 1, ctx.arena);
    name.extend_from_slice(text);
    name.push(b' ');
    ctx.edits.insert(start, &name);
    true
}

/// Takes the display name away, with the blanks behind it.
fn remove_display(ctx: &Ctx<'_>, addr: NameAddr<'_>) -> bool {
    if addr.display.is_empty() {
        return true;
    }
    let Some(start) = ctx.msg.offset_of(addr.display) else { return false };
    let behind = ctx.msg.buf().get(start + addr.display.len()..).unwrap_or_default();
    let blanks = behind.iter().take_while(|b| b.is_ascii_whitespace()).count();
    ctx.edits.delete(start, addr.display.len() + blanks);
    true
}
