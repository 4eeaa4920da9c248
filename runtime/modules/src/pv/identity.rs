//! Identities in other headers: P-Asserted-Identity (`$ai`), P-Preferred-Identity (`$pu`), Remote-Party-ID (`$re`)
//! and Diversion (`$di`).

use kamjit_engine::{
    Ctx, Val,
    core::uri::split_user,
    pv::{Index, PvDef, PvName, indexed, read_only},
};
use kamjit_sip::{HeaderKind, NameAddr, Uri, text::trim};

pub(super) const PVS: &[PvDef] = &[
    indexed(read_only("ai", |ctx, name| {
        nth(ctx, name, HeaderKind::PAssertedIdentity).map_or(Val::Null, |a| Val::Str(a.uri))
    })),
    indexed(read_only("pu", |ctx, name| preferred(ctx, name).map_or(Val::Null, |a| Val::Str(a.uri)))),
    indexed(read_only("pn", |ctx, name| preferred(ctx, name).map_or(Val::Null, |a| non_empty(a.display)))),
    indexed(read_only("pU", |ctx, name| uri_of(preferred(ctx, name), |uri| split_user(uri).0))),
    indexed(read_only("pd", |ctx, name| uri_of(preferred(ctx, name), |uri| uri.host))),
    read_only("re", |ctx, _| first(ctx, HeaderKind::RemotePartyId).map_or(Val::Null, |a| Val::Str(a.uri))),
    read_only("di", |ctx, _| first(ctx, HeaderKind::Diversion).map_or(Val::Null, |a| Val::Str(a.uri))),
    read_only("dir", |ctx, _| diversion(ctx, b"reason")),
    read_only("dip", |ctx, _| diversion(ctx, b"privacy")),
    read_only("dic", |ctx, _| diversion(ctx, b"counter")),
];

/// All addresses of the headers of a kind, in order.
fn all<'m>(ctx: &Ctx<'m>, kind: HeaderKind) -> impl Iterator<Item = NameAddr<'m>> + use<'m> {
    ctx.msg.headers_of(kind).flat_map(|header| Split(header.value)).filter_map(NameAddr::parse)
}

fn first<'m>(ctx: &Ctx<'m>, kind: HeaderKind) -> Option<NameAddr<'m>> {
    all(ctx, kind).next()
}

fn nth<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, kind: HeaderKind) -> Option<NameAddr<'m>> {
    if matches!(name.index, Index::All) {
        all(ctx, kind).next()?;
        ctx.unreadable();
        return None;
    }
    // Captured: a negative index is the first.
    let index = name.index(ctx).unwrap_or(0).max(0);
    all(ctx, kind).nth(usize::try_from(index).ok()?)
}

fn preferred<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Option<NameAddr<'m>> {
    nth(ctx, name, HeaderKind::PPreferredIdentity)
}

fn non_empty(text: &[u8]) -> Val<'_> {
    if text.is_empty() { Val::Null } else { Val::Str(text) }
}

fn uri_of<'m>(addr: Option<NameAddr<'m>>, part: fn(&Uri<'m>) -> &'m [u8]) -> Val<'m> {
    addr.and_then(|addr| Uri::parse(addr.uri).ok()).map_or(Val::Null, |uri| non_empty(part(&uri)))
}

fn diversion<'m>(ctx: &Ctx<'m>, param: &[u8]) -> Val<'m> {
    let addr = first(ctx, HeaderKind::Diversion);
    Val::opt(addr.and_then(|addr| addr.params().get(param)).map(|param| param.unquoted()))
}

/// Splits a list at commas that stand neither in quotes nor in brackets.
struct Split<'a>(&'a [u8]);

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let (mut quoted, mut inside, mut escaped) = (false, false, false);
        let end = self.0.iter().position(|&byte| {
            if std::mem::take(&mut escaped) {
                return false;
            }
            match byte {
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'<' if !quoted => inside = true,
                b'>' if !quoted => inside = false,
                b',' => return !quoted && !inside,
                _ => {}
            }
            false
        });
        let (one, rest) = match end {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (self.0, &b""[..]),
        };
        self.0 = rest;
        Some(trim(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_outside_of_quotes_and_brackets() {
        let parts: Vec<_> = Split(br#""a, \"b" <sip:x,y@z>;p=1, tel:+1"#).collect();
        assert_eq!(parts, [&br#""a, \"b" <sip:x,y@z>;p=1"#[..], b"tel:+1"]);
    }
}
