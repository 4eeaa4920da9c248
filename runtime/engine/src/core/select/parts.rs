//! What a select takes of a URI, an address, a Via or a header.

use kamjit_sip::{Contacts, HeaderKind, NameAddr, Params, Uri, Via, uri::Scheme};

use super::{super::uri::split_user, ValuePart};
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
    Transport,
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
        [b"transport"] => UriPart::Transport,
        _ => return None,
    })
}

fn non_empty(text: &[u8]) -> Val<'_> {
    if text.is_empty() { Val::Null } else { Val::Str(text) }
}

impl UriPart {
    /// Undefined for a malformed URI.
    pub(super) fn read<'m>(&self, ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
        if matches!(self, UriPart::Whole) {
            return Val::Str(text);
        }
        let Ok(uri) = Uri::parse(text) else { return Val::Null };
        match self {
            UriPart::Whole => Val::Str(text),
            UriPart::Scheme => Val::Str(scheme(&uri)),
            UriPart::User => non_empty(split_user(&uri).0),
            UriPart::Password => non_empty(uri.password),
            UriPart::Host => Val::Str(uri.host),
            UriPart::Port => non_empty(uri.port_raw),
            UriPart::HostPort => host_port(ctx, &uri),
            UriPart::Transport => match uri.transport().filter(|name| !name.is_empty()) {
                Some(name) => Val::Str(name),
                None => Val::Str(if uri.is_secure() { b"tls" } else { b"udp" }),
            },
            UriPart::Params => non_empty(own_params(&uri)),
            UriPart::Param(name) => {
                Val::opt(Params::new(own_params(&uri)).value(name).or_else(|| uri.param(name)))
            }
        }
    }
}

/// The parameters; captured: of a number with `user=phone` they are the number's own.
fn own_params<'m>(uri: &Uri<'m>) -> &'m [u8] {
    if uri.is_user_phone() {
        let own = split_user(uri).1;
        return own.strip_prefix(b";").unwrap_or(own);
    }
    uri.params_raw
}

/// The kind of the URI; captured: a number in a SIP URI makes it a `tel` one.
fn scheme<'m>(uri: &Uri<'m>) -> &'m [u8] {
    match (uri.scheme, uri.is_user_phone()) {
        (Scheme::Sip, true) => b"tel",
        (Scheme::Sips, true) => b"tels",
        (scheme, _) => scheme.name().as_bytes(),
    }
}

/// Host and port, the usual one where none is written (captured).
fn host_port<'m>(ctx: &Ctx<'m>, uri: &Uri<'m>) -> Val<'m> {
    if uri.host.is_empty() {
        return Val::Null;
    }
    let port = uri.port.unwrap_or(if uri.is_secure() { 5061 } else { 5060 });
    let mut out = bumpalo::collections::Vec::with_capacity_in(uri.host.len() + 6, ctx.arena);
    out.extend_from_slice(uri.host);
    out.extend_from_slice(ctx.format(format_args!(":{port}")));
    Val::Str(out.into_bump_slice())
}

/// Any text read as an address, as `{nameaddr.uri}` does.
pub(super) enum TextPart {
    Whole,
    Name,
    Uri(UriPart),
    Params,
    Param(Box<[u8]>),
}

/// The words behind a text: `uri.host`, `nameaddr.name`.
pub(super) fn text(path: &[&[u8]]) -> Option<TextPart> {
    match path {
        [b"uri", _, ..] => Some(TextPart::Uri(uri(&path[1..])?)),
        [b"nameaddr", _, ..] => name_addr(&path[1..]),
        _ => None,
    }
}

/// The words behind `nameaddr`.
pub(super) fn name_addr(path: &[&[u8]]) -> Option<TextPart> {
    Some(match path {
        [] => TextPart::Whole,
        [b"name"] => TextPart::Name,
        [b"uri", path @ ..] => TextPart::Uri(uri(path)?),
        [b"params"] => TextPart::Params,
        [b"params", name] => TextPart::Param((*name).into()),
        _ => return None,
    })
}

impl TextPart {
    pub(super) fn read<'m>(&self, ctx: &Ctx<'m>, text: &'m [u8]) -> Val<'m> {
        let (name, inner, params) = split_address(text);
        match self {
            TextPart::Whole => Val::Str(text),
            TextPart::Name => Val::Str(name),
            TextPart::Uri(part) => part.read(ctx, inner),
            TextPart::Params => non_empty(params),
            TextPart::Param(name) => param(Params::new(params), name),
        }
    }
}

fn find(text: &[u8], byte: u8) -> Option<usize> {
    text.iter().position(|&b| b == byte)
}

