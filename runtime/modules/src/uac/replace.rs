//! `uac_replace_from` and `uac_replace_to`.

use kamjit_engine::{Arg, Ctx, Ret, Val, avp::AvpValue};
use kamjit_sip::{HeaderKind, NameAddr, text::trim_end};

use super::{RestoreMode, STATE, Side, State, store};
use crate::rr;

/// From, as far as it can be read.
pub(super) fn from_of<'m>(ctx: &Ctx<'m>) -> Option<NameAddr<'m>> {
    ctx.msg.header(HeaderKind::From)?;
    ctx.msg.from().ok().copied()
}

/// To.
pub(super) fn to_of<'m>(ctx: &Ctx<'m>) -> Option<NameAddr<'m>> {
    Some(*ctx.msg.to())
}

/// Display name and URI of a value, without its parameters.
pub(super) fn head<'a>(addr: &NameAddr<'a>) -> &'a [u8] {
    let end = kamjit_sip::text::offset_in(addr.raw, addr.params_raw)
        .filter(|_| !addr.params_raw.is_empty())
        .unwrap_or(addr.raw.len());
    trim_end(&addr.raw[..end])
}

pub(super) fn from<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some(addr) = from_of(ctx) else { return Ret::FALSE };
    replace(ctx, args, state, &state.from, addr)
}

pub(super) fn to<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some(addr) = to_of(ctx) else { return Ret::FALSE };
    replace(ctx, args, state, &state.to, addr)
}

/// With one argument the display name stays; with two an empty one takes it away. An empty URI stays.
fn replace<'m>(
    ctx: &mut Ctx<'m>,
    args: &'m [Arg],
    state: &'m State,
    side: &'m Side,
    addr: NameAddr<'m>,
) -> Ret {
    let (display, uri) = match args {
        [uri] => (None, uri.text(ctx)),
        [display, uri] => (Some(display.text(ctx)), uri.text(ctx)),
        _ => return Ret::FALSE,
    };
    let Some(at) = ctx.msg.offset_of(addr.uri) else { return Ret::FALSE };
    if ctx.edits.deletes(at, addr.uri.len()) {
        return Ret::FALSE;
    }
    if !uri.is_empty() && state.mode != RestoreMode::None && !keep(ctx, state, side, &addr, uri) {
        return Ret::FALSE;
    }
    if let Some(display) = display {
        replace_display(ctx, &addr, at, display);
    }
    if !uri.is_empty() {
        ctx.edits.replace(at, addr.uri.len(), uri);
    }
    Ret::TRUE
}

/// A display name needs the URI in angle brackets.
fn replace_display(ctx: &Ctx<'_>, addr: &NameAddr<'_>, uri_at: usize, display: &[u8]) {
    match ctx.msg.offset_of(addr.display).filter(|_| !addr.display.is_empty()) {
        Some(at) if display.is_empty() => drop(ctx.edits.delete(at, addr.display.len())),
        Some(at) => ctx.edits.replace(at, addr.display.len(), display),
        None if display.is_empty() => {}
        None if addr.bracketed => {
            let start = ctx.msg.offset_of(addr.raw).unwrap_or(uri_at);
            ctx.edits.insert(start, &[display, b" "].concat());
        }
        None => {
            ctx.edits.insert(uri_at, &[display, b" <"].concat());
            ctx.edits.insert(uri_at + addr.uri.len(), b">");
        }
    }
}

/// Keeps the first URI in the dialog's route and what replies get back in the transaction.
fn keep<'m>(ctx: &mut Ctx<'m>, state: &State, side: &'m Side, addr: &NameAddr<'m>, uri: &[u8]) -> bool {
    let Some(value) = store::encode(addr.uri, uri, &state.password) else { return false };
    rr::add_param(ctx, &[b";", &side.param[..], b"=", &value].concat());
    ctx.avps.add(side.kept.clone(), AvpValue::Str(head(addr).into()));
    if let Some(avp) = &side.avp {
        avp.set(ctx, Val::Str(addr.uri));
    }
    true
}
