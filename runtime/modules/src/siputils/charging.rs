//! P-Charging-Vector (RFC 7315 section 5.6).

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::HostError,
    module::Prepare,
    pv::{Inner, PvName},
};
use kamjit_sip::{Params, text::trim};
use rand::RngCore;

const NAME: &[u8] = b"P-Charging-Vector";

/// What the script did to the header.
enum Changed {
    Removed,
    Generated(Vec<u8>),
}

/// `sip_p_charging_vector(flags)`: `r` removes, `g` generates one if there is none, `f` does both. (The real server
/// does not get rid of the header and sends stray bytes with `f`, captured; its README is followed.)
pub(super) fn charging_vector<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(flags) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let remove = flags.iter().any(|b| matches!(b, b'r' | b'R' | b'f' | b'F'));
    let generate = flags.iter().any(|b| matches!(b, b'g' | b'G' | b'f' | b'F'));
    if remove {
        ctx.msg.headers_named(NAME).for_each(|header| {
            ctx.edits.remove_header(header);
        });
        ctx.ext.set(Changed::Removed);
    }
    if generate && current(ctx).is_none() {
        let value = new_value(ctx);
        let mut line = ArenaVec::new_in(ctx.arena);
        for part in [NAME, b": ", &value, b"\r\n"] {
            line.extend_from_slice_copy(part);
        }
        ctx.edits.append_header(ctx.msg, &line);
        ctx.ext.set(Changed::Generated(value));
    }
    Ret::TRUE
}

/// A charging id of 32 hex digits and the address that received the message.
fn new_value(ctx: &Ctx<'_>) -> Vec<u8> {
    let mut id = [0; 16];
    rand::rng().fill_bytes(&mut id);
    let id: String = id.iter().map(|b| format!("{b:02X}")).collect();
    format!("icid-value={id}; icid-generated-at={}", ctx.rcv.dst.ip()).into_bytes()
}

fn current<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    match ctx.ext.get::<Changed>() {
        Some(Changed::Removed) => None,
        Some(Changed::Generated(value)) => Some(ctx.keep(value)),
        None => ctx.msg.headers_named(NAME).next().map(|h| h.value),
    }
}

/// The parts of `$pcv`.
pub(super) fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"all" | b"value" | b"genaddr" | b"orig" | b"term" => Ok(Inner::Text(name.into())),
        _ => Err(HostError::new(format!("$pcv has no part '{}'", name.escape_ascii()))
            .help("all, value, genaddr, orig or term")),
    }
}

/// `$pcv(all)` and its parts.
pub(super) fn variable<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let part: &[u8] = match name.text(ctx) {
        b"value" => b"icid-value",
        b"genaddr" => b"icid-generated-at",
        b"orig" => b"orig-ioi",
        b"term" => b"term-ioi",
        _ => b"",
    };
    let Some(value) = current(ctx) else { return Val::Null };
    if part.is_empty() {
        return Val::Str(trim(value));
    }
    Params::new(value).get(part).and_then(|p| p.value).map_or(Val::Null, Val::Str)
}
