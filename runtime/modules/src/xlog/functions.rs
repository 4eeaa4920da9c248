//! `xlog()` and its kin. Nothing is formatted when the level is off.

use kamjit_catalog::{
    ArgKind::{Custom, StrVar},
    Form, HostError, Place, Routes,
};
use kamjit_engine::{
    Ctx,
    log::{self, Level},
    module::{Arg, FunctionDef, Prepare, Ret, Run},
    pv::Pv,
    value::{format_int, parse_int},
};

use super::STATE;

const TEXT: Form = Form { args: &[StrVar], routes: Routes::ANY };
const LEVEL: Form = Form { args: &[Custom, StrVar], routes: Routes::ANY };
const FACILITY: Form = Form { args: &[Custom, Custom, StrVar], routes: Routes::ANY };

macro_rules! fixed {
    ($name:literal, $level:ident) => {
        FunctionDef {
            name: $name,
            forms: &[TEXT],
            run: Run::prepared(|_, args, place| fixed(args, place, Level::$level), run),
        }
    };
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    FunctionDef { name: "xlog", forms: &[TEXT, LEVEL, FACILITY], run: Run::prepared(digest, run) },
    FunctionDef { name: "xlogl", forms: &[TEXT, LEVEL, FACILITY], run: Run::prepared(digest, run_with_line) },
    FunctionDef { name: "xlogm", forms: &[LEVEL], run: Run::prepared(digest, run_filtered) },
    fixed!("xdbg", Debug),
    fixed!("xinfo", Info),
    fixed!("xnotice", Notice),
    fixed!("xwarn", Warn),
    fixed!("xerr", Err),
    fixed!("xcrit", Crit),
    fixed!("xalert", Alert),
    fixed!("xbug", Bug),
    FunctionDef {
        name: "xdbgl",
        forms: &[TEXT],
        run: Run::prepared(|_, args, place| fixed(args, place, Level::Debug), run_with_line),
    },
];

/// The level of a line.
enum LineLevel {
    Fixed(Level),
    Computed(Pv),
}

/// One call.
struct Line {
    level: LineLevel,
    facility: Option<i32>,
    text: Arg,
    file: std::sync::Arc<str>,
    line: u32,
}

fn fixed(mut args: Vec<Arg>, place: &Place, level: Level) -> Result<Vec<Arg>, HostError> {
    let text = args.pop().ok_or_else(|| HostError::new("a text is missing"))?;
    Ok(vec![line(LineLevel::Fixed(level), None, text, place)])
}

fn line(level: LineLevel, facility: Option<i32>, text: Arg, place: &Place) -> Arg {
    let file = std::sync::Arc::clone(&place.file);
    Prepare::digested(Line { level, facility, text, file, line: place.line })
}

/// `[[facility,] level,] text`; without a level it is an error (captured).
fn digest(prepare: &mut Prepare<'_>, mut args: Vec<Arg>, place: &Place) -> Result<Vec<Arg>, HostError> {
    let text = args.pop().ok_or_else(|| HostError::new("a text is missing"))?;
    let at = args.len().saturating_sub(1);
    let level = match args.pop() {
        None => LineLevel::Fixed(Level::Err),
        Some(Arg::Pv(pv)) => LineLevel::Computed(pv),
        Some(Arg::Str(name)) if name.first() == Some(&b'$') => {
            LineLevel::Computed(prepare.pv_text(&name).map_err(|error| error.at(at))?)
        }
        Some(Arg::Str(name)) => LineLevel::Fixed(level(&name).ok_or_else(|| {
            HostError::new(format!("'{}' is no log level", name.escape_ascii()))
                .help("one of L_ALERT L_BUG L_CRIT L_ERR L_WARN L_NOTICE L_INFO L_DBG")
                .at(at)
        })?),
        Some(_) => return Err(HostError::new("this is no log level").at(at)),
    };
    let facility =
        match args.pop() {
            None => None,
            Some(Arg::Str(name)) => Some(facility(&name).ok_or_else(|| {
                HostError::new(format!("'{}' is no log facility", name.escape_ascii())).at(0)
            })?),
            Some(_) => return Err(HostError::new("this is no log facility").at(0)),
        };
    Ok(vec![line(level, facility, text, place)])
}

