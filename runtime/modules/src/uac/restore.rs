//! The first From and To for replies and for the other requests of the dialog.

use kamjit_engine::{Arg, Ctx, Ret, avp::AvpValue};
use kamjit_sip::{NameAddr, Params};

use super::{
    STATE, Side, State,
    replace::{from_of, head, to_of},
    store,
};
use crate::{rr, tm::Transaction};

/// Changes the URI of a header by what our Route keeps for `stored`; what replies get back is noted for `side`.
/// False if the Route keeps nothing.
fn change<'m>(
    ctx: &mut Ctx<'m>,
    state: &State,
    params: &[u8],
    stored: &Side,
    side: &Side,
    addr: Option<NameAddr<'m>>,
) -> bool {
    let Some(value) = Params::new(params).get(&stored.param).and_then(|p| p.value) else { return false };
    let Some(addr) = addr else { return false };
    let Some(other) = store::decode(value, addr.uri, &state.password) else { return false };
    let Some(at) = ctx.msg.offset_of(addr.uri) else { return false };
    if ctx.edits.deletes(at, addr.uri.len()) {
        return false;
    }
    ctx.edits.replace(at, addr.uri.len(), &other);
    ctx.avps.add(side.kept.clone(), AvpValue::Str(head(&addr).into()));
    true
}

/// After `loose_route()`: with the dialog From is what the callee knows, against it To is what the caller knows.
pub(super) fn request<'m>(ctx: &mut Ctx<'m>, params: &'m [u8]) {
    let Some(state) = STATE.get(ctx) else { return };
    let (from, to) = (from_of(ctx), to_of(ctx));
    let (of_from, of_to) =
        if rr::is_upstream(ctx) { (&state.to, &state.from) } else { (&state.from, &state.to) };
    change(ctx, state, params, of_from, &state.from, from);
    change(ctx, state, params, of_to, &state.to, to);
}

/// `uac_restore_from()`.
pub(super) fn from<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let params = ctx.keep(rr::own_params(ctx));
    let addr = from_of(ctx);
    change(ctx, state, params, &state.from, &state.from, addr).into()
}

/// `uac_restore_to()`.
pub(super) fn to<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let params = ctx.keep(rr::own_params(ctx));
    let addr = to_of(ctx);
    change(ctx, state, params, &state.to, &state.to, addr).into()
}

/// Gives a reply what its sender knows of the request.
pub(super) fn reply(ctx: &mut Ctx<'_>, tx: &Transaction) {
    let Some(state) = STATE.get(ctx) else { return };
    for (side, addr) in [(&state.from, from_of(ctx)), (&state.to, to_of(ctx))] {
        let (Some(first), Some(addr)) = (tx.avp(&side.kept), addr) else { continue };
        let now = head(&addr);
        if let Some(at) = ctx.msg.offset_of(now).filter(|_| *now != *first) {
            ctx.edits.replace(at, now.len(), &first);
        }
    }
}
