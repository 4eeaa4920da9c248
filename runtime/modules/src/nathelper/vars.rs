//! `$rr_count` and `$rr_top_count`.

use kamjit_engine::{
    Ctx, Val,
    pv::{PvDef, PvName, read_only},
};
use kamjit_sip::{AddrEntry, Uri};

pub(super) const PVS: &[PvDef] = &[read_only("rr_count", count), read_only("rr_top_count", top_count)];

/// Without a Record-Route there are none; one that cannot be read gives an empty text (captured).
fn recorded<'m>(ctx: &Ctx<'m>) -> Option<&'m [AddrEntry<'m>]> {
    ctx.msg.record_routes().ok()
}

fn count<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    recorded(ctx).map_or(Val::Str(b""), |all| Val::Int(all.len() as i64))
}

/// 2 if the topmost one is half of a pair.
fn top_count<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    let Some(all) = recorded(ctx) else { return Val::Str(b"") };
    let Some(top) = all.first() else { return Val::Int(0) };
    Val::Int(if Uri::parse(top.uri).is_ok_and(|uri| uri.r2()) { 2 } else { 1 })
}
