//! Codecs by payload type and by name.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{
    sdp::{self, Media, Sdp, attributes},
    text::{eq_nocase, trim, trim_start},
};

use super::{lines::remove_line, read};

/// Payload types that need no `rtpmap` (RFC 3551 section 6).
const KNOWN: [(&[u8], &[u8]); 24] = [
    (b"PCMU", b"0"),
    (b"GSM", b"3"),
    (b"G723", b"4"),
    (b"DVI4", b"5"),
    (b"DVI4", b"6"),
    (b"LPC", b"7"),
    (b"PCMA", b"8"),
    (b"G722", b"9"),
    (b"L16", b"10"),
    (b"L16", b"11"),
    (b"QCELP", b"12"),
    (b"CN", b"13"),
    (b"MPA", b"14"),
    (b"G728", b"15"),
    (b"DVI4", b"16"),
    (b"DVI4", b"17"),
    (b"G729", b"18"),
    (b"CelB", b"25"),
    (b"JPEG", b"26"),
    (b"nv", b"28"),
    (b"H261", b"31"),
    (b"MPV", b"32"),
    (b"MP2T", b"33"),
    (b"H263", b"34"),
];

/// Attributes of a codec that go with it.
const ATTRIBUTES: [&[u8]; 3] = [b"a=rtpmap:", b"a=fmtp:", b"a=rtcp-fb:"];

/// The items of a list; blanks before them do not count (captured: those behind do).
fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| *b == b',').map(trim_start).filter(|item| !item.is_empty())
}

/// The name of an `rtpmap` value `96 H264/90000`, with its payload type.
fn mapped(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr(b' ', value)?;
    let name = trim(&value[space + 1..]);
    let end = memchr::memchr(b'/', name).unwrap_or(name.len());
    Some((&name[..end], &value[..space]))
}

/// The payload types that names stand for, anywhere in the description.
fn ids_of_names<'m>(sdp: &Sdp<'m>, names: &[u8]) -> Vec<&'m [u8]> {
    let mut ids: Vec<&'m [u8]> = Vec::new();
    let mut add = |id: &'m [u8]| {
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    };
    for name in items(names) {
        KNOWN.iter().filter(|(known, _)| eq_nocase(known, name)).for_each(|(_, id)| add(id));
        let maps = sdp.media().flat_map(|media| attributes(media.raw, b"rtpmap").collect::<Vec<_>>());
        maps.filter_map(mapped).filter(|(known, _)| eq_nocase(known, name)).for_each(|(_, id)| add(id));
    }
    ids
}

/// Removes a payload type from a stream's `m=` line, with the blank before it, and its attributes.
fn remove_id(ctx: &Ctx<'_>, media: &Media<'_>, id: &[u8]) {
    for payload in media.payloads().filter(|payload| *payload == id) {
        if let Some(at) = ctx.msg.offset_of(payload).and_then(|at| at.checked_sub(1)) {
            ctx.edits.delete(at, payload.len() + 1);
        }
    }
    for line in sdp::lines(media.raw) {
        let value = ATTRIBUTES.iter().find_map(|prefix| line.strip_prefix(*prefix));
        let is_of_id = value
            .and_then(|value| value.strip_prefix(id))
            .is_some_and(|rest| rest.first().is_none_or(|b| !b.is_ascii_digit()));
        if is_of_id {
            remove_line(ctx, line);
        }
    }
}

/// The streams that a call means: all, or those of a kind.
fn streams<'m>(sdp: &Sdp<'m>, kind: Option<&'m [u8]>) -> impl Iterator<Item = Media<'m>> + use<'m> {
    sdp.media().filter(move |media| kind.is_none_or(|kind| eq_nocase(media.kind, kind)))
}

fn remove(ctx: &Ctx<'_>, sdp: &Sdp<'_>, ids: &[&[u8]], kind: Option<&[u8]>) -> Ret {
    for media in sdp.media().filter(|media| kind.is_none_or(|kind| eq_nocase(media.kind, kind))) {
        for id in ids {
            remove_id(ctx, &media, id);
        }
    }
    Ret::TRUE
}

fn keep<'m>(ctx: &Ctx<'m>, sdp: &Sdp<'m>, ids: &[&[u8]], kind: Option<&'m [u8]>) -> Ret {
    for media in streams(sdp, kind) {
        for id in media.payloads().filter(|id| !ids.contains(id)) {
            remove_id(ctx, &media, id);
        }
    }
    Ret::TRUE
}

/// List, kind and description of a call.
type Asked<'m> = (&'m [u8], Option<&'m [u8]>, Sdp<'m>);

fn arguments<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<Asked<'m>> {
    let list = args.first()?.text(ctx);
    let kind = args.get(1).map(|arg| arg.text(ctx));
    Some((list, kind, read::sdp(ctx)?))
}

/// `sdp_remove_codecs_by_id(list [, kind])`.
pub(super) fn remove_by_id<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, kind, sdp)) = arguments(ctx, args) else { return Ret::FALSE };
    let ids: Vec<_> = items(list).collect();
    remove(ctx, &sdp, &ids, kind)
}

/// `sdp_remove_codecs_by_name(list [, kind])`.
pub(super) fn remove_by_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, kind, sdp)) = arguments(ctx, args) else { return Ret::FALSE };
    match ids_of_names(&sdp, list) {
        ids if ids.is_empty() => Ret::FALSE,
        ids => remove(ctx, &sdp, &ids, kind),
    }
}

/// `sdp_keep_codecs_by_id(list [, kind])`: blanks in the list belong to its items (captured).
pub(super) fn keep_by_id<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, kind, sdp)) = arguments(ctx, args) else { return Ret::FALSE };
    let ids: Vec<_> = list.split(|b| *b == b',').collect();
    keep(ctx, &sdp, &ids, kind)
}

/// `sdp_keep_codecs_by_name(list [, kind])`.
pub(super) fn keep_by_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, kind, sdp)) = arguments(ctx, args) else { return Ret::FALSE };
    match ids_of_names(&sdp, list) {
        ids if ids.is_empty() => Ret::FALSE,
        ids => keep(ctx, &sdp, &ids, kind),
    }
}

/// Some codec is in some stream: 1 if all are in all, else 2.
fn found(sdp: &Sdp<'_>, ids: &[&[u8]]) -> Ret {
    let (mut present, mut missing) = (false, false);
    for media in sdp.media() {
        for id in ids {
            if media.payloads().any(|payload| payload == *id) { present = true } else { missing = true }
        }
    }
    match (present, missing) {
        (true, false) => Ret::TRUE,
        (true, true) => Ret(2),
        (false, _) => Ret::FALSE,
    }
}

/// `sdp_with_codecs_by_id(list)`: -2 without a description (captured).
pub(super) fn has_by_id<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, _, sdp)) = arguments(ctx, args) else { return Ret(-2) };
    let ids: Vec<_> = items(list).collect();
    found(&sdp, &ids)
}

/// `sdp_with_codecs_by_name(list)`.
pub(super) fn has_by_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((list, _, sdp)) = arguments(ctx, args) else { return Ret::FALSE };
    found(&sdp, &ids_of_names(&sdp, list))
}
