//! Functions that ask about the state of the transaction.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place, Routes},
    module::Prepare,
    regex::Regex,
};
use kamjit_sip::Method;

use super::super::{create, current, matching, script, transaction::Switches};

pub(super) fn check_trans<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    script::check_trans(ctx)
}

pub(super) fn lookup_request<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(script::transaction(ctx).is_some())
}

/// `t_lookup_cancel([1])`: with 1, flags of the INVITE are copied.
pub(super) fn lookup_cancel<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if ctx.msg.method() != Method::CANCEL {
        return Ret::FALSE;
    }
    let Some(tx) = matching::request(ctx, Method::INVITE) else { return Ret::FALSE };
    if args.first().is_some_and(|arg| arg.int(ctx) == 1) {
        ctx.flags = tx.flags();
    }
    Ret::TRUE
}

/// The pattern is compiled once, unless it is a variable.
pub(super) fn digest_status(
    prepare: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    match args.into_iter().next() {
        Some(Arg::Str(text)) if text.first() == Some(&b'$') => {
            Ok(vec![Arg::Pv(prepare.pv_text(&text).map_err(|e| e.at(0))?)])
        }
        Some(Arg::Str(text)) => Ok(vec![Arg::Regex(prepare.regex(&text, true).map_err(|e| e.at(0))?)]),
        Some(arg) => Ok(vec![arg]),
        None => Ok(Vec::new()),
    }
}

/// The code that a test means: of the reply at hand, of the failure, else of the last reply sent.
fn status(ctx: &mut Ctx<'_>) -> Option<u16> {
    if !ctx.msg.is_request() {
        return ctx.msg.status();
    }
    if ctx.routes.meets(Routes::FAILURE.or(Routes::BRANCH_FAILURE))
        && let Some(code) = script::failure_code(ctx)
    {
        return Some(code);
    }
    let tx = script::transaction(ctx)?;
    let inner = tx.inner();
    match script::branch(ctx).filter(|_| ctx.routes.meets(Routes::BRANCH)) {
        Some(n) => Some(inner.uacs.get(n).map_or(0, |u| u.status)),
        None => Some(inner.uas.status),
    }
}

pub(super) fn check_status<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(code) = status(ctx) else { return Ret::FALSE };
    let mut digits = [0; 20];
    let text = kamjit_sip::text::decimal(u64::from(code), &mut digits);
    match args.first() {
        Some(Arg::Regex(regex)) => Ret::from(regex.is_match(text)),
        Some(arg) => {
            let pattern = arg.text(ctx);
            Ret::from(Regex::new(pattern, true).is_ok_and(|regex| regex.is_match(text)))
        }
        None => Ret::FALSE,
    }
}

pub(super) fn get_status_code<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    match status(ctx) {
        Some(code) if code > 0 => Ret(i32::from(code)),
        _ => Ret::FALSE,
    }
}

pub(super) fn grep_status<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(code) = args.first().map(|arg| arg.int(ctx)) else { return Ret::FALSE };
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    let inner = tx.inner();
    Ret::from(inner.uacs.iter().any(|u| i64::from(u.status) == code))
}

pub(super) fn any_replied<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    Ret::from(tx.inner().uacs.iter().any(|u| u.replied))
}

fn switches(ctx: &mut Ctx<'_>) -> Option<Switches> {
    Some(script::transaction(ctx)?.inner().switches)
}

pub(super) fn any_timeout<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(switches(ctx).is_some_and(|s| s.any_timeout))
}

/// Whether the branch that the failure route is about got any reply.
pub(super) fn branch_replied<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(branch_flags(ctx).is_some_and(|(replied, _)| replied))
}

pub(super) fn branch_timeout<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(branch_flags(ctx).is_some_and(|(_, timed_out)| timed_out))
}

fn branch_flags(ctx: &Ctx<'_>) -> Option<(bool, bool)> {
    let tx = current::current(ctx)?;
    let inner = tx.inner();
    let uac = inner.uacs.get(script::branch(ctx)?)?;
    Some((uac.replied, uac.timed_out))
}

pub(super) fn is_canceled<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::from(switches(ctx).is_some_and(|s| s.canceled))
}

pub(super) fn is_expired<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    let inner = tx.inner();
    let now = super::super::timer::now(ctx.worker);
    Ret::from(inner.timers.lifetime > 0 && now >= inner.born + inner.timers.lifetime)
}

/// Replies are taken from the network once here, so none is processed a second time.
pub(super) fn is_retr_async_reply<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::FALSE
}

/// `t_drop_replies([mode])`: `a` all, `l` those of the last leg, `n` none, for this failure.
pub(super) fn drop_replies<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let mode = match args.first().map(|arg| arg.text(ctx)) {
        None | Some(b"a") => 1,
        Some(b"l") => 2,
        Some(b"n") => 0,
        Some(_) => return Ret::FALSE,
    };
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    tx.inner().switches.keep_replies = Some(mode);
    Ret::TRUE
}

pub(super) fn save_lumps<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(tx) = current::current(ctx) else { return Ret::FALSE };
    create::refresh(ctx, &tx);
    Ret::TRUE
}
