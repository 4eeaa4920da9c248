//! Message flags: `setflag(1)`, `setflag(NAME)`, `resetflag`, `isflagset`; and the flags of AVPs.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::{ONE_CUSTOM, prepared};
use crate::{
    ctx::Ctx,
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const AVP_AND_FLAG: Form = Form { args: &[ArgKind::Custom, ArgKind::Custom], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    prepared("setflag", &[ONE_CUSTOM], digest, set),
    prepared("resetflag", &[ONE_CUSTOM], digest, reset),
    prepared("isflagset", &[ONE_CUSTOM], digest, is_set),
    prepared("setavpflag", &[AVP_AND_FLAG], refuse_avp_flag, set),
    prepared("resetavpflag", &[AVP_AND_FLAG], refuse_avp_flag, reset),
    prepared("isavpflagset", &[AVP_AND_FLAG], refuse_avp_flag, is_set),
];

/// A flag number (0 to 31) or a declared name.
fn digest(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let Some(Arg::Str(text)) = args.first() else {
        return Err(HostError::new("a flag is a number or a declared name").at(0));
    };
    let number = match crate::value::parse_int(text) {
        Some(number) => number,
        None => prepare.flag(&String::from_utf8_lossy(text)).ok_or_else(|| {
            HostError::new(format!("there is no flag named {}", text.escape_ascii()))
                .help("declare it before the routes: flags NAME:4;")
                .at(0)
        })?,
    };
    if !(0..=31).contains(&number) {
        return Err(HostError::new(format!("flag number {number} is out of range (0 to 31)")).at(0));
    }
    Ok(vec![Arg::Int(number)])
}

/// Flags of AVPs are declared with `avpflags`, which no configuration seen uses.
fn refuse_avp_flag(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("flags of AVPs are not supported"))
}

fn mask(args: &[Arg]) -> u32 {
    match args.first() {
        Some(Arg::Int(number)) => 1u32.checked_shl(*number as u32).unwrap_or(0),
        _ => 0,
    }
}

fn set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    ctx.flags.message |= mask(args);
    Ret::TRUE
}

fn reset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    ctx.flags.message &= !mask(args);
    Ret::TRUE
}

fn is_set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    Ret::from(ctx.flags.message & mask(args) != 0)
}
