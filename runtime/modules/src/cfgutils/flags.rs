//! Global flags: 32 bits that all messages share.

use std::sync::atomic::{AtomicU32, Ordering};

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};

use super::STATE;

/// A flag's number, 0 to 31.
pub(super) fn check(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.first() {
        Some(Arg::Int(0..=31)) => Ok(args),
        _ => Err(HostError::new("a global flag is a number from 0 to 31").at(0)),
    }
}

fn with<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], run: impl FnOnce(&AtomicU32, u32) -> bool) -> Ret {
    let flag = args.first().map_or(0, |arg| arg.int(ctx)) as u32;
    STATE.get(ctx).is_some_and(|state| run(&state.flags, 1 << (flag & 31))).into()
}

/// `set_gflag(number)`.
pub(super) fn set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    with(ctx, args, |flags, mask| {
        flags.fetch_or(mask, Ordering::Relaxed);
        true
    })
}

/// `reset_gflag(number)`.
pub(super) fn reset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    with(ctx, args, |flags, mask| {
        flags.fetch_and(!mask, Ordering::Relaxed);
        true
    })
}

/// `is_gflag(number)`.
pub(super) fn is_set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    with(ctx, args, |flags, mask| flags.load(Ordering::Relaxed) & mask != 0)
}
