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
    read_only("T_branch_idx", |ctx, _| branch_index(ctx)),
    read_only("T_reply_code", reply_code),
    read_only("T_reply_reason", reply_reason),
    read_only("T_reply_last", reply_last),
    read_only("T_reply_ruid", ruid),
    read_only("T_ruid", ruid),
    named("T_req", InnerName::Dynamic, of_request, Some(parse_pv)),
    named("T_rpl", InnerName::Dynamic, of_reply, Some(parse_pv)),
    named("T_inv", InnerName::Dynamic, of_invite, Some(parse_pv)),
    named("T", InnerName::Static, transaction, Some(parse_field)),
    named("T_branch", InnerName::Static, branch, Some(parse_field)),
];

/// A variable; what stands behind it is ignored (captured).
fn parse_pv(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let used = kamjit_syntax::pv::parse_pv(text, 0).map_or(text.len(), |(_, used)| used);
    Ok(Inner::Var(Box::new(prepare.pv_text(text.get(..used).unwrap_or(text))?)))
}

fn field(names: &[&str], text: &[u8]) -> Result<Inner, HostError> {
    names
        .iter()
        .position(|n| n.as_bytes() == text)
        .map(|n| Inner::Number(n as i64))
        .ok_or_else(|| HostError::new(format!("'{}' is none of {}", text.escape_ascii(), names.join(", "))))
}

/// `$T` and `$T_branch` know the same parts (captured).
const FIELDS: &[&str] = &["id_index", "id_label", "reply_type", "branch_index", "flags", "uri", "ruid"];
const ID_INDEX: i64 = 0;
const REPLY_TYPE: i64 = 2;
const BRANCH_INDEX: i64 = 3;
const FLAGS: i64 = 4;
const URI: i64 = 5;
const RUID: i64 = 6;

fn parse_field(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    field(FIELDS, text)
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

/// The branch at hand, as `$T_branch_idx` and `$T(branch_index)` show it.
fn branch_index<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    script::branch_index(ctx).map_or(Val::Null, Val::Int)
}

fn reply_code<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if let Some(code) = ctx.msg.status() {
        // Captured: from now on `$T(id_index)` is known in a reply route.
        script::transaction_of_reply(ctx);
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
        FirstLine::Reply(line) => Val::Str(line.reason.trim_ascii_start()),
        FirstLine::Request(_) => Val::Null,
    }
}

/// Captured: of a request it is empty without a transaction, and cannot be read with one outside of failure_route.
fn reply_reason<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if !ctx.msg.is_request() {
        return match script::transaction_of_reply(ctx) {
            Some(_) => reason_of(ctx.msg),
            None => Val::Str(b""),
        };
    }
    if current(ctx).is_none() {
        return Val::Str(b"");
    }
    let Some(view) = script::failure_view(ctx).filter(|_| ctx.routes.meets(Routes::FAILURE)) else {
        return ctx.unreadable();
    };
    match view.reply {
        Some((bytes, _)) => {
            let bytes = ctx.keep(&bytes);
            Message::parse(ctx.arena, bytes).map_or(Val::Null, reason_of)
        }
        None => Val::Str(crate::tm::status_text(view.code)),
    }
}

fn reply_last<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.status().filter(|_| ctx.routes.meets(Routes::TM_ONREPLY)) {
        Some(code) => Val::Int(i64::from(code)),
        None => ctx.unreadable(),
    }
}

/// Empty, not undefined, where there is none (captured).
fn ruid<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    let found = remote::branch_ruid(ctx);
    Val::Str(found.map(|ruid| ctx.keep(&ruid)).unwrap_or_default())
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
    let Some(tx) = script::transaction_of_reply(ctx) else { return Val::Null };
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

/// `$T(..)`: parts of a branch stand for the label (captured).
fn transaction<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let which = number(name);
    if which == BRANCH_INDEX {
        return branch_index(ctx);
    }
    let Some(tx) = current(ctx) else { return Val::Null };
    match which {
        ID_INDEX => Val::Int(i64::from(tx.hash)),
        REPLY_TYPE => {
            let faked = script::failure_view(ctx).is_some_and(|view| view.reply.is_none());
            Val::Int(i64::from(faked))
        }
        _ => Val::Int(i64::from(tx.label)),
    }
}

/// `$T_branch(..)` (captured): flags in routes after a reply, the URI in onreply_route only; parts of the
/// transaction cannot be read.
fn branch<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    if current(ctx).is_none() {
        return Val::Null;
    }
    let after = Routes::TM_ONREPLY.or(Routes::FAILURE).or(Routes::BRANCH_FAILURE);
    match number(name) {
        FLAGS if ctx.routes.meets(after) => {
            remote::branch_flags(ctx).map_or(Val::Null, |flags| Val::Int(i64::from(flags)))
        }
        URI if ctx.routes.meets(Routes::TM_ONREPLY) => {
            Val::opt(remote::branch_uri(ctx).map(|uri| ctx.keep(&uri)))
        }
        FLAGS | URI => Val::Null,
        RUID => ruid(ctx, name),
        _ => ctx.unreadable(),
    }
}
