//! `$T_reply_code`, `$T_branch_idx`, `$T_req(..)`, `$T_rpl(..)` and their kin.

use kamjit_engine::{
    Ctx, Val,
    catalog::{HostError, InnerName, Routes},
    module::Prepare,
    pv::{Inner, Pv, PvDef, PvName, named, read_only},
};
use kamjit_sip::{FirstLine, Message};

use crate::tm::{current, remote, script};

pub(super) static PVS: &[PvDef] = &[
    read_only("T_branch_idx", |ctx, _| script::branch_index(ctx).map_or(Val::Null, Val::Int)),
    read_only("T_reply_code", reply_code),
    read_only("T_reply_reason", reply_reason),
    read_only("T_reply_last", reply_last),
    read_only("T_reply_ruid", ruid),
    read_only("T_ruid", ruid),
    named("T_req", InnerName::Dynamic, of_request, Some(parse_pv)),
    named("T_rpl", InnerName::Dynamic, of_reply, Some(parse_pv)),
    named("T_inv", InnerName::Dynamic, of_invite, Some(parse_pv)),
    named("T", InnerName::Static, transaction, Some(parse_field)),
    named("T_branch", InnerName::Static, branch, Some(parse_branch_field)),
];

fn parse_pv(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    Ok(Inner::Var(Box::new(prepare.pv_text(text)?)))
}

fn field(names: &[&str], text: &[u8]) -> Result<Inner, HostError> {
    names
        .iter()
        .position(|n| n.as_bytes() == text)
        .map(|n| Inner::Number(n as i64))
        .ok_or_else(|| HostError::new(format!("'{}' is none of {}", text.escape_ascii(), names.join(", "))))
}

fn parse_field(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    field(&["id_index", "id_label", "reply_type", "branch_index", "id_label_n", "id_index_n"], text)
}

fn parse_branch_field(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    field(&["flags", "uri", "ruid"], text)
}

fn inner(name: &PvName) -> Option<&Pv> {
    match &name.inner {
        Inner::Var(pv) => Some(pv),
        _ => None,
    }
}

fn number(name: &PvName) -> i64 {
    match name.inner {
        Inner::Number(n) => n,
        _ => -1,
    }
}

fn reply_code<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if let Some(code) = ctx.msg.status() {
        return Val::Int(i64::from(code));
    }
    let failure = ctx.routes.meets(Routes::FAILURE.or(Routes::BRANCH_FAILURE));
    let code = match script::failure_code(ctx).filter(|_| failure) {
        Some(code) => Some(code),
        None => current(ctx).map(|tx| tx.status()),
    };
    Val::Int(i64::from(code.unwrap_or(0)))
}

fn reason_of<'m>(msg: &Message<'m>) -> Val<'m> {
    match msg.first_line() {
        FirstLine::Reply(line) => Val::Str(line.reason),
        FirstLine::Request(_) => Val::Null,
    }
}

fn reply_reason<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if !ctx.msg.is_request() {
        return reason_of(ctx.msg);
    }
    let Some(view) = script::failure_view(ctx) else { return Val::Null };
    match view.reply {
        Some((bytes, _)) => {
            let bytes = ctx.keep(&bytes);
            Message::parse(ctx.arena, bytes).map_or(Val::Null, reason_of)
        }
        None => Val::Str(crate::tm::status_text(view.code)),
    }
}

fn reply_last<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if !ctx.routes.meets(Routes::TM_ONREPLY) {
        return Val::Null;
    }
    ctx.msg.status().map_or(Val::Null, |code| Val::Int(i64::from(code)))
}

fn ruid<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::opt(remote::branch_ruid(ctx).map(|ruid| ctx.keep(&ruid)))
}

/// A value of one run for another: its text is copied.
fn copy<'m>(ctx: &Ctx<'m>, value: Val<'_>) -> Val<'m> {
    match value {
        Val::Null => Val::Null,
        Val::Int(n) => Val::Int(n),
        Val::Str(text) => Val::Str(ctx.keep(text)),
    }
}

fn of_request<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(pv) = inner(name) else { return Val::Null };
    // Only replies have a request elsewhere (captured: undefined in a branch route).
    if ctx.msg.is_request() {
        return Val::Null;
    }
    let Some(tx) = script::transaction(ctx) else { return Val::Null };
    remote::value_on_request(ctx, &tx, pv)
}

fn of_invite<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(pv) = inner(name) else { return Val::Null };
    let Some(tx) = remote::invite_of_cancel(ctx) else { return Val::Null };
    remote::value_on_request(ctx, &tx, pv)
}

fn of_reply<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(pv) = inner(name) else { return Val::Null };
    let Some((bytes, rcv)) = script::failure_view(ctx).and_then(|view| view.reply) else { return Val::Null };
    let bytes = ctx.keep(&bytes);
    let Ok(msg) = Message::parse(ctx.arena, bytes) else { return Val::Null };
    let mut reply = Ctx::new(ctx.scope(), ctx.worker, ctx.program, msg, rcv, Routes::TM_ONREPLY);
    copy(ctx, pv.get(&mut reply))
}

fn transaction<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(tx) = script::transaction(ctx) else { return Val::Null };
    match number(name) {
        0 | 5 => Val::Int(i64::from(tx.hash)),
        1 | 4 => Val::Int(i64::from(tx.label)),
        2 => {
            let faked = script::failure_view(ctx).is_some_and(|view| view.reply.is_none());
            Val::Int(i64::from(faked))
        }
        _ => Val::Int(script::branch(ctx).map_or(-1, |n| n as i64)),
    }
}

fn branch<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let which = number(name);
    if ctx.routes.meets(Routes::FAILURE) {
        return Val::Null;
    }
    match which {
        0 => remote::branch_flags(ctx).map_or(Val::Null, |flags| Val::Int(i64::from(flags))),
        1 => Val::opt(remote::branch_uri(ctx).map(|uri| ctx.keep(&uri))),
        _ => ruid(ctx, name),
    }
}
