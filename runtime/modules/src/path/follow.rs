//! `use_received`: the way back to the phone stands in our own Route.

use kamjit_engine::Ctx;
use kamjit_sip::{Params, escape::unescape};

use super::STATE;

/// Where our Route says that the phone came from becomes the next hop, whatever Routes follow (captured).
pub(super) fn received<'m>(ctx: &mut Ctx<'m>, params: &'m [u8]) {
    let Some(state) = STATE.get(ctx) else { return };
    let Some(param) = Params::new(params).get(&state.received_name) else { return };
    let value = param.unquoted();
    let next = if state.as_alias { from_alias(ctx, value) } else { unescape(ctx.arena, value) };
    if let Some(next) = next.filter(|next| !next.is_empty()) {
        ctx.main.dst_uri = Some(next);
    }
}

/// The URI of `ip~port~number of the transport`.
fn from_alias<'m>(ctx: &Ctx<'m>, value: &[u8]) -> Option<&'m [u8]> {
    let mut fields = value.split(|b| *b == b'~');
    let (ip, port, number) = (fields.next()?, fields.next()?, fields.next()?);
    let transport = match number {
        b"1" => "",
        b"2" => ";transport=tcp",
        b"3" => ";transport=tls",
        b"4" => ";transport=sctp",
        b"5" | b"6" => ";transport=ws",
        _ => return None,
    };
    if ip.is_empty() || fields.next().is_some() {
        return None;
    }
    let parts: [&[u8]; 5] = [b"sip:", ip, b":", port, transport.as_bytes()];
    Some(ctx.arena.alloc_slice_copy(&parts.concat()))
}
