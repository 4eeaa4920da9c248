//! Message flags: `setflag(1)`, `setflag(NAME)`, `resetflag`, `isflagset`; and the flags of AVPs.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::{ONE_CUSTOM, prepared};
use crate::{
    avp::AvpName,
    ctx::Ctx,
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const AVP_AND_FLAG: Form = Form { args: &[ArgKind::Custom, ArgKind::Custom], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    prepared("setflag", &[ONE_CUSTOM], digest, set),
    prepared("resetflag", &[ONE_CUSTOM], digest, reset),
    prepared("isflagset", &[ONE_CUSTOM], digest, is_set),
    prepared("setavpflag", &[AVP_AND_FLAG], digest_avp_flag, |ctx, args| {
        avp_flags(ctx, args, |flags, mask| {
            *flags |= mask;
            true
        })
    }),
    prepared("resetavpflag", &[AVP_AND_FLAG], digest_avp_flag, |ctx, args| {
        avp_flags(ctx, args, |flags, mask| {
            *flags &= !mask;
            true
        })
    }),
    prepared("isavpflagset", &[AVP_AND_FLAG], digest_avp_flag, |ctx, args| {
        avp_flags(ctx, args, |flags, mask| *flags & mask != 0)
    }),
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

/// The name of an AVP (`"x"`, `"i:5"`) and a declared flag; each value of an AVP has its own flags (captured).
fn digest_avp_flag(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let (Some(Arg::Str(name)), Some(Arg::Str(flag))) = (args.first(), args.get(1)) else {
        return Err(HostError::new("the name of an AVP and of a flag are expected"));
    };
    let name = AvpName::from_spec(name)
        .ok_or_else(|| HostError::new(format!("'{}' names no AVP", name.escape_ascii())).at(0))?;
    let number = prepare.avp_flag(&String::from_utf8_lossy(flag)).ok_or_else(|| {
        HostError::new(format!("there is no AVP flag named {}", flag.escape_ascii()))
            .help("declare it before the routes: avpflags NAME;")
            .at(1)
    })?;
    Ok(vec![Arg::Int(number), Prepare::digested(name)])
}

/// Works on the flags of the newest value of the AVP; false without one.
fn avp_flags<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], work: fn(&mut u32, u32) -> bool) -> Ret {
    let Some(name) = args.get(1).and_then(|arg| arg.digested::<AvpName>()) else { return Ret::FALSE };
    let mask = mask(args);
    Ret::from(ctx.avps.flags_mut(name).is_some_and(|flags| work(flags, mask)))
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
