//! Writers of outgoing messages.

mod local;
mod reply;
mod request;

pub use local::{ack_hop, local_ack, local_cancel};
pub use reply::{ReplyOut, reply, reply_forward};
pub(crate) use request::rewritten;
pub use request::{RequestOut, ViaOut, request};

use crate::via::Via;

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The address as text; IPv6 without brackets.
    pub ip: &'a [u8],
    /// The port.
    pub port: u16,
    /// Whether the port is noted in the Via although it has no `rport` (`force_rport()`).
    pub force_rport: bool,
}

/// The text for `received` and `rport` of a Via: what to put where its `rport` stands (or at its end).
pub(crate) struct ViaFix {
    pub(crate) received: bool,
    pub(crate) rport: bool,
}

impl ViaFix {
    pub(crate) fn new(via: &Via<'_>, source: &Source<'_>) -> ViaFix {
        let host = match via.host {
            [b'[', inner @ .., b']'] => inner,
            host => host,
        };
        ViaFix { received: host != source.ip, rport: source.force_rport || via.rport.is_some() }
    }
}
