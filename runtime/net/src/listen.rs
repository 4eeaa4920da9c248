//! What a `listen=` line says, resolved to one address.

use std::net::SocketAddr;

pub use kamjit_sip::Proto;

/// Index of a listener in the [`crate::SocketTable`], in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u16);

/// One listener to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenSpec {
    /// Transport.
    pub proto: Proto,
    /// Address to bind; port 0 lets the system choose (tests).
    pub addr: SocketAddr,
    /// Host and port shown to others instead of `addr` (`advertise`); port 0 stands for the port of `addr`.
    pub advertise: Option<(String, u16)>,
    /// Name of the listener (`name "..."`), as `$fsn`, `$Rn` use it.
    pub name: Option<String>,
}

impl ListenSpec {
    /// A listener without `advertise` and name.
    pub fn new(proto: Proto, addr: SocketAddr) -> Self {
        ListenSpec { proto, addr, advertise: None, name: None }
    }
}
