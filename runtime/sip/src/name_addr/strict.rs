//! From and To, byte by byte as the real server takes them (captured with every byte in every place).

use super::NameAddr;
use crate::bytes::{class, find, is_named, run_until};
use crate::text::{is_blank, is_space, lone_cr, trim, trim_end, trim_start};

pub(super) fn parse(value: &[u8]) -> Option<NameAddr<'_>> {
    // NUL and a lone carriage return end the value.
    let end = find(0, value).or(lone_cr(value)).unwrap_or(value.len());
    let raw = trim(&value[..end]);
    let (display, after) = match raw.first()? {
        b'"' => split_quoted_name(raw)?,
        b'<' => (&b""[..], raw),
        _ => split_plain(raw)?,
    };
    let mut addr = NameAddr { raw, display, uri: b"", params_raw: b"", bracketed: false, tag: None };
    addr.params_raw = if after.first() == Some(&b'<') {
        addr.bracketed = true;
        let (uri, rest) = split_bracketed(&after[1..])?;
        addr.uri = uri;
        trim_start(rest)
    } else {
        // No brackets: what was taken for a name is the URI.
        addr.uri = display;
        addr.display = b"";
        if display.iter().any(|b| is_space(*b)) {
            return None;
        }
        after
    };
    if addr.uri.is_empty() {
        return None;
    }
    // An empty tag is none (captured).
    addr.tag = parse_params(addr.params_raw)?.filter(|tag| !tag.is_empty());
    Some(addr)
}

/// `"name"` and the `<` that must follow.
fn split_quoted_name(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = quoted_len(s)?;
    let rest = trim_start(&s[end..]);
    (rest.first() == Some(&b'<')).then_some((&s[..end], rest))
}

/// Length of the quoted string that `s` begins with; line ends in it are refused.
fn quoted_len(s: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match s.get(at)? {
            b'\\' => at += 1,
            b'"' => return Some(at + 1),
            b'\r' | b'\n' | 0 => return None,
            _ => {}
        }
        at += 1;
    }
}

/// A name without quotes, or a URI without brackets, up to `<`, `;` or the end.
fn split_plain(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = s.iter().position(|b| matches!(b, b'<' | b';')).unwrap_or(s.len());
    let plain = trim_end(&s[..end]);
    let refused = plain.iter().any(|b| matches!(b, b'"' | b'>' | b'\\'));
    (!plain.is_empty() && !refused).then_some((plain, &s[end..]))
}

/// The URI behind `<` and what follows `>`. Blanks may stand at its ends, not in it.
fn split_bracketed(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let from = s.iter().position(|b| !is_blank(*b)).unwrap_or(0);
    let s = &s[from..];
    if s.first() == Some(&b';') {
        return None;
    }
    let end = run_until(s, class::URI_END);
    let blanks = s[end..].iter().position(|b| !is_blank(*b))?;
    (s.get(end + blanks) == Some(&b'>')).then(|| (&s[..end], &s[end + blanks + 1..]))
}

/// Checks the parameters and gives the value of the last `tag`.
fn parse_params(mut s: &[u8]) -> Option<Option<&[u8]>> {
    let mut tag = None;
    while !s.is_empty() {
        let after = trim_start(s.strip_prefix(b";")?);
        let end = run_until(after, class::TOKEN_END);
        let name = &after[..end];
        let spoilt = matches!(after.get(end), Some(b'"' | b'\\'));
        if name.is_empty() || spoilt || name.contains(&b',') {
            return None;
        }
        let mut rest = trim_start(&after[end..]);
        let mut value: &[u8] = b"";
        if let [b'=', more @ ..] = rest {
            (value, rest) = split_value(trim_start(more))?;
        }
        if is_named(name, b"tag") {
            tag = Some(value);
        }
        s = rest;
    }
    Some(tag)
}

/// A value (without its quotes; escapes in them are refused) and what follows, from the next semicolon.
fn split_value(s: &[u8]) -> Option<(&[u8], &[u8])> {
    if s.first() == Some(&b'"') {
        let end = quoted_len(s)?;
        if s[..end].contains(&b'\\') {
            return None;
        }
        return Some((&s[1..end - 1], trim_start(&s[end..])));
    }
    let end = run_until(s, class::TOKEN_END);
    let spoilt = matches!(s.get(end), Some(b'"' | b'=' | b'\\'));
    (!spoilt).then_some((&s[..end], trim_start(&s[end..])))
}