/// Name, URI and parameters; without brackets the URI ends at the first semicolon (captured).
fn split_address(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let mut quoted = false;
    let open = text.iter().position(|&b| {
        quoted ^= b == b'"';
        b == b'<' && !quoted
    });
    let found = open.and_then(|open| Some((open, open + find(&text[open..], b'>')?)));
    match found {
        Some((open, close)) => {
            let params = text[close + 1..].trim_ascii();
            (
                text[..open].trim_ascii(),
                &text[open + 1..close],
                params.strip_prefix(b";").unwrap_or(params).trim_ascii_start(),
            )
        }
        None if open.is_some() => (b"", b"", b""),
        None => (b"", text.split(|&b| b == b';').next().unwrap_or_default(), b""),
    }
}

/// The value of a parameter without its quotes.
fn param<'m>(params: Params<'m>, name: &[u8]) -> Val<'m> {
    match params.get(name) {
        Some(param) if param.value.is_some() => Val::Str(param.unquoted()),
        _ => Val::Null,
    }
}

/// A part of an address header.
pub(super) enum AddrPart {
    Whole,
    Uri(UriPart),
    Name,
    Tag,
    Param(Box<[u8]>),
}

/// The words behind an address; some are for contacts only, some for addresses with a tag.
pub(super) fn addr(path: &[&[u8]], contact: bool, tagged: bool) -> Option<AddrPart> {
    let param = |name: &[u8]| AddrPart::Param(name.into());
    Some(match path {
        [] => AddrPart::Whole,
        [b"uri", rest @ ..] => AddrPart::Uri(uri(rest)?),
        [b"name"] => AddrPart::Name,
        [b"tag"] if tagged => AddrPart::Tag,
        [b"params", name] => param(name),
        [name @ (b"expires" | b"q" | b"methods" | b"received")] if contact => param(name),
        [b"instance"] if contact => param(b"+sip.instance"),
        _ => return None,
    })
}

impl AddrPart {
    /// `listed`: of a list of addresses, whose entries always have a name, if only an empty one (captured).
    fn read<'m>(&self, ctx: &Ctx<'m>, addr: &NameAddr<'m>, listed: bool) -> Val<'m> {
        match self {
            AddrPart::Whole => Val::Str(addr.raw),
            AddrPart::Uri(part) => part.read(ctx, addr.uri),
            AddrPart::Name if listed => Val::Str(addr.display),
            AddrPart::Name => non_empty(addr.display),
            AddrPart::Tag => match addr.params().get(b"tag") {
                Some(tag) if addr.tag.is_none() => Val::opt(tag.value),
                _ => Val::opt(addr.tag),
            },
            AddrPart::Param(name) => param(addr.params(), name),
        }
    }
}

/// A part of an address header.
pub(super) fn header_addr<'m>(ctx: &Ctx<'m>, kind: HeaderKind, part: &AddrPart) -> Val<'m> {
    let msg = ctx.msg;
    let whole = matches!(part, AddrPart::Whole);
    let (found, listed) = match kind {
        HeaderKind::From => (msg.from().ok().copied(), false),
        HeaderKind::To => (Some(*msg.to()), false),
        HeaderKind::RecordRoute => match msg.record_routes() {
            Ok(all) if !whole => (all.first().map(|entry| entry.addr), true),
            Ok(_) => return Val::opt(msg.value(kind)),
            Err(_) => return Val::Null,
        },
        HeaderKind::Contact => match msg.contacts() {
            Ok(_) if whole => return Val::opt(msg.value(kind)),
            // Captured: the list of one header is read from its end.
            Ok(Contacts::List(all)) => {
                let first = all.chunk_by(|a, b| a.header == b.header).next();
                (first.and_then(<[_]>::last).map(|entry| entry.addr), true)
            }
            _ => return Val::Null,
        },
        _ => (msg.value(kind).and_then(NameAddr::parse), false),
    };
    found.map_or(Val::Null, |addr| part.read(ctx, &addr, listed))
}

/// A part of a Via.
pub(super) enum ViaPart {
    Whole,
    Name,
    Version,
    Transport,
    Comment,
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
        [b"name"] => ViaPart::Name,
        [b"version"] => ViaPart::Version,
        [b"comment"] => ViaPart::Comment,
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
    pub(super) fn read<'m>(&self, ctx: &Ctx<'m>, via: &Via<'m>) -> Val<'m> {
        match self {
            ViaPart::Whole => Val::Str(with_comma(ctx, via.raw)),
            ViaPart::Name => Val::opt(via.raw.split(|&b| b == b'/').next().map(<[u8]>::trim_ascii)),
            ViaPart::Version => Val::opt(via.raw.split(|&b| b == b'/').nth(1).map(<[u8]>::trim_ascii)),
            ViaPart::Comment => {
                let inner = |text: &'m [u8]| text.strip_prefix(b"(")?.strip_suffix(b")");
                Val::opt(via.comment.map(|text| inner(text).unwrap_or(text)))
            }
            ViaPart::Transport => Val::Str(via.proto_raw),
            ViaPart::Host => Val::Str(via.host),
            ViaPart::Port => via.port.map_or(Val::Null, |port| Val::Int(i64::from(port))),
            ViaPart::HostPort => Val::Str(via.sent_by),
            ViaPart::Params => non_empty(via.params_raw),
            ViaPart::Param(name) => Val::opt(via.params().get(name).and_then(|p| p.value)),
        }
    }
}

