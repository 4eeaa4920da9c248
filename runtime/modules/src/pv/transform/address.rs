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
    op(
        "nameaddr",
        "name",
        "",
        on_text!(|ctx, text, _args| split(text).map_or(Val::Null, |a| Val::Str(a.name))),
    ),
    op(
        "nameaddr",
        "uri",
        "",
        on_text!(|ctx, text, _args| split(text).map_or(Val::Null, |a| Val::Str(a.uri))),
    ),
    op(
        "nameaddr",
        "len",
        "",
        on_text!(|ctx, text, _args| split(text).map_or(Val::Null, |a| Val::Int(a.length as i64))),
    ),
    to_body!("uri", |addr| addr.uri),
    to_body!("display", |addr| addr.display),
    to_body!("tag", |addr| addr.tag.unwrap_or_default()),
    op("tobody", "params", "", on_text!(|ctx, text, _args| Val::opt(params(text)))),
    to_body!("user", |addr| Uri::parse(addr.uri).map_or(&b""[..], |uri| split_user(&uri).0)),
    to_body!("host", |addr| Uri::parse(addr.uri).map_or(&b""[..], |uri| uri.host)),
];

/// A value whose URI begins like one; anything else is undefined (captured).
fn body(text: &[u8]) -> Option<NameAddr<'_>> {
    // As a header, it ends with the first line that is not continued.
    let ends = |at: &usize| !matches!(text.get(at + 1), Some(b' ' | b'\t'));
    let text = memchr::memchr_iter(b'\n', text).find(ends).map_or(text, |at| &text[..at]);
    NameAddr::parse_strict(text).filter(|addr| Uri::parse(addr.uri).is_ok())
}

/// From the first parameter to the end of the text, blanks included (captured).
fn params(text: &[u8]) -> Option<&[u8]> {
    let addr = body(text)?;
    if addr.params_raw.is_empty() {
        return Some(b"");
    }
    let rest = &text[kamjit_sip::text::offset_in(text, addr.params_raw)?..];
    Some(rest.strip_prefix(b";").unwrap_or(rest).trim_ascii_start())
}

/// The parts of `"Name" <uri>`.
struct Split<'a> {
    /// Everything before the bracket, with quotes and blanks (captured).
    name: &'a [u8],
    uri: &'a [u8],
    /// Length of name and address, without parameters.
    length: usize,
}

/// Undefined for an empty text and for a bracket that is not closed (where 5.6.3 answers something else each time).
fn split(text: &[u8]) -> Option<Split<'_>> {
    if text.is_empty() {
        return None;
    }
    let mut quoted = false;
    let mut open = None;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'<' if !quoted && open.is_none() => open = Some(at),
            b'>' if !quoted && let Some(open) = open => {
                return Some(Split { name: &text[..open], uri: &text[open + 1..at], length: at + 1 });
            }
            _ => {}
        }
        at += 1;
    }
    match open {
        Some(_) => None,
        None => Some(Split { name: b"", uri: text, length: text.len() }),
    }
}
