//! `{param.value,name}`, `{param.in,name}`, `{param.valueat,n}`, `{param.name,n}`, `{param.count}`: lists like
//! `a=1;b="x;y"`, with another separator as last argument.

use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};
use kamjit_sip::{Params, params::Param, text::eq_nocase};

use super::{int_arg, on_text, op, text_arg};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op(
        "param",
        "value",
        "sC",
        on_text!(|ctx, text, args| {
            let name = text_arg(ctx, args, 0);
            let found = list(ctx, text, args, 1).and_then(|mut all| all.find(|p| eq_nocase(p.name, name)));
            found.map_or(Val::Null, |p| Val::Str(value(&p)))
        }),
    ),
    op(
        "param",
        "in",
        "sC",
        on_text!(|ctx, text, args| {
            let name = text_arg(ctx, args, 0);
            match list(ctx, text, args, 1) {
                Some(mut all) => Val::Int(i64::from(all.any(|p| eq_nocase(p.name, name)))),
                None => Val::Null,
            }
        }),
    ),
    op(
        "param",
        "valueat",
        "nC",
        on_text!(|ctx, text, args| { nth(ctx, text, args).map_or(Val::Null, |p| Val::Str(value(&p))) }),
    ),
    op(
        "param",
        "name",
        "nC",
        on_text!(|ctx, text, args| { nth(ctx, text, args).map_or(Val::Null, |p| Val::Str(p.name)) }),
    ),
    op(
        "param",
        "count",
        "C",
        on_text!(|ctx, text, args| {
            list(ctx, text, args, 0).map_or(Val::Null, |all| Val::Int(all.count() as i64))
        }),
    ),
];

/// The parameters; `None` if the text is no list (an empty one, or a name with a blank in it: captured).
fn list<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], at: usize) -> Option<Params<'m>> {
    let separator = text_arg(ctx, args, at).first().copied().unwrap_or(b';');
    let all = Params::with_separator(text, separator);
    let bad = |p: Param<'m>| p.name.is_empty() || p.name.iter().any(|b| b" \t\r\n\"<>".contains(b));
    let mut check = all;
    (!text.is_empty() && !check.any(bad)).then_some(all)
}

/// Without quotes of either kind.
fn value<'m>(param: &Param<'m>) -> &'m [u8] {
    match param.value.unwrap_or_default() {
        [b'\'', inner @ .., b'\''] => inner,
        _ => param.unquoted(),
    }
}

/// The n-th parameter; negative numbers count from the end.
fn nth<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Param<'m>> {
    let index = int_arg(ctx, args, 0);
    let mut all = list(ctx, text, args, 1)?;
    match usize::try_from(index) {
        Ok(n) => all.nth(n),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            all.nth(all.count().checked_sub(back)?)
        }
    }
}
