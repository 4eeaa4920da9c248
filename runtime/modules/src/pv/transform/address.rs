//! `{nameaddr.name}` and `{tobody.user}`: parts of `"Name" <sip:user@host>;tag=x`.

use kamjit_engine::{Val, core::uri::split_user, pv::TrDef};
use kamjit_sip::{NameAddr, Uri};

use super::{on_text, op};

macro_rules! to_body {
    ($name:literal, |$addr:ident| $body:expr) => {
        op(
            "tobody",
            $name,
            "",
            on_text!(|ctx, text, _args| {
                match body(text) {
                    Some($addr) => Val::Str($body),
                    None => Val::Null,
                }
            }),
        )
    };
}

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("nameaddr", "name", "", on_text!(|ctx, text, _args| Val::Str(name(text)))),
    op("nameaddr", "uri", "", on_text!(|ctx, text, _args| Val::Str(uri(text)))),
    op("nameaddr", "len", "", on_text!(|ctx, text, _args| Val::Int(length(text) as i64))),
    to_body!("uri", |addr| addr.uri),
    to_body!("display", |addr| addr.display),
    to_body!("tag", |addr| addr.tag.unwrap_or_default()),
    to_body!("params", |addr| addr.params_raw.strip_prefix(b";").unwrap_or(addr.params_raw)),
    to_body!("user", |addr| Uri::parse(addr.uri).map_or(&b""[..], |uri| split_user(&uri).0)),
    to_body!("host", |addr| Uri::parse(addr.uri).map_or(&b""[..], |uri| uri.host)),
];

/// A value whose URI begins like one; anything else is undefined (captured).
fn body(text: &[u8]) -> Option<NameAddr<'_>> {
    NameAddr::parse(text).filter(|addr| Uri::parse(addr.uri).is_ok())
}

/// Where the brackets stand.
fn brackets(text: &[u8]) -> Option<(usize, usize)> {
    let mut quoted = false;
    let mut open = None;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'<' if !quoted && open.is_none() => open = Some(at),
            b'>' if !quoted => return open.map(|open| (open, at)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Everything before the bracket, with quotes and blanks (captured).
fn name(text: &[u8]) -> &[u8] {
    brackets(text).map_or(b"", |(open, _)| &text[..open])
}

fn uri(text: &[u8]) -> &[u8] {
    brackets(text).map_or(text, |(open, close)| &text[open + 1..close])
}

/// Length of name and address, without parameters.
fn length(text: &[u8]) -> usize {
    brackets(text).map_or(text.len(), |(_, close)| close + 1)
}
