//! Variables of the message itself: first line, sizes, body, buffers: `$rm`, `$rs`, `$rb`, `$mb`, `$msg(...)`.

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only},
};
use kamjit_sip::{FirstLine, HeaderKind};

pub(super) const PVS: &[PvDef] = &[
    read_only("rm", |ctx, _| Val::Str(ctx.msg.method_raw())),
    read_only("rmid", method_id),
    read_only("rs", |ctx, _| ctx.msg.status().map_or(Val::Null, |code| Val::Int(i64::from(code)))),
    read_only("rsi", |ctx, _| Val::Int(ctx.msg.status().map_or(0, i64::from))),
    read_only("rr", reason),
    read_only("rv", version),
    read_only("mt", |ctx, _| Val::Int(if ctx.msg.is_request() { 1 } else { 2 })),
    read_only("mts", |ctx, _| Val::Str(if ctx.msg.is_request() { b"rq" } else { b"rp" })),
    read_only("mi", |ctx, _| Val::Int(ctx.message_id as i64)),
    read_only("mb", |ctx, _| Val::Str(whole(ctx))),
    read_only("ml", |ctx, _| Val::Int(whole(ctx).len() as i64)),
    read_only("mbu", |ctx, _| updated(ctx)),
    read_only("rb", |ctx, _| body(ctx)),
    read_only("bs", |ctx, _| Val::Int(ctx.msg.body().len() as i64)),
    read_only("cl", content_length),
    named("msg", InnerName::Static, part, Some(parse_part)),
];

/// The bit that the real server gives a method; 1 << 19 stands for all that it does not know (captured).
fn method_id<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::Int(match ctx.msg.method().bit() {
        bit if bit < 1 << 19 => i64::from(bit),
        _ => 1 << 19,
    })
}

fn reason<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.first_line() {
        FirstLine::Reply(line) => Val::Str(line.reason.trim_ascii_start()),
        FirstLine::Request(_) => Val::Null,
    }
}

fn version<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.first_line() {
        FirstLine::Reply(line) => Val::Str(line.version),
        FirstLine::Request(line) => Val::Str(line.version),
    }
}

/// The message as received, without line ends in front.
fn whole<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    ctx.msg.buf().get(ctx.msg.start_offset()..).unwrap_or_default()
}

/// The message with the edits so far.
fn updated<'m>(ctx: &mut Ctx<'m>) -> Val<'m> {
    if ctx.edits.is_empty() && ctx.main.uri.is_none() {
        return Val::Str(whole(ctx));
    }
    let hop = ctx.hop(ctx.rcv.socket);
    let applied = kamjit_sip::edit::apply(ctx.msg, &ctx.edits, ctx.main.uri, hop.as_ref(), ctx.arena);
    applied.map_or(Val::Null, |msg| Val::Str(msg.buf()))
}

/// Undefined only if the headers do not end.
fn body<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    if ctx.msg.has_empty_line() { Val::Str(ctx.msg.body()) } else { Val::Null }
}

fn content_length<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    match ctx.msg.content_length() {
        Some(Ok(length)) => Val::Int(i64::from(length)),
        _ => Val::Null,
    }
}

#[derive(Clone, Copy)]
enum Part {
    Length,
    Body,
    Buffer,
    Headers,
    HeadOfBuffer,
    RestOfBuffer,
    FirstLine,
}

fn parse_part(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let part = match name {
        b"len" => Part::Length,
        b"body" => Part::Body,
        b"buf" => Part::Buffer,
        b"hdrs" => Part::Headers,
        b"fpart" => Part::HeadOfBuffer,
        b"lpart" => Part::RestOfBuffer,
        b"fline" => Part::FirstLine,
        _ => return Err(HostError::new(format!("$msg has no part '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(part)))
}

fn part<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(part) = name.digested::<Part>() else { return Val::Null };
    let msg = ctx.msg;
    let buf = msg.buf();
    let slice = |from: usize, to: usize| Val::Str(buf.get(from..to).unwrap_or_default());
    match part {
        Part::Length => Val::Int(whole(ctx).len() as i64),
        Part::Buffer => Val::Str(whole(ctx)),
        Part::Body => body(ctx),
        Part::Headers => Val::Str(without_line_end(buf.get(msg.headers_offset()..msg.headers_end()))),
        Part::HeadOfBuffer => Val::Str(without_line_end(buf.get(msg.start_offset()..msg.headers_end()))),
        Part::RestOfBuffer => slice(msg.headers_offset(), buf.len()),
        Part::FirstLine => {
            Val::Str(buf.get(msg.start_offset()..msg.headers_offset()).unwrap_or_default().trim_ascii_end())
        }
    }
}

fn without_line_end(text: Option<&[u8]>) -> &[u8] {
    let text = text.unwrap_or_default();
    text.strip_suffix(b"\r\n").or_else(|| text.strip_suffix(b"\n")).unwrap_or(text)
}

/// The value of the first header of a kind.
pub(super) fn first_value<'m>(ctx: &Ctx<'m>, kind: HeaderKind) -> Val<'m> {
    Val::opt(ctx.msg.value(kind))
}
