//! Times as databases write them: local time, as Kamailio stores it.

/// The parts of a local time: year, month, day, hour, minute, second.
pub type Parts = (u16, u8, u8, u8, u8, u8);

/// A time (seconds since 1970 UTC) in the process's time zone.
pub fn local_parts(seconds: i64) -> Parts {
    // SAFETY: an all-zero `tm` is a valid value; `localtime_r` writes only to it and is thread-safe.
    let parts = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        libc::localtime_r(&seconds, &mut parts);
        parts
    };
    let small = |n: i32| u8::try_from(n).unwrap_or(0);
    let year = u16::try_from(parts.tm_year + 1900).unwrap_or(0);
    (
        year,
        small(parts.tm_mon + 1),
        small(parts.tm_mday),
        small(parts.tm_hour),
        small(parts.tm_min),
        small(parts.tm_sec),
    )
}

/// The time that a local time means; `None` if it is none.
pub fn from_local((year, month, day, hour, minute, second): Parts) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // SAFETY: an all-zero `tm` is a valid value; `mktime` reads and normalises it in place.
    let seconds = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        parts.tm_year = i32::from(year) - 1900;
        parts.tm_mon = i32::from(month) - 1;
        parts.tm_mday = i32::from(day);
        parts.tm_hour = i32::from(hour);
        parts.tm_min = i32::from(minute);
        parts.tm_sec = i32::from(second);
        parts.tm_isdst = -1;
        libc::mktime(&mut parts)
    };
    Some(seconds)
}

/// `YYYY-MM-DD HH:MM:SS` in local time.
pub fn format_local(seconds: i64) -> String {
    let (year, month, day, hour, minute, second) = local_parts(seconds);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Reads `YYYY-MM-DD HH:MM:SS` (or with a `T`, with a fraction, or the date alone) as local time.
pub fn parse_local(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut date = date.splitn(3, '-');
    let mut clock = clock.split('.').next()?.splitn(3, ':');
    let small = |part: Option<&str>| part?.parse::<u8>().ok();
    let year = date.next()?.parse().ok()?;
    let (month, day) = (small(date.next())?, small(date.next())?);
    from_local((year, month, day, small(clock.next())?, small(clock.next())?, small(clock.next())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_seconds_mean_the_same() {
        for seconds in [0, 1_000_000_000, 1_790_000_000] {
            assert_eq!(parse_local(&format_local(seconds)), Some(seconds));
        }
        assert_eq!(parse_local("2026-02-30"), parse_local("2026-03-02"));
        for bad in ["", "2026", "2026-13-01 00:00:00", "2026-01-01 25:00:00", "x-y-z"] {
            assert_eq!(parse_local(bad), None, "{bad}");
        }
    }
}
