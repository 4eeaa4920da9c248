//! Places on the way of a message where modules take part.

use crate::ctx::Ctx;

/// What a reply handler did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyVerdict {
    /// Not mine: the next handler, and at last stateless forwarding.
    Pass,
    /// Taken care of.
    Handled,
}

/// Sees a request before `request_route`; false: do not run the script.
pub type BeforeScript = for<'m> fn(&mut Ctx<'m>) -> bool;
/// Sees a message after its script.
pub type AfterScript = for<'m> fn(&mut Ctx<'m>);
/// Takes a reply after `reply_route` (tm).
pub type OnReply = for<'m> fn(&mut Ctx<'m>) -> ReplyVerdict;
/// Sees an ACK before the script (sl filters the ACKs to its own replies); true: drop it.
pub type FilterAck = for<'m> fn(&mut Ctx<'m>) -> bool;
/// Adds to `uri == myself` (domain's register_myself); gets host and port.
pub type IsMyself = fn(&crate::program::Program, &[u8], u16) -> bool;

/// All hooks of a program, in the order of initialisation.
#[derive(Default)]
pub struct Hooks {
    /// See [`BeforeScript`].
    pub before_request: Vec<BeforeScript>,
    /// See [`AfterScript`].
    pub after_request: Vec<AfterScript>,
    /// Sees a reply before `reply_route`.
    pub before_reply: Vec<AfterScript>,
    /// See [`OnReply`].
    pub on_reply: Vec<OnReply>,
    /// See [`AfterScript`].
    pub after_reply: Vec<AfterScript>,
    /// See [`IsMyself`].
    pub is_myself: Vec<IsMyself>,
}
