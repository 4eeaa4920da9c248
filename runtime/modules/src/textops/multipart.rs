//! Multipart bodies: reading, adding and removing parts. What goes where was captured.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{
    mime::{Part, Parts, boundary, without_params},
    text::eq_nocase,
};

use super::body;

/// The boundary that is used where the script names none.
const DEFAULT_BOUNDARY: &[u8] = b"unique-boundary-1";

/// Where a body that was left open is closed, so that a second part does not close it again.
struct Closed(usize);

/// The boundary of a multipart message.
fn boundary_of<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    let content_type = ctx.msg.content_type()?;
    let multipart = without_params(content_type).get(..10).is_some_and(|head| eq_nocase(head, b"multipart/"));
    if multipart { boundary(content_type) } else { None }
}

/// The first part of a type.
fn part<'m>(ctx: &Ctx<'m>, mime: &[u8]) -> Option<Part<'m>> {
    let boundary = boundary_of(ctx)?;
    Parts::new(ctx.msg.body(), boundary).find(|part| part.mime().is_some_and(|m| eq_nocase(m, mime)))
}

/// What stands behind the line of the first Content-Type.
fn behind_type(text: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in text.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        let name = memchr::memchr(b':', line).map_or(&b""[..], |colon| line[..colon].trim_ascii());
        if eq_nocase(name, b"Content-Type") || eq_nocase(name, b"c") {
            return &text[at..];
        }
    }
    text
}

/// A part with the line end before the next delimiter.
fn with_line_end<'m>(part: &Part<'m>) -> &'m [u8] {
    let first = memchr::memchr(b'\n', part.with_delimiter).map_or(0, |end| end + 1);
    &part.with_delimiter[first..]
}

/// The same with the line of the next delimiter.
fn with_next_line<'m>(ctx: &Ctx<'m>, part: &Part<'m>) -> &'m [u8] {
    let (body, text) = (ctx.msg.body(), with_line_end(part));
    let Some(start) = kamjit_sip::text::offset_in(body, text) else { return text };
    let end = start + text.len();
    let line = memchr::memchr(b'\n', &body[end..]).map_or(body.len(), |at| end + at + 1);
    &body[start..line]
}

/// `get_body_part(type, variable)`: with the part's further headers. A body that is not multipart is its only part.
pub(super) fn get<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    read(ctx, args, |_, part| behind_type(with_line_end(part)))
}

/// `get_body_part_raw(type, variable)`: with all headers of the part, and with the next delimiter.
pub(super) fn get_raw<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    read(ctx, args, with_next_line)
}

fn read<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], text: fn(&Ctx<'m>, &Part<'m>) -> &'m [u8]) -> Ret {
    let [mime, target] = args else { return Ret::FALSE };
    let mime = mime.text(ctx);
    let found = match boundary_of(ctx) {
        Some(_) => part(ctx, mime).map(|part| text(ctx, &part)),
        None => Some(ctx.msg.body()).filter(|body| !body.is_empty()),
    };
    match (found, target.pv()) {
        (Some(text), Some(target)) => target.set(ctx, Val::Str(text)).into(),
        _ => Ret::FALSE,
    }
}

/// `remove_body_part(type)`: with the delimiter before it.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(mime) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(part) = part(ctx, mime) else { return Ret::FALSE };
    let Some(at) = ctx.msg.offset_of(part.with_delimiter) else { return Ret::FALSE };
    ctx.edits.delete(at, part.with_delimiter.len());
    Ret::TRUE
}

/// `filter_body(type)`: that part becomes the body; Content-Type stays as it is (captured).
pub(super) fn filter<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(mime) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(part) = part(ctx, mime) else { return Ret::FALSE };
    let kept = behind_type(part.raw);
    let kept = kept.strip_prefix(b"\r\n").unwrap_or(kept);
    let Some(at) = ctx.msg.offset_of(kept) else { return Ret::FALSE };
    let (start, end) = (ctx.msg.body_offset(), ctx.msg.buf().len());
    ctx.edits.delete(start, at - start);
    ctx.edits.delete(at + kept.len(), end - at - kept.len());
    Ret::TRUE
}

