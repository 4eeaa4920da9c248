//! What functions ask about the body.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{Message, text::eq_nocase, text::trim};

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
