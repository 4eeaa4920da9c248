//! `check_route_exists()` and `route_if_exists()`: `route[X]` blocks by a name that is known only now.

use kamjit_engine::{Arg, Ctx, Ended, Ret, catalog::Routes, program::RouteIndex};

fn find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<RouteIndex> {
    let name = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
    ctx.program.route(Routes::REQUEST, name)
}

/// `check_route_exists(name)`.
pub(super) fn exists<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    find(ctx, args).is_some().into()
}

/// `route_if_exists(name)`: the value of the block, or false.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(route) = find(ctx, args) else { return Ret::FALSE };
    match ctx.run_route(route) {
        Ended::Normal => Ret(ctx.rc() as i32),
        Ended::Exit => Ret::EXIT,
        Ended::Drop => Ret::DROP,
        Ended::Cancelled => Ret::CANCELLED,
    }
}
