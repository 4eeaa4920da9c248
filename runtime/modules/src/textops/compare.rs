//! Comparing and searching strings that are not the message; return values as captured.

use kamjit_engine::{Arg, Ctx, Ret};
use memchr::memmem;

fn two<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> (&'m [u8], &'m [u8]) {
    match args {
        [a, b, ..] => (a.text(ctx), b.text(ctx)),
        _ => (b"", b"?"),
    }
}

/// 1 if equal, -1 if the first comes behind the second, -2 if before.
fn order(ordering: std::cmp::Ordering) -> Ret {
    match ordering {
        std::cmp::Ordering::Equal => Ret::TRUE,
        std::cmp::Ordering::Greater => Ret::FALSE,
        std::cmp::Ordering::Less => Ret(-2),
    }
}

/// `cmp_str(a, b)`.
pub(super) fn cmp_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (a, b) = two(ctx, args);
    order(a.cmp(b))
}

/// `cmp_istr(a, b)`: without case.
pub(super) fn cmp_istr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (a, b) = two(ctx, args);
    order(a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()))
}

/// 1 if it is so, -2 if not, -1 if the text is too short for it.
fn within(text: &[u8], part: &[u8], is_so: bool) -> Ret {
    match (is_so, part.len() > text.len()) {
        (true, _) => Ret::TRUE,
        (false, true) => Ret::FALSE,
        (false, false) => Ret(-2),
    }
}

/// `starts_with(text, prefix)`.
pub(super) fn starts_with<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, prefix) = two(ctx, args);
    within(text, prefix, text.starts_with(prefix))
}

/// `ends_with(text, suffix)`.
pub(super) fn ends_with<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, suffix) = two(ctx, args);
    within(text, suffix, text.ends_with(suffix))
}

/// The place of a part, from 1; an empty part stands behind the end.
fn place(found: Option<usize>, text: &[u8], part: &[u8]) -> Ret {
    match found {
        _ if part.is_empty() => Ret(text.len() as i32 + 1),
        Some(at) => Ret(at as i32 + 1),
        None => Ret::FALSE,
    }
}

/// `str_find(text, part)`.
pub(super) fn str_find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, part) = two(ctx, args);
    place(memmem::find(text, part), text, part)
}

/// `str_ifind(text, part)`: without case.
pub(super) fn str_ifind<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, part) = two(ctx, args);
    place(memmem::find(&text.to_ascii_lowercase(), &part.to_ascii_lowercase()), text, part)
}

/// `str_any_in(text, characters)` (6.x): one of the text's characters is in the list.
pub(super) fn str_any_in<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, list) = two(ctx, args);
    text.iter().any(|byte| list.contains(byte)).into()
}

/// `str_all_in(text, characters)` (6.x): all of the text's characters are in the list.
pub(super) fn str_all_in<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (text, list) = two(ctx, args);
    text.iter().all(|byte| list.contains(byte)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_values_as_captured() {
        assert_eq!(within(b"abc", b"ab", true), Ret(1));
        assert_eq!(within(b"abc", b"abcd", false), Ret(-1));
        assert_eq!(within(b"Abc", b"ab", false), Ret(-2));
        assert_eq!(place(Some(1), b"xaby", b"ab"), Ret(2));
        assert_eq!(place(Some(0), b"abc", b""), Ret(4));
        assert_eq!(order(b"abc"[..].cmp(b"ab")), Ret(-1));
    }
}
