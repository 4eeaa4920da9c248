//! Following the Route set of a request (RFC 3261 sections 16.4 and 16.12). What happens in each case was captured.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret, log::Level};
use kamjit_sip::{AddrEntry, HeaderKind, Uri, uri::UriError};

use super::{
    STATE,
    followed::{Followed, is_ours, params_of},
    log_uri,
};

/// Our own entry was all that a preloaded Route set held.
const PRELOADED: Ret = Ret(-3);

pub(super) fn loose_route<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let mode = STATE.get(ctx).map_or(0, |state| state.loose_route_mode);
    follow(ctx, mode)
}

/// `loose_route_mode(1)` does not ask whether the hop before us is a strict router.
pub(super) fn loose_route_mode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let mode = args.first().map_or(0, |arg| arg.int(ctx));
    follow(ctx, mode)
}

/// True when a preloaded Route set held nothing but us.
pub(super) fn loose_route_preloaded<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    (follow(ctx, 0) == PRELOADED).into()
}

/// `rr_next_hop_route()`: behind our own Route there is another one.
pub(super) fn next_hop_route<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.ext.get::<Followed>().is_some_and(|f| f.next_hop).into()
}

fn follow(ctx: &mut Ctx<'_>, mode: i64) -> Ret {
    let Ok(entries) = ctx.msg.routes() else {
        super::log(Level::Err, "failed to parse Route HF");
        return Ret::FALSE;
    };
    if entries.is_empty() {
        return Ret::FALSE;
    }
    let Some(ruri) = ctx.parsed_ruri() else {
        super::log(Level::Err, "failed to parse Request URI");
        return Ret::FALSE;
    };
    ctx.ext.set(Followed::default());
    let preloaded = ctx.msg.to().tag.is_none_or(<[u8]>::is_empty);
    // Within a dialog, a request URI that is ours means that the hop before us is a strict router.
    let done = if !preloaded && mode != 1 && is_ours(ctx, &ruri) && ruri.gr().is_none() {
        after_strict(ctx, entries, &ruri)
    } else {
        after_loose(ctx, entries, preloaded)
    };
    if done.is_ok() {
        tell_watchers(ctx);
    }
    done.unwrap_or(Ret::FALSE)
}

/// Tells other modules the parameters of our entry, if there is one.
fn tell_watchers(ctx: &mut Ctx<'_>) {
    let Some(state) = STATE.get(ctx) else { return };
    for n in 0.. {
        let Some(watcher) = state.watcher(n) else { return };
        let Some(params) = ctx.ext.get::<Followed>().and_then(|f| f.params.as_deref()) else { return };
        let params = ctx.keep(params);
        watcher(ctx, params);
    }
}

fn remember(ctx: &mut Ctx<'_>, params: &[u8]) {
    if params.is_empty() {
        return;
    }
    ctx.ext.or_default::<Followed>().params = Some(params.into());
}

fn parse<'m>(entry: &AddrEntry<'m>, which: &str) -> Result<Uri<'m>, UriError> {
    Uri::parse(entry.uri)
        .inspect_err(|_| log_uri(Level::Err, &format!("failed to parse the {which} route URI"), entry.uri))
}

/// The hop before us routes loosely: take our own entry (or pair of entries), go to the next.
fn after_loose<'m>(
    ctx: &mut Ctx<'m>,
    entries: &'m [AddrEntry<'m>],
    preloaded: bool,
) -> Result<Ret, UriError> {
    let state = STATE.get(ctx);
    let Some(mut at) = entries.first() else { return Ok(Ret::FALSE) };
    let mut uri = parse(at, "first")?;
    let mut taken = 0;
    if is_ours(ctx, &uri) {
        remember(ctx, params_of(&uri));
        taken = 1;
        if state.is_some_and(|s| s.double_rr != 0) && uri.r2() {
            if let Some(second) = entries.get(1) {
                take_second(ctx, second);
                taken = 2;
            }
        } else if state.is_some_and(|s| s.force_send_socket) {
            force_socket(ctx, &uri);
        }
        let Some(next) = entries.get(taken) else {
            remove(ctx, entries, taken, false);
            return Ok(if preloaded { PRELOADED } else { Ret::TRUE });
        };
        at = next;
        // Headers that are used up are gone even when the next hop turns out to be broken.
        uri = parse(at, "next").inspect_err(|_| remove_headers_before(ctx, entries, taken))?;
        ctx.ext.or_default::<Followed>().next_hop = true;
    }
    if uri.lr() {
        ctx.main.dst_uri = Some(next_hop(ctx, &uri));
        remove(ctx, entries, taken, false);
    } else {
        // A strict router: it wants itself in the request URI and the target in the last Route.
        remove(ctx, entries, taken + 1, false);
        if let Some(target) = ctx.msg.request_uri() {
            let mut line = ArenaVec::with_capacity_in(target.len() + 12, ctx.arena);
            [b"Route: <", target, b">\r\n"].iter().for_each(|part| line.extend_from_slice_copy(part));
            ctx.edits.append_header(ctx.msg, &line);
        }
        ctx.set_ruri(at.uri);
    }
    Ok(Ret::TRUE)
}

