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
    read_only("AU", |ctx, _| from(ctx, Read::User)),
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

fn write(ctx: &Ctx<'_>, addr: NameAddr<'_>, what: Write, value: Val<'_>) -> bool {
    let text = match (what, value) {
        (Write::User | Write::Display, Val::Null) => &b""[..],
        (_, Val::Str(text)) => text,
        _ => return false,
    };
    match what {
        Write::Display => write_display(ctx, addr, text),
        Write::Uri => replace(ctx, addr.uri, text),
        Write::User | Write::Host => {
            let Ok(uri) = addr.parse_uri() else { return false };
            if matches!(what, Write::Host) {
                return replace(ctx, uri.host, text);
            }
            write_user(ctx, &uri, text)
        }
    }
}

fn replace(ctx: &Ctx<'_>, old: &[u8], new: &[u8]) -> bool {
    let Some(offset) = ctx.msg.offset_of(old) else { return false };
    ctx.edits.replace(offset, old.len(), new);
    true
}

/// A new user; the empty one takes `user@` away, and one where there was none brings its `@`.
fn write_user(ctx: &Ctx<'_>, uri: &Uri<'_>, user: &[u8]) -> bool {
    let (old, _) = split_user(uri);
    if !old.is_empty() && !user.is_empty() {
        return replace(ctx, old, user);
    }
    let (Some(host), Some(start)) = (ctx.msg.offset_of(uri.host), ctx.msg.offset_of(uri.raw)) else {
        return false;
    };
    let user_at = start + uri.scheme.name().len() + 1;
    match (old.is_empty(), user.is_empty()) {
        (true, true) => {}
        (true, false) => {
            let mut text = ArenaVec::with_capacity_in(user.len() + 1, ctx.arena);
            text.extend_from_slice(user);
            text.push(b'@');
            ctx.edits.insert(host, &text);
        }
        _ => {
            ctx.edits.delete(user_at, host.saturating_sub(user_at));
        }
    }
    true
}

/// A new display name; it is written as given, with a blank before the bracket where there was no name.
fn write_display(ctx: &Ctx<'_>, addr: NameAddr<'_>, text: &[u8]) -> bool {
    if !addr.display.is_empty() {
        return replace(ctx, addr.display, text);
    }
    let Some(uri) = ctx.msg.offset_of(addr.uri) else { return false };
    let mut name = ArenaVec::with_capacity_in(text.len() + 2, ctx.arena);
    name.extend_from_slice(text);
    name.push(b' ');
    if addr.bracketed {
        let Some(start) = ctx.msg.offset_of(addr.raw) else { return false };
        ctx.edits.insert(start, &name);
    } else {
        name.push(b'<');
        ctx.edits.insert(uri, &name);
        ctx.edits.insert(uri + addr.uri.len(), b">");
    }
    true
}
