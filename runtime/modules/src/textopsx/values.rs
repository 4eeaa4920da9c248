//! Headers as lists of values: `hf_value_exists`, `include_hf_value`, `exclude_hf_value`, `append_hf_value`,
//! `insert_hf_value`, `remove_hf_value`, `assign_hf_value`. Which bytes go with a value is as captured.

use std::ops::Range;

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{Header, Params, text::eq_nocase, text::trim};

use crate::textops::header_name::HeaderName;

/// What a function's first argument names: `header`, `header[index]`, `header.param`, `header[index].param`.
struct Target {
    name: HeaderName,
    index: Index,
    param: Option<Box<[u8]>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    None,
    /// Counted from 1; 0 and negative ones count from the end.
    At(i64),
    All,
}

/// One value of a header list.
struct Value<'m> {
    header: &'m Header<'m>,
    /// Where it stands in the message, trimmed.
    range: Range<usize>,
    /// The comma before it and behind it.
    before: Option<usize>,
    after: Option<usize>,
}

/// Digests the target.
pub(super) fn target(_: &mut Prepare<'_>, mut args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let bad = || HostError::new("expected header, header[index] or header[index].param").at(0);
    let Some(Arg::Str(text)) = args.first() else { return Err(bad()) };
    let text = String::from_utf8_lossy(text).into_owned();
    let (text, param) = match text.split_once('.') {
        Some((head, param)) => (head.to_owned(), Some(param.trim().as_bytes().into())),
        None => (text, None),
    };
    let (name, index) = match text.split_once('[') {
        Some((name, rest)) => {
            let index = rest.trim_end().strip_suffix(']').ok_or_else(bad)?;
            let index = if index == "*" { Index::All } else { Index::At(index.parse().map_err(|_| bad())?) };
            (name.to_owned(), index)
        }
        None => (text, Index::None),
    };
    let name = HeaderName::new(name.as_bytes());
    if name.text().is_empty() {
        return Err(bad());
    }
    args[0] = Prepare::digested(Target { name, index, param });
    Ok(args)
}

fn values<'m>(ctx: &Ctx<'m>, name: &HeaderName) -> Vec<Value<'m>> {
    let mut found = Vec::new();
    for header in name.find(ctx.msg) {
        let Some(start) = ctx.msg.offset_of(header.value) else { continue };
        let (mut from, mut before, mut quoted) = (0, None, false);
        for at in 0..=header.value.len() {
            let byte = header.value.get(at).copied();
            quoted ^= byte == Some(b'"');
            if byte.is_some() && (byte != Some(b',') || quoted) {
                continue;
            }
            let part = &header.value[from..at];
            let inner = trim(part);
            let skipped = inner.as_ptr() as usize - part.as_ptr() as usize;
            let first = start + from + skipped;
            let after = byte.map(|_| start + at);
            found.push(Value { header, range: first..first + inner.len(), before, after });
            (from, before) = (at + 1, after);
        }
    }
    found
}

fn text_of<'m>(ctx: &Ctx<'m>, value: &Value<'m>) -> &'m [u8] {
    ctx.msg.buf().get(value.range.clone()).unwrap_or_default()
}

/// Removes a value with the comma that goes with it; a header's only value with the header.
fn remove_value(ctx: &Ctx<'_>, value: &Value<'_>) {
    match (value.before, value.after) {
        (None, None) => ctx.edits.remove_header(value.header),
        (Some(comma), _) => ctx.edits.delete(comma, value.range.end - comma),
        (None, Some(comma)) => ctx.edits.delete(value.range.start, comma + 1 - value.range.start),
    };
}

fn add_header(ctx: &Ctx<'_>, at: usize, name: &HeaderName, value: &[u8]) {
    ctx.edits.insert(at, &[name.text(), b": ", value, b"\r\n"].concat());
}

fn pick<'v, 'm>(values: &'v [Value<'m>], index: Index) -> Option<&'v Value<'m>> {
    match index {
        Index::None | Index::All => values.first(),
        Index::At(n) if n > 0 => values.get(n as usize - 1),
        Index::At(n) => {
            values.len().checked_sub(n.unsigned_abs().max(1) as usize).and_then(|at| values.get(at))
        }
    }
}

/// The digested first argument and the second as text.
fn arguments<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(&'m Target, &'m [u8])> {
    let target = args.first()?.digested::<Target>()?;
    Some((target, args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default()))
}

