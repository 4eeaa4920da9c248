//! Lists in strings, and groups of patterns.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, Place},
    log::{self, Level},
    module::Prepare,
};
use kamjit_sip::text::trim;

use super::search::with_pattern;

/// Checks the separator: one character.
pub(super) fn prepare(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.get(2) {
        Some(Arg::Str(separator)) if separator.len() == 1 => Ok(args),
        _ => Err(HostError::new("the separator must be one character").at(2)),
    }
}

fn contains<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], fits: impl Fn(&[u8], &[u8]) -> bool) -> Ret {
    let [subject, list, Arg::Str(separator), ..] = args else { return Ret::FALSE };
    let (subject, list) = (subject.text(ctx), list.text(ctx));
    if subject.is_empty() {
        log::core(Level::Err, format_args!("in_list: the subject is empty"));
        return Ret::FALSE;
    }
    let separator = separator.first().copied().unwrap_or(b',');
    list.split(|byte| *byte == separator).map(trim).any(|item| !item.is_empty() && fits(subject, item)).into()
}

/// `in_list(subject, list, separator)`.
pub(super) fn in_list<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    contains(ctx, args, |subject, item| subject == item)
}

/// `in_list_prefix(subject, list, separator)`: an item that the subject begins with.
pub(super) fn in_list_prefix<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    contains(ctx, args, |subject, item| subject.starts_with(item))
}

/// `regex_substring(text, re, group, groups, $result)`.
pub(super) fn regex_substring<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [text, regex, group, groups, result, ..] = args else { return Ret::FALSE };
    let (text, group, groups) = (text.text(ctx), group.int(ctx), groups.int(ctx));
    if group >= groups || group < 0 {
        log::core(
            Level::Err,
            format_args!("regex_substring: the group must be less than the number of groups"),
        );
        return Ret::FALSE;
    }
    let Some(found) = with_pattern(ctx, regex, |regex| regex.find(text, false)) else { return Ret::FALSE };
    let Some(found) = found else { return Ret(-2) };
    let Some((from, to)) = found.get(group as usize).copied().flatten() else { return Ret(-2) };
    let value = Val::Str(text.get(from..to).unwrap_or_default());
    result.pv().is_some_and(|pv| pv.set(ctx, value)).into()
}
