//! Removing headers by pattern, number or value.

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};

use super::{header::remove_where, header_name::HeaderName, search::with_pattern};

/// No header of the name (captured).
const NONE_OF_NAME: Ret = Ret(-2);
/// Headers of the name, but not with that number (captured).
const NO_SUCH_NUMBER: Ret = Ret(2);

/// `remove_hf_re(re)`: by name.
pub(super) fn by_pattern<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(arg) = args.first() else { return Ret::FALSE };
    let names: Option<Vec<bool>> = with_names(ctx, arg);
    remove_marked(ctx, names)
}

/// `remove_hf_exp(match, skip)`: by name, but not those that `skip` matches.
pub(super) fn by_patterns<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [wanted, skipped, ..] = args else { return Ret::FALSE };
    let marks = with_names(ctx, wanted).zip(with_names(ctx, skipped)).map(|(wanted, skipped)| {
        wanted.into_iter().zip(skipped).map(|(wanted, skipped)| wanted && !skipped).collect()
    });
    remove_marked(ctx, marks)
}

fn with_names<'m>(ctx: &mut Ctx<'m>, arg: &'m Arg) -> Option<Vec<bool>> {
    let msg = ctx.msg;
    with_pattern(ctx, arg, |regex| msg.headers().iter().map(|h| regex.is_match(h.name_raw)).collect())
}

fn remove_marked(ctx: &Ctx<'_>, marks: Option<Vec<bool>>) -> Ret {
    let Some(marks) = marks else { return Ret::FALSE };
    let mut at = marks.into_iter();
    remove_where(ctx, |_| at.next().unwrap_or(false))
}

/// `is_present_hf_re(re)`: a header whose name matches.
pub(super) fn is_present<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(arg) = args.first() else { return Ret::FALSE };
    with_names(ctx, arg).is_some_and(|marks| marks.contains(&true)).into()
}

/// `remove_hf_idx(name, index)`: one header of a name; negative indices count from the last.
pub(super) fn by_index<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [name, index, ..] = args else { return Ret::FALSE };
    let (name, index) = (HeaderName::new(name.text(ctx)), index.int(ctx));
    let found: Vec<_> = name.find(ctx.msg).collect();
    let at = if index >= 0 {
        Some(index as usize)
    } else {
        found.len().checked_sub(index.unsigned_abs() as usize)
    };
    match at.and_then(|at| found.get(at)) {
        Some(header) => {
            ctx.edits.remove_header(header);
            Ret::TRUE
        }
        // Captured: only positive numbers are missed.
        None if index < 0 => Ret::TRUE,
        None => NO_SUCH_NUMBER,
    }
}

/// Tells whether a value is meant.
type Test<'m> = Box<dyn Fn(&[u8]) -> bool + 'm>;

/// `remove_hf_match(name, operator, text)`: headers of a name whose value is equal (`eq`), different (`ne`), contains
/// a text (`in`) or matches a pattern (`re`).
pub(super) fn by_value<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [name, operator, text, ..] = args else { return Ret::FALSE };
    let (name, operator) = (HeaderName::new(name.text(ctx)), operator.text(ctx));
    let matches: Test<'m> = match operator {
        b"re" => {
            let source = text.text(ctx);
            match kamjit_engine::regex::Regex::by_lines(source, true) {
                Ok(regex) => Box::new(move |value| regex.is_match(value)),
                Err(_) => return Ret::FALSE,
            }
        }
        b"eq" | b"ne" | b"in" => {
            let text = text.text(ctx);
            Box::new(move |value| match operator {
                b"eq" => value == text,
                b"ne" => value != text,
                _ => memchr::memmem::find(value, text).is_some(),
            })
        }
        other => {
            log::core(
                Level::Err,
                format_args!("remove_hf_match: unknown operator [{}]", other.escape_ascii()),
            );
            return Ret::FALSE;
        }
    };
    let mut removed = false;
    for header in name.find(ctx.msg).filter(|header| matches(header.value)) {
        ctx.edits.remove_header(header);
        removed = true;
    }
    if removed { Ret::TRUE } else { NONE_OF_NAME }
}
