//! Where a request goes: one entry for the request URI itself and one for each further branch.

use bumpalo::Bump;
use kamjit_net::SocketId;

/// A destination of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Branch<'m> {
    /// The request URI; `None` for the main branch: the one in the message.
    pub uri: Option<&'m [u8]>,
    /// Next hop (`$du`), a URI.
    pub dst_uri: Option<&'m [u8]>,
    /// Path vector: the value of the Route header to be added.
    pub path: Option<&'m [u8]>,
    /// q value in thousandths; negative if unspecified.
    pub q: i32,
    /// Branch flags.
    pub flags: u32,
    /// The socket to send from (`$fs`).
    pub send_socket: Option<SocketId>,
    /// The contact's instance (`+sip.instance`).
    pub instance: Option<&'m [u8]>,
    /// Our unique id of the contact.
    pub ruid: Option<&'m [u8]>,
    /// User agent that registered the contact.
    pub user_agent: Option<&'m [u8]>,
    /// RFC 5626 reg-id.
    pub reg_id: u32,
    /// `otcpid`: the connection that the contact was registered over.
    pub connection: Option<u64>,
}

/// The q value that means "none given".
pub const Q_UNSPECIFIED: i32 = -1;

impl<'m> Branch<'m> {
    /// An empty entry.
    pub fn new() -> Branch<'m> {
        Branch { q: Q_UNSPECIFIED, ..Branch::default() }
    }

    /// An owned copy.
    pub fn freeze(&self) -> OwnedBranch {
        OwnedBranch {
            uri: self.uri.map(Into::into),
            dst_uri: self.dst_uri.map(Into::into),
            path: self.path.map(Into::into),
            q: self.q,
            flags: self.flags,
            send_socket: self.send_socket,
            instance: self.instance.map(Into::into),
            ruid: self.ruid.map(Into::into),
            user_agent: self.user_agent.map(Into::into),
            reg_id: self.reg_id,
            connection: self.connection,
        }
    }
}

/// A branch that outlives the run.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // The same fields as in `Branch`.
pub struct OwnedBranch {
    pub uri: Option<Box<[u8]>>,
    pub dst_uri: Option<Box<[u8]>>,
    pub path: Option<Box<[u8]>>,
    pub q: i32,
    pub flags: u32,
    pub send_socket: Option<SocketId>,
    pub instance: Option<Box<[u8]>>,
    pub ruid: Option<Box<[u8]>>,
    pub user_agent: Option<Box<[u8]>>,
    pub reg_id: u32,
    pub connection: Option<u64>,
}

impl OwnedBranch {
    /// A copy in an arena.
    pub fn thaw<'m>(&self, arena: &'m Bump) -> Branch<'m> {
        let copy = |bytes: &Option<Box<[u8]>>| bytes.as_ref().map(|b| &*arena.alloc_slice_copy(b));
        Branch {
            uri: copy(&self.uri),
            dst_uri: copy(&self.dst_uri),
            path: copy(&self.path),
            q: self.q,
            flags: self.flags,
            send_socket: self.send_socket,
            instance: copy(&self.instance),
            ruid: copy(&self.ruid),
            user_agent: copy(&self.user_agent),
            reg_id: self.reg_id,
            connection: self.connection,
        }
    }
}
