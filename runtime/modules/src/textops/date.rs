//! `append_time()`, `append_time_to_request()`: a Date header.

use std::time::{SystemTime, UNIX_EPOCH};

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::edit::ReplyPart;

/// `Date: Mon, 23 Nov 2026 19:56:57 GMT` with its line end, for a time in seconds since 1970.
fn line(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = seconds / 86_400;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    // Civil date from days since 1970: years begin in March, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    format!(
        "Date: {}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT\r\n",
        DAYS[(days % 7) as usize],
        MONTHS[month as usize],
    )
}

fn now() -> String {
    line(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()))
}

/// To the replies that are made here.
pub(super) fn to_reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.edits.add_to_replies(ReplyPart::Header, now().as_bytes());
    Ret::TRUE
}

/// To the message, behind its first header (captured).
pub(super) fn to_message<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let at = ctx.msg.headers().first().map_or(ctx.msg.headers_end(), |first| first.end());
    ctx.edits.insert(at, now().as_bytes());
    Ret::TRUE
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(line(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
        assert_eq!(line(951_782_400), "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
        assert_eq!(line(1_795_463_817), "Date: Mon, 23 Nov 2026 19:56:57 GMT\r\n");
    }
}
