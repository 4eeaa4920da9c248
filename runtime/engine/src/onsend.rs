//! `onsend_route`: runs just before a request is sent on, and with `onsend_route_reply` before a reply is.
//!
//! Captured: it runs once a branch, after all branch routes, on the message as it was received; not for
//! retransmissions, local replies, nor for the CANCEL and ACK that tm makes. Only `drop` keeps the message back.

use std::net::SocketAddr;

use kamjit_catalog::Routes;

use crate::{
    ctx::{Ctx, Ended},
    dest::Destination,
};

/// What `$snd(..)`, `$sndfrom(..)` and the words `snd_ip`, `to_ip`... mean while `onsend_route` runs.
#[derive(Clone, Copy)]
pub struct Sending<'m> {
    /// Where the message goes.
    pub dest: Destination,
    /// The address of the socket that it leaves from.
    pub from: SocketAddr,
    /// Its bytes.
    pub bytes: &'m [u8],
}

/// Whether a request may go out: there is no `onsend_route`, or it does not drop it.
pub fn passes_request(ctx: &mut Ctx<'_>, dest: &Destination, bytes: &[u8]) -> bool {
    ctx.program.onsend_route.is_none() || passes(ctx, dest, bytes)
}

/// Whether a reply may go out.
pub fn passes_reply(ctx: &mut Ctx<'_>, dest: &Destination, bytes: &[u8]) -> bool {
    ctx.program.onsend_route.is_none() || !ctx.program.globals.onsend_route_reply || passes(ctx, dest, bytes)
}

#[cold]
fn passes(ctx: &mut Ctx<'_>, dest: &Destination, bytes: &[u8]) -> bool {
    let Some(route) = ctx.program.onsend_route else { return true };
    // What the route itself sends does not run it again: that would have no end.
    if ctx.sending().is_some() {
        return true;
    }
    let Some(from) = ctx.engine().sockets.get(dest.socket).map(|info| info.addr) else { return true };
    let bytes = ctx.keep(bytes);
    let before = ctx.set_sending(Some(Sending { dest: *dest, from, bytes }));
    let ended = ctx.run_route_as(route, Routes::ONSEND);
    ctx.set_sending(before);
    !matches!(ended, Ended::Drop | Ended::Cancelled)
}
