//! Writing Record-Route.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{
    Uri,
    edit::{AnchorId, Piece, When},
    uri::Scheme,
};

use super::{STATE, direction, params::Pending};

/// Parameters may be added this often after the header was recorded.
const LATE_PARAMS: usize = 4;

/// The header that was recorded in this run.
struct Recorded {
    /// Places for later parameters: in the first line of two, and in the last one.
    slots: Vec<[AnchorId; 2]>,
    /// How many of them are used.
    used: usize,
    /// Bytes of the pending parameters that are written.
    written: usize,
    mark: kamjit_sip::edit::Mark,
}

/// What stands in the header besides the address.
struct Line<'m> {
    scheme: &'static [u8],
    user: &'m [u8],
    params: &'m [u8],
}

pub(super) fn record_route<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let own = args.first().map_or(&b""[..], |arg| arg.text(ctx));
    if ctx.ext.get::<Recorded>().is_some() {
        // Captured: a second call fails and leaves the first header.
        return Ret::FALSE;
    }
    let Some(line) = line(ctx, own) else { return Ret::FALSE };
    write(ctx, &line, [Piece::SentAll, Piece::ReceivedAll]);
    Ret::TRUE
}

/// `record_route_advertised_address(address)`.
pub(super) fn advertised<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(address) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(line) = line(ctx, b"") else { return Ret::FALSE };
    write(ctx, &line, [Piece::Text(address), Piece::Text(address)]);
    Ret::TRUE
}

/// `record_route_preset(address [, inbound address])`: what is given stands in the header as it is.
pub(super) fn preset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let own: Vec<&'m [u8]> = args.iter().map(|arg| arg.text(ctx)).collect();
    if ctx.ext.get::<Recorded>().is_some() {
        return Ret::FALSE;
    }
    let Some(line) = line(ctx, b"") else { return Ret::FALSE };
    let at = ctx.msg.headers_offset();
    let mark = ctx.edits.mark();
    for address in own {
        let mut text = ArenaVec::new_in(ctx.arena);
        for part in [b"Record-Route: <", line.scheme, line.user, address, line.params, b">\r\n"] {
            text.extend_from_slice(part);
        }
        ctx.edits.insert(at, &text);
    }
    ctx.ext.set(Recorded { slots: Vec::new(), used: 0, written: 0, mark });
    Ret::TRUE
}

/// `remove_record_route()`: takes back what was recorded in this run.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    if let Some(recorded) = ctx.ext.take::<Recorded>() {
        ctx.edits.rollback(recorded.mark);
        ctx.ext.or_default::<Pending>().recorded = false;
    }
    Ret::TRUE
}

fn line<'m>(ctx: &mut Ctx<'m>, own: &'m [u8]) -> Option<Line<'m>> {
    let state = STATE.get(ctx)?;
    let uri = ctx.parsed_ruri();
    let sips = uri.is_some_and(|uri| uri.scheme == Scheme::Sips) && !state.ignore_sips;
    let mut params = ArenaVec::new_in(ctx.arena);
    params.extend_from_slice(if state.full_lr { b";lr=on".as_slice() } else { b";lr".as_slice() });
    if state.append_fromtag {
        let tag = match direction::of(ctx) {
            direction::Direction::Downstream => ctx.msg.from().ok().and_then(|f| f.tag),
            direction::Direction::Upstream => ctx.msg.to().tag,
        };
        if let Some(tag) = tag.filter(|t| !t.is_empty()) {
            params.extend_from_slice(b";ftag=");
            params.extend_from_slice(tag);
        }
    }
    params.extend_from_slice(own);
    if let Some(pending) = ctx.ext.get::<Pending>() {
        params.extend_from_slice(&pending.text);
    }
    let user = user(ctx, uri)?;
    Some(Line { scheme: if sips { b"sips:" } else { b"sip:" }, user, params: params.into_bump_slice() })
}

/// `user@`, or nothing.
fn user<'m>(ctx: &mut Ctx<'m>, uri: Option<Uri<'m>>) -> Option<&'m [u8]> {
    let state = STATE.get(ctx)?;
    if !state.add_username {
        return Some(b"");
    }
    let custom =
        state.custom_user.as_ref().map(|pv| pv.get(ctx).to_bytes(ctx.arena)).filter(|u| !u.is_empty());
    let user = custom.or_else(|| uri.map(|uri| uri.user)).unwrap_or_default();
    if user.is_empty() {
        return Some(b"");
    }
    let mut text = ArenaVec::with_capacity_in(user.len() + 1, ctx.arena);
    text.extend_from_slice(user);
    text.push(b'@');
    Some(text.into_bump_slice())
}

/// Two lines where the sockets differ (outgoing one on top), else one.
fn write<'m>(ctx: &mut Ctx<'m>, line: &Line<'m>, addresses: [Piece<'m>; 2]) {
    let double = STATE.get(ctx).map_or(1, |state| state.double_rr);
    let at = ctx.msg.headers_offset();
    let mark = ctx.edits.mark();
    let first_when = if double == 2 { When::Always } else { When::SocketsDiffer };
    let both = [(addresses[0], first_when), (addresses[1], When::Always)];
    let mut slots: Vec<Vec<AnchorId>> = Vec::new();
    for (address, when) in both.into_iter().skip(usize::from(double == 0)) {
        let r2 = match double {
            0 => Piece::Text(b""),
            2 => Piece::Text(b";r2=on"),
            _ => Piece::IfSocketsDiffer(b";r2=on"),
        };
        let head = [
            Piece::Text(b"Record-Route: <"),
            Piece::Text(line.scheme),
            Piece::Text(line.user),
            address,
            r2,
            Piece::Text(line.params),
        ];
        ctx.edits.insert_pieces_before(ctx.edits.anchor(at), &head, when);
        slots.push((0..LATE_PARAMS).map(|_| ctx.edits.anchor(at)).collect());
        ctx.edits.insert_pieces_before(ctx.edits.anchor(at), &[Piece::Text(b">\r\n")], when);
    }
    let pair = |n: usize| {
        let last = slots.last().and_then(|s| s.get(n)).copied();
        slots.first().and_then(|s| s.get(n)).copied().zip(last).map(|(first, last)| [first, last])
    };
    let slots = (0..LATE_PARAMS).filter_map(pair).collect();
    let pending = ctx.ext.or_default::<Pending>();
    pending.recorded = true;
    let written = pending.text.len();
    ctx.ext.set(Recorded { slots, used: 0, written, mark });
}

/// Writes parameters that were added after the header.
pub(super) fn write_again(ctx: &mut Ctx<'_>) -> bool {
    let Some(pending) = ctx.ext.get::<Pending>() else { return false };
    let Some(recorded) = ctx.ext.get::<Recorded>() else { return false };
    let Some(text) = pending.text.get(recorded.written..) else { return false };
    let Some([first, last]) = recorded.slots.get(recorded.used).copied() else { return false };
    let when =
        if STATE.get(ctx).is_some_and(|s| s.double_rr == 2) { When::Always } else { When::SocketsDiffer };
    if first != last {
        ctx.edits.insert_pieces_before(first, &[Piece::Text(text)], when);
    }
    ctx.edits.insert_pieces_before(last, &[Piece::Text(text)], When::Always);
    let written = pending.text.len();
    if let Some(recorded) = ctx.ext.get_mut::<Recorded>() {
        recorded.used += 1;
        recorded.written = written;
    }
    true
}
