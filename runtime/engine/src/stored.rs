//! A request that outlives its run: what a transaction keeps, and how a later run (failure_route, branch_route, a
//! reply made here) gets it back.

use std::rc::Rc;

use kamjit_catalog::Routes;
use kamjit_net::ReceiveInfo;
use kamjit_sip::{Message, OwnedEdits, ParseError};

use crate::{
    branch::OwnedBranch,
    ctx::{Ctx, Flags},
    fibre::Scope,
    program::Program,
    worker::Worker,
};

/// A request with everything the script did to it, except AVPs (the transaction holds those itself).
#[derive(Debug)]
pub struct StoredRequest {
    /// The bytes as received (or as `msg_apply_changes()` made them).
    pub bytes: Box<[u8]>,
    /// Where it came from.
    pub rcv: ReceiveInfo,
    /// Edits recorded before it was stored.
    pub edits: OwnedEdits,
    /// Request URI and destination.
    pub main: OwnedBranch,
    /// Further branches.
    pub branches: Vec<OwnedBranch>,
    /// Flags.
    pub flags: Flags,
    /// `$mi`.
    pub message_id: u64,
}

impl StoredRequest {
    /// Copies the request of a context.
    pub fn freeze(ctx: &Ctx<'_>) -> StoredRequest {
        StoredRequest {
            bytes: ctx.msg.buf().into(),
            rcv: ctx.rcv,
            edits: ctx.edits.freeze(),
            main: ctx.main.freeze(),
            branches: ctx.branches.iter().map(|b| b.freeze()).collect(),
            flags: ctx.flags,
            message_id: ctx.message_id,
        }
    }

    /// A context on this request for another run. The bytes were parsed before, so an error means memory was
    /// mixed up; it is passed on all the same.
    pub fn thaw<'m>(
        &'m self,
        scope: &'m Scope,
        worker: &'m Rc<Worker>,
        program: &'m Program,
        routes: Routes,
    ) -> Result<Ctx<'m>, ParseError> {
        let arena = &scope.arena;
        let msg = Message::parse(arena, &self.bytes)?;
        let mut ctx = Ctx::new(scope, worker, program, msg, self.rcv, routes);
        ctx.edits = self.edits.thaw(arena);
        ctx.main = self.main.thaw(arena);
        ctx.branches = self.branches.iter().map(|b| b.thaw(arena)).collect();
        ctx.flags = self.flags;
        ctx.message_id = self.message_id;
        Ok(ctx)
    }
}
