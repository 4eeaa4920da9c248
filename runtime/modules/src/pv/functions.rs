//! Functions on variables: `pv_isset`, `pv_unset`, `is_int`, `typeof`, `not_empty`, `pv_evalx`.

use kamjit_catalog::{
    ArgKind::{Str, StrVar, Var, VarOut},
    Form, HostError, Place, Routes,
};
use kamjit_engine::{
    Ctx, Val,
    module::{Arg, FunctionDef, Prepare, Ret, Run, RunFn},
};

const ONE: &[Form] = &[Form { args: &[Var], routes: Routes::ANY }];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("pv_isset", ONE, |ctx, args| Ret::from(!value(ctx, args).is_null())),
    plain("pv_unset", &[Form { args: &[VarOut], routes: Routes::ANY }], unset),
    plain("is_int", ONE, is_int),
    plain("not_empty", ONE, |ctx, args| Ret::from(matches!(value(ctx, args), Val::Str([_, ..])))),
    FunctionDef {
        name: "pv_evalx",
        forms: &[Form { args: &[VarOut, StrVar], routes: Routes::ANY }],
        run: Run::prepared(digest_eval, eval),
    },
    FunctionDef {
        name: "typeof",
        forms: &[Form { args: &[Var, Str], routes: Routes::ANY }],
        run: Run::prepared(digest_type, type_of),
    },
];

fn value<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Val<'m> {
    args.first().map_or(Val::Null, |arg| arg.value(ctx))
}

fn unset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    match args.first().and_then(Arg::pv) {
        Some(pv) => Ret::from(pv.set(ctx, Val::Null)),
        None => Ret::FALSE,
    }
}

/// A number; text of digits is none, but a text that a number stands behind is one (`$rm`; captured).
fn is_int<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = value(ctx, args);
    let behind = args.first().and_then(Arg::pv).is_some_and(|pv| pv.number.is_some());
    Ret::from(matches!(value, Val::Int(_)) || (behind && !value.is_null()))
}

#[derive(Clone, Copy)]
enum Type {
    Int,
    Str,
    Null,
    Xavp,
}

fn digest_type(_: &mut Prepare<'_>, mut args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let wanted = match args.pop() {
        Some(Arg::Str(name)) => match &*name {
            b"int" => Type::Int,
            b"str" => Type::Str,
            b"null" => Type::Null,
            b"xavp" => Type::Xavp,
            _ => return Err(HostError::new("the type is one of int, str, null, xavp").at(1)),
        },
        _ => return Err(HostError::new("the type is one of int, str, null, xavp").at(1)),
    };
    args.push(Prepare::digested(wanted));
    Ok(args)
}

fn type_of<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = value(ctx, args);
    Ret::from(match args.get(1).and_then(|arg| arg.digested::<Type>()) {
        Some(Type::Int) => matches!(value, Val::Int(_)),
        Some(Type::Str) => matches!(value, Val::Str(_)),
        Some(Type::Null) => value.is_null(),
        Some(Type::Xavp) => matches!(value, Val::Str(text) if text.starts_with(b"<<xavp:")),
        None => false,
    })
}

/// Formats are read at start, so a text that is made at run time cannot be one.
fn digest_eval(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    use kamjit_engine::pv::FormatPiece;
    let again = |piece: &FormatPiece| matches!(piece, FormatPiece::Text(text) if text.contains(&b'$'));
    match args.get(1) {
        Some(Arg::Format(format)) if format.pieces().iter().any(again) => {
            Err(HostError::new("variables named by the text itself are not supported").at(1))
        }
        _ => Ok(args),
    }
}

/// Evaluates a format.
fn eval<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(target), Some(format)) = (args.first().and_then(Arg::pv), args.get(1)) else {
        return Ret::FALSE;
    };
    let text = format.text(ctx);
    Ret::from(target.set(ctx, Val::Str(text)))
}
