//! A transaction: the request as received, the replies to it, and the branches on which it was sent on.
//!
//! Two locks: `inner` (a plain mutex, held for a few assignments, never across a wait) guards the data; `routes`
//! (an asynchronous one) makes script runs and decisions of one transaction follow each other.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

use kamjit_engine::{
    avp::Avps,
    branch::OwnedBranch,
    ctx::Flags,
    dest::Destination,
    program::{Program, RouteIndex},
    stored::StoredRequest,
    xavp::Xavps,
};
use kamjit_net::ReceiveInfo;
use kamjit_sip::{Method, OwnedEdits, branch::Md5Hex};

use super::uac::Listener;

/// One transaction.
pub struct Transaction {
    /// tm's hash of Call-ID and CSeq (`$T(id_index)`).
    pub hash: u32,
    /// Tells transactions of one hash apart (`$T(id_label)`).
    pub label: u32,
    /// The method of the request.
    pub method: Method,
    /// The program that its routes run.
    pub program: Arc<Program>,
    /// Made here, without a received request.
    pub local: bool,
    pub(super) md5: Md5Hex,
    pub(super) routes: tokio::sync::Mutex<()>,
    pub(super) removed: AtomicBool,
    inner: Mutex<Inner>,
}

/// Lengths in ticks, as this transaction uses them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timers {
    pub(super) fr: u64,
    pub(super) fr_inv: u64,
    pub(super) retr1: u32,
    pub(super) retr2: u32,
    pub(super) lifetime: u64,
}

/// Routes that are armed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Armed {
    pub(super) failure: Option<RouteIndex>,
    pub(super) reply: Option<RouteIndex>,
    pub(super) branch: Option<RouteIndex>,
    pub(super) branch_failure: Option<RouteIndex>,
}

/// Switches of a transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Switches {
    pub(super) canceled: bool,
    pub(super) suspended: bool,
    pub(super) disable_6xx: bool,
    pub(super) no_auto_100: bool,
    pub(super) no_internal_reply: bool,
    pub(super) no_e2e_cancel_reason: bool,
    pub(super) any_timeout: bool,
    /// A timer works on it just now, not a message.
    pub(super) by_timer: bool,
    pub(super) waiting: bool,
    pub(super) use_uac_headers: bool,
    pub(super) keep_replies: Option<i64>,
}

/// What may change.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) request: Option<Arc<StoredRequest>>,
    /// Flags of the request as the last route left them.
    pub(super) flags: Flags,
    pub(super) avps: Avps,
    pub(super) xavps: Xavps,
    pub(super) armed: Armed,
    pub(super) switches: Switches,
    pub(super) timers: Timers,
    pub(super) uas: Uas,
    pub(super) uacs: Vec<Uac>,
    /// Branches before this one take no part in choosing a reply (serial forking).
    pub(super) first: usize,
    /// Contacts that wait for their turn (`t_next_contacts`).
    pub(super) contacts: Vec<Vec<OwnedBranch>>,
    /// Deadline of the whole transaction and of its stay after the end, in ticks; 0: none.
    pub(super) expires_at: u64,
    pub(super) wait_until: u64,
    /// The tick at which the one timer that counts is due, and its number.
    pub(super) timer_due: u64,
    pub(super) timer_number: u64,
    /// Who waits for the end of a request made here.
    pub(super) listener: Option<Listener>,
    /// When it began.
    pub(super) born: u64,
}

/// The receiving side.
#[derive(Default)]
pub(super) struct Uas {
    pub(super) dest: Option<Destination>,
    /// Code of the last reply that was sent; 0: none.
    pub(super) status: u16,
    /// That reply's bytes.
    pub(super) reply: Vec<u8>,
    /// When the final reply is repeated, and the interval in ticks. 0: not.
    pub(super) repeat_at: u64,
    pub(super) repeat_step: u32,
    /// When waiting for the ACK ends. 0: not.
    pub(super) ack_until: u64,
}

