//! What a select takes of a URI, an address, a Via or a header.

use kamjit_sip::{AddrEntry, Contacts, HeaderKind, NameAddr, Params, Uri, Via};

use super::super::uri::split_user;
use crate::{ctx::Ctx, value::Val};

/// A part of a URI.
pub(super) enum UriPart {
    Whole,
    Scheme,
    User,
    Password,
    Host,
    Port,
    HostPort,
    Params,
    Param(Box<[u8]>),
}

/// The words behind a URI.
pub(super) fn uri(path: &[&[u8]]) -> Option<UriPart> {
    Some(match path {
        [] => UriPart::Whole,
        [b"type"] => UriPart::Scheme,
        [b"user" | b"rn_user"] => UriPart::User,
        [b"pwd"] => UriPart::Password,
        [b"host"] => UriPart::Host,
        [b"port"] => UriPart::Port,
        [b"hostport"] => UriPart::HostPort,
        [b"params"] => UriPart::Params,
        [b"params", name] => UriPart::Param((*name).into()),
        [b"transport"] => UriPart::Param(b"transport".as_slice().into()),
        _ => return None,
    })
}

fn non_empty(text: &[u8]) -> Val<'_> {
    if text.is_empty() { Val::Null } else { Val::Str(text) }
}

impl UriPart {
    /// Undefined for a malformed URI.
    pub(super) fn read<'m>(&self, text: &'m [u8]) -> Val<'m> {
        if matches!(self, UriPart::Whole) {
            return Val::Str(text);
        }
        let Ok(uri) = Uri::parse(text) else { return Val::Null };
        match self {
            UriPart::Whole => Val::Str(text),
            UriPart::Scheme => Val::Str(uri.scheme.name().as_bytes()),
            UriPart::User => non_empty(split_user(&uri).0),
            UriPart::Password => non_empty(uri.password),
            UriPart::Host => Val::Str(uri.host),
            UriPart::Port => non_empty(uri.port_raw),
            UriPart::HostPort => host_port(text, &uri),
            // Captured: of a number with `user=phone` they are the number's own.
            UriPart::Params if uri.is_user_phone() => {
                let own = split_user(&uri).1;
                non_empty(own.strip_prefix(b";").unwrap_or(own))
            }
            UriPart::Params => non_empty(uri.params_raw),
            UriPart::Param(name) => Val::opt(uri.param(name)),
        }
    }
}

/// Host and port as they stand in the URI.
fn host_port<'m>(text: &'m [u8], uri: &Uri<'m>) -> Val<'m> {
    let from = kamjit_sip::text::offset_in(text, uri.host);
    let end = if uri.port_raw.is_empty() { uri.host } else { uri.port_raw };
    let to = kamjit_sip::text::offset_in(text, end).map(|at| at + end.len());
    match (from, to) {
        (Some(from), Some(to)) => Val::opt(text.get(from..to)),
        _ => Val::Null,
    }
}

/// A part of an address header.
pub(super) enum AddrPart {
    Whole,
    Uri(UriPart),
    Name,
    Tag,
    Params,
    Param(Box<[u8]>),
}

/// The words behind an address.
pub(super) fn addr(path: &[&[u8]]) -> Option<AddrPart> {
    Some(match path {
        [] => AddrPart::Whole,
        [b"uri" | b"nameaddr_uri", rest @ ..] => AddrPart::Uri(uri(rest)?),
        [b"nameaddr", rest @ ..] => return addr(rest),
        [b"name"] => AddrPart::Name,
        [b"tag"] => AddrPart::Tag,
        [b"params"] => AddrPart::Params,
        [b"params" | b"param", name] => AddrPart::Param((*name).into()),
        [b"expires"] => AddrPart::Param(b"expires".as_slice().into()),
        [b"q"] => AddrPart::Param(b"q".as_slice().into()),
        _ => return None,
    })
}

impl AddrPart {
    fn read<'m>(&self, addr: &NameAddr<'m>) -> Val<'m> {
        match self {
            AddrPart::Whole => Val::Str(addr.raw),
            AddrPart::Uri(part) => part.read(addr.uri),
            AddrPart::Name => non_empty(addr.display),
            AddrPart::Tag => Val::opt(addr.tag),
            AddrPart::Params => non_empty(addr.params_raw.strip_prefix(b";").unwrap_or(addr.params_raw)),
            AddrPart::Param(name) => Val::opt(addr.params().value(name)),
        }
    }
}

