//! Searching and replacing in the message by patterns.

use std::ops::Range;

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
    regex::Regex,
};
use kamjit_sip::{Header, Message};

use super::header_name::{HeaderName, digest_at};

/// More matches than this in one message are not replaced: an upper bound against hostile input.
const MAX_MATCHES: usize = 10_000;

/// A part of the message.
#[derive(Clone, Copy)]
enum Part {
    /// Headers and body.
    All,
    Headers,
    Body,
}

impl Part {
    fn range(self, msg: &Message<'_>) -> Range<usize> {
        match self {
            Part::All => msg.headers_offset()..msg.buf().len(),
            Part::Headers => msg.headers_offset()..msg.headers_end(),
            Part::Body => msg.body_offset()..msg.buf().len(),
        }
    }
}

fn pattern(args: &[Arg]) -> Option<&Regex> {
    match args.first() {
        Some(Arg::Regex(regex)) => Some(regex),
        Some(arg) => arg.digested(),
        None => None,
    }
}

/// The matches of a pattern in a part of the message, as ranges of the message; one or all.
fn matches(msg: &Message<'_>, part: Part, regex: &Regex, all: bool) -> Vec<Range<usize>> {
    let range = part.range(msg);
    let mut at = range.start;
    let mut found = Vec::new();
    while let Some(text) = msg.buf().get(at..range.end).filter(|_| found.len() < MAX_MATCHES) {
        let line_start = at == range.start || msg.buf().get(at - 1) == Some(&b'\n');
        let Some((from, to)) = regex.find(text, !line_start).and_then(|groups| groups[0]) else { break };
        found.push(at + from..at + to);
        // An empty match must not be found for ever.
        at += to.max(from + 1);
        if !all {
            break;
        }
    }
    found
}

/// `search(re)`: in the whole message, the first line too.
pub(super) fn search<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    pattern(args).is_some_and(|regex| regex.is_match(ctx.msg.buf())).into()
}

/// `search_body(re)`.
pub(super) fn search_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let body = ctx.msg.body();
    (!body.is_empty() && pattern(args).is_some_and(|regex| regex.is_match(body))).into()
}

/// `search_str(text, re)`; the pattern may be computed.
pub(super) fn search_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [text, regex, ..] = args else { return Ret::FALSE };
    let text = text.text(ctx);
    with_pattern(ctx, regex, |regex| regex.is_match(text)).unwrap_or(false).into()
}

/// Runs `f` with the pattern that an argument is or holds; `None` if it does not compile.
pub(super) fn with_pattern<'m, R>(ctx: &mut Ctx<'m>, arg: &'m Arg, f: impl FnOnce(&Regex) -> R) -> Option<R> {
    if let Some(constant) = arg.digested::<Regex>() {
        return Some(f(constant));
    }
    if let Arg::Regex(constant) = arg {
        return Some(f(constant));
    }
    let text = arg.text(ctx);
    match Regex::by_lines(text, true) {
        Ok(regex) => Some(f(&regex)),
        Err(why) => {
            tracing::error!("the pattern '{}' does not compile: {why}", text.escape_ascii());
            None
        }
    }
}

/// Compiles the patterns at `at` that are constant.
fn digest_patterns(prepare: &Prepare<'_>, args: &mut [Arg], at: &[usize]) -> Result<(), HostError> {
    for &at in at {
        let Some(arg) = args.get_mut(at) else { continue };
        let constant = match &*arg {
            Arg::Format(format) => format.as_constant().map(<[u8]>::to_vec),
            Arg::Str(text) => Some(text.to_vec()),
            _ => None,
        };
        if let Some(text) = constant {
            *arg = Prepare::digested(prepare.regex_by_lines(&text, true).map_err(|e| e.at(at))?);
        }
    }
    Ok(())
}

/// Digests a pattern that is the first argument.
pub(super) fn first_pattern(
    prepare: &mut Prepare<'_>,
    mut args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    digest_patterns(prepare, &mut args, &[0])?;
    Ok(args)
}

/// Digests patterns that are the first and second argument.
pub(super) fn both_patterns(
    prepare: &mut Prepare<'_>,
    mut args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    digest_patterns(prepare, &mut args, &[0, 1])?;
    Ok(args)
}

/// Digests a pattern that is the second argument.
pub(super) fn second_pattern(
    prepare: &mut Prepare<'_>,
    mut args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    digest_patterns(prepare, &mut args, &[1])?;
    Ok(args)
}

