//! Following the Route set of a request.

use kamjit_engine::{Arg, Ctx, Ret, Val, pv::PvName};
use kamjit_sip::{AddrEntry, Header, HeaderKind, Uri, text::eq_nocase};

use super::STATE;

/// Which of our Route entry a message carried: kept for `check_route_param`, `$route_uri` and the direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Followed {
    /// Parameters of our Route URI, with their first semicolon.
    pub(super) params: Vec<u8>,
    /// The whole URI.
    uri: Vec<u8>,
}

pub(super) fn loose_route<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    follow(ctx, true)
}

pub(super) fn loose_route_mode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let loose_only = args.first().map_or(0, |arg| arg.int(ctx)) == 1;
    follow(ctx, !loose_only)
}

/// True when the Route header is preloaded: on a request that begins something.
pub(super) fn loose_route_preloaded<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let initial = ctx.msg.to().tag.is_none_or(<[u8]>::is_empty);
    let ret = follow(ctx, true);
    (initial && matches!(ret, Ret(1) | Ret(-3))).into()
}

/// The Route entries, and which of them are gone.
struct RouteSet<'m> {
    entries: &'m [AddrEntry<'m>],
    headers: &'m [Header<'m>],
    /// Entries taken from the front.
    taken: usize,
    /// The last entry is taken too (it became the request URI).
    last_taken: bool,
}

fn follow(ctx: &mut Ctx<'_>, strict_too: bool) -> Ret {
    let msg = ctx.msg;
    // A request URI that is ourselves without a user, or a Route set whose first entry is strict, means that the
    // hop before us is a strict router (RFC 3261 section 16.4).
    let Ok(entries) = msg.routes() else { return Ret::FALSE };
    let Some(first) = entries.first() else { return Ret::FALSE };
    let set = RouteSet { entries, headers: msg.headers(), taken: 0, last_taken: false };
    let ruri_is_ours = ctx.parsed_ruri().is_some_and(|uri| is_ours(ctx, &uri) && !is_gruu(&uri));
    if strict_too && ruri_is_ours {
        return after_strict(ctx, set);
    }
    after_loose(ctx, set, first)
}

fn is_gruu(uri: &Uri<'_>) -> bool {
    uri.has_param(b"gr")
}

fn is_ours(ctx: &Ctx<'_>, uri: &Uri<'_>) -> bool {
    let ignored = STATE.get(ctx).is_some_and(|s| !s.ignore_user.is_empty() && s.ignore_user == uri.user);
    !ignored && ctx.is_myself(uri.host, uri.port_or_default(), uri.proto())
}

fn remember(ctx: &mut Ctx<'_>, uri: &Uri<'_>) {
    let params = match uri.params_raw {
        b"" => Vec::new(),
        raw => [b";", raw].concat(),
    };
    ctx.ext.set(Followed { params, uri: uri.raw.to_vec() });
}

fn is_loose(uri: &Uri<'_>) -> bool {
    uri.has_param(b"lr")
}

/// The hop before us routes loosely: take our own entry (or pair of entries), go to the next.
fn after_loose<'m>(ctx: &mut Ctx<'m>, mut set: RouteSet<'m>, first: &'m AddrEntry<'m>) -> Ret {
    let Ok(uri) = Uri::parse(first.uri) else { return Ret::FALSE };
    remember(ctx, &uri);
    let mut next = Some(first);
    if is_ours(ctx, &uri) {
        set.taken = 1;
        next = set.entries.get(1);
        if let Some(second) = next
            && uri.has_param(b"r2")
            && let Ok(second_uri) = Uri::parse(second.uri)
            && second_uri.has_param(b"r2")
            && is_ours(ctx, &second_uri)
        {
            force_socket(ctx, &second_uri);
            set.taken = 2;
            next = set.entries.get(2);
        } else if STATE.get(ctx).is_some_and(|s| s.force_send_socket) {
            force_socket(ctx, &uri);
        }
        let Some(_) = next else {
            set.apply(ctx);
            // Captured: -3 for a preloaded set that held nothing but us.
            let initial = ctx.msg.to().tag.is_none_or(<[u8]>::is_empty);
            return if initial { Ret(-3) } else { Ret::TRUE };
        };
    }
    let Some(next) = next else { return Ret::FALSE };
    let Ok(next_uri) = Uri::parse(next.uri) else {
        // Captured: our own entry is gone all the same.
        set.apply(ctx);
        return Ret::FALSE;
    };
    if is_loose(&next_uri) {
        ctx.main.dst_uri = Some(next.uri);
        set.apply(ctx);
    } else {
        // The next hop is a strict router: it wants itself in the request URI and the target in the last Route.
        let target = ctx.ruri();
        set.taken += 1;
        set.apply(ctx);
        append_route(ctx, target);
        ctx.set_ruri(next.uri);
    }
    Ret::TRUE
}

