//! `t_on_failure`, `t_on_reply`, `t_on_branch`, `t_on_branch_failure`, `t_is_set`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place, Routes},
    module::Prepare,
    program::RouteIndex,
};

use super::super::{current, transaction::Armed};

type Digested = Result<Vec<Arg>, HostError>;

/// A route's index; -1 for `"0"` and for names without a block, which the real server accepts (captured).
fn digest(prepare: &Prepare<'_>, args: &[Arg], kind: Routes, prefix: &str) -> Digested {
    let Some(Arg::Str(name)) = args.first() else {
        return Err(HostError::new("the name of a route block is expected").at(0));
    };
    let name = format!("{prefix}{}", String::from_utf8_lossy(name));
    let index = prepare.route(kind, &name).map_or(-1, |RouteIndex(n)| i64::from(n));
    Ok(vec![Arg::Int(index)])
}

pub(super) fn digest_failure(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(prepare, &args, Routes::FAILURE, "")
}

pub(super) fn digest_reply(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(prepare, &args, Routes::TM_ONREPLY, "").and_then(|found| match found.first() {
        Some(Arg::Int(-1)) => digest(prepare, &args, Routes::ONREPLY, ""),
        _ => Ok(found),
    })
}

pub(super) fn digest_branch(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(prepare, &args, Routes::BRANCH, "")
}

pub(super) fn digest_branch_failure(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    digest(prepare, &args, Routes::EVENT, "tm:branch-failure:")
}

fn index(args: &[Arg]) -> Option<RouteIndex> {
    match args.first() {
        Some(Arg::Int(n)) => u32::try_from(*n).ok().map(RouteIndex),
        _ => None,
    }
}

/// Arms a route of the transaction, or of the one that this run will make.
fn arm(ctx: &mut Ctx<'_>, set: impl Fn(&mut Armed)) -> Ret {
    match current::current(ctx) {
        Some(tx) => set(&mut tx.inner().armed),
        None => set(&mut current::of(ctx).armed),
    }
    Ret::TRUE
}

pub(super) fn on_failure<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let route = index(args);
    arm(ctx, |armed| armed.failure = route)
}

/// In a branch route the route is the branch's own.
pub(super) fn on_reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let route = index(args);
    if ctx.routes.meets(Routes::BRANCH) {
        current::of(ctx).branch_on_reply = route;
        return Ret::TRUE;
    }
    arm(ctx, |armed| armed.reply = route)
}

pub(super) fn on_branch<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let route = index(args);
    arm(ctx, |armed| armed.branch = route)
}

pub(super) fn on_branch_failure<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let route = index(args);
    arm(ctx, |armed| armed.branch_failure = route)
}

pub(super) fn digest_is_set(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Digested {
    let which = match args.first() {
        Some(Arg::Str(name)) => match &**name {
            b"branch_route" => 0,
            b"failure_route" => 1,
            b"onreply_route" => 2,
            b"branch_failure_route" => 3,
            _ => -1,
        },
        _ => -1,
    };
    if which < 0 {
        return Err(HostError::new(
            "t_is_set takes \"branch_route\", \"failure_route\", \"onreply_route\" or \"branch_failure_route\"",
        )
        .at(0));
    }
    Ok(vec![Arg::Int(which)])
}

pub(super) fn is_set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let armed = match current::current(ctx) {
        Some(tx) => tx.inner().armed,
        None => current::of(ctx).armed,
    };
    let route = match args.first() {
        Some(Arg::Int(0)) => armed.branch,
        Some(Arg::Int(1)) => armed.failure,
        Some(Arg::Int(2)) => armed.reply,
        _ => armed.branch_failure,
    };
    Ret::from(route.is_some())
}
