//! Functions that set timers and switches of the transaction, or of the one that this run will make.

use kamjit_engine::{Arg, Ctx, Ret};

use super::super::{STATE, current, timer::ticks, transaction::Switches};

/// Whether the first argument is 0.
pub(super) fn is_zero<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> bool {
    args.first().is_none_or(|arg| arg.int(ctx) == 0)
}

/// Changes the switches.
pub(super) fn both(ctx: &mut Ctx<'_>, change: impl Fn(&mut Switches)) {
    match current::current(ctx) {
        Some(tx) => change(&mut tx.inner().switches),
        None => change(&mut current::of(ctx).switches),
    }
}

pub(super) fn switch(ctx: &mut Ctx<'_>, on: bool, which: fn(&mut Switches) -> &mut bool) -> Ret {
    both(ctx, |switches| *which(switches) = on);
    Ret::TRUE
}

/// `t_set_fr(fr_inv [, fr])` in ms; 0 leaves one as it is. Running timers of branches are restarted.
pub(super) fn set_fr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let inv = args.first().map_or(0, |arg| arg.int(ctx));
    let fr = args.get(1).map_or(0, |arg| arg.int(ctx));
    change_fr(ctx, (inv > 0).then(|| ticks(inv)), (fr > 0).then(|| ticks(fr)));
    Ret::TRUE
}

fn change_fr(ctx: &mut Ctx<'_>, inv: Option<u64>, fr: Option<u64>) {
    match current::current(ctx) {
        Some(tx) => {
            let now = super::super::timer::now(ctx.worker);
            let mut inner = tx.inner();
            inner.timers.fr_inv = inv.unwrap_or(inner.timers.fr_inv);
            inner.timers.fr = fr.unwrap_or(inner.timers.fr);
            let timers = inner.timers;
            for uac in inner.uacs.iter_mut().filter(|u| u.give_up_at != 0) {
                let rings = uac.status > 0 && tx.is_invite();
                uac.give_up_at = now + if rings { timers.fr_inv } else { timers.fr }.max(1);
            }
            super::super::timer::arm(ctx.worker, &tx, &mut inner);
        }
        None => {
            let cur = current::of(ctx);
            cur.fr_inv = inv.or(cur.fr_inv);
            cur.fr = fr.or(cur.fr);
        }
    }
}

pub(super) fn reset_fr<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let timers = state.params.timers(true);
    change_fr(ctx, Some(timers.fr_inv), Some(timers.fr));
    Ret::TRUE
}

pub(super) fn set_retr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [t1, t2] = args else { return Ret::FALSE };
    let (t1, t2) = (t1.int(ctx), t2.int(ctx));
    change_retr(ctx, (t1 > 0).then(|| ticks(t1)), (t2 > 0).then(|| ticks(t2)));
    Ret::TRUE
}

fn change_retr(ctx: &mut Ctx<'_>, t1: Option<u64>, t2: Option<u64>) {
    let Some(state) = STATE.get(ctx) else { return };
    let usual = state.params.timers(true);
    match current::current(ctx) {
        Some(tx) => {
            let mut inner = tx.inner();
            inner.timers.retr1 = t1.map_or(inner.timers.retr1, |t| t as u32);
            inner.timers.retr2 = t2.map_or(inner.timers.retr2, |t| t as u32);
        }
        None => {
            let before = (u64::from(usual.retr1), u64::from(usual.retr2));
            let cur = current::of(ctx);
            let (a, b) = cur.retr.unwrap_or(before);
            cur.retr = Some((t1.unwrap_or(a), t2.unwrap_or(b)));
        }
    }
}

pub(super) fn reset_retr<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let usual = state.params.timers(true);
    change_retr(ctx, Some(u64::from(usual.retr1)), Some(u64::from(usual.retr2)));
    Ret::TRUE
}

/// `t_set_max_lifetime(invite, other)` in ms.
pub(super) fn set_max_lifetime<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [invite, other] = args else { return Ret::FALSE };
    let (invite, other) = (invite.int(ctx), other.int(ctx));
    let ms = if ctx.msg.method() == kamjit_sip::Method::INVITE { invite } else { other };
    change_lifetime(ctx, ticks(ms));
    Ret::TRUE
}

fn change_lifetime(ctx: &mut Ctx<'_>, lifetime: u64) {
    match current::current(ctx) {
        Some(tx) => {
            let mut inner = tx.inner();
            inner.timers.lifetime = lifetime;
            if inner.expires_at != 0 {
                inner.expires_at = inner.born + lifetime;
            }
        }
        None => current::of(ctx).lifetime = Some(lifetime),
    }
}

pub(super) fn reset_max_lifetime<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let usual = state.params.timers(ctx.msg.method() == kamjit_sip::Method::INVITE);
    change_lifetime(ctx, usual.lifetime);
    Ret::TRUE
}