/// `hf_value_exists(header, value)`.
pub(super) fn exists<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, wanted)) = arguments(ctx, args) else { return Ret::FALSE };
    values(ctx, &target.name).iter().any(|value| eq_nocase(text_of(ctx, value), wanted)).into()
}

/// `include_hf_value(header, value)`: adds it to the first header of the name unless it is there.
pub(super) fn include<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, wanted)) = arguments(ctx, args) else { return Ret::FALSE };
    let found = values(ctx, &target.name);
    if found.iter().any(|value| eq_nocase(text_of(ctx, value), wanted)) {
        return Ret::TRUE;
    }
    let last_of_first = found.iter().find(|value| value.after.is_none());
    match last_of_first {
        Some(value) => ctx.edits.insert(value.range.end, &[b",", wanted].concat()),
        None => add_header(ctx, ctx.msg.headers_end(), &target.name, wanted),
    }
    Ret::TRUE
}

/// `exclude_hf_value(header, value)`: removes it wherever it is.
pub(super) fn exclude<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, wanted)) = arguments(ctx, args) else { return Ret::FALSE };
    for value in values(ctx, &target.name) {
        if eq_nocase(text_of(ctx, &value), wanted) {
            remove_value(ctx, &value);
        }
    }
    Ret::TRUE
}

/// `append_hf_value(header[index], value)`: behind that value; without index as a header of its own at the end.
pub(super) fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, text)) = arguments(ctx, args) else { return Ret::FALSE };
    let found = values(ctx, &target.name);
    match pick(&found, target.index).filter(|_| target.index != Index::None) {
        Some(value) => ctx.edits.insert(value.range.end, &[b",", text].concat()),
        None => add_header(ctx, ctx.msg.headers_end(), &target.name, text),
    }
    Ret::TRUE
}

/// `insert_hf_value(header[index], value)`: before that value; without index as a header before the first of its name.
pub(super) fn insert<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, text)) = arguments(ctx, args) else { return Ret::FALSE };
    let found = values(ctx, &target.name);
    match (pick(&found, target.index), target.index) {
        (None, _) => add_header(ctx, ctx.msg.headers_end(), &target.name, text),
        (Some(value), Index::None) => add_header(ctx, value.header.offset as usize, &target.name, text),
        (Some(value), _) => ctx.edits.insert(value.range.start, &[text, b","].concat()),
    }
    Ret::TRUE
}

/// `remove_hf_value(header[index][.param])`: a value (`[*]`: all headers), or one of its parameters.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, _)) = arguments(ctx, args) else { return Ret::FALSE };
    let found = values(ctx, &target.name);
    if target.index == Index::All && target.param.is_none() {
        let mut gone = false;
        for header in target.name.find(ctx.msg) {
            ctx.edits.remove_header(header);
            gone = true;
        }
        return gone.into();
    }
    let Some(value) = pick(&found, target.index) else { return Ret::FALSE };
    let Some(param) = &target.param else {
        remove_value(ctx, value);
        return Ret::TRUE;
    };
    let Some((place, length, _)) = find_param(ctx, value, param) else { return Ret::FALSE };
    // The semicolon before it goes with it.
    ctx.edits.delete(place - 1, length + 1);
    Ret::TRUE
}

/// `assign_hf_value(header[index][.param], value)`: replaces a value or a parameter, which is added if it is not there.
pub(super) fn assign<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, text)) = arguments(ctx, args) else { return Ret::FALSE };
    let found = values(ctx, &target.name);
    let Some(value) = pick(&found, target.index) else { return Ret::FALSE };
    let Some(param) = &target.param else {
        ctx.edits.replace(value.range.start, value.range.len(), text);
        return Ret::TRUE;
    };
    match find_param(ctx, value, param) {
        Some((place, length, name)) => {
            ctx.edits.replace(place, length, &[name, b"=", text].concat());
        }
        None => ctx.edits.insert(value.range.end, &[b";", &**param, b"=", text].concat()),
    }
    Ret::TRUE
}

/// Place and length of a value's parameter, and its name as written.
fn find_param<'m>(ctx: &Ctx<'m>, value: &Value<'m>, name: &[u8]) -> Option<(usize, usize, &'m [u8])> {
    let text = text_of(ctx, value);
    let semicolon = memchr::memchr(b';', text)?;
    let param = Params::new(&text[semicolon..]).get(name)?;
    let place = ctx.msg.offset_of(param.raw)?;
    (place > 0).then_some((place, param.raw.len(), param.name))
}
