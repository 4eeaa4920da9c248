//! Writers of outgoing messages.

mod local;
mod reply;
mod request;

pub use local::{local_ack, local_cancel};
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

/// What is noted in a Via about where the request came from.
pub(crate) struct ViaFix {
    /// `received` is written: the sent-by host is not the source, or the sender wrote a `received` or `rport` itself
    /// (captured; RFC 3581 section 4).
    pub(crate) received: bool,
    /// `rport` is written: it stands there, or the script asked for it.
    pub(crate) rport: bool,
}

impl ViaFix {
    pub(crate) fn new(via: &Via<'_>, source: &Source<'_>) -> ViaFix {
        let host = match via.host {
            [b'[', inner @ .., b']'] => inner,
            host => host,
        };
        ViaFix {
            received: via.received_span.is_some()
                || via.rport_span.is_some()
                || !host.eq_ignore_ascii_case(source.ip),
            rport: source.force_rport || via.rport.is_some(),
        }
    }
}
