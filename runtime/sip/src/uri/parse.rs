//! The URI parser. What it takes and refuses was captured from the real server with every byte in every place.

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
        Scheme::Sip | Scheme::Sips => {
            parse_sip(&mut uri, rest)?;
            if uri.has_user && memchr::memchr(b';', uri.user).is_some() && uri.is_user_phone() {
                // `user=phone`: what follows the number are its own parameters.
                uri.user = before(uri.user, |b| b == b';');
            }
        }
        Scheme::Tel | Scheme::Tels => {
            parse_sip(&mut uri, rest)?;
            (uri.user, uri.host, uri.has_user) = (uri.host, b"", true);
        }
        Scheme::Urn => parse_urn(&mut uri, rest)?,
    }
    Ok(uri)
}

fn split_scheme(raw: &[u8]) -> Result<(Scheme, &[u8]), UriError> {
    let colon = raw.iter().take(5).position(|b| *b == b':').ok_or(UriError::Scheme)?;
    let (name, rest) = (&raw[..colon], &raw[colon + 1..]);
    let scheme = match name.len() {
        3 if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
        3 if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
        3 if name.eq_ignore_ascii_case(b"urn") => Scheme::Urn,
        4 if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
        _ => return Err(UriError::Scheme),
    };
    if rest.is_empty() { Err(UriError::Syntax) } else { Ok((scheme, rest)) }
}

/// The bytes before the first that `stop` accepts.
fn before(s: &[u8], stop: impl Fn(u8) -> bool) -> &[u8] {
    let end = s.iter().position(|b| stop(*b)).unwrap_or(s.len());
    &s[..end]
}

fn parse_sip<'a>(uri: &mut Uri<'a>, rest: &'a [u8]) -> Result<(), UriError> {
    // The first byte always belongs to the user or host, whatever it is: a colon cannot.
    if rest.first() == Some(&b':') {
        return Err(UriError::Syntax);
    }
    match memchr::memchr(b'@', &rest[1..]) {
        Some(at) => {
            let at = at + 1;
            parse_userinfo(uri, &rest[..at])?;
            parse_host_port(uri, &rest[at + 1..], is_host_char)
        }
        None if rest.first() == Some(&b'@') => Err(UriError::Host),
        None => parse_host_port(uri, rest, |_, b| !matches!(b, b'[' | b']')),
    }
}

/// `urn:service:sos` has user `service` and host `sos`; other forms are read like `sip:`.
fn parse_urn<'a>(uri: &mut Uri<'a>, rest: &'a [u8]) -> Result<(), UriError> {
    let special = |b: u8| matches!(b, b':' | b';' | b'?' | b'@' | b'[' | b']');
    let user = before(rest, special);
    match &rest[user.len()..] {
        [b':', host @ ..] if !user.is_empty() && !host.is_empty() && !host.contains(&b'@') => {
            (uri.user, uri.host, uri.has_user) = (user, host, true);
            if host.iter().any(|b| special(*b)) { Err(UriError::Host) } else { Ok(()) }
        }
        _ => parse_sip(uri, rest),
    }
}

fn parse_userinfo<'a>(uri: &mut Uri<'a>, userinfo: &'a [u8]) -> Result<(), UriError> {
    uri.has_user = true;
    uri.user = userinfo;
    if let Some(colon) = memchr::memchr(b':', userinfo) {
        (uri.user, uri.password) = (&userinfo[..colon], &userinfo[colon + 1..]);
        if uri.password.iter().any(|b| matches!(b, b':' | b';' | b'?')) {
            return Err(UriError::Syntax);
        }
    }
    if userinfo.iter().any(|b| matches!(b, b'[' | b']')) { Err(UriError::Syntax) } else { Ok(()) }
}

/// Behind an `@`, a host is letters, digits, dots and dashes, and begins with a letter or a digit.
fn is_host_char(at: usize, b: u8) -> bool {
    b.is_ascii_alphanumeric() || (at > 0 && matches!(b, b'.' | b'-'))
}

/// `host[:port][;params][?headers]`; without an `@` before it nearly any byte is taken in the host.
fn parse_host_port<'a>(
    uri: &mut Uri<'a>,
    s: &'a [u8],
    is_char: fn(usize, u8) -> bool,
) -> Result<(), UriError> {
    let end = match s.first().ok_or(UriError::Host)? {
        b'[' => ipv6_len(s)?,
        _ => 1 + s[1..].iter().position(|b| matches!(b, b':' | b';' | b'?')).unwrap_or(s.len() - 1),
    };
    let (host, rest) = s.split_at(end);
    if host.first() != Some(&b'[') && !host.iter().enumerate().all(|(at, b)| is_char(at, *b)) {
        return Err(UriError::Host);
    }
    uri.host = host;
    let tail = match rest {
        [b':', after @ ..] => {
            let port = before(after, |b| matches!(b, b';' | b'?'));
            uri.port_raw = port;
            if !port.is_empty() {
                uri.port = Some(parse_u16(port).ok_or(UriError::Port)?);
            }
            &after[port.len()..]
        }
        [] | [b';' | b'?', ..] => rest,
        _ => return Err(UriError::Host),
    };
    parse_tail(uri, tail)
}

/// Length of `[...]`.
fn ipv6_len(s: &[u8]) -> Result<usize, UriError> {
    let close = memchr::memchr(b']', s).ok_or(UriError::Host)?;
    let refused = |b: &u8| matches!(b, b'&' | b';' | b'?' | b'@' | b'[');
    if s[1..close].iter().any(refused) { Err(UriError::Host) } else { Ok(close + 1) }
}

/// `;params?headers`
fn parse_tail<'a>(uri: &mut Uri<'a>, tail: &'a [u8]) -> Result<(), UriError> {
    let params = before(tail, |b| b == b'?');
    let headers = &tail[params.len()..];
    if tail.contains(&b'@') || headers.contains(&b';') {
        return Err(UriError::Syntax);
    }
    uri.params_raw = params.strip_prefix(b";").unwrap_or(params);
    uri.headers_raw = headers.strip_prefix(b"?").unwrap_or(headers);
    Ok(())
}