/// The n-th entry, from 1, negative numbers from the end.
fn nth<'a>(entries: &'a [AddrEntry<'a>], index: i64) -> Option<&'a NameAddr<'a>> {
    let at = match usize::try_from(index) {
        Ok(n) => n.checked_sub(1)?,
        Err(_) => entries.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    entries.get(at).map(|entry| &entry.addr)
}

/// A part of the n-th address of a header.
pub(super) fn header_addr<'m>(ctx: &Ctx<'m>, kind: HeaderKind, index: i64, part: &AddrPart) -> Val<'m> {
    let msg = ctx.msg;
    if matches!(
        (kind, part),
        (HeaderKind::Contact | HeaderKind::RecordRoute | HeaderKind::Route, AddrPart::Whole)
    ) {
        return Val::opt(msg.value(kind));
    }
    let found = match kind {
        HeaderKind::From => msg.from().ok().copied(),
        HeaderKind::To => Some(*msg.to()),
        HeaderKind::RecordRoute => msg.record_routes().ok().and_then(|all| nth(all, index)).copied(),
        HeaderKind::Route => msg.routes().ok().and_then(|all| nth(all, index)).copied(),
        HeaderKind::Contact => match msg.contacts() {
            // Captured: the list of one header is read from its end.
            Ok(Contacts::List(all)) if index == 1 => {
                let first = all.chunk_by(|a, b| a.header == b.header).next();
                first.and_then(<[_]>::last).map(|entry| entry.addr)
            }
            Ok(Contacts::List(all)) => nth(all, index).copied(),
            _ => None,
        },
        _ => msg.value(kind).and_then(NameAddr::parse),
    };
    found.map_or(Val::Null, |addr| part.read(&addr))
}

/// A part of a Via.
pub(super) enum ViaPart {
    Whole,
    Transport,
    Host,
    Port,
    HostPort,
    Params,
    Param(Box<[u8]>),
}

/// The words behind a Via.
pub(super) fn via(path: &[&[u8]]) -> Option<ViaPart> {
    Some(match path {
        [] => ViaPart::Whole,
        [b"transport"] => ViaPart::Transport,
        [b"host"] => ViaPart::Host,
        [b"port"] => ViaPart::Port,
        [b"hostport"] => ViaPart::HostPort,
        [b"params"] => ViaPart::Params,
        [b"params", name] | [name @ (b"branch" | b"received" | b"rport" | b"i" | b"alias")] => {
            ViaPart::Param((*name).into())
        }
        _ => return None,
    })
}

impl ViaPart {
    pub(super) fn read<'m>(&self, via: &Via<'m>) -> Val<'m> {
        match self {
            ViaPart::Whole => Val::Str(via.raw),
            ViaPart::Transport => Val::Str(via.proto_raw),
            ViaPart::Host => Val::Str(via.host),
            ViaPart::Port => via.port.map_or(Val::Null, |port| Val::Int(i64::from(port))),
            ViaPart::HostPort => Val::Str(via.sent_by),
            ViaPart::Params => non_empty(via.params_raw),
            ViaPart::Param(name) => Val::opt(via.params().get(name).and_then(|p| p.value)),
        }
    }
}

/// The n-th Via, from 1, negative numbers from the end.
pub(super) fn nth_via<'m>(ctx: &Ctx<'m>, index: i64) -> Option<&'m Via<'m>> {
    let vias = ctx.msg.vias();
    let at = match usize::try_from(index) {
        Ok(n) => n.checked_sub(1)?,
        Err(_) => vias.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    vias.get(at)
}

/// The n-th of something, from 1, negative numbers from the end.
fn pick<'m, I: Iterator<Item = &'m [u8]>>(all: impl Fn() -> I, index: i64) -> Option<&'m [u8]> {
    match usize::try_from(index) {
        Ok(n) => all().nth(n.checked_sub(1)?),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            all().nth(all().count().checked_sub(back)?)
        }
    }
}

/// The n-th header of a name.
pub(super) fn header<'m>(ctx: &Ctx<'m>, name: &[u8], index: i64) -> Val<'m> {
    Val::opt(pick(|| ctx.msg.headers_named(name).map(|header| header.value), index))
}

/// The n-th value in the headers of a name, or a part of the address in it.
pub(super) fn value<'m>(ctx: &Ctx<'m>, name: &[u8], index: i64, part: Option<&AddrPart>) -> Val<'m> {
    let values = || ctx.msg.headers_named(name).flat_map(|header| Values(Some(header.value)));
    match (pick(values, index), part) {
        (None, _) => Val::Null,
        (Some(value), None) => Val::Str(value),
        (Some(value), Some(part)) => NameAddr::parse(value).map_or(Val::Null, |addr| part.read(&addr)),
    }
}

/// The parts of a header between commas that stand neither in quotes nor in brackets.
struct Values<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0?;
        let (mut quoted, mut inside, mut escaped) = (false, false, false);
        let comma = text.iter().position(|&byte| {
            match byte {
                _ if std::mem::take(&mut escaped) => {}
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'<' if !quoted => inside = true,
                b'>' if !quoted => inside = false,
                b',' => return !quoted && !inside,
                _ => {}
            }
            false
        });
        self.0 = comma.map(|at| &text[at + 1..]);
        Some(text[..comma.unwrap_or(text.len())].trim_ascii())
    }
}

/// A parameter of Digest credentials.
pub(super) fn credentials<'m>(ctx: &Ctx<'m>, kind: HeaderKind, name: &[u8]) -> Val<'m> {
    let value = ctx.msg.value(kind).and_then(|value| value.split_at_checked(7));
    match value {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"Digest ") => {
            Val::opt(Params::with_separator(rest, b',').get(name).map(|param| param.unquoted()))
        }
        _ => Val::Null,
    }
}