/// The second of our two entries: its socket sends. It goes even when it is not ours.
fn take_second(ctx: &mut Ctx<'_>, second: &AddrEntry<'_>) {
    let found = Uri::parse(second.uri).is_ok_and(|uri| force_socket(ctx, &uri));
    if !found && STATE.get(ctx).is_some_and(|s| s.mismatch_warning) {
        log_uri(Level::Warn, "no socket found to match second RR", second.uri);
        if !Uri::parse(second.uri).is_ok_and(|uri| is_ours(ctx, &uri)) {
            log_uri(Level::Warn, "second RR uri is not myself", second.uri);
        }
    }
}

/// The hop before us is a strict router: our own URI was in the request URI, the target is in the last Route.
fn after_strict<'m>(
    ctx: &mut Ctx<'m>,
    entries: &'m [AddrEntry<'m>],
    ruri: &Uri<'m>,
) -> Result<Ret, UriError> {
    let (Some(mut at), Some(last)) = (entries.first(), entries.last()) else { return Ok(Ret::FALSE) };
    let mut uri = parse(at, "first")?;
    let mut taken = 0;
    if STATE.get(ctx).is_some_and(|s| s.double_rr != 0) && ruri.r2() && is_ours(ctx, &uri) {
        force_socket(ctx, &uri);
        taken = 1;
        let Some(next) = entries.get(1) else {
            remove(ctx, entries, taken, false);
            return Ok(Ret::FALSE);
        };
        at = next;
        uri = parse(at, "next").inspect_err(|_| remove_headers_before(ctx, entries, taken))?;
    }
    remember(ctx, ruri.params_raw);
    if uri.lr() {
        ctx.main.dst_uri = Some(next_hop(ctx, &uri));
        Uri::parse(last.uri)?;
        remove(ctx, entries, taken, true);
        ctx.set_ruri(last.uri);
    } else {
        remove(ctx, entries, taken + 1, false);
        ctx.set_ruri(at.uri);
    }
    Ok(Ret::TRUE)
}

/// The next hop of a Route URI: the URI itself, or address and port of its `maddr` (the transport is lost, captured).
fn next_hop<'m>(ctx: &Ctx<'m>, uri: &Uri<'m>) -> &'m [u8] {
    let Some(maddr) = uri.maddr() else { return uri.raw };
    match uri.port {
        Some(port) => ctx.format(format_args!("sip:{}:{port}", maddr.escape_ascii())),
        None => ctx.format(format_args!("sip:{}", maddr.escape_ascii())),
    }
}

/// Sends from the socket that a URI of ours names. False if there is none.
fn force_socket(ctx: &mut Ctx<'_>, uri: &Uri<'_>) -> bool {
    let bare =
        |host: &'_ [u8]| host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host).to_vec();
    let engine = ctx.engine();
    let port = uri.port_or_default();
    let by_name = uri.param(b"sn").filter(|_| STATE.get(ctx).is_some_and(|s| s.sockname_mode));
    let found = engine.sockets.infos().iter().find(|info| {
        engine.identity.socket(info.id).is_some_and(|name| {
            if let Some(wanted) = by_name {
                return *name.name == *wanted;
            }
            let host = bare(uri.host);
            let same_host =
                [&name.host, &name.address].iter().any(|ours| bare(ours).eq_ignore_ascii_case(&host));
            same_host && (port == name.port || port == name.bound_port) && uri.proto() == Some(info.proto)
        })
    });
    if let Some(info) = found {
        ctx.main.send_socket = Some(info.id);
    }
    found.is_some()
}

/// Records that the first `taken` entries are gone, and perhaps the last one.
fn remove<'m>(ctx: &Ctx<'m>, entries: &'m [AddrEntry<'m>], taken: usize, last_too: bool) {
    let count = entries.len();
    let gone = |at: usize| at < taken || (last_too && at + 1 == count);
    let headers = ctx.msg.headers();
    let mut from = 0;
    while let Some(first) = entries.get(from) {
        let number = first.header;
        let to = from + entries[from..].iter().take_while(|e| e.header == number).count();
        let kept = (from..to).find(|at| !gone(*at)).zip((from..to).rfind(|at| !gone(*at)));
        match (kept, headers.get(usize::from(number))) {
            (None, Some(header)) => drop(ctx.edits.remove_header(header)),
            (Some((first_kept, last_kept)), _) => {
                cut(ctx, start_of(ctx, entries, from), start_of(ctx, entries, first_kept));
                cut(ctx, end_of(ctx, entries, last_kept), end_of(ctx, entries, to - 1));
            }
            (None, None) => {}
        }
        from = to;
    }
}

fn start_of(ctx: &Ctx<'_>, entries: &[AddrEntry<'_>], at: usize) -> Option<usize> {
    ctx.msg.offset_of(entries.get(at)?.raw)
}

fn end_of(ctx: &Ctx<'_>, entries: &[AddrEntry<'_>], at: usize) -> Option<usize> {
    Some(start_of(ctx, entries, at)? + entries.get(at)?.raw.len())
}

fn cut(ctx: &Ctx<'_>, from: Option<usize>, to: Option<usize>) {
    if let (Some(from), Some(to)) = (from, to)
        && to > from
    {
        ctx.edits.delete(from, to - from);
    }
}

/// Removes the Route headers all of whose entries are among the first `taken`.
fn remove_headers_before(ctx: &Ctx<'_>, entries: &[AddrEntry<'_>], taken: usize) {
    let kept = entries.get(taken).map(|e| e.header);
    for (number, header) in ctx.msg.headers().iter().enumerate().filter(|(_, h)| h.kind == HeaderKind::Route)
    {
        if kept.is_some_and(|kept| number < usize::from(kept)) {
            ctx.edits.remove_header(header);
        }
    }
}