/// The third letter decides (captured: `L_NOPE` is a notice).
fn level(name: &[u8]) -> Option<Level> {
    let [b'L', b'_', letter, rest @ ..] = name else { return None };
    Some(match letter {
        b'A' => Level::Alert,
        b'B' => Level::Bug,
        b'C' if rest.last() == Some(&b'2') => Level::Crit2,
        b'C' => Level::Crit,
        b'E' => Level::Err,
        b'W' => Level::Warn,
        b'N' => Level::Notice,
        b'I' => Level::Info,
        b'D' => Level::Debug,
        _ => return None,
    })
}

/// `LOG_LOCAL0` and its kin.
pub(super) fn facility(name: &[u8]) -> Option<i32> {
    Some(match name {
        b"LOG_AUTH" => libc::LOG_AUTH,
        b"LOG_AUTHPRIV" => libc::LOG_AUTHPRIV,
        b"LOG_CRON" => libc::LOG_CRON,
        b"LOG_DAEMON" => libc::LOG_DAEMON,
        b"LOG_FTP" => libc::LOG_FTP,
        b"LOG_KERN" => libc::LOG_KERN,
        b"LOG_LOCAL0" => libc::LOG_LOCAL0,
        b"LOG_LOCAL1" => libc::LOG_LOCAL1,
        b"LOG_LOCAL2" => libc::LOG_LOCAL2,
        b"LOG_LOCAL3" => libc::LOG_LOCAL3,
        b"LOG_LOCAL4" => libc::LOG_LOCAL4,
        b"LOG_LOCAL5" => libc::LOG_LOCAL5,
        b"LOG_LOCAL6" => libc::LOG_LOCAL6,
        b"LOG_LOCAL7" => libc::LOG_LOCAL7,
        b"LOG_LPR" => libc::LOG_LPR,
        b"LOG_MAIL" => libc::LOG_MAIL,
        b"LOG_NEWS" => libc::LOG_NEWS,
        b"LOG_SYSLOG" => libc::LOG_SYSLOG,
        b"LOG_USER" => libc::LOG_USER,
        b"LOG_UUCP" => libc::LOG_UUCP,
        _ => return None,
    })
}

fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    write(ctx, args, false)
}

fn run_with_line<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    write(ctx, args, true)
}

/// Only for methods that the filter does not name (captured).
fn run_filtered<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let filter = STATE.get(ctx).map_or(0, |state| state.methods_filter.get());
    if filter & i64::from(ctx.msg.method().bit()) != 0 {
        return Ret::TRUE;
    }
    write(ctx, args, false)
}

#[inline]
fn write<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], with_line: bool) -> Ret {
    let Some(line) = args.first().and_then(|arg| arg.digested::<Line>()) else { return Ret::FALSE };
    let level = match &line.level {
        LineLevel::Fixed(level) => *level,
        LineLevel::Computed(pv) => match pv.get(ctx) {
            kamjit_engine::Val::Str(name) => {
                level(name).or_else(|| parse_int(name).map(Level::from_number)).unwrap_or(Level::Err)
            }
            other => Level::from_number(other.to_int()),
        },
    };
    if log::enabled(level) {
        write_enabled(ctx, line, level, with_line);
    }
    Ret::TRUE
}

#[cold]
fn write_enabled<'m>(ctx: &mut Ctx<'m>, line: &'m Line, level: Level, with_line: bool) {
    let Some(state) = STATE.get(ctx) else { return };
    let text = line.text.text(ctx);
    let own = if with_line { &*state.plain_prefix } else { state.prefix.render(ctx) };
    let prefix = ctx.log_prefix();
    let mut out = bumpalo::collections::Vec::with_capacity_in(own.len() + text.len() + 64, ctx.arena);
    out.extend_from_slice(own);
    if with_line {
        if state.long_format {
            out.extend_from_slice(line.file.as_bytes());
            out.push(b':');
        }
        out.extend_from_slice(format_int(ctx.arena, i64::from(line.line)));
        out.push(b':');
    }
    out.extend_from_slice(text);
    if state.auto_newline && !text.ends_with(b"\n") {
        out.push(b'\n');
    }
    log::write(level, line.facility.or(state.facility), prefix, "", &out);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured from the real server's start.
    #[test]
    fn the_third_letter_of_a_level_decides() {
        assert_eq!(level(b"L_NOPE"), Some(Level::Notice));
        assert_eq!(level(b"L_CRIT2"), Some(Level::Crit2));
        assert_eq!(level(b"L_DEBUG"), Some(Level::Debug));
        for refused in [&b"info"[..], b"L_", b"L_FATAL", b"3", b"l_err", b"ERR"] {
            assert_eq!(level(refused), None);
        }
    }
}
