//! The script functions of `tmx`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place, Routes},
    module::Prepare,
};

use crate::tm::remote;

pub(super) fn digest_which(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let which = match args.first() {
        Some(Arg::Str(text)) => match &**text {
            b"all" => 0,
            b"others" => 1,
            b"this" => 2,
            _ => return Err(HostError::new("\"all\", \"others\" or \"this\" is expected").at(0)),
        },
        _ => return Err(HostError::new("\"all\", \"others\" or \"this\" is expected").at(0)),
    };
    Ok(vec![Arg::Int(which)])
}

pub(super) fn cancel_branches<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let which = match args.first() {
        Some(Arg::Int(1)) => remote::Which::Others,
        Some(Arg::Int(2)) => remote::Which::This,
        _ => remote::Which::All,
    };
    Ret::from(remote::cancel_branches(ctx, which))
}

pub(super) fn cancel_callid<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [call_id, cseq, flag, ..] = args else { return Ret::FALSE };
    let (call_id, cseq, flag) = (call_id.text(ctx), cseq.text(ctx), flag.int(ctx));
    let code = args.get(3).map_or(0, |arg| arg.int(ctx));
    let flag = u32::try_from(flag).ok().filter(|f| (1..32).contains(f));
    Ret::from(remote::cancel(ctx.scope(), ctx.worker, call_id, cseq, flag, code.clamp(0, 999) as u16))
}

pub(super) fn reply_callid<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [call_id, cseq, code, reason] = args else { return Ret::FALSE };
    let (call_id, cseq) = (call_id.text(ctx), cseq.text(ctx));
    let (code, reason) = (code.int(ctx), reason.text(ctx));
    let Some(code) = u16::try_from(code).ok().filter(|c| (100..1000).contains(c)) else {
        return Ret::FALSE;
    };
    let Some(tx) = remote::by_call_id(call_id, cseq) else { return Ret::FALSE };
    Ret::from(remote::reply(ctx.scope(), ctx.worker, &tx, code, reason))
}

pub(super) fn suspend<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(remote::suspend(ctx))
}

pub(super) fn resume<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [index, label, route] = args else { return Ret::FALSE };
    let (index, label) = (index.int(ctx), label.int(ctx));
    let name = String::from_utf8_lossy(route.text(ctx)).into_owned();
    let Some(route) = ctx.program.route(Routes::REQUEST, &name) else { return Ret::FALSE };
    Ret::from(remote::resume(ctx, index as u32, label as u32, route))
}

pub(super) fn reuse_branch<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(remote::reuse_branch(ctx))
}

pub(super) fn flush_flags<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(remote::flush_flags(ctx))
}

pub(super) fn drop_transaction<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let code = args.first().map_or(500, |arg| arg.int(ctx));
    if remote::drop_transaction(ctx, code.clamp(100, 999) as u16) { Ret::EXIT } else { Ret::FALSE }
}