/// Digests the first argument of `replace_body_atonce`: a pattern that does not look at lines.
pub(super) fn whole_pattern(
    prepare: &mut Prepare<'_>,
    mut args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    if let Some(first) = args.first_mut()
        && let Arg::Str(text) = &*first
    {
        *first = Prepare::digested(prepare.regex(text, true).map_err(|e| e.at(0))?);
    }
    Ok(args)
}

fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], part: Part) -> Ret {
    let (Some(regex), Some(text)) = (pattern(args), args.get(1).map(|arg| arg.text(ctx))) else {
        return Ret::FALSE;
    };
    let found = matches(ctx.msg, part, regex, false);
    found.iter().for_each(|range| ctx.edits.insert(range.end, text));
    Ret::from(!found.is_empty())
}

/// `search_append(re, text)`: inserts a text behind the first match.
pub(super) fn search_append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    append(ctx, args, Part::All)
}

/// `search_append_body(re, text)`.
pub(super) fn search_append_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    append(ctx, args, Part::Body)
}

fn replace_in<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], part: Part, all: bool) -> Ret {
    let (Some(regex), Some(text)) = (pattern(args), args.get(1).map(|arg| arg.text(ctx))) else {
        return Ret::FALSE;
    };
    let found = matches(ctx.msg, part, regex, all);
    found.iter().for_each(|range| ctx.edits.replace(range.start, range.len(), text));
    Ret::from(!found.is_empty())
}

/// `replace(re, text)`.
pub(super) fn replace<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_in(ctx, args, Part::All, false)
}

/// `replace_all(re, text)`.
pub(super) fn replace_all<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_in(ctx, args, Part::All, true)
}

/// `replace_hdrs(re, text)`.
pub(super) fn replace_hdrs<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_in(ctx, args, Part::Headers, false)
}

/// `replace_body(re, text)`.
pub(super) fn replace_body<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_in(ctx, args, Part::Body, false)
}

/// `replace_body_all(re, text)`, `replace_body_atonce(re, text)`.
pub(super) fn replace_body_all<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_in(ctx, args, Part::Body, true)
}

fn replace_text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], part: Part) -> Ret {
    let [wanted, text, mode, ..] = args else { return Ret::FALSE };
    let (wanted, text, mode) = (wanted.text(ctx), text.text(ctx), mode.text(ctx));
    let range = part.range(ctx.msg);
    let Some(region) = ctx.msg.buf().get(range.clone()).filter(|r| !r.is_empty() && !wanted.is_empty())
    else {
        return Ret::FALSE;
    };
    let all = mode.first() == Some(&b'a');
    let found = memchr::memmem::find_iter(region, wanted).take(if all { MAX_MATCHES } else { 1 });
    for at in found {
        ctx.edits.replace(range.start + at, wanted.len(), text);
    }
    // True even if nothing was found (captured).
    Ret::TRUE
}

/// `replace_str(text, by, mode)`: mode `a` all, else the first.
pub(super) fn replace_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_text(ctx, args, Part::All)
}

/// `replace_hdrs_str(text, by, mode)`.
pub(super) fn replace_hdrs_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_text(ctx, args, Part::Headers)
}

/// `replace_body_str(text, by, mode)`.
pub(super) fn replace_body_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    replace_text(ctx, args, Part::Body)
}

/// Which headers of a name a function looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    First,
    Last,
}

/// Digests header name and flags of `search_hf` and `subst_hf`: `a` all, `f` first, `l` last.
pub(super) fn header_and_flags(
    _: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    let mut args = digest_at(args, 0)?;
    if let Some(flags) = args.get_mut(2) {
        let which = match &*flags {
            Arg::Str(text) if text.first() == Some(&b'f') => Which::First,
            Arg::Str(text) if text.first() == Some(&b'l') => Which::Last,
            _ => Which::All,
        };
        *flags = Prepare::digested(which);
    }
    Ok(args)
}

/// The headers that the digested arguments name.
pub(super) fn chosen<'m>(ctx: &Ctx<'m>, args: &[Arg]) -> Vec<&'m Header<'m>> {
    let Some(name) = args.first().and_then(Arg::digested::<HeaderName>) else { return Vec::new() };
    let which = args.get(2).and_then(Arg::digested::<Which>).copied().unwrap_or(Which::All);
    let mut found: Vec<_> = name.find(ctx.msg).collect();
    match which {
        Which::All => {}
        Which::First => found.truncate(1),
        Which::Last => drop(found.drain(..found.len().saturating_sub(1))),
    }
    found
}

/// `search_hf(name, re, flags)`.
pub(super) fn search_hf<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Regex(regex)) = args.get(1) else { return Ret::FALSE };
    chosen(ctx, args).iter().any(|header| regex.is_match(header.value)).into()
}
