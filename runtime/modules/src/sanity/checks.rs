//! The checks, in the order in which the real server makes them (captured with one broken message for each).

use kamjit_sip::{
    Contacts, FirstLine, HeaderKind, Message, NameAddr, Uri,
    text::{eq_nocase, trim},
};

/// Why a message is refused.
#[derive(Debug)]
pub(super) struct Broken<'m> {
    pub(super) code: i64,
    pub(super) reason: &'static str,
    /// The extension that is not supported.
    pub(super) unsupported: Option<&'m [u8]>,
    /// The message is too broken for a reply.
    pub(super) silent: bool,
}

fn bad<'m>(reason: &'static str) -> Result<(), Broken<'m>> {
    Err(Broken { code: 400, reason, unsupported: None, silent: false })
}

/// Bits of the first argument (README of sanity, section 1).
mod bit {
    pub(super) const RURI_VERSION: i64 = 1;
    pub(super) const RURI_SCHEME: i64 = 2;
    pub(super) const REQUIRED_HEADERS: i64 = 4;
    pub(super) const CSEQ_METHOD: i64 = 32;
    pub(super) const CSEQ_VALUE: i64 = 64;
    pub(super) const CONTENT_LENGTH: i64 = 128;
    pub(super) const EXPIRES: i64 = 256;
    pub(super) const PROXY_REQUIRE: i64 = 512;
    pub(super) const PARSE_URIS: i64 = 1024;
    pub(super) const DIGEST: i64 = 2048;
    pub(super) const DUPLICATED_TAGS: i64 = 4096;
    pub(super) const AUTHORIZATION: i64 = 8192;
    pub(super) const FIRST_VIA: i64 = 16384;
}

/// Comma separated tokens.
pub(super) fn tokens(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| *b == b',').map(trim).filter(|t| !t.is_empty())
}

/// Runs the checks named by the bits.
pub(super) fn run<'m>(
    msg: &'m Message<'m>,
    which: i64,
    uris: i64,
    supported: &[Vec<u8>],
) -> Result<(), Broken<'m>> {
    let wanted = |bit: i64| which & bit != 0;
    if wanted(bit::RURI_VERSION)
        && let FirstLine::Request(line) = msg.first_line()
        && !eq_nocase(line.version, b"SIP/2.0")
    {
        let reason = "Version Not Supported (R-URI)";
        return Err(Broken { code: 505, reason, unsupported: None, silent: false });
    }
    if wanted(bit::RURI_SCHEME) && msg.request_uri().is_some_and(|uri| Uri::parse(uri).is_err()) {
        return bad("Bad Request URI");
    }
    if wanted(bit::REQUIRED_HEADERS) && msg.is_broken() {
        return Err(Broken { code: 400, reason: "Bad Headers", unsupported: None, silent: true });
    }
    if wanted(bit::CSEQ_METHOD) && msg.is_request() && msg.cseq().method_raw != msg.method_raw() {
        return bad("CSeq method does not match request method");
    }
    // Captured: only the digits matter, not whether the number fits 32 bits.
    if wanted(bit::CSEQ_VALUE) && !is_number(msg.cseq().number_raw) {
        return bad("CSeq number is illegal");
    }
    if wanted(bit::CONTENT_LENGTH)
        && let Some(Ok(length)) = msg.content_length()
        && length as usize != msg.body().len()
    {
        return bad("Content-Length mis-match");
    }
    if wanted(bit::EXPIRES) && msg.value(HeaderKind::Expires).is_some_and(|v| !is_number(before_cr(v))) {
        return bad("Expires value is illegal");
    }
    if wanted(bit::PROXY_REQUIRE) {
        proxy_require(msg, supported)?;
    }
    if wanted(bit::PARSE_URIS) {
        parse_uris(msg, uris)?;
    }
    if wanted(bit::DIGEST) {
        digest(msg, true)?;
    }
    if wanted(bit::DUPLICATED_TAGS) {
        duplicated_tags(msg)?;
    }
    if wanted(bit::AUTHORIZATION) {
        digest(msg, false)?;
    }
    if wanted(bit::FIRST_VIA) && msg.via(0).is_none_or(|via| via.host.is_empty()) {
        return bad("Bad Via Header");
    }
    Ok(())
}

