//! Time: `$TS $Ts $Tb` (seconds), `$TF $Tf` (text), `$TV(...)` (with microseconds), `$time(...)`, `$timef(...)`.

use std::{
    ffi::CString,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only},
};

pub(super) const PVS: &[PvDef] = &[
    read_only("TS", |_, _| Val::Int(seconds(now()))),
    read_only("Ts", |_, _| Val::Int(seconds(now()))),
    read_only("Tb", |ctx, _| Val::Int(seconds(since_epoch(ctx.engine().started)))),
    read_only("TF", |ctx, _| date(ctx)),
    read_only("Tf", |ctx, _| date(ctx)),
    named("TV", InnerName::Static, precise, Some(parse_precise)),
    named("time", InnerName::Static, |ctx, name| field(ctx, name, Zone::Local), Some(parse_field)),
    named("utime", InnerName::Static, |ctx, name| field(ctx, name, Zone::Utc), Some(parse_field)),
    named("timef", InnerName::Static, |ctx, name| formatted(ctx, name, Zone::Local), Some(parse_format)),
    named("utimef", InnerName::Static, |ctx, name| formatted(ctx, name, Zone::Utc), Some(parse_format)),
];

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn now() -> Duration {
    since_epoch(SystemTime::now())
}

fn seconds(time: Duration) -> i64 {
    time.as_secs() as i64
}

#[derive(Clone, Copy)]
enum Zone {
    Local,
    Utc,
}

/// The calendar fields of a time, from the C library, which knows the zone.
fn calendar(time: i64, zone: Zone) -> libc::tm {
    let time: libc::time_t = time;
    // SAFETY: tm is a plain structure of integers and a pointer, for which zero is valid.
    let mut fields: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid for the call.
    unsafe {
        match zone {
            Zone::Local => libc::localtime_r(&time, &mut fields),
            Zone::Utc => libc::gmtime_r(&time, &mut fields),
        }
    };
    fields
}

/// `strftime`; `None` if the text is empty or longer than 256 bytes.
fn strftime<'m>(ctx: &Ctx<'m>, format: &CString, fields: &libc::tm) -> Option<&'m [u8]> {
    let mut text = [0u8; 256];
    // SAFETY: the buffer's length is given; format and fields are valid.
    let length = unsafe { libc::strftime(text.as_mut_ptr().cast(), text.len(), format.as_ptr(), fields) };
    text.get(..length).filter(|text| !text.is_empty()).map(|text| ctx.keep(text))
}

/// `Mon Nov 23 20:06:52 2026`, as ctime(3).
fn date<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::opt(strftime(ctx, &c"%a %b %e %H:%M:%S %Y".to_owned(), &calendar(seconds(now()), Zone::Local)))
}

#[derive(Clone, Copy)]
enum Precise {
    Seconds,
    Microseconds,
    Both,
}

fn parse_precise(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let wanted = match name {
        b"s" | b"sn" => Precise::Seconds,
        b"u" | b"un" => Precise::Microseconds,
        b"Sn" | b"Sm" => Precise::Both,
        _ => return Err(HostError::new(format!("$TV has no part '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(wanted)))
}

fn precise<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let time = now();
    match name.digested::<Precise>() {
        Some(Precise::Seconds) => Val::Int(seconds(time)),
        Some(Precise::Microseconds) => Val::Int(i64::from(time.subsec_micros())),
        Some(Precise::Both) => {
            Val::Str(ctx.format(format_args!("{}.{:06}", time.as_secs(), time.subsec_micros())))
        }
        None => Val::Null,
    }
}

type ReadField = fn(&libc::tm) -> i32;

/// Months count from 1, days of the week from 1 for Sunday, days of the year from 1 (captured).
fn parse_field(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let read: ReadField = match name {
        b"sec" => |t| t.tm_sec,
        b"min" => |t| t.tm_min,
        b"hour" => |t| t.tm_hour,
        b"mday" => |t| t.tm_mday,
        b"mon" => |t| t.tm_mon + 1,
        b"year" => |t| t.tm_year + 1900,
        b"wday" => |t| t.tm_wday + 1,
        b"yday" => |t| t.tm_yday + 1,
        b"isdst" => |t| t.tm_isdst,
        _ => return Err(HostError::new(format!("$time has no part '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(read)))
}

fn field<'m>(_: &mut Ctx<'m>, name: &'m PvName, zone: Zone) -> Val<'m> {
    match name.digested::<ReadField>() {
        Some(read) => Val::Int(i64::from(read(&calendar(seconds(now()), zone)))),
        None => Val::Null,
    }
}

fn parse_format(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let text = CString::new(text).map_err(|_| HostError::new("the format contains a NUL byte"))?;
    Ok(Inner::Digested(Box::new(text)))
}

fn formatted<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, zone: Zone) -> Val<'m> {
    let format = name.digested::<CString>();
    Val::opt(format.and_then(|format| strftime(ctx, format, &calendar(seconds(now()), zone))))
}

/// `{s.ftime,format}`: a number of seconds as text in local time.
pub(super) fn format_seconds<'m>(ctx: &Ctx<'m>, seconds: i64, format: &[u8]) -> Option<&'m [u8]> {
    let format = CString::new(format).ok()?;
    strftime(ctx, &format, &calendar(seconds, Zone::Local))
}