/// The hop before us is a strict router: the target is in the last Route.
fn after_strict<'m>(ctx: &mut Ctx<'m>, mut set: RouteSet<'m>) -> Ret {
    let Some(mut at) = set.entries.first() else { return Ret::FALSE };
    let Ok(mut uri) = Uri::parse(at.uri) else { return Ret::FALSE };
    // Our own entries in front (double record-routing) are ours to remove.
    while is_ours(ctx, &uri) && uri.has_param(b"r2") {
        set.taken += 1;
        match set.entries.get(set.taken).map(|entry| (entry, Uri::parse(entry.uri))) {
            Some((entry, Ok(parsed))) => (at, uri) = (entry, parsed),
            _ => return Ret::FALSE,
        }
    }
    remember(ctx, &uri);
    if is_loose(&uri) {
        let Some(last) = set.entries.last() else { return Ret::FALSE };
        ctx.main.dst_uri = Some(at.uri);
        set.last_taken = true;
        set.apply(ctx);
        ctx.set_ruri(last.uri);
    } else {
        set.taken += 1;
        set.apply(ctx);
        ctx.set_ruri(at.uri);
    }
    Ret::TRUE
}

fn force_socket(ctx: &mut Ctx<'_>, uri: &Uri<'_>) {
    let host = uri.host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(uri.host);
    let engine = ctx.engine();
    let found = engine.sockets.infos().iter().find(|info| {
        engine.identity.socket(info.id).is_some_and(|name| {
            let same_host =
                eq_nocase(&name.host, uri.host) || eq_nocase(&name.address, uri.host) || *name.host == *host;
            let port = uri.port_or_default();
            same_host && (port == name.port || port == name.bound_port) && uri.proto() == Some(info.proto)
        })
    });
    if let Some(info) = found {
        ctx.main.send_socket = Some(info.id);
    }
}

impl<'m> RouteSet<'m> {
    /// Records the removal of what was taken.
    fn apply(&self, ctx: &Ctx<'m>) {
        let count = self.entries.len();
        let gone = |at: usize| at < self.taken || (self.last_taken && at + 1 == count);
        for (number, header) in self.headers.iter().enumerate().filter(|(_, h)| h.kind == HeaderKind::Route) {
            let of_header: Vec<usize> =
                (0..count).filter(|at| usize::from(self.entries[*at].header) == number).collect();
            let kept: Vec<usize> = of_header.iter().copied().filter(|at| !gone(*at)).collect();
            if kept.is_empty() {
                ctx.edits.remove_header(header);
            } else if kept.len() < of_header.len() {
                self.cut_entries(ctx, &of_header, &kept);
            }
        }
    }

    /// Removes entries at the ends of a header that keeps others.
    fn cut_entries(&self, ctx: &Ctx<'m>, of_header: &[usize], kept: &[usize]) {
        let offset = |at: usize| ctx.msg.offset_of(self.entries[at].raw);
        let (Some(&first), Some(&last)) = (of_header.first(), of_header.last()) else { return };
        let (Some(&first_kept), Some(&last_kept)) = (kept.first(), kept.last()) else { return };
        if let (Some(from), Some(to)) = (offset(first), offset(first_kept))
            && to > from
        {
            ctx.edits.delete(from, to - from);
        }
        if let (Some(from), Some(to)) = (offset(last_kept), offset(last)) {
            let (from, to) = (from + self.entries[last_kept].raw.len(), to + self.entries[last].raw.len());
            if to > from {
                ctx.edits.delete(from, to - from);
            }
        }
    }
}

/// Adds a Route as the last one.
fn append_route(ctx: &Ctx<'_>, uri: &[u8]) {
    let mut line = bumpalo::collections::Vec::new_in(ctx.arena);
    line.extend_from_slice(b"Route: <");
    line.extend_from_slice(uri);
    line.extend_from_slice(b">\r\n");
    let last = ctx.msg.headers_of(HeaderKind::Route).last();
    ctx.edits.insert(last.map_or(ctx.msg.headers_end(), |h| h.end()), &line);
}

/// `rr_next_hop_route()`: the next hop that is chosen is in the Route set.
pub(super) fn next_hop_route<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(next) = ctx.main.dst_uri else { return Ret::FALSE };
    ctx.msg.routes().is_ok_and(|all| all.iter().any(|entry| entry.uri == next)).into()
}

/// `$route_uri`: the URI of the first Route, as it was followed.
pub(super) fn route_uri<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.ext.get::<Followed>() {
        Some(followed) => Val::Str(ctx.keep(&followed.uri)),
        None => Val::Str(b""),
    }
}