/// `append_body_part(text, type [, disposition])`: behind the last part.
pub(super) fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    add(ctx, args, text)
}

/// `append_body_part_hex(digits, type [, disposition])`.
pub(super) fn append_hex<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let Some(bytes) = from_hex(text) else { return Ret::FALSE };
    add(ctx, args, &bytes)
}

/// Bytes of hexadecimal digits; blanks do not count.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .iter()
        .filter(|b| !b.is_ascii_whitespace())
        .map(|b| char::from(*b).to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], text: &[u8]) -> Ret {
    let mime = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let disposition = args.get(2).map(|arg| arg.text(ctx)).unwrap_or_default();
    let Some(boundary) = boundary_of(ctx).filter(|_| !text.is_empty() && !mime.is_empty()) else {
        return Ret::FALSE;
    };
    // The last delimiter: it closes the body, or it was left open for what comes.
    let body = ctx.msg.body();
    let Some(last) = memchr::memmem::rfind(body, &[b"--", boundary].concat()) else { return Ret::FALSE };
    let at = ctx.msg.body_offset() + last;
    let behind = last + 2 + boundary.len();
    let mut part = [b"--", boundary, b"\r\nContent-Type: ", mime, b"\r\n"].concat();
    if !disposition.is_empty() {
        [b"Content-Disposition: ", disposition, b"\r\n"]
            .iter()
            .for_each(|piece| part.extend_from_slice(piece));
    }
    [b"\r\n", text, b"\r\n"].iter().for_each(|piece| part.extend_from_slice(piece));
    ctx.edits.insert(at, &part);
    let close = ctx.msg.body_offset() + behind;
    let open = body.get(behind..behind + 2) != Some(b"--");
    if open && ctx.ext.get::<Closed>().is_none_or(|closed| closed.0 != close) {
        ctx.edits.insert(close, b"--");
        ctx.ext.set(Closed(close));
    }
    Ret::TRUE
}

/// `set_body_multipart([text, type [, boundary]])`: a body, or the one that is there, as the only part. The last
/// delimiter is left open for `append_body_part()`.
pub(super) fn set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let mut given = [&b""[..]; 3];
    for (text, arg) in given.iter_mut().zip(args) {
        *text = arg.text(ctx);
    }
    let [text, mime, boundary] = given;
    let boundary = if boundary.is_empty() { DEFAULT_BOUNDARY } else { boundary };
    let present = boundary_of(ctx).is_some();
    let (text, mime) = match (text.is_empty(), ctx.msg.content_type()) {
        (false, _) if mime.is_empty() => return Ret::FALSE,
        (false, _) => (text, mime),
        (true, _) if present => return Ret::TRUE,
        (true, Some(own)) if !ctx.msg.body().is_empty() => (ctx.msg.body(), own),
        (true, _) => return Ret::FALSE,
    };
    let parts: [&[u8]; 9] =
        [b"--", boundary, b"\r\nContent-Type: ", mime, b"\r\n\r\n", text, b"\r\n--", boundary, b"\r\n"];
    let whole = parts.concat();
    if present {
        ctx.edits.replace(ctx.msg.body_offset(), ctx.msg.body().len(), &whole);
    } else {
        let content_type = [b"multipart/mixed;boundary=\"", boundary, b"\""].concat();
        body::replace(ctx, &whole, &content_type, b"Mime-Version: 1.0\r\n");
    }
    Ret::TRUE
}

/// `filter_body` takes a constant type.
pub(super) fn prepare_type(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.first() {
        Some(Arg::Str(mime)) if !mime.is_empty() => Ok(args),
        _ => Err(HostError::new("expected a MIME type such as \"application/sdp\"").at(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(from_hex(b"68 696A").as_deref(), Some(&b"hij"[..]));
        assert_eq!(from_hex(b"6"), None);
        assert_eq!(from_hex(b"6g"), None);
    }
}