/// A value as far as the real server reads numbers: a carriage return ends it.
fn before_cr(value: &[u8]) -> &[u8] {
    trim(value.split(|b| *b == b'\r').next().unwrap_or_default())
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn proxy_require<'m>(msg: &'m Message<'m>, supported: &[Vec<u8>]) -> Result<(), Broken<'m>> {
    for header in msg.headers_of(HeaderKind::ProxyRequire) {
        for token in tokens(header.value) {
            if !supported.iter().any(|s| eq_nocase(s, token)) {
                return Err(Broken {
                    code: 420,
                    reason: "Bad Proxy Require Extension",
                    unsupported: Some(token),
                    silent: false,
                });
            }
        }
    }
    Ok(())
}

fn parse_uris<'m>(msg: &'m Message<'m>, which: i64) -> Result<(), Broken<'m>> {
    let broken = |addr: &NameAddr<'_>| Uri::parse(addr.uri).is_err();
    if which & 1 != 0
        && let FirstLine::Request(line) = msg.first_line()
        && Uri::parse(line.uri).is_err()
    {
        return bad("Bad Request URI");
    }
    if which & 2 != 0 && msg.from().map_or(true, broken) {
        return bad("Invalid From Header");
    }
    if which & 4 != 0 && broken(msg.to()) {
        // The phrase of the real server, slip included (captured).
        return bad("Ivalid To Header");
    }
    if which & 8 != 0 {
        match msg.contacts() {
            Err(_) => return bad("Bad Contact Header"),
            Ok(Contacts::List([first, ..])) if broken(first) => return bad("Bad Contact URI"),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Digest credentials must be whole. Other schemes are refused when `strict`.
fn digest<'m>(msg: &'m Message<'m>, strict: bool) -> Result<(), Broken<'m>> {
    let kinds = [HeaderKind::Authorization, HeaderKind::ProxyAuthorization];
    for header in kinds.into_iter().flat_map(|kind| msg.headers_of(kind)) {
        let value = trim(header.value);
        let scheme_end = value.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(value.len());
        if !eq_nocase(&value[..scheme_end], b"digest") {
            if strict {
                return Err(Broken {
                    code: 400,
                    reason: "Bad Auth Headers",
                    unsupported: None,
                    silent: true,
                });
            }
            continue;
        }
        if !digest_is_whole(&value[scheme_end..]) {
            return bad("Bad Auth Credentials");
        }
    }
    Ok(())
}

fn digest_is_whole(params: &[u8]) -> bool {
    let mut seen = [false; 5];
    const NEEDED: [&[u8]; 5] = [b"username", b"realm", b"nonce", b"uri", b"response"];
    for param in split_outside_quotes(params) {
        let name_end = param.iter().position(|b| *b == b'=').unwrap_or(param.len());
        let name = trim(&param[..name_end]);
        if let Some(at) = NEEDED.iter().position(|needed| eq_nocase(needed, name)) {
            seen[at] = param.len() > name_end + 1;
        }
    }
    seen == [true; 5]
}

fn split_outside_quotes(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    text.split(move |b| {
        quoted ^= *b == b'"';
        *b == b',' && !quoted
    })
}

fn duplicated_tags<'m>(msg: &'m Message<'m>) -> Result<(), Broken<'m>> {
    let many = |addr: &NameAddr<'_>| addr.params().filter(|p| eq_nocase(p.name, b"tag")).count() > 1;
    if msg.from().is_ok_and(many) {
        return bad("Many From Tag Params");
    }
    if many(msg.to()) {
        return bad("Many To Tag Params");
    }
    Ok(())
}