/// A Via of a list reaches to its comma (captured).
fn with_comma<'m>(ctx: &Ctx<'m>, raw: &'m [u8]) -> &'m [u8] {
    let buf = ctx.msg.buf();
    let Some(start) = ctx.msg.offset_of(raw) else { return raw };
    let after = buf.get(start + raw.len()..).unwrap_or_default();
    let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match after.get(blanks) {
        Some(b',') => buf.get(start..start + raw.len() + blanks + 1).unwrap_or(raw),
        _ => raw,
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

/// The n-th header of a name, or a part of the last one. Captured: with an index the part is that of the first.
pub(super) fn header<'m>(ctx: &Ctx<'m>, name: &[u8], index: Option<i64>, part: Option<&TextPart>) -> Val<'m> {
    let headers = || ctx.msg.headers_named(name).map(|header| header.value);
    match part {
        None => Val::opt(pick(headers, index.unwrap_or(1))),
        Some(part) => {
            let place = if index.is_some() { 1 } else { -1 };
            pick(headers, place).map_or(Val::Null, |text| part.read(ctx, text))
        }
    }
}

/// The values in the headers of a name: one, or all joined by commas.
pub(super) fn values<'m>(ctx: &Ctx<'m>, name: &[u8], index: Option<i64>, part: &ValuePart) -> Val<'m> {
    let values = || ctx.msg.headers_named(name).flat_map(|header| Values(Some(header.value)));
    let one = |value: &'m [u8]| match part {
        ValuePart::Whole => Val::Str(value),
        ValuePart::Uri(part) => part.read(ctx, split_address(value).1),
        ValuePart::Name => {
            let name = split_address(value).0;
            let inner = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
            Val::Str(inner.unwrap_or(name))
        }
        ValuePart::Param(name) => {
            let tail = match find(value, b'>') {
                Some(close) => &value[close + 1..],
                None => &value[find(value, b';').unwrap_or(value.len())..],
            };
            param(Params::new(tail), name)
        }
        ValuePart::Text(part) => part.read(ctx, value),
    };
    match (index, part) {
        (Some(index), _) => pick(values, index).map_or(Val::Null, one),
        // Captured.
        (None, ValuePart::Name | ValuePart::Text(_)) => pick(values, 1).map_or(Val::Null, one),
        (None, ValuePart::Uri(_)) => joined(ctx, values().map(|value| split_address(value).1)),
        (None, _) => joined(ctx, values()),
    }
}

/// Whether one of the values is that text.
pub(super) fn value_exists<'m>(ctx: &Ctx<'m>, name: &[u8], wanted: &[u8]) -> Val<'m> {
    let mut values = ctx.msg.headers_named(name).flat_map(|header| Values(Some(header.value)));
    Val::Int(i64::from(values.any(|value| value.eq_ignore_ascii_case(wanted))))
}

/// Texts with commas between them; undefined if there are none.
pub(super) fn joined<'m>(ctx: &Ctx<'m>, texts: impl Iterator<Item = &'m [u8]>) -> Val<'m> {
    let mut out = bumpalo::collections::Vec::new_in(ctx.arena);
    let mut any = false;
    for text in texts {
        if any {
            out.push(b',');
        }
        any = true;
        out.extend_from_slice(text);
    }
    if any { Val::Str(out.into_bump_slice()) } else { Val::Null }
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

/// The Digest credentials of a realm, or a parameter of them.
pub(super) fn credentials<'m>(ctx: &Ctx<'m>, kind: HeaderKind, realm: &[u8], name: Option<&[u8]>) -> Val<'m> {
    for header in ctx.msg.headers_of(kind) {
        let Some((scheme, rest)) = header.value.split_at_checked(7) else { continue };
        let params = Params::with_separator(rest, b',');
        let ours = params.get(b"realm").is_some_and(|param| param.unquoted() == realm);
        if scheme.eq_ignore_ascii_case(b"Digest ") && ours {
            return match name {
                None => Val::Str(header.value),
                Some(name) => Val::opt(params.get(name).map(|param| param.unquoted())),
            };
        }
    }
    Val::Null
}