/// The states of the CANCEL of a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CancelState {
    /// None wanted.
    #[default]
    None,
    /// Wanted, but no reply came yet.
    Wanted,
    /// Sent.
    Sent,
}

/// One branch on the sending side.
#[derive(Default)]
pub(super) struct Uac {
    /// The request as sent; empty for a branch that never left.
    pub(super) sent: Box<[u8]>,
    pub(super) dest: Option<Destination>,
    pub(super) target: OwnedBranch,
    /// Code of the last reply; 0: none.
    pub(super) status: u16,
    /// The last final negative reply, as long as it may be chosen.
    pub(super) reply: Option<Box<StoredReply>>,
    /// The final reply was made up here.
    pub(super) faked: bool,
    pub(super) replied: bool,
    pub(super) timed_out: bool,
    pub(super) on_reply: Option<RouteIndex>,
    /// The branch failure route that was armed when the branch was made.
    pub(super) on_failure: Option<RouteIndex>,
    pub(super) repeat_at: u64,
    pub(super) repeat_step: u32,
    pub(super) give_up_at: u64,
    /// `give_up_at` passed, and the fibre that deals with it was not yet there.
    pub(super) overdue: bool,
    pub(super) cancel: CancelState,
    pub(super) cancel_headers: Box<[u8]>,
    /// The CANCEL as sent; repeated like a request.
    pub(super) cancel_sent: Box<[u8]>,
    pub(super) cancel_repeat_at: u64,
    pub(super) cancel_repeat_step: u32,
    pub(super) cancel_until: u64,
    /// The ACK to the negative final reply.
    pub(super) ack: Box<[u8]>,
}

/// A reply that outlives its message.
pub(super) struct StoredReply {
    pub(super) bytes: Box<[u8]>,
    pub(super) edits: OwnedEdits,
    pub(super) rcv: ReceiveInfo,
}

impl Uac {
    /// No final reply yet, and none will be made up.
    pub(super) fn is_pending(&self) -> bool {
        self.status < 200
    }

    pub(super) fn stop_timers(&mut self) {
        self.repeat_at = 0;
        self.give_up_at = 0;
        self.overdue = false;
    }

    pub(super) fn stop_cancel(&mut self) {
        self.cancel_repeat_at = 0;
        self.cancel_until = 0;
    }
}

impl Transaction {
    pub(super) fn new(
        hash: u32,
        md5: Md5Hex,
        method: Method,
        program: Arc<Program>,
        local: bool,
        inner: Inner,
    ) -> Arc<Transaction> {
        Arc::new(Transaction {
            hash,
            label: super::table::table().next_label(),
            method,
            program,
            local,
            md5,
            routes: tokio::sync::Mutex::new(()),
            removed: AtomicBool::new(false),
            inner: Mutex::new(inner),
        })
    }

    /// The data. Never hold this across a wait or a script.
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Whether the request is an INVITE.
    pub fn is_invite(&self) -> bool {
        self.method == Method::INVITE
    }

    /// The newest value of a pair that the transaction keeps, if it is text.
    pub(crate) fn avp(&self, name: &kamjit_engine::avp::AvpName) -> Option<Box<[u8]>> {
        match self.inner().avps.get(name, 0) {
            Some(kamjit_engine::avp::AvpValue::Str(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The flags of the request.
    pub fn flags(&self) -> Flags {
        self.inner().flags
    }

    /// The request URI of a branch, or of the one that was added last.
    pub fn target(&self, branch: Option<usize>) -> Option<Box<[u8]>> {
        let inner = self.inner();
        let uac = match branch {
            Some(n) => inner.uacs.get(n),
            None => inner.uacs.last(),
        };
        uac.and_then(|uac| uac.target.uri.clone())
    }

    /// Resets flags of the request: bits of `mask`.
    pub fn clear_flags(&self, mask: u32) {
        self.inner().flags.message &= !mask;
    }

    /// Code of the last reply sent upstream; 0: none.
    pub fn status(&self) -> u16 {
        self.inner().uas.status
    }

    /// Whether it was taken out of the table.
    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Relaxed)
    }
}
