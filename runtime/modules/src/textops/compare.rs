//! Comparing and searching strings that are not the message.

use kamjit_engine::{Arg, Ctx, Ret};

fn two<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(&'m [u8], &'m [u8])> {
    match args {
        [a, b, ..] => Some((a.text(ctx), b.text(ctx))),
        _ => None,
    }
}

/// `cmp_str(a, b)`.
pub(super) fn cmp_str<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    two(ctx, args).is_some_and(|(a, b)| a == b).into()
}

/// `cmp_istr(a, b)`: without case.
pub(super) fn cmp_istr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    two(ctx, args).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b)).into()
}

/// `starts_with(text, prefix)`.
pub(super) fn starts_with<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    two(ctx, args).is_some_and(|(text, prefix)| text.starts_with(prefix)).into()
}

/// `ends_with(text, suffix)`.
pub(super) fn ends_with<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    two(ctx, args).is_some_and(|(text, suffix)| text.ends_with(suffix)).into()
}

/// `str_find(text, needle)`.
pub(super) fn str_find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    two(ctx, args).is_some_and(|(text, needle)| memchr::memmem::find(text, needle).is_some()).into()
}

/// `str_ifind(text, needle)`: without case.
pub(super) fn str_ifind<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let found = two(ctx, args).is_some_and(|(text, needle)| {
        needle.is_empty() || text.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle))
    });
    found.into()
}
