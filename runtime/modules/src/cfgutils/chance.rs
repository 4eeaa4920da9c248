//! `rand_event()` and its probability, `$RANDOM`.

use std::sync::atomic::Ordering;

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, Place},
    module::Prepare,
    pv::PvName,
};
use rand::Rng;

use super::STATE;

/// A percentage from 0 to 100.
pub(super) fn check(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.first() {
        Some(Arg::Int(0..=100)) => Ok(args),
        _ => Err(HostError::new("a probability is a percentage, 0 to 100").at(0)),
    }
}

/// `rand_event()`.
pub(super) fn event<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    (rand::rng().random_range(0..100) < state.probability.load(Ordering::Relaxed)).into()
}

/// `rand_set_prob(percent)`.
pub(super) fn set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let percent = args.first().map_or(0, |arg| arg.int(ctx));
    STATE.get(ctx).map(|state| state.probability.store(percent, Ordering::Relaxed)).is_some().into()
}

/// `rand_reset_prob()`.
pub(super) fn reset<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    state.probability.store(state.initial_probability, Ordering::Relaxed);
    Ret::TRUE
}

/// `rand_get_prob()`: the percentage is the return value, so that 0 ends the script (captured).
pub(super) fn get<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    STATE.get(ctx).map_or(Ret::FALSE, |state| Ret(state.probability.load(Ordering::Relaxed) as i32))
}

/// `$RANDOM`: 0 to 2^31 - 1.
pub(super) fn random<'m>(_: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::Int(rand::rng().random_range(0..1 << 31))
}
