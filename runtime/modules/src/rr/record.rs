//! Writing Record-Route.
//!
//! Where receiving and sending socket differ there are two lines, that of the sending socket on top. Which it will be
//! is known only when the message is written, so the lines are recorded as pieces with conditions.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret, log::Level};
use kamjit_sip::{
    Uri,
    edit::{Piece, When, tag},
    uri::Scheme,
};

use super::{
    STATE, State,
    direction::{self, Direction},
    log,
    params::Pending,
};

/// What stands in the header besides the address.
struct Line<'m> {
    scheme: &'static [u8],
    /// With its `@`, or empty.
    user: &'m [u8],
    /// `;lr` or `;lr=on`.
    lr: &'static [u8],
    /// `;ftag=...` or empty.
    ftag: &'m [u8],
    /// What `add_rr_param()` was given before.
    pending: &'m [u8],
}

/// `record_route([parameters])`.
pub(super) fn record_route<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let own = args.first().map_or(&b""[..], |arg| arg.text(ctx));
    let Some((state, line)) = start(ctx) else { return Ret::FALSE };
    let tail = [line.lr, line.ftag, own, line.pending].map(Piece::Text);
    let name = |piece| if state.sockname_mode { piece } else { Piece::Text(b"") };
    let (when, r2) = match state.double_rr {
        2 => (When::Always, Piece::Text(b";r2=on")),
        _ => (When::SocketsDiffer, Piece::IfSocketsDiffer(b";r2=on")),
    };
    if state.double_rr != 0 {
        put(ctx, &line, &[&[Piece::SentAll, name(Piece::SentName), r2], &tail], when);
    }
    let r2 = if state.double_rr == 0 { Piece::Text(b"") } else { r2 };
    put(ctx, &line, &[&[Piece::ReceivedAll, name(Piece::ReceivedName), r2], &tail], When::Always);
    Ret::TRUE
}

/// `record_route_advertised_address(address)`: two lines where the transports differ.
pub(super) fn advertised<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(address) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some((state, line)) = start(ctx) else { return Ret::FALSE };
    let tail = [line.ftag, line.lr, line.pending].map(Piece::Text);
    let always = state.double_rr == 2;
    let only_if = |text: &'static [u8]| if always { Piece::Text(text) } else { Piece::IfProtosDiffer(text) };
    let address = Piece::Text(address);
    if state.double_rr != 0 {
        let when = if always { When::Always } else { When::ProtosDiffer };
        let head = [address, Piece::Text(b";transport="), Piece::SentProto, Piece::Text(b";r2=on")];
        put(ctx, &line, &[&head, &tail], when);
    }
    let r2 = if state.double_rr == 0 { Piece::Text(b"") } else { only_if(b";r2=on") };
    let head = [address, Piece::ReceivedTransport(always), r2];
    put(ctx, &line, &[&head, &tail], When::Always);
    Ret::TRUE
}

/// `record_route_preset(outbound [, inbound])`: what is given stands in the header as it is.
pub(super) fn preset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (mut addresses, count) = ([&b""[..]; 2], args.len().min(2));
    for (address, arg) in addresses.iter_mut().zip(args) {
        *address = arg.text(ctx);
    }
    let double = STATE.get(ctx).is_some_and(|state| state.double_rr != 0);
    if count == 2 && !double {
        log(Level::Err, "Attempt to double record-route while 'enable_double_rr' param is disabled");
        return Ret::FALSE;
    }
    let Some((state, line)) = start(ctx) else { return Ret::FALSE };
    // Captured: always the tag of From, whatever the direction.
    let ftag = if state.append_fromtag { tag_of(ctx, Direction::Downstream) } else { b"" };
    for address in addresses.iter().take(count) {
        let text = [address, ftag, line.pending, line.lr].map(Piece::Text);
        put(ctx, &line, &[&text], When::Always);
    }
    Ret::TRUE
}

/// `remove_record_route()`: takes back what was recorded. (The real server leaves `;lr>` behind, captured; no
/// configuration can live with that.)
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.edits.remove_tagged(tag::RECORD_ROUTE);
    ctx.edits.remove_tagged(tag::RECORD_ROUTE_END);
    ctx.ext.take::<Pending>();
    Ret::TRUE
}

/// What every line needs; `None` when there is a Record-Route already.
fn start<'m>(ctx: &mut Ctx<'m>) -> Option<(&'m State, Line<'m>)> {
    let state = STATE.get(ctx)?;
    if ctx.edits.has_tag(tag::RECORD_ROUTE) {
        log(Level::Err, "Double attempt to record-route");
        return None;
    }
    let uri = ctx.parsed_ruri();
    let sips = uri.is_some_and(|uri| uri.scheme == Scheme::Sips) && !state.ignore_sips;
    let pending = match ctx.ext.get::<Pending>() {
        Some(pending) => ctx.keep(&pending.0),
        None => b"",
    };
    let line = Line {
        scheme: if sips { b"sips:" } else { b"sip:" },
        user: user(ctx, state, uri),
        lr: if state.full_lr { b";lr=on" } else { b";lr" },
        ftag: if state.append_fromtag { tag_of(ctx, direction::of(ctx)) } else { b"" },
        pending,
    };
    Some((state, line))
}

/// `;ftag=` with the tag of From or To, if it is there.
fn tag_of<'m>(ctx: &Ctx<'m>, direction: Direction) -> &'m [u8] {
    let tag = match direction {
        Direction::Downstream => ctx.msg.from().ok().and_then(|f| f.tag),
        Direction::Upstream => ctx.msg.to().tag,
    };
    tag.filter(|t| !t.is_empty()).map_or(b"", |tag| concat(ctx, &[b";ftag=", tag]))
}

/// `user@`, or nothing.
fn user<'m>(ctx: &mut Ctx<'m>, state: &'m State, uri: Option<Uri<'m>>) -> &'m [u8] {
    if !state.add_username {
        return b"";
    }
    let custom =
        state.custom_user.as_ref().map(|pv| pv.get(ctx).to_bytes(ctx.arena)).filter(|u| !u.is_empty());
    let user = custom.or_else(|| uri.map(|uri| uri.user)).unwrap_or_default();
    if user.is_empty() { b"" } else { concat(ctx, &[user, b"@"]) }
}

fn concat<'m>(ctx: &Ctx<'m>, parts: &[&[u8]]) -> &'m [u8] {
    let mut text = ArenaVec::with_capacity_in(parts.iter().map(|p| p.len()).sum(), ctx.arena);
    parts.iter().for_each(|part| text.extend_from_slice_copy(part));
    text.into_bump_slice()
}

/// Records one line above the first header. Its end hangs on an anchor of its own, so that `add_rr_param()` finds
/// the place before it.
fn put<'m>(ctx: &Ctx<'m>, line: &Line<'m>, parts: &[&[Piece<'m>]], when: When) {
    let at = ctx.msg.headers_offset();
    let mut text = ArenaVec::with_capacity_in(12, ctx.arena);
    text.extend([b"Record-Route: <", line.scheme, line.user].map(Piece::Text));
    parts.iter().for_each(|part| text.extend_from_slice_copy(part));
    let head = ctx.edits.anchor(at);
    ctx.edits.insert_pieces_after(head, &text, when);
    ctx.edits.set_tag(head, tag::RECORD_ROUTE);
    let end = ctx.edits.anchor(at);
    ctx.edits.insert_pieces_after(end, &[Piece::Text(b">\r\n")], when);
    ctx.edits.set_tag(end, tag::RECORD_ROUTE_END);
}
