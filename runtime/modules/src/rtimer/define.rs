//! The parameters: timers and what they run (README, "timer" and "exec").

use std::{sync::Arc, time::Duration};

use kamjit_engine::{
    catalog::{ConfigValue, HostError, Routes},
    init::Init,
    program::RouteIndex,
};

/// Runs of one timer beside each other: a bound against a slip of the pen.
const MOST_RUNS: u32 = 256;

/// A timer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timer {
    /// Its name.
    pub name: Box<str>,
    /// From the end of one run to the begin of the next.
    pub interval: Duration,
    /// Runs beside each other.
    pub runs: u32,
    /// What it runs, in this order.
    pub routes: Vec<RouteIndex>,
}

/// All timers with their routes.
pub(super) fn timers(init: &mut Init<'_>) -> Result<Vec<Arc<Timer>>, HostError> {
    let default = u64::try_from(init.int("default_interval")).unwrap_or(0);
    let mut timers: Vec<Timer> = Vec::new();
    for (nth, text) in texts(init, "timer") {
        let timer = timer(&text, default).map_err(|why| {
            HostError::new(format!("rtimer: '{text}' defines no timer: {why}"))
                .help("write name=ta;interval=10;mode=1;")
                .param("timer", nth)
        })?;
        if timers.iter().any(|known| known.name == timer.name) {
            let error = HostError::new(format!("rtimer: the timer {} is defined twice", timer.name));
            return Err(error.param("timer", nth));
        }
        timers.push(timer);
    }
    for (nth, text) in texts(init, "exec") {
        let error =
            |why: String| HostError::new(format!("rtimer: '{text}' runs nothing: {why}")).param("exec", nth);
        let (mut of, mut route) = ("", "");
        for (key, value) in attributes(&text) {
            match key {
                "timer" => of = value,
                "route" => route = value,
                other => return Err(error(format!("there is no attribute {other}"))),
            }
        }
        let found = init.prepare().route(Routes::REQUEST, route);
        let timer = timers.iter_mut().find(|timer| &*timer.name == of);
        let timer = timer.ok_or_else(|| error(format!("there is no timer {of}")))?;
        let found = found.ok_or_else(|| error(format!("there is no route[{route}]")))?;
        // The one given last runs first (captured).
        timer.routes.insert(0, found);
    }
    Ok(timers.into_iter().map(Arc::new).collect())
}

fn texts(init: &Init<'_>, name: &str) -> Vec<(usize, String)> {
    let texts = init.all(name).enumerate().filter_map(|(nth, value)| match value {
        ConfigValue::Str(text) => Some((nth, String::from_utf8_lossy(text).into_owned())),
        _ => None,
    });
    texts.collect()
}

fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map_or((part, ""), |(key, value)| (key.trim(), value.trim())))
}

/// Reads `name=ta;interval=10;mode=1`; an interval that ends in `u` is in microseconds.
fn timer(text: &str, default: u64) -> Result<Timer, String> {
    let mut timer =
        Timer { name: "".into(), interval: Duration::from_secs(default), runs: 1, routes: Vec::new() };
    for (key, value) in attributes(text) {
        let number =
            |text: &str| text.parse::<u32>().map_err(|_| format!("{key} takes a number, not '{value}'"));
        match key {
            "name" => timer.name = value.into(),
            "mode" => timer.runs = number(value)?.clamp(1, MOST_RUNS),
            "interval" => {
                timer.interval = match value.strip_suffix('u') {
                    Some(micros) => Duration::from_micros(u64::from(number(micros)?)),
                    None => Duration::from_secs(u64::from(number(value)?)),
                };
            }
            other => return Err(format!("there is no attribute {other}")),
        }
    }
    if timer.name.is_empty() {
        return Err("it has no name".to_owned());
    }
    if timer.interval.is_zero() {
        return Err("its interval is 0".to_owned());
    }
    Ok(timer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_seconds_or_microseconds() {
        let of = |text: &str| timer(text, 120).map(|t| (t.interval.as_micros(), t.runs));
        assert_eq!(of("name=a;interval=10;mode=1;"), Ok((10_000_000, 1)));
        assert_eq!(of("name=a;interval=300000u;mode=2"), Ok((300_000, 2)));
        assert_eq!(of("name=a"), Ok((120_000_000, 1)));
        assert!(
            of("interval=10").is_err() && of("name=a;interval=x").is_err() && of("name=a;foo=1").is_err()
        );
    }
}
