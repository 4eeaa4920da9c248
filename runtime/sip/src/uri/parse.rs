//! The URI parser: one pass, from the left.

use super::{Scheme, Uri, UriError};
use crate::text::parse_u16;

pub(super) fn parse(raw: &[u8]) -> Result<Uri<'_>, UriError> {
    let (scheme, rest) = split_scheme(raw)?;
    let mut uri = Uri {
        raw,
        scheme,
        user: b"",
        password: b"",
        host: b"",
        port_raw: b"",
        port: None,
        params_raw: b"",
        headers_raw: b"",
        has_user: false,
    };
    match scheme {
        Scheme::Sip | Scheme::Sips => parse_sip(&mut uri, rest)?,
        Scheme::Tel | Scheme::Tels => parse_tel(&mut uri, rest)?,
        Scheme::Urn => uri.host = rest,
    }
    Ok(uri)
}

fn split_scheme(raw: &[u8]) -> Result<(Scheme, &[u8]), UriError> {
    const SCHEMES: [(&[u8], Scheme); 5] = [
        (b"sip:", Scheme::Sip),
        (b"sips:", Scheme::Sips),
        (b"tel:", Scheme::Tel),
        (b"tels:", Scheme::Tels),
        (b"urn:", Scheme::Urn),
    ];
    for (prefix, scheme) in SCHEMES {
        if let Some(head) = raw.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
        {
            let rest = &raw[prefix.len()..];
            return if rest.is_empty() { Err(UriError::Syntax) } else { Ok((scheme, rest)) };
        }
    }
    Err(UriError::Scheme)
}

fn parse_sip<'a>(uri: &mut Uri<'a>, rest: &'a [u8]) -> Result<(), UriError> {
    // The user part may hold `;` and `?`, so the `@` is looked for first; behind it none may follow in the host.
    let after_user = match memchr::memchr(b'@', rest) {
        Some(at) => {
            let userinfo = &rest[..at];
            uri.has_user = true;
            match memchr::memchr(b':', userinfo) {
                Some(colon) => (uri.user, uri.password) = (&userinfo[..colon], &userinfo[colon + 1..]),
                None => uri.user = userinfo,
            }
            &rest[at + 1..]
        }
        None => rest,
    };
    let end = after_user.iter().position(|b| matches!(b, b';' | b'?')).unwrap_or(after_user.len());
    parse_host_port(uri, &after_user[..end])?;
    parse_tail(uri, &after_user[end..])
}

fn parse_host_port<'a>(uri: &mut Uri<'a>, s: &'a [u8]) -> Result<(), UriError> {
    let (host, rest) = if s.first() == Some(&b'[') {
        let close = memchr::memchr(b']', s).ok_or(UriError::Host)?;
        s.split_at(close + 1)
    } else {
        s.split_at(memchr::memchr(b':', s).unwrap_or(s.len()))
    };
    if host.is_empty() {
        return Err(UriError::Host);
    }
    uri.host = host;
    match rest {
        [] => Ok(()),
        [b':', port @ ..] => {
            uri.port_raw = port;
            uri.port = Some(parse_u16(port).ok_or(UriError::Port)?);
            Ok(())
        }
        _ => Err(UriError::Host),
    }
}

/// `;params?headers`
fn parse_tail<'a>(uri: &mut Uri<'a>, tail: &'a [u8]) -> Result<(), UriError> {
    let question = memchr::memchr(b'?', tail).unwrap_or(tail.len());
    let (params, headers) = tail.split_at(question);
    uri.params_raw = params.strip_prefix(b";").unwrap_or(params);
    uri.headers_raw = headers.strip_prefix(b"?").unwrap_or(headers);
    Ok(())
}

fn parse_tel<'a>(uri: &mut Uri<'a>, rest: &'a [u8]) -> Result<(), UriError> {
    let end = rest.iter().position(|b| matches!(b, b';' | b'?')).unwrap_or(rest.len());
    uri.user = &rest[..end];
    if uri.user.is_empty() {
        return Err(UriError::Syntax);
    }
    parse_tail(uri, &rest[end..])
}
