//! Calls from the script: `jsonrpc_exec()` and `$jsonrpl(code|text|body)`.

use kamjit_engine::{
    Ctx, Val,
    catalog::{HostError, Place},
    module::{Arg, Prepare, Ret},
    pv::{Inner, PvName},
};

use super::{STATE, answer::answer};

/// Result of the last call of this message.
struct LastReply {
    code: i64,
    text: Vec<u8>,
    body: Vec<u8>,
}

/// A part of the result.
#[derive(Clone, Copy)]
enum Part {
    Code,
    Text,
    Body,
}

pub(super) fn exec<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let text = args.first().map(|a| a.text(ctx)).unwrap_or_default();
    let engine = std::sync::Arc::clone(ctx.engine());
    let answered = match ctx.wait(answer(&engine, text, state.layout)) {
        Ok(answered) => answered,
        Err(cancelled) => return cancelled.into(),
    };
    let Ok(answered) = answered else {
        tracing::error!("jsonrpc_exec: not a JSON document");
        return Ret::FALSE;
    };
    let (code, reason) = match answered.outcome {
        Ok(_) => (200, b"OK".to_vec()),
        Err(fault) => (i64::from(fault.code), fault.message.into_bytes()),
    };
    ctx.ext.set(LastReply { code, text: reason, body: answered.text });
    Ret::TRUE
}

pub(super) fn prepare_dispatch(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("jsonrpc_dispatch() needs the module xhttp, which kamjit does not have yet"))
}

pub(super) fn dispatch<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::FALSE
}

pub(super) fn parse_reply(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let part = match name {
        b"code" => Part::Code,
        b"text" => Part::Text,
        b"body" => Part::Body,
        _ => return Err(HostError::new("$jsonrpl has code, text and body")),
    };
    Ok(Inner::Digested(Box::new(part)))
}

/// Before any call the code is 0 and the others are undefined (captured).
pub(super) fn reply<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let (arena, last) = (ctx.arena, ctx.ext.get::<LastReply>());
    match (name.digested::<Part>(), last) {
        (Some(Part::Code), last) => Val::Int(last.map_or(0, |l| l.code)),
        (Some(Part::Text), Some(last)) => Val::Str(arena.alloc_slice_copy(&last.text)),
        (Some(Part::Body), Some(last)) => Val::Str(arena.alloc_slice_copy(&last.body)),
        _ => Val::Null,
    }
}
