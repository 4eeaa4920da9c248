//! CANCEL: received ones, and those that we send to branches that are not wanted any more.

use std::{rc::Rc, sync::Arc};

use kamjit_engine::{Ctx, Ret, fibre::Scope, worker::Worker};
use kamjit_sip::{Method, build};

use super::{
    STATE, create, current, hooks, local_reply, matching, stats,
    timer::{self, now},
    transaction::{CancelState, Inner, Transaction},
};

/// `Reason` for branches that lose against a reply of ours or of another branch, with its line end.
pub(super) fn reason_of_code(ctx: &Ctx<'_>, code: u16) -> Vec<u8> {
    let wanted = STATE.get(ctx).is_some_and(|s| s.params.local_cancel_reason.get() != 0);
    reason_text(code, wanted)
}

pub(super) fn reason_text(code: u16, wanted: bool) -> Vec<u8> {
    match (wanted, code) {
        (false, _) | (_, 0) => Vec::new(),
        (_, 200) => b"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n".to_vec(),
        (_, code) => format!("Reason: SIP;cause={code}\r\n").into_bytes(),
    }
}

/// A CANCEL arrived and the script relays it: it ends the branches of its INVITE. `None` if there is no INVITE.
pub(super) fn relay(ctx: &mut Ctx<'_>) -> Option<Ret> {
    let invite = matching::request(ctx, Method::INVITE)?;
    let tx = match create::ensure(ctx) {
        create::Created::Ready(tx) => tx,
        create::Created::Absorbed => return Some(Ret::EXIT),
        create::Created::Failed => return Some(Ret::FALSE),
    };
    current::of(ctx).relayed = true;
    let (pending, pass_reason) = {
        let mut inner = invite.inner();
        inner.switches.canceled = true;
        let pending = inner.uas.status < 200 && inner.uacs.iter().any(|u| u.is_pending());
        (pending, !inner.switches.no_e2e_cancel_reason)
    };
    let pass_reason = pass_reason && STATE.get(ctx).is_some_and(|s| s.params.e2e_cancel_reason.get() != 0);
    let mut headers = Vec::new();
    if pass_reason {
        for header in ctx.msg.headers_named(b"Reason") {
            let (from, to) = (header.offset as usize, header.end());
            headers.extend_from_slice(ctx.msg.buf().get(from..to).unwrap_or_default());
        }
    }
    let text: &[u8] = if pending { b"canceling" } else { b"ok -- no more pending branches" };
    local_reply::send(ctx, &tx, 200, text);
    if pending {
        all_pending(ctx.scope(), ctx.worker, &invite, &headers);
    }
    hooks::cancel(ctx, &invite);
    Some(Ret::TRUE)
}

/// Ends all branches that have no final reply. `headers` go into the CANCELs.
pub(super) fn all_pending(scope: &Scope, worker: &Rc<Worker>, tx: &Arc<Transaction>, headers: &[u8]) {
    some(scope, worker, tx, headers, |_| true);
}

/// The same for branches that `which` takes.
pub(super) fn some(
    scope: &Scope,
    worker: &Rc<Worker>,
    tx: &Arc<Transaction>,
    headers: &[u8],
    which: impl Fn(usize) -> bool,
) {
    let method = STATE.find(&tx.program).map_or(1, |s| s.params.cancel_b_method.get());
    let mut inner = tx.inner();
    let mut give_up = false;
    for n in 0..inner.uacs.len() {
        let uac = &mut inner.uacs[n];
        if !uac.is_pending() || uac.cancel != CancelState::None || uac.sent.is_empty() || !which(n) {
            continue;
        }
        uac.cancel = CancelState::Wanted;
        uac.cancel_headers = headers.into();
        if tx.method != Method::INVITE {
            continue;
        }
        if uac.status > 0 || method == 2 {
            send(scope, worker, tx, &mut inner, n);
        } else if method == 0 {
            uac.stop_timers();
            uac.overdue = true;
            give_up = true;
        }
    }
    timer::arm(worker, tx, &mut inner);
    drop(inner);
    if give_up {
        super::failure::spawn_timeouts(worker, Arc::clone(tx));
    }
}

/// Sends the CANCEL of a branch that wants one.
pub(super) fn send(scope: &Scope, worker: &Worker, tx: &Transaction, inner: &mut Inner, n: usize) {
    let (repeat, fr) = (inner.timers.retr1, inner.timers.fr);
    let Some(uac) = inner.uacs.get_mut(n).filter(|u| u.cancel == CancelState::Wanted) else { return };
    let Some(dest) = uac.dest else { return };
    let sent = scope.arena.alloc_slice_copy(&uac.sent);
    let Ok(request) = kamjit_sip::Message::parse(&scope.arena, sent) else { return };
    let extra = STATE.find(&tx.program).map(|s| &*s.params.extra_headers).unwrap_or_default();
    let keep: Vec<&[u8]> = extra.iter().map(|h| &**h).collect();
    let mut out = Vec::with_capacity(request.headers_end());
    build::local_cancel(request, &keep, &uac.cancel_headers, &mut out);
    worker.send(&dest, &out);
    uac.cancel = CancelState::Sent;
    uac.repeat_at = 0;
    let now = now(worker);
    if dest.proto.is_unreliable() {
        uac.cancel_repeat_step = repeat;
        uac.cancel_repeat_at = now + u64::from(repeat);
    }
    uac.cancel_until = now + fr.max(1);
    uac.cancel_sent = out.into();
}

/// A reply to our CANCEL: nothing more than the end of its retransmissions.
pub(super) fn on_reply(tx: &Transaction, n: usize, code: u16) {
    stats::count(&stats::STATS.replies_received);
    let mut inner = tx.inner();
    if let Some(uac) = inner.uacs.get_mut(n) {
        uac.cancel_repeat_at = 0;
        if code >= 200 {
            uac.stop_cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reason_text;

    #[test]
    fn reasons_as_captured() {
        assert_eq!(reason_text(200, true), b"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
        assert_eq!(reason_text(603, true), b"Reason: SIP;cause=603\r\n");
        assert!(reason_text(603, false).is_empty() && reason_text(0, true).is_empty());
    }
}
