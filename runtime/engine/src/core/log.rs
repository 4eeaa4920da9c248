//! `log("text")`, `log(level, "text")`, and `error()`, which in the real server only logs, too.

use std::{os::unix::ffi::OsStrExt, process::Stdio};

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::{plain, prepared};
use crate::{
    ctx::Ctx,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const TEXT: Form = Form { args: &[ArgKind::Str], routes: Routes::ANY };
const LEVEL_TEXT: Form = Form { args: &[ArgKind::Custom, ArgKind::Str], routes: Routes::ANY };
const TWO_TEXTS: Form = Form { args: &[ArgKind::Str, ArgKind::Str], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    prepared("log", &[TEXT, LEVEL_TEXT], digest, run),
    plain("error", &[TWO_TEXTS], error),
    plain("exec", &[TEXT], exec),
];

/// Level by number or name, then the text; without a level it is debug.
fn digest(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (level, text) = match (args.next(), args.next()) {
        // Captured: without a level the line is chattier than debug=3 shows.
        (Some(text), None) => (Level::Debug as i64 + 1, text),
        (Some(Arg::Str(level)), Some(text)) => {
            let level = level_number(&level)
                .ok_or_else(|| HostError::new(format!("'{}' is no log level", level.escape_ascii())).at(0))?;
            (level, text)
        }
        _ => return Err(HostError::new("a text is missing")),
    };
    Ok(vec![Arg::Int(level), text])
}

fn level_number(text: &[u8]) -> Option<i64> {
    crate::value::parse_int(text).or_else(|| Level::from_name(text).map(|level| level as i64))
}

/// `error("480", "text")` has only ever logged (captured).
fn error<'m>(_: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if let (Some(Arg::Str(code)), Some(Arg::Str(text))) = (args.first(), args.get(1)) {
        let (code, text) = (code.escape_ascii(), text.escape_ascii());
        log::core(Level::Notice, format_args!("error(\"{code}\", \"{text}\") not implemented yet"));
    }
    Ret::TRUE
}

/// `exec("command")` runs a shell command and waits for its end; the script goes on whatever it returns (captured).
fn exec<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Str(command)) = args.first() else { return Ret::FALSE };
    let command = std::ffi::OsStr::from_bytes(command).to_owned();
    let run = tokio::task::spawn_blocking(move || {
        std::process::Command::new("/bin/sh").arg("-c").arg(command).stdin(Stdio::null()).status()
    });
    match ctx.wait(run) {
        Err(cancelled) => return cancelled.into(),
        Ok(Ok(Ok(status))) if status.success() => {}
        Ok(Ok(Ok(status))) => log::core(Level::Notice, format_args!("exec() ended with {status}")),
        Ok(Ok(Err(why))) => log::core(Level::Err, format_args!("exec() failed: {why}")),
        Ok(Err(why)) => log::core(Level::Err, format_args!("exec() failed: {why}")),
    }
    Ret::TRUE
}

fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(Arg::Int(level)), Some(Arg::Str(text))) = (args.first(), args.get(1)) else {
        return Ret::FALSE;
    };
    if *level <= i64::from(log::level()) {
        let prefix = ctx.log_prefix();
        log::write(Level::from_number(*level), None, prefix, "script", text);
    }
    Ret::TRUE
}
