//! Points in time as C's `ctime` writes them.

use std::time::{SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Local time such as `Mon Nov 23 19:45:15 2026`.
pub fn ctime(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()) as libc::time_t;
    // SAFETY: tm is plain data; zero is valid for it.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid during the call.
    unsafe { libc::localtime_r(&seconds, &mut tm) };
    let pick =
        |names: &[&'static str], at: i32| names.get(at.unsigned_abs() as usize).copied().unwrap_or("???");
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}",
        pick(&DAYS, tm.tm_wday),
        pick(&MONTHS, tm.tm_mon),
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        tm.tm_year + 1900
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_shape_is_that_of_ctime() {
        let text = ctime(UNIX_EPOCH + Duration::from_secs(1_000_000_000));
        assert_eq!(text.len(), 24);
        assert!(text.ends_with(" 2001") && text.contains(" Sep  "), "{text}");
    }
}
