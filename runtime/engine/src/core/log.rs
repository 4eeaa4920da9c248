//! `log("text")`, `log(level, "text")`.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::prepared;
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
    prepared("error", &[TWO_TEXTS], refuse, run),
    prepared("exec", &[TEXT], refuse, run),
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

/// These two do nothing in the real server but log; no configuration seen uses them.
fn refuse(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("this function is not supported").help("use xlog() or the module exec"))
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
