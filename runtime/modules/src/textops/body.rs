//! What functions ask about the body.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{HeaderKind, Message, edit::ReplyPart, text::eq_nocase, text::trim};

/// A MIME type `type/subtype`.
pub(super) struct Mime(pub(super) Box<[u8]>);

pub(super) fn prepare_has_body(
    _: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    match args.as_slice() {
        [] => Ok(args),
        [Arg::Str(mime)] if mime.is_empty() => Ok(Vec::new()),
        [Arg::Str(mime)] if mime.iter().filter(|&&b| b == b'/').count() == 1 => {
            Ok(vec![Prepare::digested(Mime(mime.clone()))])
        }
        _ => Err(HostError::new("has_body takes a constant MIME type such as \"application/sdp\"").at(0)),
    }
}

/// The type and subtype that a Content-Type value names, without parameters.
pub(super) fn mime_of(content_type: &[u8]) -> &[u8] {
    let end =
        content_type.iter().position(|b| matches!(b, b';' | b' ' | b'\t')).unwrap_or(content_type.len());
    trim(&content_type[..end])
}

/// Length of the body: Content-Length counts if it is there.
pub(super) fn length(msg: &Message<'_>) -> usize {
    match msg.content_length() {
        Some(Ok(n)) => n as usize,
        _ => msg.body().len(),
    }
}

/// `has_body([mime])`. A body without Content-Type counts as SDP.
pub(super) fn has_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if length(ctx.msg) == 0 {
        return Ret::FALSE;
    }
    let Some(Mime(wanted)) = args.first().and_then(Arg::digested::<Mime>) else { return Ret::TRUE };
    let mime = ctx.msg.content_type().map_or(&b"application/sdp"[..], mime_of);
    eq_nocase(mime, wanted).into()
}

/// `set_body(text, content_type)`.
pub(super) fn set_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [text, mime, ..] = args else { return Ret::FALSE };
    let (text, mime) = (text.text(ctx), mime.text(ctx));
    if text.is_empty() || mime.is_empty() {
        return Ret::FALSE;
    }
    replace(ctx, text, mime, b"");
    Ret::TRUE
}

/// Puts another body in the place of the message's. A Content-Type that differs is written anew behind the last
/// header (captured), followed by `more` header lines.
pub(super) fn replace(ctx: &Ctx<'_>, text: &[u8], mime: &[u8], more: &[u8]) {
    let msg = ctx.msg;
    if msg.has_empty_line() {
        ctx.edits.replace(msg.body_offset(), msg.body().len(), text);
    } else {
        ctx.edits.insert(msg.headers_end(), &[b"\r\n", text].concat());
    }
    if msg.content_type() != Some(mime) {
        if let Some(header) = msg.header(HeaderKind::ContentType) {
            ctx.edits.remove_header(header);
        }
        ctx.edits.append_header(msg, &[b"Content-Type: ", mime, b"\r\n"].concat());
    }
    if !more.is_empty() {
        ctx.edits.append_header(msg, more);
    }
    if msg.header(HeaderKind::ContentLength).is_none() {
        let line = format!("Content-Length: {}\r\n", text.len());
        ctx.edits.append_header(msg, line.as_bytes());
    }
}

/// `set_reply_body(text, content_type)`: the body of the replies that are made here.
pub(super) fn set_reply_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [text, mime, ..] = args else { return Ret::FALSE };
    let (text, mime) = (text.text(ctx), mime.text(ctx));
    if text.is_empty() || mime.is_empty() {
        return Ret::FALSE;
    }
    ctx.edits.add_to_replies(ReplyPart::Header, &[b"Content-Type: ", mime, b"\r\n"].concat());
    ctx.edits.add_to_replies(ReplyPart::Body, text);
    Ret::TRUE
}
