//! Tests of the message as a whole.

use std::time::{SystemTime, UNIX_EPOCH};

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{HeaderKind, Uri, text::eq_nocase, text::trim};

/// `has_totag()`: the request belongs to a dialog.
pub(super) fn has_totag<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.msg.to().tag.is_some_and(|tag| !tag.is_empty()).into()
}

pub(super) fn is_request<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.msg.is_request().into()
}

pub(super) fn is_reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    (!ctx.msg.is_request()).into()
}

/// Whatever the script sees is SIP: other protocols on a SIP port are not parsed.
pub(super) fn is_sip<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::TRUE
}

pub(super) fn is_http<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::FALSE
}

/// `is_first_hop([mode])`: nobody stands between the sender and us. In a request there is one Via; in a reply the
/// first Record-Route, if there is one, is ours (with mode 0: by an address, and it does not come from ourselves).
pub(super) fn is_first_hop<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let mode = args.first().map_or(0, |arg| arg.int(ctx));
    let msg = ctx.msg;
    if msg.is_request() {
        return (msg.vias().len() == 1).into();
    }
    let Ok(recorded) = msg.record_routes() else { return Ret::FALSE };
    let Some(first) = recorded.first() else { return Ret::TRUE };
    let Ok(uri) = Uri::parse(first.uri) else { return Ret::FALSE };
    if !ctx.is_myself(uri.host, uri.port.unwrap_or(5060), None) {
        return Ret::FALSE;
    }
    if mode != 0 {
        return Ret::TRUE;
    }
    let literal =
        std::str::from_utf8(uri.host_bare()).is_ok_and(|host| host.parse::<std::net::IpAddr>().is_ok());
    let looped = ctx.is_myself(ctx.source().ip, ctx.rcv.src.port(), None);
    (literal && !looped).into()
}

/// Option tags that `is_supported()` takes.
const OPTIONS: [&str; 6] = ["path", "100rel", "timer", "eventlist", "gruu", "outbound"];

pub(super) fn prepare_option(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let known = match args.first() {
        Some(Arg::Str(text)) => OPTIONS.iter().any(|o| eq_nocase(o.as_bytes(), text)),
        _ => false,
    };
    if known {
        return Ok(args);
    }
    Err(HostError::new(format!("is_supported() takes one of {}", OPTIONS.join(", "))).at(0))
}

/// `is_supported(option)`: it is listed in a Supported header.
pub(super) fn is_supported<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(option) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    ctx.msg
        .headers_of(HeaderKind::Supported)
        .any(|h| h.value.split(|b| *b == b',').any(|token| eq_nocase(trim(token), option)))
        .into()
}

/// `hdr_date_check(seconds)`: the Date header is not older than that. -4 if it is.
pub(super) fn date_check<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let allowed = args.first().map_or(0, |arg| arg.int(ctx));
    let Some(date) = ctx.msg.value(HeaderKind::Date).and_then(parse_date) else { return Ret::FALSE };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs() as i64);
    if date < now - allowed { Ret(-4) } else { Ret::TRUE }
}

/// `Sat, 13 Nov 2010 23:29:00 GMT` in seconds since 1970.
fn parse_date(value: &[u8]) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = std::str::from_utf8(trim(value)).ok()?;
    let mut words = text.split_once(',')?.1.split_ascii_whitespace();
    let day: i64 = words.next()?.parse().ok()?;
    let month =
        words.next().and_then(|name| MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name)))? as i64;
    let year: i64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.splitn(3, ':').map(|n| n.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") || !(1..=31).contains(&day) || !(1970..10_000).contains(&year) {
        return None;
    }
    // Days since 1970 with the year beginning in March, so that the leap day is its last.
    let (y, m) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn dates() {
        assert_eq!(parse_date(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_date(b"Sat, 13 Nov 2010 23:29:00 GMT"), Some(1_289_690_940));
        assert_eq!(parse_date(b"Thu, 29 Feb 2024 12:00:01 GMT "), Some(1_709_208_001));
        assert_eq!(parse_date(b"x"), None);
        assert_eq!(parse_date(b"Sat, 13 Foo 2010 23:29:00 GMT"), None);
    }
}
