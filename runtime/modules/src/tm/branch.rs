//! One branch: its branch_route, its destination, the request as it goes out.

use std::sync::Arc;

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{
    Ctx, Ended,
    branch::Branch,
    catalog::Routes,
    ctx::send_flags,
    dest::{Asked, Destination, NoDestination},
    onsend,
    program::RouteIndex,
};
use kamjit_sip::{Proto, Uri, branch::put_branch};

use super::{
    current, error,
    timer::{self, now},
    transaction::{Transaction, Uac},
};

/// Branches that a transaction may have over its life.
const MAX_UACS: usize = 32;

/// A next hop that overrides `$du` and the URI.
#[derive(Clone, Debug, Default)]
pub(super) struct Forced {
    pub(super) host: Option<Box<[u8]>>,
    pub(super) port: Option<u16>,
    pub(super) proto: Option<Proto>,
}

/// Why a branch was not made.
pub(super) enum NoBranch {
    /// The branch route dropped it.
    Dropped,
    /// It can't be sent; the number of the failure.
    Failed(i32),
    /// The run was cancelled.
    Cancelled,
}

/// Adds a branch to the transaction. It is not sent yet.
pub(super) fn add<'m>(
    ctx: &mut Ctx<'m>,
    tx: &Arc<Transaction>,
    target: Branch<'m>,
    route: Option<RouteIndex>,
    forced: Option<&Forced>,
) -> Result<(), NoBranch> {
    let n = tx.inner().uacs.len();
    if n >= MAX_UACS {
        return Err(NoBranch::Failed(error::UNSPECIFIED));
    }
    let before = ctx.main;
    // Captured: the q value stays that of the request URI.
    ctx.main = Branch { q: before.q, ..target };
    let mark = ctx.edits.mark();
    let result = run_and_build(ctx, tx, n, route, forced);
    ctx.edits.rollback(mark);
    ctx.main = before;
    let cur = current::of(ctx);
    cur.branch = None;
    let on_reply = cur.branch_on_reply.take();
    let mut uac = result?;
    uac.on_reply = on_reply;
    let mut inner = tx.inner();
    uac.on_failure = inner.armed.branch_failure;
    inner.uacs.push(uac);
    Ok(())
}

fn run_and_build(
    ctx: &mut Ctx<'_>,
    tx: &Arc<Transaction>,
    n: usize,
    route: Option<RouteIndex>,
    forced: Option<&Forced>,
) -> Result<Uac, NoBranch> {
    if let Some(route) = route {
        current::of(ctx).branch = Some(n);
        // Script flags begin anew in each route that tm runs (captured).
        let script_flags = crate::pv::script_flags(ctx);
        crate::pv::set_script_flags(ctx, 0);
        let ended = ctx.run_route_as(route, Routes::BRANCH);
        crate::pv::set_script_flags(ctx, script_flags);
        match ended {
            Ended::Drop => return Err(NoBranch::Dropped),
            Ended::Cancelled => return Err(NoBranch::Cancelled),
            Ended::Normal | Ended::Exit => {}
        }
    }
    let mut dest = destination(ctx, forced).map_err(|why| match why {
        NoDestination::Cancelled => NoBranch::Cancelled,
        why => NoBranch::Failed(error::of_destination(why)),
    })?;
    let mut out = ArenaVec::with_capacity_in(ctx.msg.buf().len() + 512, ctx.arena);
    if !write(ctx, tx, n, &mut dest, &mut out) {
        return Err(NoBranch::Failed(error::SEND));
    }
    Ok(Uac { sent: Box::from(&out[..]), dest: Some(dest), target: ctx.main.freeze(), ..Uac::default() })
}

/// Where the request goes: the forced host, else `$du`, else the URI.
pub(super) fn destination(ctx: &mut Ctx<'_>, forced: Option<&Forced>) -> Result<Destination, NoDestination> {
    let connect = ctx.flags.send & send_flags::FORWARD_NO_CONNECT == 0;
    let socket = ctx.send_socket();
    let uri = match ctx.main.dst_uri {
        Some(next) => Uri::parse(next).map_err(|_| NoDestination::BadUri)?,
        None => ctx.parsed_ruri().ok_or(NoDestination::BadUri)?,
    };
    let Some(forced) = forced else { return ctx.resolve_one(&uri, socket, connect) };
    let of_uri = Asked::from_uri(&uri);
    let asked = match (&forced.host, of_uri) {
        (Some(host), _) => {
            let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
            Asked { host, port: forced.port, proto: forced.proto, sips: false }
        }
        (None, Some(asked)) => Asked { proto: forced.proto.or(asked.proto), ..asked },
        (None, None) => return Err(NoDestination::BadUri),
    };
    ctx.resolve_asked(&asked, socket, connect)
}

fn write<'m>(
    ctx: &Ctx<'m>,
    tx: &Transaction,
    n: usize,
    dest: &mut Destination,
    out: &mut ArenaVec<'m, u8>,
) -> bool {
    let mut branch = ArenaVec::with_capacity_in(64, ctx.arena);
    put_branch(&mut branch, tx.hash, &tx.md5, n as u32);
    ctx.write_request(dest, &branch, out)
}

/// Runs `onsend_route` for the branches from `first` on; those that it drops are marked as failed.
fn ask_onsend(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, first: usize) {
    for n in first.. {
        let (dest, bytes) = {
            let inner = tx.inner();
            let Some(uac) = inner.uacs.get(n) else { return };
            let Some(dest) = uac.dest else { continue };
            (dest, ctx.keep(&uac.sent))
        };
        if !onsend::passes_request(ctx, &dest, bytes)
            && let Some(uac) = tx.inner().uacs.get_mut(n)
        {
            uac.faked = true;
        }
    }
}

/// Sends the branches from `first` on and starts their timers. Those that are known not to be sent end with 500. The
/// number of the others is given back.
pub(super) fn send(ctx: &mut Ctx<'_>, tx: &Arc<Transaction>, first: usize) -> usize {
    if ctx.program.onsend_route.is_some() {
        ask_onsend(ctx, tx, first);
    }
    let mut inner = tx.inner();
    let now = now(ctx.worker);
    let timers = inner.timers;
    let mut sent = 0;
    for uac in inner.uacs.iter_mut().skip(first) {
        let Some(dest) = uac.dest else { continue };
        if uac.faked || !ctx.worker.send(&dest, &uac.sent) {
            uac.status = 500;
            uac.faked = true;
            continue;
        }
        sent += 1;
        if dest.proto.is_unreliable() {
            uac.repeat_step = timers.retr1;
            uac.repeat_at = now + u64::from(timers.retr1);
        }
        uac.give_up_at = now + timers.fr.max(1);
    }
    if inner.expires_at == 0 && timers.lifetime > 0 {
        inner.expires_at = inner.born + timers.lifetime;
    }
    timer::arm(ctx.worker, tx, &mut inner);
    sent
}
