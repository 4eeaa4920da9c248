//! What is known of our own entry in the Route set.

use kamjit_engine::{Ctx, Val, log::Level, pv::PvName};
use kamjit_sip::Uri;

use super::log;

/// What `loose_route()` found; kept for `check_route_param()`, the direction and `rr_next_hop_route()`.
#[derive(Default)]
pub(super) struct Followed {
    /// Parameters of our URI: of a Route with its first semicolon, of a request URI without (captured).
    pub(super) params: Option<Box<[u8]>>,
    /// A Route stands behind our own.
    pub(super) next_hop: bool,
}

/// Whether host and port of a URI are ours; its transport does not matter (captured).
pub(super) fn is_ours(ctx: &Ctx<'_>, uri: &Uri<'_>) -> bool {
    ctx.is_myself(uri.host, uri.port.filter(|p| *p != 0).unwrap_or(5060), None)
}

/// The parameters of a URI with their first semicolon.
pub(super) fn params_of<'m>(uri: &Uri<'m>) -> &'m [u8] {
    kamjit_sip::text::offset_in(uri.raw, uri.params_raw)
        .filter(|_| !uri.params_raw.is_empty())
        .and_then(|at| uri.raw.get(at.checked_sub(1)?..at + uri.params_raw.len()))
        .unwrap_or_default()
}

/// The parameters of our entry: what `loose_route()` found, else those of the first Route if it is ours.
pub(crate) fn params<'a>(ctx: &'a Ctx<'_>) -> &'a [u8] {
    match ctx.ext.get() {
        Some(Followed { params: Some(params), .. }) => params,
        _ => first_route_params(ctx),
    }
}

/// The same, of a Route only: the direction does not look into our URI that a strict router put into the request
/// line (captured).
pub(super) fn route_params<'a>(ctx: &'a Ctx<'_>) -> &'a [u8] {
    match ctx.ext.get() {
        Some(Followed { params: Some(params), .. }) if params.first() == Some(&b';') => params,
        _ => first_route_params(ctx),
    }
}

fn first_route_params<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    let first = ctx.msg.routes().ok().and_then(|all| all.first());
    match first.map(|entry| Uri::parse(entry.uri)) {
        Some(Ok(uri)) if is_ours(ctx, &uri) => params_of(&uri),
        _ => b"",
    }
}

/// `$route_uri`: the URI of the first Route header; without one it cannot be read (captured).
pub(super) fn route_uri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.routes() {
        Ok([first, ..]) => Val::Str(first.uri),
        Ok([]) => {
            log(Level::Info, "No route header present.");
            ctx.unreadable()
        }
        Err(_) => {
            log(Level::Err, "Error while parsing Route header");
            ctx.unreadable()
        }
    }
}
