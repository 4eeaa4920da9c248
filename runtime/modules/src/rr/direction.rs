//! Which way a request within a dialog goes: with the caller's first request, or against it.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, Place},
    module::Prepare,
    pv::{Inner, PvName},
};
use kamjit_sip::Params;

use super::{STATE, followed};

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From caller to callee.
    Downstream,
    /// From callee to caller.
    Upstream,
}

pub(super) fn prepare(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    if prepare.state(&STATE).is_some_and(|state| !state.append_fromtag) {
        return Err(HostError::new(
            "is_direction() needs the tag that append_fromtag=0 keeps out of Record-Route",
        )
        .help("remove modparam(\"rr\", \"append_fromtag\", 0)"));
    }
    let direction = match args.first() {
        Some(Arg::Str(text)) if text.eq_ignore_ascii_case(b"downstream") => Direction::Downstream,
        Some(Arg::Str(text)) if text.eq_ignore_ascii_case(b"upstream") => Direction::Upstream,
        _ => return Err(HostError::new("is_direction takes \"downstream\" or \"upstream\"").at(0)),
    };
    Ok(vec![Prepare::digested(direction)])
}

pub(super) fn is_direction<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    args.first().and_then(Arg::digested::<Direction>).is_some_and(|wanted| *wanted == of(ctx)).into()
}

/// The direction of the request: against the first one if the `ftag` in our Route is not the tag of From. Without
/// an `ftag` it counts as downstream; it is known before `loose_route()` too (captured).
pub(super) fn of(ctx: &Ctx<'_>) -> Direction {
    let ftag = Params::new(followed::route_params(ctx)).value(b"ftag");
    match (ftag, ctx.msg.from().ok().and_then(|f| f.tag)) {
        (Some(ftag), Some(tag)) if !ftag.is_empty() && ftag != tag => Direction::Upstream,
        _ => Direction::Downstream,
    }
}

/// Whether the request goes against the first one of its dialog.
pub fn is_upstream(ctx: &Ctx<'_>) -> bool {
    of(ctx) == Direction::Upstream
}

fn from_tag<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::opt(ctx.msg.from().ok().and_then(|f| f.tag))
}

fn to_tag<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::opt(ctx.msg.to().tag.filter(|tag| !tag.is_empty()))
}

/// `$fti`: the From tag of the first request of the dialog.
pub(super) fn initial_from_tag<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if of(ctx) == Direction::Downstream { from_tag(ctx) } else { to_tag(ctx) }
}

/// `$tti`: the To tag of the first request of the dialog.
pub(super) fn initial_to_tag<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if of(ctx) == Direction::Downstream { to_tag(ctx) } else { from_tag(ctx) }
}

/// `$rdir` knows `id` and `name`.
pub(super) fn parse_direction(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"id" | b"name" => Ok(Inner::Text(name.into())),
        _ => Err(HostError::new(format!("$rdir has no part '{}'", name.escape_ascii())).help("id or name")),
    }
}

/// `$rdir(id)`, `$rdir(name)`.
pub(super) fn direction_text<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let down = of(ctx) == Direction::Downstream;
    match (name.text(ctx), down) {
        (b"id", true) => Val::Int(1),
        (b"id", false) => Val::Int(2),
        (b"name", true) => Val::Str(b"downstream"),
        (b"name", false) => Val::Str(b"upstream"),
        _ => Val::Null,
    }
}
