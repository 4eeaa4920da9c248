//! The script functions and variables of `sl`.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, InnerName},
    forward,
    log::{self, Level},
    module::Prepare,
    pv::{FormatPiece, Inner, PvDef, PvName, named},
};

use super::{STATE, reply, stateful_or_stateless, stateless};

/// Code and reason of a call. Captured: a variable that holds no integer gives the default code, an undefined
/// variable the default reason; an empty reason stays empty.
fn code_and_reason<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> (i64, &'m [u8]) {
    let [code, reason, ..] = args else { return (500, b"Internal Server Error") };
    let code = code.value(ctx);
    let reason = match reason {
        // Captured: of a text that begins with a variable only the variable counts.
        Arg::Format(format) => match format.pieces() {
            [FormatPiece::Var(pv), ..] => pv.get(ctx),
            _ => reason.value(ctx),
        },
        _ => reason.value(ctx),
    };
    let state = STATE.get(ctx);
    let code = match code {
        Val::Int(n) if n >= 0 => n,
        _ => {
            log::core(Level::Err, format_args!("the code of a reply is no number"));
            state.map_or(500, |s| s.default_code)
        }
    };
    let reason = match (reason, state) {
        (Val::Null, Some(state)) => &state.default_reason,
        (other, _) => other.to_bytes(ctx.arena),
    };
    (code, reason)
}

pub(super) fn sl_send_reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (code, reason) = code_and_reason(ctx, args);
    stateless(ctx, code, reason).into()
}

pub(super) fn send_reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (code, reason) = code_and_reason(ctx, args);
    stateful_or_stateless(ctx, code, reason).into()
}

pub(super) fn sl_reply_error<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    reply::error_reply(ctx).into()
}

pub(super) fn send_reply_error<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let (code, reason) = super::stateful::last_error(ctx).unwrap_or((500, "Server error occurred"));
    stateful_or_stateless(ctx, i64::from(code), reason.as_bytes()).into()
}

/// Forwards the reply at hand, with another code and reason if they are given.
pub(super) fn sl_forward_reply<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let code = args.first().map(|arg| arg.text(ctx)).filter(|text| !text.is_empty());
    let reason = args.get(1).map(|arg| arg.text(ctx)).filter(|text| !text.is_empty());
    let kamjit_sip::FirstLine::Reply(line) = ctx.msg.first_line() else { return Ret::FALSE };
    let msg = ctx.msg;
    if let Some(code) = code {
        let class = line.status / 100;
        let wanted = Val::Str(code).to_int();
        if code.len() != 3 || wanted / 100 != i64::from(class) {
            return Ret::FALSE;
        }
        replace(ctx, line.status_raw, code, msg);
    }
    if let Some(reason) = reason {
        replace(ctx, line.reason, reason, msg);
    }
    forward::reply(ctx).into()
}

fn replace(ctx: &Ctx<'_>, old: &[u8], new: &[u8], msg: &kamjit_sip::Message<'_>) {
    if let Some(offset) = msg.offset_of(old) {
        ctx.edits.replace(offset, old.len(), new);
    }
}

/// `$ltt(x)`: the To-tag that a local reply would get; `s` stateless, `t` of the transaction, `x` either.
fn local_to_tag<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let which = name.text(ctx);
    if matches!(which, b"t" | b"x")
        && let Some(tag) = super::stateful::local_tag(ctx)
    {
        return Val::Str(tag);
    }
    if which == b"t" {
        return Val::Null;
    }
    let msg = ctx.msg;
    Val::opt(STATE.get(ctx).map(|state| state.tags.make(msg)))
}

fn parse_tag_kind(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"s" | b"t" | b"x" => Ok(Inner::Text(name.into())),
        _ => Err(HostError::new(format!("$ltt has no part '{}'", name.escape_ascii())).help("s, t or x")),
    }
}

pub(super) static PVS: &[PvDef] = &[named("ltt", InnerName::Static, local_to_tag, Some(parse_tag_kind))];
