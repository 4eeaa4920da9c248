//! `sleep()` and `usleep()`: only the run waits; its worker goes on with other messages.

use std::time::Duration;

use kamjit_engine::{Arg, Ctx, Ret};

fn wait(ctx: &mut Ctx<'_>, time: Duration) -> Ret {
    match ctx.wait(tokio::time::sleep(time)) {
        Ok(()) => Ret::TRUE,
        Err(cancelled) => cancelled.into(),
    }
}

fn number<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> u64 {
    args.first().map_or(0, |arg| arg.int(ctx)).clamp(0, i64::from(u32::MAX)) as u64
}

/// `sleep(seconds)`.
pub(super) fn seconds<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let time = Duration::from_secs(number(ctx, args));
    wait(ctx, time)
}

/// `usleep(microseconds)`.
pub(super) fn microseconds<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let time = Duration::from_micros(number(ctx, args));
    wait(ctx, time)
}
